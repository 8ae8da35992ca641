/** Renewal as the stage known-for sees it: from the artifact of the previous model to a start and a report of changes. */
import { type ChangeReport, reportChanges } from '../communities/change-report.ts';
import { type IdentifiedKnownFor, type Renewal, renewMemberships } from '../communities/renewal.ts';
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { type IdTable, NO_PLACE, placesIn } from '../core/ids.ts';
import { communitiesOf, type Memberships, singleMemberships } from '../core/memberships.ts';
import { neighborhoodsOf } from '../core/neighborhoods.ts';
import { randomKey } from '../core/rng.ts';
import type { CommunityParams } from './community-params.ts';
import { choice, flag, number, type ParamsOf } from './params.ts';
import { type Artifact, idsOf, matrixOf, type StageContext } from './stage.ts';

export const renewalParams = {
  growCommunities: choice(
    'Communities of a renewed model, when --num-communities is 0. by-size: as many as its producers call for, and never ' +
      'fewer than before; keep: as many as before',
    ['by-size', 'keep'],
    'by-size',
  ),
  reuseIds: flag(
    'When renewing, give ids that have lost all members to new communities (the original does)',
    false,
  ),
  stability: number(
    "When renewing, what a producer's previous community counts more, in neighbours: 0 lets ids drift with every tie. " +
      'One community per producer only',
    3,
  ),
} as const;

export interface RenewalPlan extends Renewal {
  readonly previous: IdentifiedKnownFor;
}

/**
 * @param numWanted communities this graph would get if nothing went before
 * @throws SimClustersError BAD_PARAM for --renumber, which would break the ids
 */
export function planRenewal(
  artifact: Artifact,
  producerIds: IdTable,
  similarity: Csr,
  params: ParamsOf<typeof renewalParams> & Pick<CommunityParams, 'numCommunities' | 'renumber' | 'proposal'>,
  numWanted: number,
  { seed, log }: Pick<StageContext, 'seed' | 'log'>,
): RenewalPlan {
  if (params.renumber) {
    throw new SimClustersError('BAD_PARAM', {
      got: '--renumber with --previous',
      expected: 'ids that stay: that is what a renewal is for',
      todo: 'Leave one of the two out',
    });
  }
  const isNumGiven = params.numCommunities > 0;
  const previous = {
    producerIds: idsOf(artifact, 'producerId'),
    knownFor: matrixOf(artifact, 'clusterId', 'knownForScore'),
  };
  const renewal = renewMemberships(previous, producerIds, neighborhoodsOf(similarity), {
    minCommunities: isNumGiven || params.growCommunities === 'by-size' ? numWanted : 0,
    reuseIds: params.reuseIds,
    key: randomKey(seed, 'renewal'),
  });
  const { numCarriedOver, numUnassigned, newIds, reusedIds } = renewal.counts;
  log(
    `renewing: ${numCarriedOver} producers start in their communities, ${numUnassigned} without or in new ones`,
  );
  if (newIds.length > 0) log(`new cluster ids: ${idList(newIds)}`);
  if (reusedIds.length > 0) log(`cluster ids used again for other communities: ${idList(reusedIds)}`);
  if (isNumGiven && numWanted < previous.knownFor.numCols - 1)
    log(`cluster ids stay: k = ${previous.knownFor.numCols - 1} as before, not ${numWanted}`);
  const isSingle = params.proposal === 'single-or-zero';
  const initial = isSingle ? bestOnly(renewal.initial, previous, producerIds) : renewal.initial;
  return { ...renewal, initial, previous };
}

/** What the report of the stage says of a renewal. */
export function renewalReport(
  { counts, previous }: RenewalPlan,
  producerIds: IdTable,
  knownFor: Csr,
): { renewal: Renewal['counts']; change: ChangeReport } {
  return { renewal: counts, change: reportChanges(previous, { producerIds, knownFor }) };
}

/** One community each: of several the one that the producer was most firmly in, of equals the lower id. */
function bestOnly(initial: Memberships, previous: IdentifiedKnownFor, producerIds: IdTable): Memberships {
  if (initial.width === 1) return initial;
  const { indptr, indices, data } = previous.knownFor;
  const oldRows = placesIn(previous.producerIds, producerIds);
  const scoreOf = (v: number, community: number): number => {
    if (oldRows[v] === NO_PLACE) return 0;
    const place = indices.subarray(indptr[oldRows[v]], indptr[oldRows[v] + 1]).indexOf(community + 1);
    return place < 0 ? 0 : (data?.[indptr[oldRows[v]] + place] ?? 1);
  };
  const best = Uint32Array.from({ length: initial.numVertices }, (_, v) =>
    communitiesOf(initial, v).reduce(
      (a, b) => (a === initial.numCommunities || scoreOf(v, b) > scoreOf(v, a) ? b : a),
      initial.numCommunities,
    ),
  );
  return singleMemberships(initial.numCommunities, best);
}

function idList(ids: readonly number[]): string {
  return ids.length <= 10 ? ids.join(', ') : `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more`;
}
