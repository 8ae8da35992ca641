import { setTimeout as wait } from 'node:timers/promises';
import { type JetStreamManager, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NatsSource, type NatsSourceOptions } from '../../src/stream/sources/nats-source.ts';
import { NumberRanges } from '../../src/stream/sources/number-ranges.ts';
import { type Broker, skipVisibly } from '../brokers/broker.ts';
import { hasNats, startNats } from '../brokers/nats-server.ts';
import { codeOf, Reader, someEvents, sourceContract } from './source.ts';

const test = suite('nats source');
const warnings: string[] = [];
const opened: NatsSource[] = [];

function sourceAt(broker: Broker, more: Partial<NatsSourceOptions> = {}): NatsSource {
  const source = new NatsSource({
    ...{ servers: [`127.0.0.1:${broker.port}`], stream: 'events', group: 'simclusters', batchMessages: 7 },
    ...{ warn: (message: string) => warnings.push(message), ...more },
  });
  opened.push(source);
  return source;
}

async function withClient<T>(broker: Broker, use: (client: NatsConnection) => Promise<T>): Promise<T> {
  const client = await connect({ servers: `127.0.0.1:${broker.port}` });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}

const withManager = <T>(broker: Broker, use: (manager: JetStreamManager) => Promise<T>) =>
  withClient(broker, async (client) => use(await jetstreamManager(client)));

const publish = (broker: Broker, events: readonly string[], subject = 'events.a') =>
  withClient(broker, async (client) => {
    for (const event of events) await jetstream(client).publish(subject, event);
  });

const pendingCount = (broker: Broker) =>
  withManager(
    broker,
    async (manager) => (await manager.consumers.info('events', 'simclusters')).num_ack_pending,
  );

async function newStream(): Promise<Broker> {
  const broker = await startNats();
  await withManager(broker, (manager) => manager.streams.add({ name: 'events', subjects: ['events.*'] }));
  return broker;
}

async function takeDown(broker: Broker): Promise<void> {
  for (const source of opened.splice(0)) await source.close();
  await broker.stop();
}

function testWithStream(title: string, body: (broker: Broker) => Promise<void>): void {
  test(title, async () => {
    const broker = await newStream();
    try {
      await body(broker);
    } finally {
      await takeDown(broker);
    }
  });
}

