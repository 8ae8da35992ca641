/** What `simclusters communities` shows while it runs: a bar, a line per epoch, the result. */
import { Presets, SingleBar } from 'cli-progress';
import type { FoundCommunities } from '../communities/find-communities.ts';
import type { RoundReport } from '../communities/growth.ts';
import type { CommunityMetrics } from '../communities/metrics.ts';
import type { EpochReport } from '../communities/metropolis-hastings.ts';
import { formatBytes, formatCount } from '../core/format.ts';
import { peakRssBytes } from '../pipeline/peak-memory.ts';

const percent = (share: number | undefined) => (share === undefined ? '' : (share * 100).toFixed(2));

const columns: readonly (readonly [title: string, width: number, text: (report: EpochReport) => string])[] = [
  ['epoch', 5, ({ epoch }) => String(epoch)],
  ['prec %', 7, ({ precision }) => percent(precision)],
  ['rec %', 7, ({ recall }) => percent(recall)],
  ['F1 %', 7, ({ f1 }) => percent(f1)],
  ['wt F1 %', 7, ({ weightedF1 }) => percent(weightedF1)],
  ['members/v', 9, ({ membershipsPerVertex }) => membershipsPerVertex?.toFixed(3) ?? ''],
  ['orphans', 8, ({ numOrphans }) => (numOrphans === undefined ? '' : formatCount(numOrphans))],
  ['k used', 8, ({ numNonEmpty }) => (numNonEmpty === undefined ? '' : formatCount(numNonEmpty))],
  ['sizes', 11, ({ minSize, maxSize }) => (minSize === undefined ? '' : `${minSize}-${maxSize}`)],
  ['accept %', 8, ({ acceptRate }) => percent(acceptRate)],
  ['empty %', 7, ({ emptyProposalRate }) => percent(emptyProposalRate)],
  ['same %', 7, ({ sameProposalRate }) => percent(sameProposalRate)],
  ['Medges/s', 8, ({ edgesPerSecond }) => (edgesPerSecond / 1e6).toFixed(1)],
];

export class CommunitiesDisplay {
  readonly #isQuiet: boolean;
  readonly #metrics: 'text' | 'json' | 'none';
  readonly #bar: SingleBar | undefined;
  #isBarShown = false;
  #hasHeader = false;

  constructor(isQuiet: boolean, metrics: 'text' | 'json' | 'none') {
    this.#isQuiet = isQuiet;
    this.#metrics = metrics;
    if (isQuiet || !process.stderr.isTTY) return;
    const format = '  {bar} {name}  {percentage}%  ETA {eta_formatted}';
    this.#bar = new SingleBar(
      { stream: process.stderr, hideCursor: true, clearOnComplete: true, etaBuffer: 50, format },
      Presets.shades_classic,
    );
  }

  say(line: string): void {
    if (this.#isQuiet) return;
    this.#hideBar();
    process.stderr.write(`${line}\n`);
  }

  progress(name: string, fraction: number): void {
    if (!this.#bar) return;
    if (!this.#isBarShown) this.#bar.start(1000, 0, { name });
    this.#isBarShown = true;
    this.#bar.update(Math.round(fraction * 1000), { name });
  }

  epoch(report: EpochReport): void {
    if (this.#metrics === 'json') this.#json({ type: 'epoch', ...report });
    if (this.#metrics !== 'text') return;
    if (!this.#hasHeader) this.say(columns.map(([title, width]) => title.padStart(width)).join(' '));
    this.#hasHeader = true;
    this.say(columns.map(([, width, text]) => text(report).padStart(width)).join(' '));
  }

  round(report: RoundReport): void {
    if (this.#metrics === 'json') this.#json({ type: 'round', ...report });
    if (this.#metrics === 'text')
      this.say(
        `round ${report.round}: objective ${report.objective.toFixed(1)}, ` +
          `${formatCount(report.numCommunities)} communities, ${report.seconds.toFixed(2)} s`,
      );
  }

  result({ memberships, metrics, objective, postProcessing }: FoundCommunities): void {
    const peak = peakRssBytes();
    const { numCommunities, numVertices } = memberships;
    if (this.#metrics === 'json')
      this.#json({
        type: 'result',
        numVertices,
        numCommunities,
        objective,
        ...metrics,
        postProcessing,
        peakRssBytes: peak,
      });
    this.say(resultLine(metrics, numVertices, objective));
    this.say(`peak memory ${formatBytes(peak)}`);
  }

  stop(): void {
    this.#hideBar();
  }

  #json(line: object): void {
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }

  #hideBar(): void {
    if (this.#isBarShown) this.#bar?.stop();
    this.#isBarShown = false;
  }
}

function resultLine(metrics: CommunityMetrics, numVertices: number, objective: number | undefined): string {
  return [
    `${formatCount(metrics.numNonEmpty)} communities of ${metrics.minSize} to ${metrics.maxSize} members`,
    `${formatCount(metrics.numAssigned)} of ${formatCount(numVertices)} vertices in one or more`,
    `edge F1 ${percent(metrics.f1)} %${metrics.isSampled ? ' (from a sample of pairs)' : ''}`,
    ...(objective === undefined ? [] : [`objective ${objective.toFixed(1)}`]),
  ].join(', ');
}
