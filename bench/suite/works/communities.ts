/** Communities: colouring, sweeps of all kinds, growth, what is measured of them. */
import { placeDetectionGraph } from '../../../src/communities/detection-graph.ts';
import { growCommunities } from '../../../src/communities/growth.ts';
import { computeKnownFor } from '../../../src/communities/known-for.ts';
import { type DetectionOptions, detectCommunities } from '../../../src/communities/metropolis-hastings.ts';
import type { Kernels } from '../../../src/kernels/kernels.ts';
import type { SuiteInputs } from '../inputs.ts';
import { type Part, part, type Work } from '../work.ts';

const SEVERAL = { proposal: 'multiple', maxMemberships: 3, maxEpochs: 1, evaluateEvery: 1 } as const;

export function communityWorks({ similarity, sampler, memberships, size }: SuiteInputs): Work[] {
  const edges = `${size.users} vertices, ${similarity.indices.length} edges`;
  const placed = (k: Kernels) => placeDetectionGraph(k, similarity);
  const detect = (options: Partial<DetectionOptions>, ...parts: Part[]): Work => {
    const whole = { ...sampler, ...options };
    return {
      shape: `${edges}, k = ${whole.numCommunities}, ${whole.maxEpochs} epochs`,
      run: async (k) => detectCommunities(k, await placed(k), whole),
      parts,
    };
  };
  return [
    {
      ...detect(
        {},
        part('colouring', 'colorGraph'),
        part('degrees and mean weights', 'vertexWeights'),
        part('sweeps by phases', 'proposeMoves', 'applyMoves'),
        part('edges within communities', 'edgeStatistics'),
      ),
      whole: 'communities (3 epochs)',
    },
    detect({ update: 'serial' }, part('sweeps vertex by vertex', 'moveAtOnce')),
    detect(
      SEVERAL,
      part('sweeps by phases, up to 3 communities', 'proposeRows', 'applyRows'),
      part('pairs within communities', 'pairStatistics'),
    ),
    detect(
      { ...SEVERAL, update: 'serial' },
      part('sweeps, up to 3 communities, vertex by vertex', 'moveRowsAtOnce'),
    ),
    {
      shape: `${edges}, 1 round`,
      run: (k) => growCommunities(k, similarity, { wtCoeff: 10, numRounds: 1, seed: '1' }),
      parts: [part('growth, sweeps that may found communities', 'proposeGrowth', 'applyGrowth')],
    },
    {
      shape: edges,
      run: async (k) => computeKnownFor(k, (await placed(k)).placed, memberships),
      parts: [part('affiliation scores', 'affiliationScores')],
    },
  ];
}
