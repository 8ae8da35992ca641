/** The communities with their members, topics and items, the largest first. */
import { type Csr, nnz } from '../core/csr.ts';
import { formatCount } from '../core/format.ts';
import { type IdTable, idAt } from '../core/ids.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import type { ArtifactName } from '../stages/artifacts.ts';
import { idsOf, matrixOf, scalars } from '../stages/stage.ts';
import { budgets, rounded, withinBudget } from './budget.ts';
import type { CommunityMembers } from './community-members.ts';
import type { Community, CommunitySection, Scored } from './data.ts';
import { clip } from './html.ts';

const MEMBERS_WITH_SCORES = 15;
const TOPICS = 6;
const ITEMS = 8;
/** Member names over all communities together, unless that would be fewer per community than have scores. */
const MEMBER_NAMES = 60_000;
const MOST_MEMBER_NAMES = 100;

/** A list per cluster, with the names of what it lists. */
interface ClusterIndex {
  readonly matrix: Csr;
  readonly ids: IdTable;
}

export function gatherCommunities(model: ModelReader, source: CommunityMembers): CommunitySection {
  const { order, sizes, producerIds, followers } = source;
  const topics = clusterIndex(model, 'clusterToTopics', 'topicIndex', 'topicEmbedding', 'topicId');
  const items = clusterIndex(model, 'clusterToTweets', 'itemIndex', 'items', 'itemId');
  const numConsumers = consumersByCluster(model);
  const numNames = Math.min(
    MOST_MEMBER_NAMES,
    Math.max(MEMBERS_WITH_SCORES, Math.floor(MEMBER_NAMES / Math.max(1, order.length))),
  );
  const make = (cluster: number): Community => {
    const members = source.membersOf(cluster);
    const best = members[0].weight || 1;
    const nameOf = (producer: number) => clip(idAt(producerIds, producer));
    return {
      id: cluster,
      ...source.labelOf(cluster, members),
      numMembers: sizes[cluster],
      numConsumers: numConsumers?.[cluster],
      affiliation: rounded(members.reduce((sum, { score }) => sum + score, 0) / members.length),
      members: members
        .slice(0, MEMBERS_WITH_SCORES)
        .map(({ producer, score, weight }) => [
          nameOf(producer),
          rounded(score),
          followers[producer],
          rounded(weight / best),
        ]),
      also: members.slice(MEMBERS_WITH_SCORES, numNames).map(({ producer }) => nameOf(producer)),
      topics: topOf(topics, cluster, TOPICS),
      items: topOf(items, cluster, ITEMS),
    };
  };
  const communities = withinBudget(Array.from(order), make, budgets.communities);
  return {
    communities,
    sizes: Array.from(order, (cluster) => sizes[cluster]),
    leftOut: whatIsLeftOut(communities, order.length, sizes[order[0]] ?? 0, numNames),
  };
}

function whatIsLeftOut(
  communities: readonly Community[],
  numCommunities: number,
  largest: number,
  numNames: number,
): string[] {
  const notes: string[] = [];
  if (communities.length < numCommunities) {
    notes.push(
      `This page holds the ${formatCount(communities.length)} largest of ${formatCount(numCommunities)} communities; all are in clusters.parquet and knownFor.parquet.`,
    );
  }
  if (largest > numNames)
    notes.push(`At most ${formatCount(numNames)} members of a community are listed and searched.`);
  return notes;
}

function clusterIndex(
  model: ModelReader,
  index: ArtifactName,
  indexColumn: string,
  entities: ArtifactName,
  idColumn: string,
): ClusterIndex | undefined {
  if (!model.has(index) || !model.has(entities)) return undefined;
  const matrix = matrixOf(model.read(index), indexColumn, 'score');
  return nnz(matrix) === 0 ? undefined : { matrix, ids: idsOf(model.read(entities), idColumn) };
}

function topOf(index: ClusterIndex | undefined, cluster: number, limit: number): Scored[] {
  if (!index || cluster >= index.matrix.numRows) return [];
  const { indptr, indices, data } = index.matrix;
  const end = Math.min(indptr[cluster + 1], indptr[cluster] + limit);
  const top: Scored[] = [];
  for (let i = indptr[cluster]; i < end; i++)
    top.push([clip(idAt(index.ids, indices[i])), rounded(data?.[i] ?? 1)]);
  return top;
}

function consumersByCluster(model: ModelReader): Uint32Array | undefined {
  if (model.has('clusters')) return scalars(model.read('clusters'), 'numConsumers');
  if (!model.has('clusterInterest')) return undefined;
  return scalars(model.read('clusterInterest'), 'numUsersInterestedInThisClusterUpperBound');
}
