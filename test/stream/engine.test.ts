import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ItemRecord, itemRecords } from '../../src/embeddings/item-records.ts';
import { open, reference, wasm, withKernels } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import {
  HOUR_MS,
  interestsOf,
  lines,
  openEngine,
  randomEvents,
  randomInterests,
  START_MS,
  type TestEngine,
} from '../fixtures/streams.ts';

const test = suite('stream engine');
const TOLERANCE = 1e-6;

type Options = Parameters<typeof openEngine>[2];
const withEngine = (
  interests: Parameters<typeof openEngine>[1],
  options: Options,
  body: (engine: TestEngine) => Promise<void>,
) => withKernels(wasm(1), async (kernels) => body(await openEngine(kernels, interests, options)));

function requireNear(actual: Record<number, number>, expected: Record<number, number>, what = ''): void {
  assert.equal(Object.keys(actual), Object.keys(expected), what);
  for (const [cluster, score] of Object.entries(expected)) {
    const got = actual[Number(cluster)];
    assert.ok(
      Math.abs(got - score) <= TOLERANCE * Math.max(1, score),
      `${what} ${cluster}: ${got}, not ${score}`,
    );
  }
}

const two = interestsOf({ ann: { 1: 1 }, bob: { 1: 2, 2: 0.5 } });
const fav = (hours: number, actorId: string, objectId = 't', more = {}) => ({
  eventTimeMs: START_MS + hours * HOUR_MS,
  actorId,
  objectId,
  ...more,
});

test('1 at time 0 and 2 after a half-life are 2.5 then, and 1.25 a half-life later, in any order', async () => {
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    await withEngine(two, { latenessMs: 100 * HOUR_MS }, async ({ feed, read }) => {
      const events = [fav(0, 'ann'), fav(8, 'bob')];
      await feed(order.map((i) => events[i]));
      requireNear(await read('t'), { 1: 2.5, 2: 0.5 });
      await feed([fav(16, 'ann', 'other')]);
      requireNear(await read('t'), { 1: 1.25, 2: 0.25 });
    });
  }
});

test('embeddings are the decayed sums, of tweets and of the trends that events name', async () => {
  const random = new Random('sums');
  const interests = randomInterests(random, 20, 12);
  const events = randomEvents(random, 3000, 20);
  await withEngine(interests, {}, async ({ engine, feed, read }) => {
    await feed(events);
    const nowMs = Math.max(...events.map(({ eventTimeMs }) => eventTimeMs));
    const { indptr, indices, data } = interests.scores;
    const exact = (isOf: (event: (typeof events)[number]) => boolean) => {
      const sums: Record<number, number> = {};
      for (const event of events.filter(isOf)) {
        const actor = Number(String(event.actorId).slice(1));
        for (let i = indptr[actor]; i < indptr[actor + 1]; i++) {
          const decay = 0.5 ** ((nowMs - event.eventTimeMs) / (8 * HOUR_MS));
          sums[indices[i]] = (sums[indices[i]] ?? 0) + data![i] * decay;
        }
      }
      return sums;
    };
    for (const id of new Set(events.map(({ objectId }) => objectId)))
      requireNear(
        await read(String(id)),
        exact(({ objectId }) => objectId === id),
        String(id),
      );
    for (let tag = 0; tag < 5; tag++) {
      const isOf = ({ hashtags }: (typeof events)[number]) => (hashtags as string[])?.[0] === `tag${tag}`;
      requireNear(await read(`tag${tag}`, 'hashtag'), exact(isOf), `tag${tag}`);
    }
    assert.is(engine.counts.numEvents, 3000);
    assert.is(engine.stateCounts.numItems, new Set(events.map(({ objectId }) => objectId)).size + 5);
  });
});

test('order within the lateness changes no bit of any embedding', async () => {
  const random = new Random('order');
  const interests = randomInterests(random, 20, 12);
  // Over several epochs of 64 hours, so that the landmark moves.
  const events = Array.from({ length: 2000 }, (_, i) => ({
    eventTimeMs: START_MS + i * 600_000,
    actorId: `u${random.below(20)}`,
    objectId: `t${Math.floor(i / 50)}`,
    undoneTimeMs: undefined,
  }));
  const ids = Array.from({ length: 40 }, (_, i) => `t${i}`);
  const options = { latenessMs: 40 * HOUR_MS, state: { maxAgeMs: Number.POSITIVE_INFINITY, negligible: 0 } };
  const readAll = async ({ read }: TestEngine) => Promise.all(ids.map((id) => read(id)));
  let expected: unknown;
  await withEngine(interests, options, async (engine) => {
    await engine.feed(events);
    expected = await readAll(engine);
    assert.is(engine.engine.counts.numLate, 0);
  });
  for (let round = 0; round < 4; round++) {
    const shuffled = events
      .map((event) => ({ event, key: event.eventTimeMs + random.real() * 39 * HOUR_MS }))
      .sort((a, b) => a.key - b.key)
      .map(({ event }) => event);
    await withEngine(interests, options, async (engine) => {
      for (let i = 0; i < shuffled.length; i += 300) await engine.feed(shuffled.slice(i, i + 300));
      assert.is(engine.engine.counts.numLate, 0);
      assert.equal(await readAll(engine), expected, `round ${round}`);
    });
  }
});

