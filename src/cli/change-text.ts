/** What a renewal changed, in lines for a terminal. */
import type { ChangeReport, ClusterChange } from '../communities/change-report.ts';
import { formatCount } from '../core/format.ts';
import type { StageReport } from '../stages/stage.ts';
import { counted, decimals, heading, section, type TextStyle } from './text-layout.ts';

const maxListedIds = 12;
const maxListedClusters = 5;

/** Of the stage known-for; undefined when it renewed nothing. */
export function changeOf(report: StageReport | undefined): ChangeReport | undefined {
  return report?.['change'] as ChangeReport | undefined;
}

/** `98.7 %` of the producers who had a community kept it; undefined when none had one. */
export function shareKept({ producers }: ChangeReport): string | undefined {
  return producers.shareSame === undefined ? undefined : `${(100 * producers.shareSame).toFixed(1)} %`;
}

export function changeLines(change: ChangeReport, style: TextStyle): string[] {
  const { producers, clusters } = change;
  const { same, different, someToNone, noneToSome, noneToNone } = producers;
  const kept = shareKept(change);
  const ids = [
    ['extinct ids', clusters.extinctIds],
    ['ids used again', clusters.reusedIds],
    ['new ids', clusters.newIds],
  ] as const;
  return [
    ...heading('Changes since the previous model', style),
    `  ${kept ? `${kept} of producers kept their community: ` : ''}${formatCount(same)} the same, ${formatCount(different)} another, ${formatCount(someToNone)} none any more`,
    `  ${formatCount(noneToSome)} found their first, ${formatCount(noneToNone)} still have none`,
    `  ${counted(producers.newcomers, 'newcomer')} (${formatCount(producers.newcomersWithCluster)} with a community), ${counted(producers.leavers, 'leaver')} (${formatCount(producers.leaversWithCluster)} had one)`,
    ...ids.filter(([, list]) => list.length > 0).map(([name, list]) => `  ${name}: ${idList(list)}`),
    ...(clusters.cosine
      ? [
          `  cosine of ${counted(clusters.numCompared, 'cluster')} old to new: min ${decimals(clusters.cosine.min)}, p10 ${decimals(clusters.cosine.p10)}, median ${decimals(clusters.cosine.median)}, mean ${decimals(clusters.cosine.mean)}`,
        ]
      : []),
    ...section(
      'Most changed clusters',
      style,
      ['left', 'right', 'right'],
      clusters.mostChanged.slice(0, maxListedClusters).map(clusterCells),
    ),
  ];
}

function clusterCells({ clusterId, numBefore, numAfter, numInBoth, cosine }: ClusterChange): string[] {
  return [
    `cluster ${clusterId}`,
    `cosine ${decimals(cosine)}`,
    `${formatCount(numBefore)} → ${counted(numAfter, 'producer')}, ${formatCount(numInBoth)} of them the same`,
  ];
}

function idList(ids: readonly number[]): string {
  const more = ids.length - maxListedIds;
  return `${ids.slice(0, maxListedIds).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
}
