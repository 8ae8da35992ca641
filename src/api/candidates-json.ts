/** The answer of a search: its head, then the candidates as they are written in kernel memory. */
import type { CandidateTexts } from '../retrieval/candidate-texts.ts';
import type { Candidates } from '../retrieval/retriever.ts';
import { JsonBytes } from './route.ts';

const encoder = new TextEncoder();
const END = encoder.encode(']}');

/** `{"variant":…,"numScanned":…,"candidates":[{"id":…,"score":…},…]}`; see CandidateTexts. */
export function candidatesJson(variant: string, candidates: Candidates, texts: CandidateTexts): JsonBytes {
  const { numScanned } = candidates;
  const head = encoder.encode(
    `{"variant":${JSON.stringify(variant)},"numScanned":${numScanned},"candidates":[`,
  );
  return new JsonBytes(texts.write(head, candidates, END));
}
