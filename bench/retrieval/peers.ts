/** Packages for dense nearest neighbours, on the same vectors made dense: what they take for the recall that retrieval has. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Csr } from '../../src/core/csr.ts';
import type { SparseVector } from '../../src/core/sparse-vector.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { retrievalVariant } from '../../src/retrieval/config.ts';
import { buildItemIndex } from '../../src/retrieval/item-index.ts';
import { Retriever } from '../../src/retrieval/retriever.ts';
import { percent, table } from '../table.ts';
import { type Answers, measureAnswers, ms, recall } from './measure.ts';
import type { Space } from './spaces.ts';

const K = 200;
/** Breadth of the search of a graph, tried in turn until recall is reached. */
const BREADTHS = [200, 400, 800, 1600, 3200];

interface DenseIndex {
  readonly name: string;
  readonly search: (dense: Float32Array, breadth: number) => Uint32Array;
}

export async function comparePeers(
  builder: Kernels,
  space: Space,
  folder: string,
  numRounds: number,
): Promise<string> {
  const { items } = space;
  const { vectors } = space.sources[0];
  const index = await buildItemIndex(builder, items, { scale: 'unit' });
  const retriever = new Retriever(openKernels({ numThreads: 1 }), index);
  const ask = (suffix: string) => {
    const { config } = retrievalVariant('', '', suffix);
    return measureAnswers(vectors, numRounds, (vector) =>
      retriever.search(vector, config).items.map((place) => index.rowOf[place]),
    );
  };
  const truth = ask('Exact').found;
  const ours = ask('WholeNorm');
  const bar = recall(ours.found, truth);
  const rows = [rowOf('simclusters, WholeNorm', ours, truth, '-')];
  for (const make of [hnswlib, usearch]) {
    const began = performance.now();
    const dense = make(folder, items);
    const buildSeconds = `${((performance.now() - began) / 1000).toFixed(1)} s`;
    for (const breadth of BREADTHS) {
      const measured = measureAnswers(vectors, numRounds, (vector) =>
        dense.search(densified(vector, items.numCols), breadth),
      );
      const isEnough = recall(measured.found, truth) >= bar;
      if (!isEnough && breadth !== BREADTHS.at(-1)) continue;
      rows.push(rowOf(`${dense.name}, ef ${breadth}`, measured, truth, buildSeconds));
      break;
    }
  }
  const note = `${space.about}, made dense: ${items.numCols} dimensions. A million items of 10,000 clusters made dense would take 40 GB. The breadth is the least tried (${BREADTHS.join(', ')}) that finds as much as we do.`;
  return `${table(['', `recall@${K}`, 'p50', 'p99', 'CPU p50', 'build'], rows)}\n\n${note}`;
}

function rowOf(name: string, answers: Answers, truth: readonly Uint32Array[], build: string): string[] {
  return [
    name,
    percent(recall(answers.found, truth)),
    ms(answers.p50),
    ms(answers.p99),
    ms(answers.cpuP50),
    build,
  ];
}

function densified({ clusters, scores }: SparseVector, numCols: number): Float32Array {
  const dense = new Float32Array(numCols);
  clusters.forEach((cluster, i) => {
    dense[cluster] = scores[i];
  });
  return dense;
}

function denseRow({ indptr, indices, data, numCols }: Csr, row: number): Float32Array {
  const [start, end] = [indptr[row], indptr[row + 1]];
  return densified(
    { clusters: indices.subarray(start, end), scores: (data as Float32Array).subarray(start, end) },
    numCols,
  );
}

function hnswlib(folder: string, items: Csr): DenseIndex {
  const { HierarchicalNSW } = createRequire(join(folder, 'package.json'))('hnswlib-node');
  const index = new HierarchicalNSW('cosine', items.numCols);
  index.initIndex(items.numRows, 16, 200, 100);
  for (let row = 0; row < items.numRows; row++) index.addPoint(Array.from(denseRow(items, row)), row);
  return {
    name: 'hnswlib-node (M 16)',
    search: (dense, breadth) => {
      index.setEf(breadth);
      return Uint32Array.from(index.searchKnn(Array.from(dense), K).neighbors);
    },
  };
}

function usearch(folder: string, items: Csr): DenseIndex {
  const { Index } = createRequire(join(folder, 'package.json'))('usearch');
  const make = (expansionSearch: number) =>
    new Index({
      dimensions: items.numCols,
      metric: 'cos',
      connectivity: 16,
      expansion_add: 200,
      expansion_search: expansionSearch,
    });
  // The breadth is set when an index is made, so the graph is saved once and opened for each.
  const file = join(folder, 'usearch.index');
  const built = make(BREADTHS[0]);
  for (let row = 0; row < items.numRows; row++) built.add(BigInt(row), denseRow(items, row));
  built.save(file);
  const opened = new Map<
    number,
    { search: (v: Float32Array, k: number, threads: number) => { keys: BigUint64Array } }
  >();
  return {
    name: 'usearch (connectivity 16)',
    search: (dense, breadth) => {
      let index = opened.get(breadth);
      if (!index) {
        const loaded = make(breadth);
        loaded.load(file);
        opened.set(breadth, loaded);
        index = loaded as never;
      }
      return Uint32Array.from(index!.search(dense, K, 1).keys, Number);
    },
  };
}
