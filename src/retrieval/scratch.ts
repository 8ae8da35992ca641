/** How much working memory a search takes; see assembly/postings.ts for what lies where. */
import { BLOCK_ITEMS } from './block-summaries.ts';

/** Candidates of one query, at the most: as many as a configuration may have re-ranked. */
const MAX_CANDIDATES = 10_000;

/** Bytes of scratch: for sums at their items' places, for sums found by a table, for exact scores. See assembly/postings.ts. */
export function scratchSizes(numItems: number, numClusters: number) {
  const keys = 8 * Math.min(4 * MAX_CANDIDATES, numItems);
  const most = 2 ** (mostTableBits(numItems) - 1);
  return {
    atPlaces: 8 * (numItems + 8 + Math.ceil(numItems / 2) + Math.ceil(numItems / BLOCK_ITEMS) + 1) + keys,
    byTable: 20 * most + 64 + keys,
    rescore: 8 * (Math.ceil(numClusters / 2) + MAX_CANDIDATES),
  };
}

/** What a Retriever takes of the arena beside the index. */
export function retrieverBytes(numItems: number, numClusters: number): number {
  const { atPlaces, byTable, rescore } = scratchSizes(numItems, numClusters);
  return atPlaces + byTable + rescore;
}

/** Bits of a table for an eighth of the items: beyond that, sums at the items' own places are as quick. */
export function mostTableBits(numItems: number): number {
  return Math.max(10, 30 - Math.clz32(numItems));
}

/** Sums of dot alone are read and cleared whole: as quick as a table as long as there are at most so many items for each entry. */
const ITEMS_PER_ENTRY = 32;

/**
 * Bits of a table that is at most half full; 0 when sums at the items' own places are quicker.
 * @param most  bits of the largest table there is room for
 */
export function tableBitsFor(
  numEntries: number,
  numItems: number,
  isDotAlone: boolean,
  most: number,
): number {
  if (isDotAlone && numItems <= ITEMS_PER_ENTRY * numEntries) return 0;
  const bits = Math.max(6, 33 - Math.clz32(Math.max(1, numEntries) - 1));
  return bits <= most ? bits : 0;
}
