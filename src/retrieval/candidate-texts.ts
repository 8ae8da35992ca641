/** Candidates as JSON text, written in kernel memory, where the ids lie. */
import { shortestDecimal } from '../core/float-text.ts';
import { type IdTable, idAt } from '../core/ids.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { Candidates } from './retriever.ts';

/** Text that is written at once. */
const ROOM_BYTES = 2 ** 16;
/** Ids are read 16 bytes at a time. */
const SPARE_BYTES = 16;

const encoder = new TextEncoder();

export class CandidateTexts {
  readonly #kernels: Kernels;
  readonly #ids: IdTable;
  readonly #rowOf: Uint32Array | undefined;
  readonly #idStarts: number;
  readonly #idBytes: number;
  readonly #rows: number;

  /**
   * Takes its memory from the arena of `kernels`, for as long as these live: the ids, and 4 or 8 bytes for each.
   * @param rowOf  row of ids for each place; absent: a place is a row
   */
  constructor(kernels: Kernels, ids: IdTable, rowOf?: Uint32Array) {
    const { arena } = kernels;
    this.#kernels = kernels;
    this.#ids = ids;
    this.#rowOf = rowOf;
    const bytes = arena.u8(ids.bytes.length + SPARE_BYTES);
    bytes.set(ids.bytes);
    this.#idBytes = bytes.byteOffset;
    this.#idStarts = arena.put(ids.offsets).byteOffset;
    this.#rows = rowOf ? arena.put(rowOf).byteOffset : 0;
  }

  /**
   * `{"id":…,"score":…}` for each, with commas between, behind `head` and before `end`; scores as the shortest decimals that read back as the
   * same 32-bit float. Cost O(bytes).
   */
  write(head: Uint8Array, { items, scores }: Candidates, end: Uint8Array): Uint8Array<ArrayBuffer> {
    if (items.length === 0) return joined([head, end]);
    const { arena } = this.#kernels;
    const mark = arena.mark();
    try {
      return joined([head, ...this.#pieces(items, scores), end]);
    } finally {
      arena.release(mark);
    }
  }

  /** The last one may lie in the arena. */
  #pieces(items: Uint32Array, scores: Float32Array): Uint8Array[] {
    const { arena } = this.#kernels;
    const text = arena.u8(ROOM_BYTES);
    const progress = arena.u32(2);
    const scratch = arena.reserve(8 * items.length);
    const params = this.#kernels.block('writeCandidates', {
      idStarts: this.#idStarts,
      idBytes: this.#idBytes,
      rowOf: this.#rows,
      items: arena.put(items),
      scores: arena.put(scores),
      text,
      room: ROOM_BYTES,
      progress,
    });
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < items.length; ) {
      this.#kernels.call('writeCandidates', params, scratch, from, items.length);
      const [written, length] = progress;
      const piece = text.subarray(0, length);
      if (length > 0) pieces.push(written < items.length ? piece.slice() : piece);
      // What the kernel does not write: scores out of its range, ids of ten thousand bytes.
      if (written === from) pieces.push(this.#one(items[written], scores[written]));
      from = Math.max(written, from + 1);
    }
    // No comma before the first.
    pieces[0] = pieces[0].subarray(1);
    return pieces;
  }

  #one(item: number, score: number): Uint8Array {
    const id = idAt(this.#ids, this.#rowOf ? this.#rowOf[item] : item);
    return encoder.encode(`,{"id":${JSON.stringify(id)},"score":${shortestDecimal(score)}}`);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
