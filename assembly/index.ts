// The ABI: every kernel is `(params, scratch, lo, hi) => void`. See README.md beside this file.
export { compactRows, countDistinct, countKeys, countUnion, expandRows, gather32, mergeDuplicates, permuteRows, prefixKeys, scatterByKey, unionMax } from './csr';
export { topKRows } from './topk';
export { spgemmTopK } from './spgemm';
export { sharpenRows } from './sharpen';
export { hammingPairs, simhashRows } from './simhash';
export { samplePairs, wedgeTables } from './wedge';
export { colorGraph } from './coloring';
export { applyMoves, moveAtOnce, proposeMoves } from './metropolis';
export { applyRows, moveRowsAtOnce, proposeRows } from './memberships';
export { applyGrowth, proposeGrowth } from './growth';
export { affiliationScores, edgeStatistics, pairStatistics, vertexWeights } from './communities';
export { countInterests, cutInterests, sumInterests } from './interested-in';
export { columnSquareSums, scaleColumns } from './columns';
export { decayValues, lastStates } from './decay';
export { rescoreItems, scanPostings } from './postings';
export { writeCandidates } from './candidate-text';
export { applyEvents, countEntries, exportItems, readItems, rebaseItems, scatterEntries, sweepItems } from './stream';

/** First byte that no static data of the module uses. */
export function heapBase(): usize {
  return __heap_base;
}
