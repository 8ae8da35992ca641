/** From an event to the moment when a reader sees it: a process that takes events by HTTP, a client that posts and looks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, StreamProcess } from '../../test/fixtures/stream-process.ts';
import { quantile } from '../retrieval/measure.ts';
import { table } from '../table.ts';

export interface LatencyTask {
  readonly model: string;
  /** Users of the model. */
  readonly actors: readonly string[];
  readonly numProbes: number;
  /** Events a second that come beside the probes; one rate a row. */
  readonly rates: readonly number[];
}

export async function measureLatency(task: LatencyTask): Promise<string> {
  const rows: string[][] = [];
  for (const rate of task.rates) {
    const { posted, readable } = await probe(task, rate);
    const ms = (values: number[], share: number) => `${quantile(values, share).toFixed(1)} ms`;
    rows.push([
      rate.toLocaleString('en-US'),
      ...[ms(posted, 0.5), ms(posted, 0.99), ms(readable, 0.5), ms(readable, 0.99)],
    ]);
  }
  const header = ['other events/s', 'answered p50', 'p99', 'read with its clusters p50', 'p99'];
  return `${table(header, rows)}\n\n${task.numProbes} probes: a fav of a new item is posted (answered: it is on disk), then its embedding is asked for until it is there. Client and stream share the cores.`;
}

async function probe({ model, actors, numProbes }: LatencyTask, rate: number) {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const flags = ['--model', model, '--state', join(folder, 'state'), '--http', String(port), '--quiet'];
  const stream = new StreamProcess([...flags, '--fav-score-threshold', '0']);
  const stop = new AbortController();
  try {
    await answering(url);
    const others = postOthers(url, actors, rate, stop.signal);
    const [posted, readable]: [number[], number[]] = [[], []];
    for (let i = 0; i < numProbes; i++) {
      const began = performance.now();
      await post(url, [eventOf(actors[i % actors.length], `probe-${i}`)]);
      posted.push(performance.now() - began);
      while (
        !(await fetch(`${url}/v1/embeddings/tweet/probe-${i}`).then((r) => r.arrayBuffer().then(() => r.ok)))
      );
      readable.push(performance.now() - began);
      await wait(20);
    }
    stop.abort();
    await others;
    return { posted, readable };
  } finally {
    stop.abort();
    await stream.kill('SIGTERM');
    rmSync(folder, { recursive: true });
  }
}

async function answering(url: string): Promise<void> {
  for (;;) {
    if (
      await fetch(`${url}/healthz`).then(
        (answer) => answer.ok,
        () => false,
      )
    )
      return;
    await wait(50);
  }
}

function eventOf(actorId: string, objectId: string) {
  return JSON.stringify({ eventTimeMs: Date.now(), actorId, objectId });
}

async function post(url: string, lines: readonly string[]): Promise<void> {
  const answer = await fetch(`${url}/v1/events`, { method: 'POST', body: `${lines.join('\n')}\n` });
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`status ${answer.status}`);
}

/** A tenth of a second's events at a time. */
async function postOthers(
  url: string,
  actors: readonly string[],
  rate: number,
  signal: AbortSignal,
): Promise<void> {
  for (let round = 0; rate > 0 && !signal.aborted; round++) {
    const lines = Array.from({ length: rate / 10 }, (_, i) =>
      eventOf(actors[(i * 7919 + round) % actors.length], `item-${round}-${i % 100}`),
    );
    await Promise.all([post(url, lines), wait(100)]);
  }
}
