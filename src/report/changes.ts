/** What a renewal changed: producers who stayed or moved, and the clusters that changed most. */
import type { ChangeReport, ClusterChange } from '../communities/change-report.ts';
import { formatCount } from '../core/format.ts';
import type { Manifest } from '../pipeline/manifest.ts';
import type { CommunitySection } from './data.ts';
import { clip, html, type Markup } from './html.ts';

const IDS_LISTED = 30;

/** Undefined when the model renews none. */
export function changeSection(
  { stages }: Manifest,
  communities: CommunitySection | undefined,
): Markup | undefined {
  const change = stages['known-for']?.report['change'] as ChangeReport | undefined;
  if (!change) return undefined;
  const { producers, clusters } = change;
  const figure = (name: string, value: string, note: string) =>
    html`<div><dt>${name}</dt><dd><b>${value}</b><span>${note}</span></dd></div>`;
  const kept = producers.shareSame === undefined ? '–' : `${(100 * producers.shareSame).toFixed(1)} %`;
  return html`<section id="changes" aria-labelledby="changes-heading"><h2 id="changes-heading">Changes since the previous model</h2><p>This model goes on from the communities of a previous one: a cluster id stands for what it stood for, as far as its producers stayed together.</p><dl class="figures">${[
    figure('Kept their community', kept, 'of producers who had one'),
    figure('Moved', formatCount(producers.different), 'to another community'),
    figure('Lost theirs', formatCount(producers.someToNone), 'and have none now'),
    figure(
      'Found their first',
      formatCount(producers.noneToSome),
      `${formatCount(producers.noneToNone)} still have none`,
    ),
    figure(
      'Newcomers',
      formatCount(producers.newcomers),
      `${formatCount(producers.newcomersWithCluster)} with a community`,
    ),
    figure(
      'Leavers',
      formatCount(producers.leavers),
      `${formatCount(producers.leaversWithCluster)} had a community`,
    ),
  ]}</dl>${[
    idNote('Extinct ids, which have no producers any more', clusters.extinctIds),
    idNote('Ids that stand for other producers altogether', clusters.reusedIds),
    idNote('New ids', clusters.newIds),
  ]}${clusterTable(clusters, communities)}</section>`;
}

function idNote(text: string, ids: readonly number[]): Markup {
  if (ids.length === 0) return html``;
  const more = ids.length - IDS_LISTED;
  return html`<p>${text}: ${ids.slice(0, IDS_LISTED).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}.</p>`;
}

function clusterTable(
  { numCompared, cosine, mostChanged }: ChangeReport['clusters'],
  communities: CommunitySection | undefined,
): Markup {
  if (!cosine) return html`<p class="note">No cluster has ten producers, so none is compared.</p>`;
  const labels = new Map(communities?.communities.map(({ id, topic, name }) => [id, topic || name]));
  const fixed = (value: number) => value.toFixed(2);
  const rows = mostChanged.map(
    (entry: ClusterChange) =>
      html`<tr><th scope="row" class="number">${entry.clusterId}</th><td><bdi>${clip(labels.get(entry.clusterId) ?? '–')}</bdi></td><td class="number">${fixed(entry.cosine)}</td>${[
        entry.numBefore,
        entry.numAfter,
        entry.numInBoth,
      ].map((count) => html`<td class="number">${formatCount(count)}</td>`)}</tr>`,
  );
  return html`<p>Cosine between the old and the new members of ${formatCount(numCompared)} ${numCompared === 1 ? 'cluster' : 'clusters'} of ten producers or more: median ${fixed(cosine.median)}, mean ${fixed(cosine.mean)}, one in ten at most ${fixed(cosine.p10)}, lowest ${fixed(cosine.min)}; 1 means the very same.</p><div class="scroll" role="region" aria-label="Most changed clusters" tabindex="0"><table class="grid"><caption>Most changed clusters</caption><thead><tr><th scope="col" class="number">Cluster</th><th scope="col">Named now</th><th scope="col" class="number">Cosine</th><th scope="col" class="number">Producers before</th><th scope="col" class="number">Producers now</th><th scope="col" class="number">In both</th></tr></thead><tbody>${rows}</tbody></table></div>`;
}
