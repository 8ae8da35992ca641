/** The default against its JavaScript twin, and against JavaScript written for speed. */
import type { SparseVector } from '../../src/core/sparse-vector.ts';
import { strongestEntries } from '../../src/core/sparse-vector.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { retrievalVariant } from '../../src/retrieval/config.ts';
import { buildItemIndex, type ItemIndex } from '../../src/retrieval/item-index.ts';
import { Retriever } from '../../src/retrieval/retriever.ts';
import { table } from '../table.ts';
import { type Answers, measureAnswers, ms } from './measure.ts';
import type { Space } from './spaces.ts';

const { config } = retrievalVariant('', '', 'WholeNorm');

export async function compareTwins(builder: Kernels, space: Space, numRounds: number): Promise<string> {
  const index = await buildItemIndex(builder, space.items, {
    scale: 'unit',
    hasVectors: false,
    hasInverse: false,
  });
  const { vectors } = space.sources[0];
  const fast = new Retriever(openKernels({ numThreads: 1 }), index);
  const twin = new Retriever(openKernels({ backend: 'reference', maxMemoryBytes: 2 ** 30 }), index);
  const tuned = tunedSearch(index);
  const ways: [string, (vector: SparseVector) => Uint32Array, number][] = [
    ['WASM', (vector) => fast.search(vector, config).items, numRounds],
    ['JS written for speed (typed arrays, the same table)', tuned, numRounds],
    ['JS twin (plain: maps and sorts)', (vector) => twin.search(vector, config).items, 1],
  ];
  const measured = ways.map(([name, answer, rounds]) => ({
    name,
    ...measureAnswers(vectors, rounds, answer),
  }));
  const rows = measured.map((m) => [
    m.name,
    ms(m.p50),
    ms(m.p99),
    ms(m.cpuP50),
    `${(m.cpuP50 / measured[0].cpuP50).toFixed(1)}×`,
  ]);
  const same = measured.every((m) => sameItems(m, measured[0])) ? 'all with the same items' : 'ITEMS DIFFER';
  return `${table(['search', 'p50', 'p99', 'CPU p50', 'CPU against WASM'], rows)}\n\n${space.about}; ${vectors.length} users as sources, 20 × 800; ${same}.`;
}

function sameItems(a: Answers, b: Answers): boolean {
  return a.found.every((items, i) => items.join() === b.found[i].join());
}

/** The same search in JavaScript as fast as we could make it: sums by a table, one sort of those that can be among the best. */
function tunedSearch({ lists }: ItemIndex): (vector: SparseVector) => Uint32Array {
  const bits = 17;
  const table_ = new Uint32Array(1 << bits);
  const met = new Uint32Array(1 << bits);
  const sums = new Float32Array(1 << bits);
  const scores = lists.data as Float32Array;
  return (vector) => {
    table_.fill(0);
    let numMet = 0;
    for (const entry of strongestEntries(vector).slice(0, config.maxScanClusters)) {
      const [cluster, weight] = [vector.clusters[entry], vector.scores[entry]];
      const start = lists.indptr[cluster];
      const end = Math.min(lists.indptr[cluster + 1], start + config.maxTopTweetsPerCluster);
      for (let i = start; i < end; i++) {
        const item = lists.indices[i];
        let place = Math.imul(item, 0x9e3779b1) >>> (32 - bits);
        let found = table_[place];
        while (found !== 0 && met[found - 1] !== item) {
          place = (place + 1) & ((1 << bits) - 1);
          found = table_[place];
        }
        if (found === 0) {
          met[numMet] = item;
          sums[numMet] = 0;
          found = ++numMet;
          table_[place] = found;
        }
        sums[found - 1] += Math.fround(scores[i] * weight);
      }
    }
    const norm = Math.sqrt(vector.scores.reduce((sum, score) => sum + score * score, 0));
    const ranked = sums.slice(0, numMet).sort();
    const bar = ranked[Math.max(0, numMet - config.maxNumResults)];
    const best: { item: number; score: number }[] = [];
    for (let i = 0; i < numMet; i++)
      if (sums[i] >= bar * (1 - 1e-6)) best.push({ item: met[i], score: Math.fround(sums[i] / norm) });
    best.sort((a, b) => b.score - a.score || a.item - b.item);
    return Uint32Array.from(best.slice(0, config.maxNumResults), ({ item }) => item);
  };
}