test('adding up in parts is adding up: two halves of the events in either order', async () => {
  const random = new Random('monoid');
  const interests = randomInterests(random, 10, 8);
  const events = randomEvents(random, 400, 10).map((event) => ({ ...event, objectId: 't' }));
  const zero = { ...events[0], actorId: 'nobody' };
  const results: unknown[] = [];
  for (const halves of [
    [events.slice(0, 200), events.slice(200)],
    [events.slice(200), events.slice(0, 200)],
    [[zero], events],
  ]) {
    await withEngine(interests, { latenessMs: 100 * HOUR_MS }, async ({ feed, read }) => {
      for (const half of halves) await feed(half);
      results.push(await read('t'));
    });
  }
  assert.equal(results[1], results[0]);
  assert.equal(results[2], results[0]);
});

for (const [how, state, whatDied] of [
  ['items make room for others', { budgetBytes: 2 ** 19 }, ['numEvicted']],
  ['items die', { maxAgeMs: 36 * HOUR_MS, negligible: 0.3 }, ['numExpired', 'numNegligible']],
] as const) {
  test(`the state is the same bytes on any backend, for any batches, while ${how}`, async () => {
    const random = new Random('bytes');
    const interests = randomInterests(random, 30, 40);
    const numEvents = 40_000;
    const events = lines(randomEvents(random, numEvents, 30));
    const states: Buffer[] = [];
    for (const backend of [wasm(1), wasm(2), reference]) {
      const kernels = open(backend);
      const { engine, feedBytes, bytes } = await openEngine(kernels, interests, { state });
      const step = [events.length, 70_000, 1_000_000][states.length];
      for (let start = 0; start < events.length; ) {
        const newline = events.indexOf(10, Math.min(events.length - 1, start + step - 1));
        await feedBytes(events.slice(start, newline + 1));
        start = newline + 1;
      }
      states.push(await bytes());
      assert.is(engine.counts.numEvents, numEvents);
      for (const count of whatDied) assert.ok(engine.stateCounts[count] > 0, count);
      await kernels.close();
    }
    assert.ok(states[1].equals(states[0]), 'two threads');
    assert.ok(states[2].equals(states[0]), 'twins');
  });
}

test('where memory is full, an item goes on with its largest entries, and those are exact', async () => {
  // Each fan likes a cluster of its own, some more than others; passers-by fill the memory.
  const fans = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`f${i}`, { [i + 2]: 1 + i / 100 }]));
  const interests = interestsOf({ ...fans, by: { 1: 0.5 } });
  const others = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => fav(0, 'by', `item ${from + i}`));
  const events = Array.from({ length: 400 }, (_, i) => [
    fav(0, `f${(i * 149) % 400}`, 'hot'),
    ...others(40 * i, 40),
  ]).flat();
  const embeddingOf = async (state: object, look: (engine: TestEngine) => void = () => {}) => {
    let embedding: Record<number, number> = {};
    await withEngine(interests, { state: { negligible: 0, ...state } }, async (engine) => {
      await engine.feed([...others(1e6, 6000), ...events]);
      embedding = await engine.read('hot');
      look(engine);
    });
    return embedding;
  };
  const whole = await embeddingOf({});
  const kept = await embeddingOf({ budgetBytes: 2 ** 19 }, ({ engine }) => {
    const { usedBytes, numRefused, numPruned } = engine.stateCounts;
    assert.ok(usedBytes <= 2 ** 19 && numRefused === 0 && numPruned > 0, `${numRefused} ${numPruned}`);
  });
  // Whoever came after the last of the small entries had gone is among them.
  const clusters = Object.keys(kept).map(Number);
  assert.ok(clusters.length >= 8, `${clusters.length} clusters`);
  const largest = clusters.sort((a, b) => kept[b] - kept[a]).slice(0, 4);
  assert.equal(
    largest.map((cluster) => [cluster, kept[cluster]]),
    Object.entries(whole)
      .map(([cluster, score]) => [Number(cluster), score])
      .sort((a, b) => b[1] - a[1])
      .slice(0, 4),
  );
});

