/** Interests of a few users: those whose interest is most concentrated, spread over the communities. */

import type { Csr } from '../core/csr.ts';
import { formatCount } from '../core/format.ts';
import { idAt } from '../core/ids.ts';
import type { ModelReader } from '../pipeline/model-folder.ts';
import { idsOf, matrixOf } from '../stages/stage.ts';
import { budgets, rounded, withinBudget } from './budget.ts';
import type { CommunityMembers } from './community-members.ts';
import type { Label, User, UserSection } from './data.ts';
import { clip } from './html.ts';

const FEATURED = 16;
const EMBEDDED = 400;
const INTERESTS = 5;
/** With fewer clusters than this, interest is concentrated for want of choice. */
const MIN_CLUSTERS = 8;
const MIN_USERS_PER_COMMUNITY = 8;

/** Follows of what everybody follows count less in this score, so that it tells users apart. */
export const INTEREST_SCORE = 'followScoreProducerNormalizedOnly';

interface Candidate {
  readonly user: number;
  /** Share of the strongest cluster. */
  readonly share: number;
}

export function gatherUsers(model: ModelReader, members: CommunityMembers): UserSection | undefined {
  if (!model.has('interestedIn')) return undefined;
  const artifact = model.read('interestedIn');
  const matrix = matrixOf(artifact, 'clusterId', INTEREST_SCORE);
  const ids = idsOf(artifact, 'consumerId');
  const chosen = chooseUsers(matrix, MIN_CLUSTERS);
  if (chosen.length < FEATURED) {
    for (const user of chooseUsers(matrix, 1)) if (!chosen.includes(user)) chosen.push(user);
  }
  const make = (user: number): User => ({
    name: clip(idAt(ids, user)),
    numClusters: matrix.indptr[user + 1] - matrix.indptr[user],
    interests: sharesOf(matrix, user).slice(0, INTERESTS),
  });
  const users = withinBudget(chosen.slice(0, EMBEDDED), make, budgets.users);
  return {
    users,
    numFeatured: Math.min(FEATURED, users.length),
    labels: labelsOf(users, members),
    leftOut:
      users.length < matrix.numRows
        ? [
            `This page holds ${formatCount(users.length)} of ${formatCount(matrix.numRows)} users: of each community those most devoted to it. The rest is in interestedIn.parquet.`,
          ]
        : [],
  };
}

/** The most concentrated user of every community, then the second of every community, and so on. */
function chooseUsers(matrix: Csr, minClusters: number): number[] {
  const perCommunity = Math.max(
    MIN_USERS_PER_COMMUNITY,
    Math.ceil(EMBEDDED / Math.max(1, matrix.numCols - 1)),
  );
  const best = new Map<number, Candidate[]>();
  for (let user = 0; user < matrix.numRows; user++) {
    if (matrix.indptr[user + 1] - matrix.indptr[user] < minClusters) continue;
    const top = strongest(matrix, user);
    if (top) insert(best, top.cluster, { user, share: top.share }, perCommunity);
  }
  const rounds: Candidate[][] = Array.from({ length: perCommunity }, () => []);
  for (const candidates of best.values())
    for (const [i, candidate] of candidates.entries()) rounds[i].push(candidate);
  return rounds.flatMap((round) => round.sort(byShare).map(({ user }) => user)).slice(0, EMBEDDED);
}

function byShare(a: Candidate, b: Candidate): number {
  return b.share - a.share || a.user - b.user;
}

function insert(best: Map<number, Candidate[]>, cluster: number, candidate: Candidate, limit: number): void {
  const list = best.get(cluster) ?? [];
  if (list.length === limit && byShare(list[limit - 1], candidate) <= 0) return;
  list.push(candidate);
  list.sort(byShare);
  best.set(cluster, list.slice(0, limit));
}

function strongest(
  { indptr, indices, data }: Csr,
  user: number,
): { cluster: number; share: number } | undefined {
  let sum = 0;
  let top = -1;
  for (let i = indptr[user]; i < indptr[user + 1]; i++) {
    const score = data?.[i] ?? 0;
    sum += score;
    if (top < 0 || score > (data?.[top] ?? 0)) top = i;
  }
  return sum > 0 ? { cluster: indices[top], share: (data?.[top] ?? 0) / sum } : undefined;
}

function sharesOf({ indptr, indices, data }: Csr, user: number): [number, number][] {
  const entries: [number, number][] = [];
  for (let i = indptr[user]; i < indptr[user + 1]; i++) entries.push([indices[i], data?.[i] ?? 0]);
  const sum = entries.reduce((total, [, score]) => total + score, 0);
  return entries
    .filter(([, score]) => score > 0)
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .map(([cluster, score]) => [cluster, rounded(score / sum)]);
}

function labelsOf(users: readonly User[], members: CommunityMembers): Record<number, Label> {
  const labels: Record<number, Label> = {};
  for (const { interests } of users)
    for (const [cluster] of interests) labels[cluster] ??= members.labelOf(cluster);
  return labels;
}
