/** What does not need the artifacts, only the manifest: header, flow and quality. */
import { formatBytes, formatCount, formatSeconds } from '../core/format.ts';
import type { Manifest } from '../pipeline/manifest.ts';
import { binSizes, histogram, lineChart, type Series } from './charts.ts';
import type { CommunitySection } from './data.ts';
import { bytesOf, type FlowNode, flowNodes, flowPictures, whyEmpty } from './flow.ts';
import { clip, html, type Markup } from './html.ts';
import { finite } from './numbers.ts';

export function header({ stages, preset, status, modelVersion }: Manifest): Markup {
  const follow = stages['follow-graph']?.report ?? {};
  const known = stages['known-for']?.report ?? {};
  const numProducers = finite(follow['numProducers']);
  const numCommunities = finite(known['numNonEmpty']);
  const f1 = finite(known['f1']);
  const seconds = Object.values(stages).reduce((sum, record) => sum + record.seconds, 0);
  const figure = (name: string, value: string | undefined, note = '') =>
    value === undefined
      ? html``
      : html`<div><dt>${name}</dt><dd><b>${value}</b>${note === '' ? undefined : html`<span>${note}</span>`}</dd></div>`;
  const counted = (value: unknown) => {
    const number = finite(value);
    return number === undefined ? undefined : formatCount(number);
  };
  const heading =
    numCommunities !== undefined && numProducers !== undefined
      ? `${formatCount(numCommunities)} ${numCommunities === 1 ? 'community' : 'communities'} among ${formatCount(numProducers)} producers`
      : numProducers !== undefined
        ? `${formatCount(numProducers)} producers, no communities yet`
        : 'A model without a follow graph yet';
  return html`<header class="top"><p class="eyebrow">SimClusters report · ${clip(modelVersion)}${status === 'partial' ? ' · partial model' : undefined}</p><h1>${heading}</h1><p class="lede">Consumers follow producers. Producers who share followers form communities; consumers, items and topics are then placed among these communities by whom they follow, who likes them and who follows them.</p><dl class="figures">${[
    figure('Consumers', counted(follow['numConsumers']), 'who follow'),
    figure('Producers', counted(numProducers), 'who are followed'),
    figure('Follows', counted(follow['numEntries']), perConsumer(follow['entriesPerRow'])),
    figure(
      'Communities',
      counted(numCommunities),
      `${formatCount(finite(known['numCommunities']) ?? 0)} at the start`,
    ),
    figure('Edge F1', f1 === undefined ? undefined : percentFine(f1), 'of similar pairs'),
    figure('Total time', formatSeconds(seconds), 'of all stages'),
  ]}</dl>${
    preset
      ? html`<p class="preset">Preset <b>${preset.name}</b>, ${preset.reason === '--preset' ? 'as given' : `chosen for ${clip(preset.reason, 200)}`}.</p>`
      : undefined
  }</header>`;
}

function perConsumer(value: unknown): string {
  const mean = finite(value);
  return mean === undefined ? '' : `${mean < 10 ? mean.toFixed(1) : formatCount(mean)} per consumer`;
}

export function flowSection(manifest: Manifest): Markup {
  const nodes = flowNodes(manifest);
  return html`<section id="flow" aria-labelledby="flow-heading"><h2 id="flow-heading">From follows to communities</h2><p>Each box is a stage; lines lead from what it reads. Below: the time it took, as a bar against the longest stage, and the most memory the process had held by its end.</p>${flowPictures(nodes)}<details class="plain"><summary>The same as a table</summary><div class="scroll" role="region" aria-label="Stages" tabindex="0">${stageTable(nodes)}</div></details></section>`;
}

function stageTable(nodes: readonly FlowNode[]): Markup {
  const number = (value: unknown) => {
    const known = finite(value);
    return html`<td class="number">${known === undefined ? '' : formatCount(known)}</td>`;
  };
  const rows = nodes.map((node) => {
    const { name, summary, record } = node;
    const why = whyEmpty(node);
    const rest =
      record && why === undefined
        ? html`${number(record.report['numRows'])}${number(record.report['numEntries'])}<td class="number">${formatBytes(bytesOf(record))}</td><td class="number">${formatSeconds(record.seconds)}</td><td class="number">${formatBytes(record.peakRssBytes)}</td>`
        : html`<td colspan="5">${record ? `skipped: ${why}` : why}</td>`;
    return html`<tr><th scope="row">${name}</th><td>${summary}</td>${rest}</tr>`;
  });
  return html`<table class="grid"><caption>Stages in the order they run</caption><thead><tr><th scope="col">Stage</th><th scope="col">What it does</th><th scope="col" class="number">Rows</th><th scope="col" class="number">Entries</th><th scope="col" class="number">Files</th><th scope="col" class="number">Time</th><th scope="col" class="number">Peak memory</th></tr></thead><tbody>${rows}</tbody></table>`;
}

