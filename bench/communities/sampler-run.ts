/** A sampler at its start, ready to run epochs; and the same start written down for the C program. */
import { writeFileSync } from 'node:fs';
import { placeDetectionGraph } from '../../src/communities/detection-graph.ts';
import { initialise } from '../../src/communities/initialise.ts';
import { type CommunityMetrics, measureCommunities, weighVertices } from '../../src/communities/metrics.ts';
import type { SamplerOptions, Update } from '../../src/communities/options.ts';
import { shufflePhases } from '../../src/communities/phases.ts';
import { placeSampler, type Sampler } from '../../src/communities/sampler.ts';
import type { Csr } from '../../src/core/csr.ts';
import type { Memberships } from '../../src/core/memberships.ts';
import { randomKey } from '../../src/core/rng.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';

export const samplerOptions = (wtCoeff: number, update: Update = 'phases'): SamplerOptions => ({
  wtCoeff,
  scaleCoeff: 0.5,
  proposal: 'single-or-zero',
  maxMemberships: 1,
  hastings: false,
  update,
});

export interface SamplerRun {
  readonly sampler: Sampler;
  readonly start: Memberships;
  /** The state as it is. */
  readonly measure: () => Promise<CommunityMetrics>;
  readonly write: (file: string, numEpochs: number) => Promise<void>;
}

/** Stays in kernel memory: the kernels are closed after it. */
export async function startSampler(
  kernels: Kernels,
  graph: Csr,
  numCommunities: number,
  wtCoeff: number,
  update: Update = 'phases',
): Promise<SamplerRun> {
  const { placed, neighborhoods } = await placeDetectionGraph(kernels, graph);
  const weights = await weighVertices(kernels, placed);
  const { meanWeights } = weights;
  const start = initialise(
    'random-neighborhoods',
    neighborhoods,
    numCommunities,
    randomKey('1', 'initialise 0'),
  );
  const options = samplerOptions(wtCoeff, update);
  const sampler = placeSampler(kernels, placed, numCommunities, 1, options, meanWeights);
  sampler.load(start);
  return {
    sampler,
    start,
    measure: () =>
      measureCommunities(kernels, placed, weights, sampler.current(), randomKey('1', 'pairs of the result')),
    async write(file, numEpochs) {
      const { order, indptr, phases, numEntries } = placed;
      await placed.visit([0], async ([{ indices, data }]) => {
        const key = randomKey('1', 'metropolis-hastings');
        const numPhases = phases.starts.length - 1;
        const { numVertices, maxDegree } = placed;
        const head = [numVertices, numEntries, numCommunities, numPhases, data ? 1 : 0, key.key0, key.key1];
        const { buffer } = kernels.arena;
        const parts = [
          Uint32Array.of(...head, maxDegree, numEpochs, 0),
          Float64Array.of(wtCoeff, options.scaleCoeff),
          order,
          indptr,
          new Uint32Array(buffer, indices, numEntries),
          ...(data ? [new Float32Array(buffer, data, numEntries), meanWeights] : []),
          Uint32Array.from(phases.starts),
          start.rows,
        ];
        for (let epoch = 1; epoch <= numEpochs; epoch++)
          parts.push(Uint32Array.from(shufflePhases(phases, randomKey('1', 'phases'), epoch)));
        const bytes = parts.map((part) =>
          Buffer.from(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength),
        );
        writeFileSync(file, Buffer.concat(bytes));
      });
    },
  };
}

/** FNV-1a over the assignment, as the C program prints it. */
export function hashOf({ rows }: Memberships): string {
  let hash = 0x811c9dc5;
  for (const community of rows) hash = Math.imul(hash ^ community, 0x01000193) >>> 0;
  return hash.toString(16).padStart(8, '0');
}
