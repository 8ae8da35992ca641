// What scanPostings is given; see postings.ts.

/** Room for rounding where a product is held against a quotient: nothing that could be kept is passed over. */
export const SLACK: f64 = 1.0 - 1e-6;

@unmanaged export class ScanPostingsParams {
  numItems: u32;
  tableBits: u32; // 0: sums lie at their items' places; else found by a table of 2^tableBits, at least twice the entries of a query
  items: usize; // u32, the items of all lists
  scores: usize; // f32 at the same places, each at least 1e-15
  norms: usize; // f32[numItems], norm of an item's whole vector; none: the norm over the lists scanned
  queryStarts: usize; // u32[numQueries + 1]: lists queryStarts[q] .. queryStarts[q + 1] belong to query q
  listStarts: usize; // u32[numLists], first place in items and scores
  listLengths: usize; // u32[numLists]
  listWeights: usize; // f32[numLists], score of the source in that cluster, > 0
  numBlocks: u32; // 0: every entry is read; else the items fall into that many blocks, and lists ascend by item
  runBlocks: usize; // u32, for each run of entries of one list in one block: the block
  runMaxima: usize; // f32, its largest score
  runEntries: usize; // u32, its first place in items and scores; one more than runs
  listRuns: usize; // u32[numLists], first run of each list
  listRunCounts: usize; // u32[numLists]
  sourceNorms: usize; // f64[numQueries], what divides all scores of a query, > 0
  firstItems: usize; // u32[numQueries]: items firstItems[q] .. endItems[q] count
  endItems: usize; // u32[numQueries]
  excluded: usize; // u32[numQueries], an item that is left out; 4294967295: none
  candidateNorm: u32; // 0, NORM_ROOT or NORM_LOG
  threshold: f32; // kept iff score > threshold >= 0
  topK: u32; // > 0
  counts: usize; // u32[numQueries], out
  slotItems: usize; // u32[numQueries * topK], out, best first; ties to the lower item
  slotScores: usize; // f32[numQueries * topK], out
}
