/** Cases of the kernels of retrieval. */
import type { Random } from '../fixtures/random.ts';
import { f32, type MakeCase, u32 } from './case.ts';

const NONE = 0xffffffff;

/** The service's scores are positive; a query may scan no list, a list may be empty or cut, a window may shut items out. */
export const scanPostings: MakeCase = (random, numQueries) => {
  const numItems = 1 + random.below(60);
  const numClusters = 1 + random.below(9);
  const lists = random.csr(numClusters, numItems);
  const queries = random.csr(numQueries, numClusters);
  const topK = 1 + random.below(random.chance() ? 4 : 70);
  const chosen = Array.from(queries.indices);
  const queryEntries = (q: number) =>
    chosen
      .slice(queries.indptr[q], queries.indptr[q + 1])
      .reduce((sum, cluster) => sum + lists.indptr[cluster + 1] - lists.indptr[cluster], 0);
  const mostEntries = Math.max(1, ...Array.from({ length: numQueries }, (_, q) => queryEntries(q)));
  const tableBits = random.chance() ? 0 : 1 + Math.ceil(Math.log2(mostEntries));
  const most = tableBits === 0 ? numItems : 2 ** (tableBits - 1);
  const firstItems = random.u32(numQueries, random.chance() ? 1 : numItems);
  return {
    values: {
      numItems,
      tableBits,
      items: shuffledRows(random, lists),
      scores: positive(lists.data),
      norms: random.chance() ? f32(numItems).map(() => 0.1 + random.weight()) : undefined,
      queryStarts: queries.indptr,
      listStarts: Uint32Array.from(chosen, (cluster) => lists.indptr[cluster]),
      listLengths: Uint32Array.from(chosen, (cluster) => {
        const length = lists.indptr[cluster + 1] - lists.indptr[cluster];
        return random.chance(0.7) ? length : random.below(length + 1);
      }),
      listWeights: positive(queries.data),
      sourceNorms: Float64Array.from({ length: numQueries }, () => 0.1 + random.weight()),
      firstItems,
      endItems: firstItems.map((first) =>
        random.chance(0.7) ? numItems : first + random.below(numItems - first + 1),
      ),
      excluded: random.u32(numQueries, numItems).map((item) => (random.chance() ? item : NONE)),
      candidateNorm: random.below(3),
      threshold: random.chance() ? 0 : random.weight(),
      topK,
      counts: u32(numQueries),
      slotItems: u32(numQueries * topK),
      slotScores: f32(numQueries * topK),
    },
    count: numQueries,
    scratchBytes: 8 * (2 * most + Math.ceil(most / 2) + Math.min(4 * topK, numItems)),
  };
};

export const rescoreItems: MakeCase = (random, numQueries) => {
  const numItems = 1 + random.below(60);
  const numClusters = 1 + random.below(9);
  const vectors = random.csr(numItems, numClusters);
  const sources = random.csr(numQueries, numClusters);
  const maxCandidates = 1 + random.below(numItems);
  const topK = 1 + random.below(random.chance() ? 4 : 70);
  const order = Array.from({ length: numQueries }, () =>
    random.permutation(numItems).slice(0, maxCandidates),
  );
  const candidates = u32(numQueries * maxCandidates);
  order.forEach((items, q) => {
    candidates.set(items, q * maxCandidates);
  });
  return {
    values: {
      numClusters,
      vectorStarts: vectors.indptr,
      vectorClusters: vectors.indices,
      vectorScores: vectors.data,
      sourceStarts: sources.indptr,
      sourceClusters: sources.indices,
      sourceScores: sources.data,
      sourceNorms: Float64Array.from({ length: numQueries }, () => 0.1 + random.weight()),
      maxCandidates,
      candidateCounts: random.u32(numQueries, maxCandidates + 1),
      candidates,
      candidateNorm: random.below(3),
      threshold: random.chance() ? 0 : random.weight(),
      topK,
      counts: u32(numQueries),
      slotItems: u32(numQueries * topK),
      slotScores: f32(numQueries * topK),
    },
    count: numQueries,
    scratchBytes: 8 * (Math.ceil(numClusters / 2) + maxCandidates),
  };
};

function positive(values: Float32Array): Float32Array {
  return values.map((value) => Math.max(value, 1e-15));
}

/** Lists lie in the order of their scores, so items come in any order. */
function shuffledRows(
  random: Random,
  lists: { indptr: Uint32Array; indices: Uint32Array; numRows: number },
): Uint32Array {
  const items = lists.indices.slice();
  for (let row = 0; row < lists.numRows; row++) {
    const range = items.slice(lists.indptr[row], lists.indptr[row + 1]);
    const order = random.permutation(range.length);
    items.set(
      order.map((from) => range[from]),
      lists.indptr[row],
    );
  }
  return items;
}
