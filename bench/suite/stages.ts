/** The stages of the whole job, on one thread and on two: input files to artifacts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import { runPipeline } from '../../src/pipeline/pipeline.ts';
import type { GivenParams } from '../../src/stages/stage.ts';
import { plantedFollows, type SuiteSize } from './inputs.ts';
import type { RunOptions } from './kernel-run.ts';
import type { Timing, Way } from './rows.ts';

const NOW_S = 1_700_000_000;
const TEN_DAYS_S = 864_000;
const ITEMS_PER_PRODUCER = 3;
const NUM_TOPICS = 100;
const ways: readonly [Way, number][] = [
  ['WASM, 1 thread', 1],
  ['WASM, 2 threads', 2],
];

/** Every stage that the files give something to do, the one on demand included; without warm-up, as a job has none. */
export async function timeStages({ size, numRounds, pattern, folder }: RunOptions): Promise<Timing[]> {
  const given = writeInputs(size, folder);
  const shape = `${size.users} consumers, ${size.users * size.follows} follows, half as many engagements`;
  const timings = new Map<string, Timing & { seconds: number[] }>();
  for (let round = 0; round < numRounds; round++) {
    for (const [way, numThreads] of ways) {
      for (const [stage, seconds] of await runAll(join(folder, `model-${numThreads}`), given, numThreads)) {
        if (!pattern.test(stage)) continue;
        const key = `${stage} ${way}`;
        const timing = timings.get(key) ?? {
          part: 'stages',
          work: stage,
          kernels: [],
          shape,
          way,
          seconds: [],
        };
        timing.seconds.push(seconds);
        timings.set(key, timing);
      }
    }
  }
  return [...timings.values()];
}

/** Seconds of each stage. */
async function runAll(model: string, given: GivenParams, numThreads: number): Promise<Map<string, number>> {
  const seconds = new Map<string, number>();
  const options = {
    ...{ folder: model, given, numThreads },
    onEvent: (event: { type: string; name?: string; seconds?: number }) => {
      if (event.type === 'stage-end') seconds.set(event.name as string, event.seconds as number);
    },
  };
  await runPipeline({ ...options, force: true });
  await runPipeline({ ...options, target: 'recommendation-views' });
  return seconds;
}

function writeInputs(size: SuiteSize, folder: string): GivenParams {
  const { rows, cols } = plantedFollows(size);
  const key = randomKey('bench', 'files');
  const draw = (i: number, number: number) => uniform(streamOf(key, 0, i), number);
  const write = (name: string, header: string, count: number, line: (i: number) => string) => {
    const file = join(folder, name);
    writeFileSync(file, `${header}\n${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`);
    return [file];
  };
  const itemOf = (i: number) => `i${cols[i]}.${Math.floor(draw(i, 0) * ITEMS_PER_PRODUCER)}`;
  const topicOf = (producer: number) => `t${producer % NUM_TOPICS}`;
  return {
    follows: write('follows.tsv', 'consumer\tproducer', rows.length, (i) => `u${rows[i]}\tp${cols[i]}`),
    engagements: write('engagements.tsv', 'time\tuser\titem\tverb\tauthor', rows.length >> 1, (half) => {
      const i = 2 * half;
      const time = NOW_S - Math.floor(draw(i, 1) * TEN_DAYS_S);
      return `${time}\tu${rows[i]}\t${itemOf(i)}\tfav\tp${cols[i]}`;
    }),
    topicFollows: write(
      'topic-follows.tsv',
      'user\ttopic',
      size.users,
      (user) => `u${user}\t${topicOf(user)}`,
    ),
    itemTopics: write('item-topics.tsv', 'item\ttopic', size.users, (p) => `i${p}.0\t${topicOf(p)}`),
  };
}
