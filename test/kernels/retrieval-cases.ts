/** Cases of the kernels of retrieval. */
import type { Csr } from '../../src/core/csr.ts';
import type { Random } from '../fixtures/random.ts';
import { f32, type MakeCase, u32 } from './case.ts';

const NONE = 0xffffffff;

const BLOCK_ITEMS = 4;

/** The service's scores are positive; a query may scan no list, a list may be empty or cut, a window may shut items out. */
export const scanPostings: MakeCase = (random, numQueries) => {
  const way = (['places', 'dots', 'table', 'blocks'] as const)[random.below(4)];
  // The bar of sums of dot alone is guessed from one line of 16 in 16.
  const numItems = 1 + random.below(way === 'dots' && random.chance() ? 1500 : 60);
  const numClusters = 1 + random.below(9);
  const lists = random.csr(numClusters, numItems);
  const scores = positive(lists.data);
  const items = way === 'blocks' ? lists.indices : shuffledRows(random, lists);
  // A sample that misleads: then all is looked at again.
  if (way === 'dots' && random.chance())
    items.forEach((item, i) => {
      if (item % 256 < 16) scores[i] *= 64;
    });
  const queries = random.csr(numQueries, numClusters);
  const topK = 1 + random.below(random.chance() ? 4 : 70);
  const chosen = Array.from(queries.indices);
  const lengths = Uint32Array.from(chosen, (cluster) => {
    const length = lists.indptr[cluster + 1] - lists.indptr[cluster];
    return way === 'blocks' || random.chance(0.7) ? length : random.below(length + 1);
  });
  const tableBits = way === 'table' ? tableBitsFor(queries.indptr, lengths) : 0;
  const most = tableBits === 0 ? numItems : 2 ** (tableBits - 1);
  const blocks = way === 'blocks' ? runsOf(lists, scores, chosen, numItems) : undefined;
  const firstItems = random.u32(numQueries, random.chance() ? 1 : numItems);
  return {
    values: {
      numItems,
      tableBits,
      items,
      scores,
      norms: random.chance() ? f32(numItems).map(() => 0.1 + random.weight()) : undefined,
      queryStarts: queries.indptr,
      listStarts: Uint32Array.from(chosen, (cluster) => lists.indptr[cluster]),
      listLengths: lengths,
      listWeights: positive(queries.data),
      ...blocks,
      sourceNorms: Float64Array.from({ length: numQueries }, () => 0.1 + random.weight()),
      firstItems,
      endItems: firstItems.map((first) =>
        random.chance(0.7) ? numItems : first + random.below(numItems - first + 1),
      ),
      excluded: random.u32(numQueries, numItems).map((item) => (random.chance() ? item : NONE)),
      candidateNorm: way === 'blocks' || way === 'dots' ? 0 : random.below(3),
      threshold: random.chance() ? 0 : random.weight(),
      topK,
      counts: u32(numQueries),
      slotItems: u32(numQueries * topK),
      slotScores: f32(numQueries * topK),
    },
    count: numQueries,
    scratchBytes: 64 + 8 * (2 * most + numItems + Math.ceil(most / 2) + Math.min(4 * topK, numItems)),
  };
};

/** A table twice as large as the most entries of a query. */
function tableBitsFor(queryStarts: Uint32Array, lengths: Uint32Array): number {
  let most = 1;
  for (let q = 0; q + 1 < queryStarts.length; q++) {
    const entries = lengths
      .subarray(queryStarts[q], queryStarts[q + 1])
      .reduce((sum, length) => sum + length, 0);
    most = Math.max(most, entries);
  }
  return 1 + Math.ceil(Math.log2(most));
}

/** Runs of each list within blocks of items. */
function runsOf(lists: Csr, scores: Float32Array, chosen: readonly number[], numItems: number) {
  const [runBlocks, runMaxima, runEntries]: [number[], number[], number[]] = [[], [], []];
  const firstRuns = [0];
  for (let row = 0; row < lists.numRows; row++) {
    for (let i = lists.indptr[row]; i < lists.indptr[row + 1]; i++) {
      const block = Math.floor(lists.indices[i] / BLOCK_ITEMS);
      if (runBlocks.length === firstRuns[row] || runBlocks.at(-1) !== block) {
        runBlocks.push(block);
        runMaxima.push(0);
        runEntries.push(i);
      }
      runMaxima[runMaxima.length - 1] = Math.max(runMaxima[runMaxima.length - 1], scores[i]);
    }
    firstRuns.push(runBlocks.length);
  }
  return {
    numBlocks: Math.ceil(numItems / BLOCK_ITEMS),
    runBlocks: Uint32Array.from(runBlocks),
    runMaxima: Float32Array.from(runMaxima),
    runEntries: Uint32Array.from([...runEntries, lists.indices.length]),
    listRuns: Uint32Array.from(chosen, (cluster) => firstRuns[cluster]),
    listRunCounts: Uint32Array.from(chosen, (cluster) => firstRuns[cluster + 1] - firstRuns[cluster]),
  };
}

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

export const writeCandidates: MakeCase = (random, numCandidates) => {
  const numIds = 1 + random.below(20);
  // Of ASCII, of which a third needs escaping.
  const lengths = Array.from({ length: numIds }, () => random.below(random.chance() ? 8 : 60));
  const idStarts = u32(numIds + 1);
  lengths.forEach((length, i) => {
    idStarts[i + 1] = idStarts[i] + length;
  });
  const idBytes = Uint8Array.from({ length: idStarts[numIds] + 16 }, () =>
    random.below(random.chance() ? 128 : 96),
  );
  const room = random.chance() ? 2000 : 100_000;
  const isDirect = random.chance();
  return {
    values: {
      idStarts,
      idBytes,
      rowOf: isDirect ? undefined : random.u32(30, numIds),
      items: random.u32(numCandidates, isDirect ? numIds : 30),
      // One in thirty is none that the kernel writes.
      scores: Float32Array.from({ length: numCandidates }, () =>
        random.chance(1 / 30) ? 0.5 : (1000 + random.below(1_000_000)) / 9 / 10 ** random.below(6),
      ),
      text: new Uint8Array(room),
      room,
      progress: u32(2),
    },
    count: numCandidates,
    scratchBytes: 8 * numCandidates,
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
