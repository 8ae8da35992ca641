import { setTimeout as wait } from 'node:timers/promises';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SourceBatch } from '../../src/stream/source.ts';
import { KafkaSource, type KafkaSourceOptions } from '../../src/stream/sources/kafka-source.ts';
import { skipVisibly } from '../brokers/broker.ts';
import { hasKafka, type KafkaBroker, startKafka } from '../brokers/kafka.ts';
import { codeOf, Reader, someEvents, sourceContract } from './source.ts';

const test = suite('kafka source');
const NUM_PARTITIONS = 2;
const warnings: string[] = [];
const opened: KafkaSource[] = [];
let starting: Promise<KafkaBroker> | undefined;
let numTopics = 0;

/** It takes seconds to start, so all tests share one. */
function kafka(): Promise<KafkaBroker> {
  starting ??= startKafka();
  return starting;
}

async function clientOf({ broker }: KafkaBroker): Promise<Kafka> {
  const { Kafka, logLevel } = kafkajs;
  return new Kafka({ brokers: [`127.0.0.1:${broker.port}`], logLevel: logLevel.NOTHING });
}

async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = (await clientOf(await kafka())).admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

async function newTopic(numPartitions = NUM_PARTITIONS): Promise<string> {
  const topic = `events-${numTopics++}`;
  await withAdmin((admin) =>
    admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true }),
  );
  return topic;
}

async function sourceOf(topic: string, more: Partial<KafkaSourceOptions> = {}): Promise<KafkaSource> {
  const { broker } = await kafka();
  return sourceAt(broker.port, topic, more);
}

function sourceAt(port: number, topic: string, more: Partial<KafkaSourceOptions> = {}): KafkaSource {
  const source = new KafkaSource({
    ...{ brokers: [`127.0.0.1:${port}`], topic, group: `group-of-${topic}`, batchMessages: 7 },
    ...{ sessionTimeoutMs: 3000, warn: (message: string) => warnings.push(message), ...more },
  });
  opened.push(source);
  return source;
}