const METRICS: readonly (readonly [key: string, name: string])[] = [
  ['recall', 'Recall'],
  ['weightedF1', 'Weighted F1'],
  ['f1', 'F1'],
  ['precision', 'Precision'],
];

export function qualitySection(
  { stages }: Manifest,
  communities: CommunitySection | undefined,
): Markup | undefined {
  const epochs = (stages['known-for']?.report['epochs'] ?? []) as readonly Record<string, unknown>[];
  const bins = binSizes(communities?.sizes ?? []);
  if (bins.length === 0 && epochs.length === 0) return undefined;
  const xs = epochs.map(({ epoch }, i) => finite(epoch) ?? i + 1);
  const seriesOf = (metrics: typeof METRICS): Series[] =>
    metrics
      .map(([key, name]) => ({ name, values: epochs.map((epoch) => finite(epoch[key])) }))
      .filter(({ values }) => values.some((value) => value !== undefined));
  const quality = seriesOf(METRICS);
  const accepted = seriesOf([['acceptRate', 'Accepted']]);
  const figure = (heading: string, picture: Markup, text: string) =>
    html`<figure><h3>${heading}</h3>${picture}<figcaption>${text}</figcaption></figure>`;
  return html`<section id="quality" aria-labelledby="quality-heading"><h2 id="quality-heading">How good the communities are</h2><div class="charts">${
    bins.length === 0
      ? undefined
      : figure(
          'Sizes',
          histogram(
            {
              id: 'sizes',
              title: 'Community sizes',
              desc: bins.map(({ from, to, count }) => `${from} to ${to - 1}: ${count}`).join('; '),
              xLabel: 'producers in a community',
              yLabel: 'communities',
            },
            bins,
          ),
          describeSizes(communities?.sizes ?? []),
        )
  }${
    quality.length === 0
      ? undefined
      : figure(
          'Fit to similar pairs',
          lineChart(
            {
              id: 'fit',
              title: 'Precision, recall and F1 by epoch',
              desc: lastValues(quality),
              xLabel: 'epoch',
              yLabel: 'share of pairs',
            },
            xs,
            quality,
            percentTick,
            percentFine,
          ),
          'Recall: pairs of similar producers that share a community. Precision: pairs in one community that are similar. F1 is their harmonic mean; weighted, pairs count by their similarity.',
        )
  }${
    accepted.length === 0
      ? undefined
      : figure(
          'Moves accepted',
          lineChart(
            {
              id: 'accepted',
              title: 'Share of proposals accepted by epoch',
              desc: lastValues(accepted),
              xLabel: 'epoch',
              yLabel: 'share of proposals',
            },
            xs,
            accepted,
            percentTick,
            percentFine,
          ),
          'Each epoch proposes a move to every producer. When few are accepted, the communities have settled.',
        )
  }</div>${epochs.length === 0 ? undefined : epochTable(xs, [...quality, ...accepted])}</section>`;
}

/** In words; the sizes are descending. */
function describeSizes(sizes: readonly number[]): string {
  const producers = (size: number) => `${formatCount(size)} ${size === 1 ? 'producer' : 'producers'}`;
  if (sizes.length === 1) return `One community of ${producers(sizes[0])}.`;
  return `${formatCount(sizes.length)} communities; the largest has ${producers(sizes[0])}, the median one ${formatCount(sizes[sizes.length >> 1])}.`;
}

function epochTable(xs: readonly number[], series: readonly Series[]): Markup {
  const rows = xs.map(
    (x, i) =>
      html`<tr><th scope="row">${x}</th>${series.map(({ values }) => {
        const value = values[i];
        return html`<td class="number">${value === undefined ? '' : percentFine(value)}</td>`;
      })}</tr>`,
  );
  return html`<details class="plain"><summary>Numbers by epoch</summary><div class="scroll" role="region" aria-label="Epochs" tabindex="0"><table class="grid"><caption>Quality by epoch</caption><thead><tr><th scope="col">Epoch</th>${series.map(
    ({ name }) => html`<th scope="col" class="number">${name}</th>`,
  )}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}

function lastValues(series: readonly Series[]): string {
  return `After the last epoch: ${series.map(({ name, values }) => `${name} ${percentOf(values[values.length - 1])}`).join(', ')}`;
}

function percentOf(value: number | undefined): string {
  return value === undefined ? 'unknown' : percentFine(value);
}

function percentFine(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** As many digits as the tick has. */
function percentTick(share: number): string {
  return `${Number((100 * share).toPrecision(6))} %`;
}