function testAll(): void {
  sourceContract(
    'nats jetstream',
    async () => {
      const broker = await newStream();
      return {
        publish: (events) => publish(broker, events),
        connect: () => sourceAt(broker),
        close: () => takeDown(broker),
      };
    },
    { isShared: true, isOrdered: false },
  );

  testWithStream('a broker that is killed comes back: nothing lost, nothing twice', async (broker) => {
    const events = someEvents(0, 200);
    await publish(broker, events.slice(0, 150));
    const reader = new Reader();
    await reader.open(sourceAt(broker, { ackWaitMs: 1500 }));
    await reader.readUntil(60);
    await reader.readUntil(90, { acknowledge: false });
    warnings.length = 0;
    await broker.kill();
    // Cannot be told to the broker, who gives these again.
    await reader.acknowledge();
    const reading = reader.readUntil(200);
    await broker.startAgain();
    await publish(broker, events.slice(150));
    await reading;
    assert.equal([...reader.events].sort(), [...events].sort());
    assert.match(warnings.join('\n'), /connection lost.*connected again/s);
    await wait(2500);
    assert.is(await pendingCount(broker), 0, 'what came again was acknowledged once more');
    assert.is(reader.events.length, 200);
  });

  testWithStream(
    'what a process took that was killed comes again, but not what it journalled',
    async (broker) => {
      const events = someEvents(0, 60);
      await publish(broker, events);
      const reader = new Reader();
      const options = { ackWaitMs: 1500 };
      const killed = await reader.open(sourceAt(broker, options));
      await reader.readUntil(10);
      await reader.readUntil(25, { acknowledge: false });
      assert.ok(await killed.read());
      // No close: the first one keeps its connection and says nothing more, as if it were stopped.
      reader.forget();
      await reader.open(sourceAt(broker, options));
      (killed as unknown as { drain(): void }).drain();
      await reader.readUntil(39);
      assert.is(new Set(reader.events).size, reader.events.length);
    },
  );

  testWithStream('a slow engine keeps what it holds', async (broker) => {
    const events = someEvents(0, 7);
    await publish(broker, events);
    const slow = new Reader();
    await slow.open(sourceAt(broker, { ackWaitMs: 600 }));
    await slow.readUntil(7, { acknowledge: false });
    const other = new Reader();
    const source = await other.open(sourceAt(broker, { ackWaitMs: 600 }));
    const reading = source.read();
    await wait(2000);
    source.drain();
    assert.is(await reading, undefined);
    await slow.acknowledge();
    assert.is(await pendingCount(broker), 0);
  });

  testWithStream(
    'no more than a batch and what is on its way waits in a source nobody reads',
    async (broker) => {
      await publish(broker, someEvents(0, 100));
      const source = sourceAt(broker);
      await source.open(new Reader());
      assert.ok(await source.read());
      await wait(300);
      assert.ok((await pendingCount(broker)) <= 21, `${await pendingCount(broker)} taken`);
      assert.ok(source.lag()! >= 80, `lag ${source.lag()}`);
    },
  );

  testWithStream('a subject of its own for each process', async (broker) => {
    await publish(broker, someEvents(0, 20), 'events.a');
    await publish(broker, someEvents(20, 20), 'events.b');
    for (const [subject, from] of [
      ['events.a', 0],
      ['events.b', 20],
    ] as const) {
      const reader = new Reader();
      await reader.open(sourceAt(broker, { subject, group: subject.replace('.', '-') }));
      await reader.readUntil(20);
      assert.equal(reader.events, someEvents(from, 20));
    }
  });

  testWithStream('positions stay small where no two numbers follow one another', async (broker) => {
    await withClient(broker, async (client) => {
      for (let i = 0; i < 14_000; i++) client.publish(i % 2 ? 'events.odd' : 'events.even', `{"id":${i}}`);
      await client.flush();
    });
    const reader = new Reader();
    const source = await reader.open(sourceAt(broker, { subject: 'events.odd', batchMessages: 500 }));
    while (reader.events.length < 7000) {
      const batch = await source.read();
      reader.journal(batch!);
      assert.ok(batch!.position.length < 2 ** 15, `${batch!.position.length} characters`);
      await reader.acknowledge();
    }
    assert.equal(
      reader.events,
      Array.from({ length: 7000 }, (_, i) => `{"id":${2 * i + 1}}`),
    );
  });

  testWithStream('a consumer may begin with what comes from now on', async (broker) => {
    await publish(broker, someEvents(0, 10));
    const reader = new Reader();
    await reader.open(sourceAt(broker, { from: 'latest' }));
    await publish(broker, someEvents(10, 5));
    await reader.readUntil(5);
    assert.equal(reader.events, someEvents(10, 5));
  });

  testWithStream('says what is wrong: stream, consumer deleted under it, no broker', async (broker) => {
    assert.is(await codeOf(sourceAt(broker, { stream: 'nowhere' }).open(new Reader())), 'INPUT_MISSING');
    const source = sourceAt(broker);
    await source.open(new Reader());
    const reading = codeOf(source.read());
    await withManager(broker, (manager) => manager.consumers.delete('events', 'simclusters'));
    assert.is(await reading, 'INPUT_MISSING');
    await broker.kill();
    assert.is(await codeOf(sourceAt(broker).open(new Reader())), 'BROKER_UNREACHABLE');
  });

  test('says what is wrong: user and password', async () => {
    const broker = await startNats('--user', 'me', '--pass', 'secret');
    const refused = sourceAt(broker, { username: 'me', password: 'wrong' });
    assert.is(await codeOf(refused.open(new Reader())), 'BROKER_UNREACHABLE');
    const known = sourceAt(broker, { username: 'me', password: 'secret' });
    assert.is(await codeOf(known.open(new Reader())), 'INPUT_MISSING', 'let in, finds no stream');
    await takeDown(broker);
  });
}

test('ranges hold what a set holds, in any order, and survive being text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 60 })),
      fc.integer({ min: 0, max: 61 }),
      (numbers, upTo) => {
        const ranges = new NumberRanges();
        for (const number of numbers) ranges.add(number);
        const parsed = NumberRanges.parse(ranges.toString());
        const all = Array.from({ length: 62 }, (_, i) => i);
        for (const i of all) assert.is(parsed.has(i), numbers.includes(i));
        const numRanges = numbers.filter(
          (n, i) => numbers.indexOf(n) === i && !numbers.includes(n - 1),
        ).length;
        assert.is(parsed.numRanges, numRanges);
        const lastOf = (i: number): number => (numbers.includes(i + 1) ? lastOf(i + 1) : i);
        parsed.dropUpTo(upTo);
        for (const i of all) assert.is(parsed.has(i), numbers.includes(i) && lastOf(i) > upTo);
      },
    ),
  );
});

if (hasNats) testAll();
else skipVisibly(test, 'nats-server is not installed: the source of NATS JetStream is not tested');
test.run();
