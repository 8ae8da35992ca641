import { Redis } from 'ioredis';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { RedisSource, type RedisSourceOptions } from '../../src/stream/sources/redis-source.ts';
import { type Broker, skipVisibly } from '../brokers/broker.ts';
import { hasRedis, startRedis } from '../brokers/redis-server.ts';
import { codeOf, Reader, someEvents, sourceContract } from './source.ts';

const test = suite('redis source');
const warnings: string[] = [];
const opened: RedisSource[] = [];

function sourceAt(broker: Broker, more: Partial<RedisSourceOptions> = {}): RedisSource {
  const source = new RedisSource({
    ...{ host: '127.0.0.1', port: broker.port, stream: 'events', group: 'simclusters', consumer: 'a' },
    ...{ batchEntries: 7, warn: (message: string) => warnings.push(message), ...more },
  });
  opened.push(source);
  return source;
}

async function withClient<T>(broker: Broker, use: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(broker.port, '127.0.0.1', { lazyConnect: true, protocol: 2 });
  await client.connect();
  try {
    return await use(client);
  } finally {
    client.disconnect();
  }
}

const publish = (broker: Broker, events: readonly string[]) =>
  withClient(broker, async (client) => {
    const pipeline = client.pipeline();
    for (const event of events) pipeline.xadd('events', '*', 'event', event);
    await pipeline.exec();
  });

const pendingCount = (broker: Broker) =>
  withClient(broker, async (client) => (await client.xpending('events', 'simclusters'))[0] as number);

/** A broker with an empty stream. */
async function newStream(): Promise<Broker> {
  const broker = await startRedis();
  await withClient(broker, (client) => client.xgroup('CREATE', 'events', 'simclusters', '0', 'MKSTREAM'));
  return broker;
}

function testWithStream(title: string, body: (broker: Broker) => Promise<void>): void {
  test(title, async () => {
    const broker = await newStream();
    try {
      await body(broker);
    } finally {
      for (const source of opened.splice(0)) await source.close();
      await broker.stop();
    }
  });
}

function testAll(): void {
  sourceContract(
    'redis stream',
    async () => {
      const broker = await newStream();
      return {
        publish: (events) => publish(broker, events),
        connect: (process) => sourceAt(broker, { consumer: process }),
        close: async () => {
          for (const source of opened.splice(0)) await source.close();
          await broker.stop();
        },
      };
    },
    { isShared: true, isOrdered: false },
  );

  testWithStream('a broker that is killed comes back: nothing lost, nothing twice', async (broker) => {
    const events = someEvents(0, 300);
    await publish(broker, events.slice(0, 200));
    const reader = new Reader();
    await reader.open(sourceAt(broker));
    await reader.readUntil(60);
    await reader.readUntil(90, { acknowledge: false });
    warnings.length = 0;
    await broker.kill();
    // Cannot be told to the broker; is told with what comes later.
    await reader.acknowledge();
    const reading = reader.readUntil(300);
    await broker.startAgain();
    await publish(broker, events.slice(200));
    await reading;
    assert.equal(reader.events, events);
    assert.is(await pendingCount(broker), 0);
    assert.match(warnings.join('\n'), /trying again.*connected again/s);
  });

  testWithStream(
    'what was journalled and not acknowledged is acknowledged after a restart',
    async (broker) => {
      const events = someEvents(0, 50);
      await publish(broker, events);
      const reader = new Reader();
      const first = await reader.open(sourceAt(broker));
      await reader.readUntil(20, { acknowledge: false });
      await first.close();
      assert.ok((await pendingCount(broker)) > 20, 'one batch was read ahead');
      reader.forget();
      const second = await reader.open(sourceAt(broker));
      await reader.readUntil(50);
      assert.equal(reader.events, events);
      assert.is(await pendingCount(broker), 0);
      await second.close();
    },
  );

  testWithStream(
    'entries given again though they were acknowledged are known by their ids',
    async (broker) => {
      const events = someEvents(0, 40);
      await publish(broker, events.slice(0, 30));
      const reader = new Reader();
      const source = await reader.open(sourceAt(broker));
      await reader.readUntil(30);
      // As after a loss of the broker's last writes: the group is set back, acknowledged entries are given out again.
      await withClient(broker, (client) => client.xgroup('SETID', 'events', 'simclusters', '0'));
      await publish(broker, events.slice(30));
      await reader.readUntil(40);
      assert.equal(reader.events, events);
      assert.is(await pendingCount(broker), 0);
      await source.close();
    },
  );

  testWithStream('entries deleted while pending are passed over', async (broker) => {
    await publish(broker, someEvents(0, 3));
    const reader = new Reader();
    const first = await reader.open(sourceAt(broker));
    assert.ok(await first.read());
    await first.close();
    await withClient(broker, (client) => client.xtrim('events', 'MAXLEN', 0));
    await reader.open(sourceAt(broker));
    await publish(broker, someEvents(3, 1));
    await reader.readUntil(1);
    assert.equal(reader.events, someEvents(3, 1));
  });

  testWithStream('no more than two batches wait in a source that nobody reads from', async (broker) => {
    await publish(broker, someEvents(0, 100));
    const reader = new Reader();
    const source = await reader.open(sourceAt(broker));
    assert.ok(await source.read());
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.is(await pendingCount(broker), 14);
  });

  testWithStream('an entry without the field is an event of its fields', async (broker) => {
    await withClient(broker, (client) => client.xadd('events', '*', 'tweetId', '7', 'text', 'a "b"'));
    const reader = new Reader();
    await reader.open(sourceAt(broker));
    await reader.readUntil(1);
    assert.equal(reader.events, ['{"tweetId":"7","text":"a \\"b\\""}']);
  });

  testWithStream('a group may begin with what comes from now on; lag is what waits', async (broker) => {
    await publish(broker, someEvents(0, 10));
    const reader = new Reader();
    const late = await reader.open(sourceAt(broker, { group: 'late', from: 'latest' }));
    await publish(broker, someEvents(10, 5));
    await reader.readUntil(5);
    assert.equal(reader.events, someEvents(10, 5));
    await late.close();

    const early = await new Reader().open(sourceAt(broker, { group: 'early' }));
    assert.ok(await early.read());
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.ok(early.lag!()! >= 1 && early.lag!()! <= 15, `lag ${early.lag!()}`);
  });

  testWithStream(
    'says what is wrong: stream, kind of key, password, stream deleted under it',
    async (broker) => {
      assert.is(await codeOf(sourceAt(broker, { stream: 'nowhere' }).open(new Reader())), 'INPUT_MISSING');
      await withClient(broker, (client) => client.set('text', 'x'));
      assert.is(await codeOf(sourceAt(broker, { stream: 'text' }).open(new Reader())), 'BAD_PARAM');
      const reader = new Reader();
      const source = await reader.open(sourceAt(broker));
      await withClient(broker, (client) => client.del('events'));
      assert.is(await codeOf(source.read()), 'INPUT_MISSING');
      await source.close();
      await withClient(broker, (client) => client.config('SET', 'requirepass', 'secret'));
      assert.is(
        await codeOf(sourceAt(broker, { password: 'wrong' }).open(new Reader())),
        'BROKER_UNREACHABLE',
      );
      assert.is(await codeOf(sourceAt(broker).open(new Reader())), 'BROKER_UNREACHABLE');
      await broker.kill();
      assert.is(await codeOf(sourceAt(broker).open(new Reader())), 'BROKER_UNREACHABLE');
    },
  );
}

if (hasRedis) testAll();
else skipVisibly(test, 'redis-server is not installed: the source of Redis streams is not tested');
test.run();
