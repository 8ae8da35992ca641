import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readCheckpointHead } from '../../src/stream/checkpoint.ts';
import { LATEST, LONGEST } from '../../src/stream/embedding-store.ts';
import type { Source, SourceBatch, SourceSession } from '../../src/stream/source.ts';
import { PostedSource } from '../../src/stream/sources/posted-source.ts';
import { Stream, type StreamOptions } from '../../src/stream/stream.ts';
import { open, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import {
  engineDefaults,
  HOUR_MS,
  lines,
  randomEvents,
  randomInterests,
  START_MS,
} from '../fixtures/streams.ts';

const test = suite('stream');
const NUM_ACTORS = 20;
const interests = randomInterests(new Random('interests'), NUM_ACTORS, 30);

/** Batches that are there already, of partitions in turn; every position may be asked for again. */
class MemorySource implements Source {
  readonly name = 'memory';
  readonly acknowledged: string[] = [];
  #next = 0;
  #session: SourceSession | undefined;

  constructor(
    private readonly batches: readonly SourceBatch[],
    private readonly failAfter = Number.POSITIVE_INFINITY,
  ) {}

  async open(session: SourceSession): Promise<void> {
    this.#session = session;
  }

  async read(): Promise<SourceBatch | undefined> {
    for (;;) {
      if (this.#next >= this.failAfter) throw new Error('killed');
      const batch = this.batches[this.#next++];
      if (!batch || Number(batch.position) > Number(this.#session!.positionOf(batch.partition) ?? 0))
        return batch;
    }
  }

  async acknowledge(partition: string, position: string): Promise<void> {
    this.acknowledged.push(`${partition} ${position}`);
  }

  drain(): void {}
  async close(): Promise<void> {}
}

function batchesOf(events: readonly unknown[], size: number): SourceBatch[] {
  const batches: SourceBatch[] = [];
  for (let start = 0; start < events.length; start += size) {
    const number = batches.length;
    const partition = `p${number % 3}`;
    batches.push({
      partition,
      events: lines(events.slice(start, start + size)),
      position: String(number + 1),
    });
  }
  return batches;
}

class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'simclusters-stream-'));
  #interests = join(this.path, 'model.parquet');

  constructor() {
    writeFileSync(this.#interests, 'first');
  }

  async open(
    options: Partial<StreamOptions> = {},
  ): Promise<{ stream: Stream; end: (w?: boolean) => Promise<void> }> {
    const kernels = open(wasm(1));
    try {
      const stream = await Stream.open(kernels, {
        folder: join(this.path, 'state'),
        engine: engineDefaults,
        interests: { file: this.#interests, version: 'v1' },
        readInterests: () => interests,
        clock: () => START_MS + 1e9,
        ...options,
      });
      const end = async (withCheckpoint?: boolean) => {
        await stream.close(withCheckpoint);
        await kernels.close();
      };
      return { stream, end };
    } catch (error) {
      await kernels.close();
      throw error;
    }
  }

  file(...names: string[]): string {
    return join(this.path, 'state', ...names);
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}

async function stateOf(stream: Stream): Promise<unknown> {
  const state = await stream.engine.exclusively(async () =>
    Buffer.concat([...stream.engine.state.pieces()]).toString('base64'),
  );
  return {
    state,
    engine: { ...stream.engine.save() },
    sequence: stream.sequence,
    positions: stream.journal.positions(),
  };
}

const events = randomEvents(new Random('events'), 5000, NUM_ACTORS);
const batches = batchesOf(events, 137);

async function uninterrupted(): Promise<unknown> {
  const folder = new Folder();
  const { stream, end } = await folder.open();
  await stream.run(new MemorySource(batches));
  const state = await stateOf(stream);
  await end();
  folder.remove();
  return state;
}

test('a process that dies anywhere leaves what the next one needs to end in the same state', async () => {
  const expected = await uninterrupted();
  const random = new Random('deaths');
  const folder = new Folder();
  for (let death = 0; death < 8; death++) {
    const { stream, end } = await folder.open({ checkpointBytes: 50_000 });
    const error = await stream
      .run(new MemorySource(batches, (death + 1) * 4 + random.below(3)))
      .catch((e) => e);
    assert.match(String(error), 'killed');
    // What was accepted is written, as a kill cannot undo; no checkpoint is made.
    await stream.idle();
    await end(false);
  }
  const { stream, end } = await folder.open();
  await stream.run(new MemorySource(batches));
  assert.equal(await stateOf(stream), expected);
  await end();
  folder.remove();
});

test('batches are acknowledged once they can be replayed, and duplicates are not counted', async () => {
  const folder = new Folder();
  const { stream, end } = await folder.open();
  const source = new MemorySource(batches);
  await stream.run(source);
  assert.equal(
    source.acknowledged.filter((each) => each.startsWith('p1')),
    batches.filter(({ partition }) => partition === 'p1').map(({ position }) => `p1 ${position}`),
  );
  const before = await stateOf(stream);
  await stream.run(new MemorySource(batches));
  assert.equal(await stateOf(stream), before);
  await end(false);
  const again = await folder.open();
  assert.equal(await stateOf(again.stream), before);
  await again.end();
  folder.remove();
});

test('a clock that jumps back changes nothing but what is too far in the future', async () => {
  const folder = new Folder();
  const times = [START_MS + 10 * HOUR_MS, START_MS - 1000 * HOUR_MS, START_MS];
  let next = 0;
  const { stream, end } = await folder.open({ clock: () => times[next++ % times.length] });
  const near = randomEvents(new Random('clock'), 300, NUM_ACTORS);
  await stream.run(new MemorySource(batchesOf(near, 50)));
  assert.is(stream.engine.counts.numFuture, 0);
  assert.is(stream.engine.counts.numEvents, 300);
  await end(false);
  const again = await folder.open({ clock: () => 0 });
  assert.is(again.stream.engine.counts.numEvents, 300);
  assert.is(again.stream.engine.counts.numFuture, 0);
  await again.end();
  folder.remove();
});

test('clients that number their posts take up bounded room, in journal and checkpoint, before and after a kill', async () => {
  const folder = new Folder();
  let nowMs = START_MS;
  const clock = () => nowMs;
  /** Posts one after the other, all acknowledged; gives the answers. The stream ends as a kill leaves it unless told otherwise. */
  const session = async (posts: readonly [client: string, sequence: number][], withCheckpoint = false) => {
    const { stream, end } = await folder.open({ clock });
    const source = new PostedSource({ name: 'posts', maxClients: 3, holdMs: 1000, clock });
    const running = stream.run(source);
    const answers: unknown[] = [];
    for (const [client, sequence] of posts) {
      nowMs += 1000;
      answers.push(
        (await source.post({ events: lines(events.slice(0, 1)), numbered: { client, sequence } }))
          .isDuplicate ?? false,
      );
    }
    source.drain();
    await running;
    const { numEvents } = stream.engine.counts;
    const inJournal = Object.keys(stream.journal.positions());
    const known = [...stream.partitions()].map(({ partition }) => partition);
    assert.equal([...inJournal].sort(), [...known].sort());
    await end(withCheckpoint);
    return { answers, numEvents, known };
  };
  const crowd = Array.from({ length: 200 }, (_, i) => [`guest-${i}`, 1] as [string, number]);
  const first = await session([['shop', 7], ...crowd, ['b', 1], ['a', 1], ['c', 1], ['b', 2]]);
  assert.equal(first.known, ['http:a', 'http:c', 'http:b']);
  assert.is(first.numEvents, 205);
  // Replayed, it knows the same clients in the same order, and forgets the same one for a new one.
  const second = await session([
    ['a', 1],
    ['d', 1],
    ['b', 2],
    ['c', 1],
    ['shop', 7],
  ]);
  assert.equal(second.answers, [true, false, true, true, false], 'who was forgotten is new');
  assert.equal(second.known, ['http:b', 'http:d', 'http:shop']);
  assert.is(second.numEvents, 207);
  const third = await session([['c', 1]], true);
  assert.equal(third.known, ['http:d', 'http:shop', 'http:c']);
  const { positions, receivedMsOf } = readCheckpointHead(folder.file())!;
  assert.equal(Object.entries(positions), [
    ['http:d', '1'],
    ['http:shop', '7'],
    ['http:c', '1'],
  ]);
  assert.equal(Object.keys(receivedMsOf!), Object.keys(positions));
  assert.is(receivedMsOf!['http:c'], nowMs);
  // From the checkpoint alone: nothing is left to replay.
  const fourth = await session([
    ['d', 1],
    ['e', 1],
  ]);
  assert.equal(fourth.answers, [true, false]);
  assert.equal(fourth.known, ['http:shop', 'http:c', 'http:e']);
  folder.remove();
});

test('poison goes to the dead letters once, however often it is replayed', async () => {
  const folder = new Folder();
  const poisoned = [events[0], 'no event', { ...events[1], actorId: null }, events[2], 7];
  for (let round = 0; round < 3; round++) {
    const { stream, end } = await folder.open();
    await stream.run(new MemorySource(batchesOf(poisoned, 2)));
    assert.is(stream.engine.counts.numBad, 3);
    await end(false);
    if (round === 1) writeFileSync(folder.file('dead-letters.ndjson'), '{"sequence":', { flag: 'a' });
  }
  const letters = readFileSync(folder.file('dead-letters.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    letters.map(({ sequence, line, event }) => [sequence, line, event]),
    [
      [1, 2, '"no event"'],
      [2, 1, JSON.stringify(poisoned[2])],
      [3, 1, '7'],
    ],
  );
  assert.match(letters[1].reason, 'actorId');
  folder.remove();
});

test('a journal that was cut off is refused; discarded, the stream goes on from its checkpoint', async () => {
  const expected = await uninterrupted();
  const folder = new Folder();
  const first = await folder.open();
  await first.stream.run(new MemorySource(batches.slice(0, 10)));
  await first.stream.checkpoint();
  await first.stream.run(new MemorySource(batches.slice(0, 30)));
  await first.end(false);
  const journal = folder.file('journal', 'data.mdb');
  for (const bytes of [statSync(journal).size - 4096, 5000, 10]) {
    truncateSync(journal, bytes);
    const error = await folder.open().catch((e) => e);
    assert.is(error.code, 'BAD_ARTIFACT', String(error));
  }
  const { stream, end } = await folder.open({ discardJournal: true });
  assert.is(stream.sequence, 10);
  await stream.run(new MemorySource(batches));
  assert.equal(await stateOf(stream), expected);
  await end();
  folder.remove();
});

test('a damaged checkpoint, or other settings, are refused', async () => {
  const folder = new Folder();
  const { stream, end } = await folder.open();
  await stream.run(new MemorySource(batches.slice(0, 3)));
  await end();
  const other = await folder.open({ engine: { ...engineDefaults, latenessMs: 1 } }).catch((e) => e);
  assert.is(other.code, 'BAD_PARAM');
  const pointer = JSON.parse(readFileSync(folder.file('checkpoint.json'), 'utf8'));
  const bytes = readFileSync(folder.file(pointer.file));
  bytes[5000] ^= 1;
  writeFileSync(folder.file(pointer.file), bytes);
  const damaged = await folder.open().catch((e) => e);
  assert.is(damaged.code, 'BAD_ARTIFACT');
  writeFileSync(folder.file(pointer.file), bytes.subarray(0, 4000));
  const cut = await folder.open().catch((e) => e);
  assert.is(cut.code, 'BAD_ARTIFACT');
  folder.remove();
});

test('new interests count from a certain batch on, after a crash too', async () => {
  const folder = new Folder();
  const later = randomInterests(new Random('later'), NUM_ACTORS, 50);
  const options = { readInterests: (file: string) => (file.includes('v2') ? later : interests) };
  const { stream, end } = await folder.open(options);
  await stream.run(new MemorySource(batches.slice(0, 10)));
  const model = join(folder.path, 'other.parquet');
  writeFileSync(model, 'second');
  await stream.swapInterests({ file: model, version: 'v2' });
  await stream.run(new MemorySource(batches));
  const expected = await stateOf(stream);
  await end(false);
  rmSync(model);
  const again = await folder.open(options);
  assert.is(again.stream.interestsVersion, 'v2');
  assert.equal(await stateOf(again.stream), expected);
  await again.end();
  assert.is(readCheckpointHead(folder.file())?.interests, 'interests-v2.parquet');
  folder.remove();
});

test('embeddings are kept through a crash: the latest, the longest, powers of two', async () => {
  const favs = Array.from({ length: 40 }, (_, i) => ({
    eventTimeMs: START_MS + i * 60_000,
    actorId: 'u0',
    objectId: 'popular',
  }));
  const after = { eventTimeMs: START_MS + 80 * HOUR_MS, actorId: 'u1', objectId: 'other' };
  const folder = new Folder();
  const first = await folder.open();
  await first.stream.run(new MemorySource(batchesOf(favs, 7)));
  await first.end(false);
  const { stream, end } = await folder.open();
  // Enough rows for the sweeps to come around.
  const many = Array.from({ length: 60_000 }, () => after);
  await stream.run(new MemorySource([{ partition: 'rest', position: '1', events: lines(many) }]));
  await stream.checkpoint();
  const versions = stream.embeddings.versions('popular');
  // The 8th fav is the first update: the 15th, 23rd and 39th are updates 8, 16 and 32.
  assert.equal(versions, [LATEST, LONGEST, ...[14, 22, 38].map((i) => favs[i].eventTimeMs)]);
  const latest = stream.embeddings.read('popular', LATEST)!;
  assert.equal([latest.updatedAtMs, latest.updatedCount], [favs[39].eventTimeMs, 33]);
  assert.is(stream.embeddings.read('popular', LONGEST)?.updatedCount, 40);
  assert.is(stream.embeddings.read('popular', favs[22].eventTimeMs)?.updatedCount, 16);
  assert.is(stream.embeddings.read('popular', 12345), undefined);
  await end();
  folder.remove();
});

test('a copy of the folder is a copy of the stream', async () => {
  const folder = new Folder();
  const { stream, end } = await folder.open();
  await stream.run(new MemorySource(batches.slice(0, 20)));
  const expected = await stateOf(stream);
  await end();
  const copy = new Folder();
  cpSync(folder.file(), copy.file(), { recursive: true });
  const again = await copy.open();
  assert.equal(await stateOf(again.stream), expected);
  await again.end();
  copy.remove();
  folder.remove();
});

test.run();
