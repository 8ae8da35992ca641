/** Candidates as JSON, from ids and scores as they lie in arrays. */
import type { IdTable } from '../core/ids.ts';
import { jsonEscapes, TextPieces } from '../io/text-pieces.ts';
import type { Candidates } from '../retrieval/retriever.ts';
import { JsonBytes } from './route.ts';

/** Grows to the longest answer and is used for all: an answer is written without a wait. */
const out = new TextPieces();
const encoder = new TextEncoder();
const FIRST = encoder.encode('{"id":"');
const NEXT = encoder.encode('},{"id":"');
const MIDDLE = encoder.encode('","score":');

/**
 * `{"variant":…,"numScanned":…,"candidates":[{"id":…,"score":…},…]}`; scores as the shortest decimals that read back as the same 32-bit float.
 * @param rowOf  row of ids for each place
 */
export function candidatesJson(
  variant: string,
  { numScanned, items, scores }: Candidates,
  ids: IdTable,
  rowOf: Uint32Array,
): JsonBytes {
  out.take();
  out.bytes(
    encoder.encode(`{"variant":${JSON.stringify(variant)},"numScanned":${numScanned},"candidates":[`),
  );
  const rows = new Uint32Array(items.length);
  for (let i = 0; i < items.length; i++) rows[i] = rowOf[items[i]];
  // The ids of candidates lie far apart. Looked up in a loop that does nothing else, they are waited for together and not one by one.
  let numBytes = 0;
  for (let i = 0; i < rows.length; i++) numBytes += ids.offsets[rows[i] + 1] - ids.offsets[rows[i]];
  out.reserve(numBytes + rows.length * 40);
  for (let i = 0; i < rows.length; i++) {
    out.bytes(i === 0 ? FIRST : NEXT);
    out.id(ids, rows[i], jsonEscapes);
    out.bytes(MIDDLE);
    out.float(scores[i]);
  }
  out.ascii(rows.length === 0 ? ']}' : '}]}');
  return new JsonBytes(out.take());
}