test('the budget is kept, and it is the least valuable that go', async () => {
  const random = new Random('budget');
  const interests = interestsOf({ weak: { 1: 0.01 }, strong: { 1: 1, 2: 1 } });
  const options = { state: { budgetBytes: 2 ** 19, negligible: 0 } };
  await withEngine(interests, options, async ({ engine, feed }) => {
    const events = Array.from({ length: 20_000 }, (_, i) => {
      const isStrong = i % 20 === 0;
      return fav(i / 20_000, isStrong ? 'strong' : 'weak', `${isStrong ? 's' : 'w'}${random.below(1e9)}`);
    });
    await feed(events);
    await engine.exclusively(async () => {});
    const { usedBytes, numEvicted, numItems } = engine.stateCounts;
    assert.ok(
      usedBytes <= 2 ** 19 && numEvicted > 10_000 && numItems > 500,
      `${usedBytes} ${numEvicted} ${numItems}`,
    );
    const numStrong = (
      await Promise.all(
        events
          .filter(({ objectId }) => objectId.startsWith('s'))
          .map(async ({ objectId }) => (await engine.read(0, [Buffer.from(objectId)], 0))[0]),
      )
    ).filter(Boolean).length;
    assert.ok(numStrong > 900, `${numStrong} of 1000 strong ones are left`);
  });
});

test('own favs, unknown actors and other verbs are not counted; late and future ones and rubbish are put aside', async () => {
  await withEngine(two, { latenessMs: 600_000 }, async ({ engine, feed, feedBytes, deadLetters, read }) => {
    const now = START_MS + 5 * HOUR_MS;
    await feed(
      [
        fav(4, 'ann', 't', { authorId: 'ann' }),
        fav(4, 'eve'),
        fav(4, 'ann', 't', { verb: 'click' }),
        fav(4, 'ann', 't', { verb: 'fav', authorId: 'bob' }),
        fav(3.5, 'ann'),
        fav(6.1, 'ann'),
        { actorId: 'ann', objectId: 't' },
        fav(4, 'ann', ''),
        fav(4, 'ann', 't', { hashtags: 'tag' }),
        fav(4, 'ann', 't', { favoriteCount: -1 }),
      ],
      now,
    );
    await feedBytes(
      Buffer.concat([
        Buffer.from('{"a":1\n[]\n\n'),
        Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d, 0x0a]),
      ]),
      now,
    );
    requireNear(await read('t'), { 1: 1 });
    const { numOwn, numUnknownActor, numOtherVerb, numLate, numFuture, numBad } = engine.counts;
    const { numApplied } = engine.stateCounts;
    assert.equal(
      { numOwn, numUnknownActor, numOtherVerb, numLate, numFuture, numBad, numApplied },
      { numOwn: 1, numUnknownActor: 1, numOtherVerb: 1, numLate: 1, numFuture: 1, numBad: 7, numApplied: 1 },
    );
    assert.is(deadLetters.length, 9);
    assert.match(
      deadLetters.join('\n'),
      /5: late[\s\S]*6: eventTimeMs lies in the future[\s\S]*4: not UTF-8/,
    );
  });
});

test('tweets too old take no favs and are not read; trends have no age', async () => {
  await withEngine(two, { latenessMs: 200 * HOUR_MS }, async ({ engine, feed, read }) => {
    await feed([
      fav(0, 'ann', 't', { hashtags: ['Tag'] }),
      fav(71, 'ann'),
      fav(72, 'ann', 't', { hashtags: ['tag'] }),
    ]);
    assert.equal(await read('t'), {});
    assert.is(engine.stateCounts.numTooOld, 1);
    requireNear(await read('tag', 'hashtag'), { 1: 1 + 0.5 ** 9 });
    await feed([fav(73, 'ann', 'late', { objectTimeMs: START_MS })]);
    assert.equal(await read('late'), {});
    assert.is(engine.stateCounts.numTooOld, 2);
  });
});

