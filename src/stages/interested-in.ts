import { computeInterestedIn } from '../embeddings/interested-in.ts';
import { limitNeighbors } from '../graph/neighbor-limit.ts';
import { inverse } from '../graph/producer-norms.ts';
import { integer } from './params.ts';
import {
  defineStage,
  input,
  matrixArtifact,
  matrixOf,
  matrixReport,
  namedClusters,
  scalars,
} from './stage.ts';

export const interestedIn = defineStage({
  name: 'interested-in',
  summary: 'Sum, per consumer, what the followed and faved producers are known for',
  reads: ['followGraph', 'producerNorms', 'knownFor'],
  readsIfPresent: ['engagementGraph'],
  writes: ['interestedIn', 'clusterInterest'],
  params: {
    socialProofThreshold: integer(
      'Distinct followed or faved producers a cluster needs',
      { small: 1, web: 2, twitter: 2 },
      {
        min: 1,
        source: 'InterestedInFromKnownFor: 2',
      },
    ),
    maxNeighborsPerUser: integer(
      'Followed and faved producers that count per consumer, most faved first',
      2000,
      {
        min: 1,
        source: 'UserUserNormalizedGraph',
      },
    ),
    maxClustersPerUser: integer('Clusters kept per consumer', 50, {
      min: 1,
      source: 'InterestedInFromKnownFor',
    }),
  },
  async run(artifacts, params, { kernels, onProgress }) {
    const followGraph = input(artifacts, 'followGraph');
    const norms = input(artifacts, 'producerNorms');
    const inverseFollowNorm = inverse(scalars(norms, 'followerL2Norm'));
    const neighbors = limitNeighbors(
      {
        followGraph: matrixOf(followGraph, 'producerIndex'),
        engagementGraph:
          artifacts.engagementGraph && matrixOf(artifacts.engagementGraph, 'producerIndex', 'fav'),
      },
      inverseFollowNorm,
      params.maxNeighborsPerUser,
    );
    const interests = await computeInterestedIn(
      kernels,
      {
        ...neighbors,
        knownFor: matrixOf(input(artifacts, 'knownFor'), 'clusterId', 'knownForScore'),
        inverseFollowNorm,
        inverseFavNorm: inverse(scalars(norms, 'faverL2Norm')),
      },
      { ...params, onProgress },
    );
    const { pattern, scores, numUsersBeingFollowed, numUsersThatWereFaved } = interests;
    const upperBound = interests.numUsersInterestedInThisClusterUpperBound;
    const clusterIds = namedClusters(upperBound.length);
    return {
      artifacts: {
        interestedIn: matrixArtifact(
          { name: 'consumerId', column: followGraph.table.columns['consumerId'] },
          pattern,
          'clusterId',
          {
            ...scores,
            numUsersBeingFollowed,
            numUsersThatWereFaved,
          },
        ),
        clusterInterest: {
          table: {
            numRows: upperBound.length,
            columns: {
              clusterId: clusterIds.column,
              numUsersInterestedInThisClusterUpperBound: { kind: 'scalar', values: upperBound },
            },
          },
          attributes: {},
        },
      },
      report: matrixReport(pattern),
    };
  },
});