/** All at once, by turns to each partition. */
async function publish(
  topic: string,
  events: readonly string[],
  numPartitions = NUM_PARTITIONS,
): Promise<void> {
  const producer = (await clientOf(await kafka())).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const messages = events.map((value, i) => ({ value, partition: i % numPartitions }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}

async function committed(topic: string): Promise<number> {
  const groupId = `group-of-${topic}`;
  const [{ partitions }] = await withAdmin((admin) => admin.fetchOffsets({ groupId, topics: [topic] }));
  return partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
}

const countOf = ({ events }: SourceBatch): number => new TextDecoder().decode(events).split('\n').length - 1;

async function closeAll(): Promise<void> {
  await Promise.all(opened.splice(0).map((source) => source.close()));
}

function testWithTopic(
  title: string,
  body: (topic: string) => Promise<void>,
  numPartitions = NUM_PARTITIONS,
) {
  test(title, async () => {
    try {
      await body(await newTopic(numPartitions));
    } finally {
      await closeAll();
    }
  });
}

function testAll(): void {
  sourceContract(
    'kafka topic',
    async () => {
      const topic = await newTopic();
      const { port } = (await kafka()).broker;
      return {
        publish: (events) => publish(topic, events),
        connect: () => sourceAt(port, topic),
        close: closeAll,
      };
    },
    { isShared: true, isOrdered: false },
  );

  testWithTopic(
    'partitions keep their order, and another process goes on where one left',
    async (topic) => {
      const events = someEvents(0, 100);
      await publish(topic, events.slice(0, 50), 1);
      const first = new Reader();
      const source = await first.open(await sourceOf(topic));
      await first.readUntil(50);
      await source.close();
      await publish(topic, events.slice(50), 1);
      const second = new Reader();
      await second.open(await sourceOf(topic));
      await second.readUntil(50);
      assert.equal([...first.events, ...second.events], events);
    },
    1,
  );

  const changesHands = (batchMessages: number, numTaken: number) => async (topic: string) => {
    const events = someEvents(0, 200);
    await publish(topic, events);
    const readers = [new Reader(), new Reader()];
    const first = await readers[0].open(await sourceOf(topic, { batchMessages }));
    const taken: SourceBatch[] = [];
    for (let count = 0; count < numTaken; count += countOf(taken.at(-1)!)) taken.push((await first.read())!);
    // The group waits for the first process, which is slow to journal.
    const joining = (async () => readers[1].open(await sourceOf(topic, { batchMessages })))();
    await wait(1500);
    assert.is(await committed(topic), 0);
    for (const batch of taken) readers[0].journal(batch);
    await readers[0].acknowledge();
    const sources = [first, await joining];
    const later = someEvents(200, 100);
    await publish(topic, later);
    const numRead = () => readers[0].events.length + readers[1].events.length;
    await Promise.all(
      sources.map(async (source, i) => {
        for (let batch = await source.read(); batch; batch = await source.read()) {
          readers[i].journal(batch);
          await readers[i].acknowledge();
          if (numRead() >= 300) for (const each of sources) each.drain();
        }
      }),
    );
    assert.ok(readers[1].events.length > 0);
    assert.equal(readers.flatMap((reader) => reader.events).sort(), [...events, ...later].sort());
  };
  const changing = 'a partition changes hands only when all of it is journalled and committed';
  testWithTopic(`${changing}, in the middle of a fetch`, changesHands(7, 40));
  testWithTopic(`${changing}, at the end of one`, changesHands(1000, 200));

  testWithTopic('a broker that is killed comes back: nothing lost, nothing twice', async (topic) => {
    const events = someEvents(0, 200);
    await publish(topic, events.slice(0, 150));
    const reader = new Reader();
    await reader.open(await sourceOf(topic));
    await reader.readUntil(60);
    await reader.readUntil(90, { acknowledge: false });
    const { broker } = await kafka();
    await broker.kill();
    // Cannot be told to the broker.
    await reader.acknowledge();
    const reading = reader.readUntil(200);
    await broker.startAgain();
    await publish(topic, events.slice(150));
    await reading;
    assert.equal([...reader.events].sort(), [...events].sort());
    assert.is(await committed(topic), 200);
  });

  testWithTopic('messages that come again are known by their offsets', async (topic) => {
    const events = someEvents(0, 60);
    await publish(topic, events.slice(0, 40));
    const reader = new Reader();
    const first = await reader.open(await sourceOf(topic));
    await reader.readUntil(40);
    await first.close();
    // As if the group had been forgotten.
    await withAdmin((admin) => admin.deleteGroups([`group-of-${topic}`]));
    await publish(topic, events.slice(40));
    await reader.open(await sourceOf(topic));
    await reader.readUntil(60);
    assert.equal([...reader.events].sort(), [...events].sort());
  });

  testWithTopic(
    'a source that nobody reads from offers one batch a partition, and stays in its group',
    async (topic) => {
      await publish(topic, someEvents(0, 500));
      const reader = new Reader();
      const source = await reader.open(await sourceOf(topic));
      await reader.readUntil(1);
      await wait(4000);
      const { members } = await withAdmin(
        async (admin) => (await admin.describeGroups([`group-of-${topic}`])).groups[0],
      );
      assert.is(members.length, 1, 'longer than the session');
      assert.is(source.lag!(), 493);
      await reader.readUntil(500);
      assert.is(new Set(reader.events).size, 500);
    },
  );

  testWithTopic(
    'messages without value are lines without text; a group may begin with what comes',
    async (topic) => {
      await publish(topic, someEvents(0, 5));
      const reader = new Reader();
      const source = await reader.open(await sourceOf(topic, { from: 'latest' }));
      await wait(500);
      const producer = (await clientOf(await kafka())).producer();
      await producer.connect();
      await producer.send({
        topic,
        messages: [
          { value: null, partition: 0 },
          { value: '{}', partition: 0 },
        ],
      });
      await producer.disconnect();
      const batch = await source.read();
      assert.is(new TextDecoder().decode(batch!.events), '\n{}\n');
    },
  );

  testWithTopic('says what is wrong: topic, user, another topic of the name, no broker', async (topic) => {
    assert.is(await codeOf((await sourceOf('nowhere')).open(new Reader())), 'INPUT_MISSING');
    const { saslPort } = await kafka();
    const user = { username: 'me', password: 'wrong' };
    assert.is(await codeOf(sourceAt(saslPort, topic, user).open(new Reader())), 'BROKER_UNREACHABLE');
    const known = sourceAt(saslPort, topic, { username: 'me', password: 'secret' });
    await publish(topic, someEvents(0, 4));
    const reader = new Reader();
    await reader.open(known);
    await reader.readUntil(4);
    await known.close();
    const ahead = { positionOf: () => '1000', partitions: () => [], settled: async () => {} };
    assert.is(await codeOf((await sourceOf(topic)).open(ahead)), 'BAD_FILE');
    assert.is(await codeOf(sourceAt(1, topic).open(new Reader())), 'BROKER_UNREACHABLE');
  });

  test('the broker is stopped', async () => {
    await (await kafka()).broker.stop();
  });
}

if (hasKafka) testAll();
else skipVisibly(test, 'Apache Kafka or Java is not here: the source of Kafka topics is not tested');
test.run();
