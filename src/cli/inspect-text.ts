/** Portraits in words, for a terminal: headings, aligned columns, long names cut to the width. */

import { formatBytes, formatCount, formatSeconds } from '../core/format.ts';
import type { ClusterPortrait } from '../inspect/cluster-portrait.ts';
import type { Portrait } from '../inspect/inspect.ts';
import type { ModelPortrait } from '../inspect/model-portrait.ts';
import type { ProducerPortrait } from '../inspect/producer-portrait.ts';
import type { TopicPortrait } from '../inspect/topic-portrait.ts';
import type { Interest, Recommendation, UserPortrait } from '../inspect/user-portrait.ts';
import { changeLines, changeOf } from './change-text.ts';
import { summarizeReport } from './progress.ts';
import {
  alignedLines,
  clip,
  counted,
  decimals,
  heading,
  percent,
  section,
  type TextStyle,
} from './text-layout.ts';

/** Producers named behind an interest. */
const namedCarriers = 4;
/** Left of the lines that explain the line above. */
const detailMargin = 8;

/** The text of a portrait; its last line ends. */
export function portraitText(portrait: Portrait, style: TextStyle): string {
  return `${portraitLines(portrait, style).join('\n')}\n`;
}

function portraitLines(portrait: Portrait, style: TextStyle): string[] {
  switch (portrait.kind) {
    case 'model':
      return modelLines(portrait, style);
    case 'cluster':
      return clusterLines(portrait, style);
    case 'user':
      return userLines(portrait, style);
    case 'producer':
      return producerLines(portrait, style);
    default:
      return topicLines(portrait, style);
  }
}

function modelLines(model: ModelPortrait, style: TextStyle): string[] {
  const when = model.updatedAt.slice(0, 16).replace('T', ' ');
  const preset = model.preset ? `Preset ${model.preset.name} (${model.preset.reason}), seed` : 'Seed';
  const { communities } = model;
  const change = changeOf(model.stages.find(({ name }) => name === 'known-for')?.report);
  return [
    style.bold(`Model ${model.modelVersion}`),
    `${model.status === 'complete' ? 'Complete' : 'Not complete'}, last written ${when} UTC by simclusters ${model.packageVersion}.`,
    `${preset} ${model.seed}, ${counted(model.numThreads, 'thread')}.`,
    ...section(
      'Inputs',
      style,
      ['left', 'name', 'right'],
      model.inputs.map((input) => [input.stage, input.file, formatBytes(input.bytes)]),
    ),
    ...section('Stages', style, ['left', 'name', 'right', 'right'], model.stages.map(stageCells)),
    ...(communities
      ? section(
          `Largest of ${formatCount(communities.total)} communities`,
          style,
          ['right', 'name', 'right', 'right'],
          communities.largest.map((cluster) => [
            String(cluster.clusterId),
            cluster.name,
            counted(cluster.numProducers, 'producer'),
            counted(cluster.numConsumers, 'consumer'),
          ]),
        )
      : []),
    ...(change ? changeLines(change, style) : []),
    ...section(
      'Artifacts',
      style,
      ['left', 'name', 'right', 'right'],
      model.artifacts.map(({ name, summary, numRows, bytes }) => [
        name,
        summary,
        counted(numRows, 'row'),
        formatBytes(bytes),
      ]),
    ),
  ];
}

function stageCells({ name, skipped, report, bytes, seconds }: ModelPortrait['stages'][number]): string[] {
  if (skipped !== undefined) return [name, `skipped: ${skipped}`, '', ''];
  return [name, summarizeReport(report), formatBytes(bytes), formatSeconds(seconds)];
}

function clusterLines(cluster: ClusterPortrait, style: TextStyle): string[] {
  const { clusterId, name, numProducers, numConsumers, members } = cluster;
  const known =
    numProducers === 0
      ? 'No producer is known for it: its members found closer communities.'
      : `${counted(numProducers, 'producer')} ${numProducers === 1 ? 'is' : 'are'} known for it; ${counted(numConsumers, 'consumer')} ${numConsumers === 1 ? 'is' : 'are'} interested.`;
  return [
    style.bold(clip(`Cluster ${clusterId}${name ? ` — ${name}` : ''}`, style.width)),
    known,
    ...section(
      'Members and how firmly they belong, 0 to 1',
      style,
      ['name', 'right', 'right'],
      members.map((member) => [
        member.producerId,
        decimals(member.knownForScore),
        counted(member.followerCount, 'follower'),
      ]),
    ),
    ...leftOver(numProducers - members.length, style),
    ...section('Topics (cosine)', style, ['name', 'right'], scoredCells(cluster.topics, 'topicId')),
    ...section(
      'Top items (favs of its consumers, decayed)',
      style,
      ['name', 'right'],
      scoredCells(cluster.items, 'itemId'),
    ),
    ...section(
      'Nearest clusters, by their producers (cosine)',
      style,
      ['right', 'name', 'right'],
      cluster.nearest.map((near) => clusterCells(near, near.cosine)),
    ),
  ];
}

