/** Kills -9 at random moments of an ingest, from a file, by HTTP, from Redis: what is left is what an undisturbed run leaves. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { hasRedis, startRedis } from '../../test/brokers/redis-server.ts';
import { Random } from '../../test/fixtures/random.ts';
import {
  eventLines,
  freePort,
  leftState,
  PersistentClient,
  StreamProcess,
} from '../../test/fixtures/stream-process.ts';
import { table } from '../table.ts';

export interface FaultTask {
  readonly model: string;
  readonly actors: readonly string[];
  /** Kills of each source. */
  readonly numKills: number;
}

/** Kills of one run; several runs make up numKills. */
const KILLS_A_RUN = 10;
const NUM_LINES = 60_000;
const LINES_A_BODY = 250;

export async function injectFaults(task: FaultTask): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const bench = new FaultBench(folder, task);
  try {
    const rows = [await bench.file(), await bench.http()];
    if (hasRedis) rows.push(await bench.redis());
    const header = ['source', 'kills', 'runs', 'runs that ended with other bytes', 'events', 'counted'];
    return `${table(header, rows)}\n\nSIGKILL after a random time, ${KILLS_A_RUN} times a run, then the run is let end. State, counts and dead letters are held against those of an undisturbed run, byte for byte (Redis: positions are the broker's and differ).`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

class FaultBench {
  readonly #folder: string;
  readonly #task: FaultTask;
  readonly #lines: string[];
  readonly #random = new Random('kills');
  #numStates = 0;

  constructor(folder: string, task: FaultTask) {
    this.#folder = folder;
    this.#task = task;
    this.#lines = eventLines(new Random('events'), task.actors, NUM_LINES, 1_700_000_000_000);
    writeFileSync(this.#file, `${this.#lines.join('\n')}\n`);
  }

  get #file(): string {
    return join(this.#folder, 'events.ndjson');
  }

  #newState(): string {
    return join(this.#folder, `state-${this.#numStates++}`);
  }

  #flags(state: string): string[] {
    return [
      ...[
        '--model',
        this.#task.model,
        '--state',
        state,
        '--fav-score-threshold',
        '0',
        '--unfavs',
        'subtract',
      ],
      ...[
        '--threads',
        '1',
        '--memory',
        '16MiB',
        '--checkpoint-seconds',
        '0.2',
        '--snapshot-seconds',
        '0',
        '--quiet',
      ],
    ];
  }

  /** Runs `flags` to the end, killed some times on the way. */
  async #survive(flags: readonly string[], kills: number, longestMs: number): Promise<void> {
    for (let kill = 0; kill < kills; kill++) {
      const stream = new StreamProcess(flags);
      await wait(150 + this.#random.below(longestMs));
      await stream.kill();
    }
    const { code, stderr } = await new StreamProcess(flags).ended;
    if (code !== 0) throw new Error(stderr);
  }

  async #runs(source: string, run: (kills: number) => Promise<unknown>): Promise<string[]> {
    const expected = JSON.stringify(await run(0));
    const numRuns = Math.ceil(this.#task.numKills / KILLS_A_RUN);
    let numWrong = 0;
    for (let i = 0; i < numRuns; i++) if (JSON.stringify(await run(KILLS_A_RUN)) !== expected) numWrong++;
    const counted = /"numEvents":(\d+)/.exec(expected)?.[1] ?? '?';
    return [
      source,
      String(numRuns * KILLS_A_RUN),
      String(numRuns),
      String(numWrong),
      String(NUM_LINES),
      counted,
    ];
  }

  file(): Promise<string[]> {
    return this.#runs('file', async (kills) => {
      const state = this.#newState();
      await this.#survive([...this.#flags(state), '--file', this.#file], kills, 450);
      return leftState(state);
    });
  }

  http(): Promise<string[]> {
    return this.#runs('HTTP', async (kills) => {
      const state = this.#newState();
      const port = await freePort();
      const bodies = Array.from(
        { length: NUM_LINES / LINES_A_BODY },
        (_, i) => `${this.#lines.slice(i * LINES_A_BODY, (i + 1) * LINES_A_BODY).join('\n')}\n`,
      );
      const flags = [...this.#flags(state), '--http', String(port)];
      const client = new PersistentClient(port, bodies);
      const posting = client.run();
      let stream = new StreamProcess(flags);
      for (let kill = 0; kill < kills; kill++) {
        const until = Math.min(client.numAnswered + this.#random.below(20), bodies.length - 1);
        while (client.numAnswered < until) await wait(1);
        await stream.kill();
        stream = new StreamProcess(flags);
      }
      await posting;
      const { code, stderr } = await stream.kill('SIGTERM');
      if (code !== 0) throw new Error(stderr);
      return leftState(state);
    });
  }

  async redis(): Promise<string[]> {
    const broker = await startRedis();
    const client = new Redis(broker.port, '127.0.0.1', { protocol: 2 });
    let numStreams = 0;
    try {
      return await this.#runs('Redis', async (kills) => {
        const name = `events-${numStreams++}`;
        const state = this.#newState();
        const flags = [
          ...this.#flags(state),
          '--source',
          `redis://127.0.0.1:${broker.port}/${name}?batch=200`,
        ];
        await client.xgroup('CREATE', name, 'simclusters', '0', 'MKSTREAM');
        await this.#publish(client, name);
        for (let kill = 0; kill < kills; kill++) {
          const stream = new StreamProcess(flags);
          await wait(200 + this.#random.below(400));
          await stream.kill();
        }
        const last = new StreamProcess(flags);
        await allTaken(client, name);
        const { code, stderr } = await last.kill('SIGTERM');
        if (code !== 0) throw new Error(stderr);
        await client.del(name);
        const { positions, ...left } = leftState(state) as Record<string, unknown>;
        return left;
      });
    } finally {
      client.disconnect();
      await broker.stop();
    }
  }

  async #publish(client: Redis, name: string): Promise<void> {
    for (let from = 0; from < NUM_LINES; from += 5000) {
      const pipeline = client.pipeline();
      for (const line of this.#lines.slice(from, from + 5000)) pipeline.xadd(name, '*', 'event', line);
      await pipeline.exec();
    }
  }
}

/** Waits until the group has read everything and acknowledged it. */
async function allTaken(client: Redis, name: string): Promise<void> {
  for (;;) {
    const groups = (await client.xinfo('GROUPS', name)) as unknown[][];
    const facts = groups[0];
    const fact = (key: string) => facts[facts.indexOf(key) + 1];
    if (Number(fact('lag')) === 0 && Number(fact('pending')) === 0) return;
    await wait(50);
  }
}
