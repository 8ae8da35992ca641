/** Small models for the tests of the report, built by the pipeline in temporary folders. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ModelReader, openModel } from '../../src/pipeline/model-folder.ts';
import { runPipeline } from '../../src/pipeline/pipeline.ts';
import type { GivenParams } from '../../src/stages/stage.ts';

/** An id that would run a script, were it not escaped. */
export const HOSTILE = `</script><img src=x onerror="document.title='broken in'">&amp;'`;

export interface Rows {
  readonly follows: readonly (readonly [string, string])[];
  readonly engagements?: readonly (readonly [number, string, string])[];
  readonly topicFollows?: readonly (readonly [string, string])[];
}

function writeRows(
  file: string,
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
) {
  writeFileSync(file, `${[columns, ...rows].map((row) => row.join('\t')).join('\n')}\n`);
  return [file];
}

type BuildModel = (rows: Rows, given?: GivenParams, target?: string) => Promise<ModelReader>;

/** Each test file removes its own folders when it is done. */
export function modelBuilder(): { buildModel: BuildModel; removeModels: () => void } {
  const folders: string[] = [];
  return {
    async buildModel(rows, given = {}, target) {
      const folder = mkdtempSync(join(tmpdir(), 'simclusters-report-'));
      folders.push(folder);
      await runPipeline({ folder, target, numThreads: 1, given: { ...writeInputs(folder, rows), ...given } });
      return openModel(folder);
    },
    removeModels() {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeInputs(folder: string, { follows, engagements, topicFollows }: Rows): GivenParams {
  const file = (name: string) => join(folder, name);
  const events = engagements?.map(([time, user, item]) => [time, user, item, 'fav']);
  return {
    follows: writeRows(file('follows.tsv'), ['consumer', 'producer'], follows),
    engagements: events && writeRows(file('favs.tsv'), ['time', 'user', 'item', 'verb'], events),
    topicFollows: topicFollows && writeRows(file('topics.tsv'), ['user', 'topic'], topicFollows),
  };
}

/**
 * Groups of consumers who follow every producer of their group, and one producer that all follow.
 * The first producer of the first group has the hostile id, and so have a consumer, an item and a topic.
 */
export function groupedRows(numGroups: number, numConsumers: number, numProducers: number): Rows {
  const isFirst = (group: number, i: number) => group === 0 && i === 0;
  const consumer = (group: number, i: number) => (isFirst(group, i) ? HOSTILE : `user-${group}-${i}`);
  const producer = (group: number, i: number) => (isFirst(group, i) ? HOSTILE : `maker-${group}-${i}`);
  const follows: [string, string][] = [];
  const engagements: [number, string, string][] = [];
  const topicFollows: [string, string][] = [];
  for (let group = 0; group < numGroups; group++) {
    for (let c = 0; c < numConsumers; c++) {
      follows.push([consumer(group, c), 'everybody']);
      for (let p = 0; p < numProducers; p++) {
        // One follow in five is left out, so that members differ.
        if ((c + p) % 5 !== 4) follows.push([consumer(group, c), producer(group, p)]);
        engagements.push([1_700_000_000 + c * 60, consumer(group, c), producer(group, p)]);
      }
      topicFollows.push([consumer(group, c), group === 0 ? HOSTILE : `topic-${group}`]);
    }
  }
  return { follows, engagements, topicFollows };
}