function userLines(user: UserPortrait, style: TextStyle): string[] {
  const { consumerId, numFollowed, numInterests, interests, recommendations } = user;
  const rest = 1 - interests.reduce((sum, { share }) => sum + share, 0);
  const others = numInterests - interests.length;
  return [
    style.bold(clip(`User ${consumerId}`, style.width)),
    `Follows ${counted(numFollowed, 'producer')}, interested in ${counted(numInterests, 'community', 'communities')}.`,
    ...heading('Interests', style),
    ...(interests.length === 0 ? ['  None: no followed producer is known for a community.'] : []),
    ...interestLines(interests, style),
    ...(others > 0 ? [style.dim(`  and ${counted(others, 'smaller one')}, ${percent(rest)} in all`)] : []),
    ...heading('To follow next, and where the score comes from', style),
    ...(recommendations.length === 0 ? ['  Nothing: no producer lies near these interests.'] : []),
    ...recommendationLines(recommendations, style),
  ];
}

/** Each interest with the followed producers that carry it on a line of their own. */
function interestLines(interests: readonly Interest[], style: TextStyle): string[] {
  const lines = alignedLines(
    style,
    ['right', 'name', 'right'],
    interests.map(({ share, name, clusterId }) => [percent(share), name, `cluster ${clusterId}`]),
  );
  return interests.flatMap((interest, at) => [
    lines[at],
    ...carriers(interest).map((text) => detail(text, style)),
  ]);
}

function carriers({ carriedBy, numCarrying }: Interest): string[] {
  if (numCarrying === 0) return [];
  const named = carriedBy.slice(0, namedCarriers).map(({ producerId }) => producerId);
  const others = numCarrying - named.length;
  return [`through ${named.join(', ')}${others > 0 ? ` and ${formatCount(others)} more` : ''}`];
}

function recommendationLines(recommendations: readonly Recommendation[], style: TextStyle): string[] {
  const lines = alignedLines(
    style,
    ['right', 'name', 'right', 'right'],
    recommendations.map(({ producerId, followerCount, score }, at) => [
      `${at + 1}.`,
      producerId,
      decimals(score),
      counted(followerCount, 'follower'),
    ]),
  );
  return recommendations.flatMap(({ carriedBy }, at) => [
    lines[at],
    ...carriedBy.map(({ share, clusterId, name }) =>
      detail(`${percent(share).padStart(4)}  ${clip(name, style.width - 32)} (cluster ${clusterId})`, style),
    ),
  ]);
}

function detail(text: string, style: TextStyle): string {
  return style.dim(' '.repeat(detailMargin) + clip(text, style.width - detailMargin));
}

function producerLines(producer: ProducerPortrait, style: TextStyle): string[] {
  const { producerId, followerCount, faverCount, community, similar, clusters } = producer;
  const favers = faverCount === undefined ? '' : `, faved by ${counted(faverCount, 'consumer')}`;
  return [
    style.bold(clip(`Producer ${producerId}`, style.width)),
    `Followed by ${counted(followerCount, 'consumer')}${favers}.`,
    ...heading('Community', style),
    ...(community ? communityLines(community, style) : ['  None: it resembles no other producer enough.']),
    ...section(
      'Similar producers, by their followers',
      style,
      ['name', 'right', 'right'],
      similar.map((other) => [
        other.producerId,
        decimals(other.similarity),
        counted(other.followerCount, 'follower'),
      ]),
    ),
    ...section(
      'Clusters whose consumers follow it (cosine)',
      style,
      ['right', 'name', 'right'],
      clusters.map((cluster) => clusterCells(cluster, cluster.score)),
    ),
  ];
}

function communityLines(
  { name, clusterId, knownForScore, numProducers }: NonNullable<ProducerPortrait['community']>,
  style: TextStyle,
): string[] {
  const belongs = `belongs with ${decimals(knownForScore)} of 1, one of ${counted(numProducers, 'producer')}`;
  return [
    ...alignedLines(style, ['name', 'right'], [[name, `cluster ${clusterId}`]]),
    style.dim(`  ${belongs}`),
  ];
}

function topicLines({ topicId, clusters, producers }: TopicPortrait, style: TextStyle): string[] {
  return [
    style.bold(clip(`Topic ${topicId}`, style.width)),
    ...(clusters.length === 0 ? ['Lies in no cluster: too few of the consumers follow it.'] : []),
    ...section(
      'Clusters its followers are interested in (cosine)',
      style,
      ['right', 'name', 'right'],
      clusters.map((cluster) => clusterCells(cluster, cluster.score)),
    ),
    ...section(
      'Nearest producers (dot product)',
      style,
      ['name', 'right', 'right'],
      producers.map(({ producerId, score, followerCount }) => [
        producerId,
        decimals(score),
        counted(followerCount, 'follower'),
      ]),
    ),
  ];
}

function clusterCells(cluster: { clusterId: number; name: string }, score: number): string[] {
  return [String(cluster.clusterId), cluster.name, decimals(score)];
}

function scoredCells<K extends string>(list: readonly ({ score: number } & Record<K, string>)[], key: K) {
  return list.map((entry) => [`${entry[key]}`, decimals(entry.score)]);
}

function leftOver(count: number, style: TextStyle): string[] {
  return count > 0 ? [style.dim(`  and ${formatCount(count)} more`)] : [];
}
