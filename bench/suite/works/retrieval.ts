/** Candidates from posting lists: as the service does it, re-ranked, and exactly; and the joined score. */
import type { Csr } from '../../../src/core/csr.ts';
import { idTableFromStrings } from '../../../src/core/ids.ts';
import { randomKey, streamOf, uniform } from '../../../src/core/rng.ts';
import { type SparseVector, vectorOfRow } from '../../../src/core/sparse-vector.ts';
import type { Kernels } from '../../../src/kernels/kernels.ts';
import { buildCsr, topKRows } from '../../../src/kernels/sparse.ts';
import { computeGlobalView } from '../../../src/recommend/global-view.ts';
import { openRecommender, recommend, weighCarriers } from '../../../src/recommend/joined-score.ts';
import { CandidateTexts } from '../../../src/retrieval/candidate-texts.ts';
import { defaultRetrievalConfig, type RetrievalConfig } from '../../../src/retrieval/config.ts';
import { buildItemIndex, type ItemIndex } from '../../../src/retrieval/item-index.ts';
import { Retriever } from '../../../src/retrieval/retriever.ts';
import type { SuiteInputs } from '../inputs.ts';
import { type Part, part, type Work } from '../work.ts';

const CLUSTERS_PER_ITEM = 20;
const LIST_LENGTH = 100;
const NUM_QUERIES = 50;
/** Consumers that are ranked for. */
const NUM_RANKED = 200;
const GLOBAL_VIEW = { numClusters: 50, smoothing: 3, popularityExponent: 0.1 };
const WHOLE: Partial<RetrievalConfig> = { candidateNorm: 'whole', maxScanClusters: 20 };

export async function retrievalWorks(kernels: Kernels, inputs: SuiteInputs): Promise<Work[]> {
  const numItems = 2 * inputs.size.users;
  const numClusters = Math.max(CLUSTERS_PER_ITEM, Math.floor(inputs.size.users / 20));
  const items = await drawItems(kernels, numItems, numClusters);
  const index = await buildItemIndex(kernels, items, { scale: 'unit' });
  const sources = Array.from({ length: NUM_QUERIES }, (_, i) => vectorOfRow(items, (i * 97) % numItems));
  const search = (changes: Partial<RetrievalConfig>, ...parts: Part[]): Work => ({
    shape: `${NUM_QUERIES} queries, ${numItems} items of ${CLUSTERS_PER_ITEM} of ${numClusters} clusters`,
    async run(k) {
      const retriever = new Retriever(k, index);
      const config = { ...defaultRetrievalConfig, ...changes };
      for (const source of sources) retriever.search(source, config);
    },
    parts,
  });
  return [
    {
      shape: `${numClusters} clusters, ${items.indices.length} entries`,
      run: (k) => topKRows(k, index.inverse as Csr, LIST_LENGTH),
      parts: [part(`best ${LIST_LENGTH} items of each cluster`, 'topKRows')],
    },
    search({}, part('candidates (posting lists, best 200)', 'scanPostings')),
    search(
      { ...WHOLE, maxReRankingCandidates: 400 },
      part('400 candidates re-ranked by whole vectors', 'rescoreItems'),
    ),
    search(
      { ...WHOLE, exact: true },
      part('exact search (whole lists, block by block)', 'scanPostings', 'rescoreItems'),
    ),
    candidateTexts(index, sources),
    await joinedScore(kernels, inputs),
  ];
}

/** Ids as services have them: eighteen digits. */
function candidateTexts(index: ItemIndex, sources: readonly SparseVector[]): Work {
  const ids = idTableFromStrings(Array.from({ length: index.numItems }, (_, row) => String(10 ** 17 + row)));
  return {
    shape: `${sources.length} answers of 200 candidates`,
    async run(k) {
      const texts = new CandidateTexts(k, ids, index.rowOf);
      const retriever = new Retriever(k, index);
      const none = new Uint8Array(0);
      for (const source of sources) texts.write(none, retriever.search(source, defaultRetrievalConfig), none);
    },
    parts: [part('candidates as JSON text', 'writeCandidates')],
  };
}

/** Popular clusters are popular with all; scores fall from the first to the last of an item. */
async function drawItems(kernels: Kernels, numItems: number, numClusters: number): Promise<Csr> {
  const key = randomKey('bench', 'items');
  const n = numItems * CLUSTERS_PER_ITEM;
  const [rows, cols, data] = [new Uint32Array(n), new Uint32Array(n), new Float32Array(n)];
  for (let i = 0; i < n; i++) {
    const stream = streamOf(key, 0, i);
    rows[i] = Math.floor(i / CLUSTERS_PER_ITEM);
    cols[i] = 1 + Math.floor(uniform(stream, 0) ** 2 * (numClusters - 1));
    data[i] = (0.1 + uniform(stream, 1)) / (1 + (i % CLUSTERS_PER_ITEM));
  }
  return buildCsr(kernels, { rows, cols, data }, numItems, numClusters, 'max');
}

/** The similarity graph stands for the local view. */
async function joinedScore(kernels: Kernels, inputs: SuiteInputs): Promise<Work> {
  const { graph, similarity, interest } = inputs;
  const global = await computeGlobalView(kernels, graph, interest, GLOBAL_VIEW);
  const recommender = await openRecommender(kernels, similarity, global, 0.1);
  const follows = firstRows(graph, NUM_RANKED);
  const weights = weighCarriers(recommender, follows, firstRows(interest, NUM_RANKED));
  return {
    whole: 'joined score, best 20 of each consumer',
    shape: `${follows.numRows} consumers, ${recommender.carriers.indices.length} entries of the views`,
    run: (k) => recommend(k, recommender, weights, follows, { k: 20 }),
    parts: [part('product of the joined score, follows left out', 'spgemmTopK')],
  };
}

function firstRows(a: Csr, count: number): Csr {
  const numRows = Math.min(count, a.numRows);
  const end = a.indptr[numRows];
  const [indptr, indices] = [a.indptr.slice(0, numRows + 1), a.indices.slice(0, end)];
  return { numRows, numCols: a.numCols, indptr, indices, data: a.data?.slice(0, end) };
}