test('births are in snowflake ids when told so; of unknown birth is too old as in the original', async () => {
  const options = { snowflakeIds: true, latenessMs: 1000 * HOUR_MS, state: { bornByFirstEvent: false } };
  await withEngine(two, options, async ({ engine, feed, read }) => {
    // 1541815603606036480 was born 1656432460105.
    const at = (hours: number, objectId: string) => ({
      ...fav(0, 'ann', objectId),
      eventTimeMs: 1_656_432_460_105 + hours * HOUR_MS,
    });
    await feed([at(71, '1541815603606036480'), at(71, 'unknown'), at(72, '1541815603606036481')]);
    assert.equal(Object.keys(await read('1541815603606036480')), []);
    assert.is(engine.stateCounts.numTooOld, 2);
    assert.is(engine.stateCounts.numApplied, 1);
  });
});

test('unfavs are ignored, or take away what the fav gave', async () => {
  const events = [
    fav(0, 'bob'),
    fav(0, 'ann'),
    fav(4, 'bob', 't', { verb: 'unfav', undoneTimeMs: START_MS }),
  ];
  await withEngine(two, {}, async ({ feed, read, engine }) => {
    await feed(events);
    const decay = Math.SQRT1_2;
    assert.is(engine.counts.numOtherVerb, 1);
    requireNear(await read('t'), { 1: 3 * decay, 2: 0.5 * decay });
  });
  const verbs = { fav: ['fav'], undo: ['unfav'] };
  for (const order of [events, [events[2], events[1], events[0]]]) {
    await withEngine(two, { verbs, latenessMs: 10 * HOUR_MS }, async ({ feed, read }) => {
      await feed(order);
      requireNear(await read('t'), { 1: Math.SQRT1_2 });
    });
  }
});

test('from the eighth fav on embeddings are kept: at powers of two, the longest, the latest', async () => {
  const interests = interestsOf({ ann: { 1: 1 }, bob: { 2: 0.01 } });
  const options = { latenessMs: HOUR_MS, state: { negligible: 1e-6 } };
  await withEngine(interests, options, async ({ engine, feed, captures }) => {
    // 15 favs: the 8th counts as the first update, the 15th as the eighth.
    await feed(Array.from({ length: 14 }, () => fav(0, 'ann')));
    await engine.exclusively(async () => {});
    assert.is(captures.length, 0);
    await feed([fav(0, 'ann')]);
    await engine.exclusively(async () => {});
    assert.equal(
      captures.map(({ isPower, isLongest, numUpdates, numFavs }) => [
        isPower,
        isLongest,
        numUpdates,
        numFavs,
      ]),
      [[true, false, 8, 15]],
    );
    requireNear(scores(captures[0]), { 1: 15 });
    // Eight hours later a weak fav makes the vector shorter than it was: the longest is kept as it stood.
    await feed([fav(8, 'bob')]);
    await engine.exclusively(async () => {});
    assert.is(captures.length, 2);
    assert.ok(captures[1].isLongest);
    requireNear(scores(captures[1]), { 1: 15 });
    assert.is(captures[1].timeMs, START_MS);
    // Not again while it does not become longer.
    await feed([fav(9, 'bob')]);
    assert.is(captures.length, 2);
    // Old, and swept: what it was last is kept.
    await feed([fav(90, 'ann', 'x')]);
    const last: ItemRecord[] = [];
    await engine.exclusively(() =>
      engine.state.sweep(engine.watermarkMs, 1, (words) => last.push(...itemRecords(words))),
    );
    assert.equal(
      last.map(({ id, isLatest, isLongest, numUpdates, timeMs }) => [
        id,
        isLatest,
        isLongest,
        numUpdates,
        timeMs,
      ]),
      [['t', true, false, 10, START_MS + 9 * HOUR_MS]],
    );
  });
});

function scores({
  clusters,
  scores: values,
}: {
  clusters: Uint32Array;
  scores: Float32Array;
}): Record<number, number> {
  return Object.fromEntries(Array.from(clusters, (cluster, i) => [cluster, values[i]]));
}

test('favs counted elsewhere count', async () => {
  await withEngine(two, {}, async ({ engine, feed, captures }) => {
    await feed(Array.from({ length: 8 }, () => fav(0, 'ann', 't', { favoriteCount: 100 })));
    await engine.exclusively(async () => {});
    assert.is(captures.length, 1);
    assert.is(captures[0].numUpdates, 8);
  });
});

test('a gap of years in the events loses nothing but what has decayed', async () => {
  await withEngine(two, {}, async ({ engine, feed, read }) => {
    await feed([fav(0, 'ann', 'a', { hashtags: ['x'] }), fav(50_000, 'ann', 'b'), fav(50_001, 'bob', 'b')]);
    requireNear(await read('b'), { 1: 2 + 0.5 ** (1 / 8), 2: 0.5 });
    assert.equal(await read('a'), {});
    assert.is(engine.stateCounts.numApplied, 4);
  });
});

test.run();
