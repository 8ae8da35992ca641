/** Twin of assembly/candidate-text.ts. */
import { isPowerOfTwo, shortestDecimal } from '../../core/float-text.ts';
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

/** What a candidate may take beside its id, with the 16 bytes that the kernel writes at once; and what a byte of an id may take. */
const BYTES_BESIDE_ID = 8 + 10 + 15 + 1 + 16;
const ESCAPED_BYTES = 6;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function candidateTextTwins(memory: TwinMemory) {
  const writeCandidates: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('writeCandidates', params);
    const [idStarts, idBytes, rowOf] = [
      memory.u32(p.idStarts),
      memory.u8(p.idBytes),
      memory.optionalU32(p.rowOf),
    ];
    const [items, scores, text] = [memory.u32(p.items), memory.f32(p.scores), memory.u8(p.text)];
    let [written, length] = [lo, 0];
    for (; written < hi; written++) {
      const row = rowOf ? rowOf[items[written]] : items[written];
      const bytes = idBytes.slice(idStarts[row], idStarts[row + 1]);
      const score = scores[written];
      const isPlain = score >= 1e-4 && score < 1e6 && !isPowerOfTwo(score);
      if (length + BYTES_BESIDE_ID + bytes.length * ESCAPED_BYTES > p.room || !isPlain) break;
      const id = JSON.stringify(decoder.decode(bytes));
      const piece = encoder.encode(`,{"id":${id},"score":${shortestDecimal(score)}}`);
      text.set(piece, length);
      length += piece.length;
    }
    if (written > lo) text.fill(0, length, length + 16);
    memory.u32(p.progress).set([written, length]);
  };

  return { writeCandidates };
}
