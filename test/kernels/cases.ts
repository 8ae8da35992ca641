/** One case maker per kernel of the table. */
import type { KernelName } from '../../src/kernels/abi.ts';
import { f32, type KernelCase, type MakeCase, u32 } from './case.ts';
import {
  applyGrowth,
  applyRows,
  colorGraph,
  communities,
  growth,
  memberships,
  metropolis,
} from './community-cases.ts';
import {
  columns,
  compactRows,
  mergeDuplicates,
  permuteRows,
  sharpenRows,
  sortByKey,
  spgemmTopK,
  startCursors,
  topKRows,
  union,
} from './matrix-cases.ts';
import { cutInterests, decayValues, interests, lastStates } from './model-cases.ts';
import { rescoreItems, scanPostings, writeCandidates } from './retrieval-cases.ts';
import { hammingPairs, samplePairs, simhashRows, wedgeTables } from './similarity-cases.ts';
import {
  applyEvents,
  countEntries,
  exportItems,
  readItems,
  rebaseItems,
  scatterEntries,
  sweepItems,
} from './stream-cases.ts';

const withCount =
  (make: MakeCase, countOf: (values: KernelCase['values']) => number): MakeCase =>
  (random, size) => {
    const made = make(random, size);
    return { ...made, count: countOf(made.values) };
  };

export const kernelCases: Readonly<Record<KernelName, MakeCase>> = {
  countKeys: sortByKey,
  prefixKeys: (random, size) => {
    const { values } = sortByKey(random, size);
    return {
      values: { ...values, cursors: random.u32((values.cursors as Uint32Array).length, 5) },
      count: 1,
    };
  },
  scatterByKey: (random, size) => {
    const made = sortByKey(random, size);
    const { keys, numKeys, numBlocks } = made.values;
    const cursors = startCursors(keys as Uint32Array, numKeys as number, numBlocks as number);
    return { ...made, values: { ...made.values, cursors } };
  },
  expandRows: (random, numRows) => {
    const { indptr, indices } = random.csr(numRows, 7);
    return { values: { indptr, rowOf: u32(indices.length) }, count: numRows };
  },
  countDistinct: mergeDuplicates,
  mergeDuplicates,
  countUnion: union,
  unionMax: union,
  compactRows,
  gather32: (random, numItems) => ({
    values: { source: random.f32(9), places: random.u32(numItems, 9), target: f32(numItems) },
    count: numItems,
  }),
  topKRows,
  spgemmTopK,
  sharpenRows,
  simhashRows,
  hammingPairs,
  wedgeTables,
  samplePairs,
  permuteRows,
  colorGraph,
  proposeMoves: metropolis,
  applyMoves: metropolis,
  moveAtOnce: metropolis,
  proposeRows: memberships,
  applyRows,
  moveRowsAtOnce: memberships,
  proposeGrowth: growth,
  applyGrowth,
  vertexWeights: communities,
  affiliationScores: communities,
  edgeStatistics: communities,
  pairStatistics: communities,
  countInterests: interests,
  sumInterests: interests,
  cutInterests,
  columnSquareSums: columns,
  scaleColumns: withCount(columns, ({ numValues }) => numValues as number),
  decayValues,
  lastStates,
  scanPostings,
  rescoreItems,
  writeCandidates,
  applyEvents,
  sweepItems,
  rebaseItems,
  exportItems,
  readItems,
  countEntries,
  scatterEntries,
};
