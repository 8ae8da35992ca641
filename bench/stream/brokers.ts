/** Events a second through each broker that is here, into journal and state. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import { openKernels } from '../../src/kernels/open.ts';
import type { Interests } from '../../src/stream/engine.ts';
import { sourceOfUrl } from '../../src/stream/sources/source-url.ts';
import { Stream } from '../../src/stream/stream.ts';
import { hasKafka, startKafka } from '../../test/brokers/kafka.ts';
import { hasNats, startNats } from '../../test/brokers/nats-server.ts';
import { hasRedis, startRedis } from '../../test/brokers/redis-server.ts';
import { table } from '../table.ts';
import { EventDrawer, engineOptions } from './events.ts';

const EVENTS_A_REQUEST = 5000;

interface Filled {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export async function compareBrokers(interests: Interests, numEvents: number): Promise<string> {
  const brokers: [string, boolean, (lines: string[][]) => Promise<Filled>][] = [
    ['Redis Streams', hasRedis, fillRedis],
    ['NATS JetStream', hasNats, fillNats],
    ['Apache Kafka', hasKafka, fillKafka],
  ];
  const lines = Array.from({ length: Math.ceil(numEvents / EVENTS_A_REQUEST) }, (_, i) =>
    new EventDrawer(1)
      .lines(i * EVENTS_A_REQUEST, Math.min(EVENTS_A_REQUEST, numEvents - i * EVENTS_A_REQUEST))
      .toString()
      .trimEnd()
      .split('\n'),
  );
  const rows: string[][] = [];
  for (const [name, isHere, fill] of brokers) {
    if (!isHere) {
      rows.push([name, 'not installed', '', '']);
      continue;
    }
    const { url, stop } = await fill(lines);
    const { seconds, cpuSeconds } = await consume(interests, url, numEvents);
    await stop();
    const perSecond = numEvents / seconds;
    rows.push([name, `${(perSecond / 1000).toFixed(0)} k`, cpuSeconds.toFixed(1), seconds.toFixed(1)]);
  }
  return `${table(['broker', 'events/s', 'CPU seconds of the stream, both threads', 'seconds'], rows)}\n\n${numEvents.toLocaleString('en-US')} messages of one event each, waiting in the broker, until they are counted; one run each. Where the CPU seconds come near the seconds, the client that takes messages apart is what limits it; where they do not, the broker.`;
}

async function consume(interests: Interests, url: string, numEvents: number) {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  const kernels = openKernels();
  writeFileSync(join(folder, 'interests'), '');
  const stream = await Stream.open(kernels, {
    folder: join(folder, 'state'),
    engine: engineOptions(2 ** 29),
    interests: { file: join(folder, 'interests'), version: 'bench' },
    readInterests: () => interests,
  });
  const source = sourceOfUrl(url, { process: 'bench' });
  const before = process.cpuUsage();
  const began = performance.now();
  const running = stream.run(source);
  while (stream.engine.counts.numEvents < numEvents) await Promise.race([wait(20), running]);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(before);
  source.drain();
  await running;
  await source.close();
  await stream.close(false);
  await kernels.close();
  rmSync(folder, { recursive: true });
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

async function fillRedis(requests: string[][]): Promise<Filled> {
  const broker = await startRedis();
  const client = new Redis(broker.port, '127.0.0.1', { protocol: 2 });
  await client.xgroup('CREATE', 'events', 'simclusters', '0', 'MKSTREAM');
  for (const lines of requests) {
    const pipeline = client.pipeline();
    for (const line of lines) pipeline.xadd('events', '*', 'event', line);
    await pipeline.exec();
  }
  client.disconnect();
  return { url: `redis://127.0.0.1:${broker.port}/events`, stop: () => broker.stop() };
}

async function fillNats(requests: string[][]): Promise<Filled> {
  const broker = await startNats();
  const client = await connect({ servers: `127.0.0.1:${broker.port}` });
  await (await jetstreamManager(client)).streams.add({ name: 'events', subjects: ['events'] });
  const stream = jetstream(client);
  for (const lines of requests) await Promise.all(lines.map((line) => stream.publish('events', line)));
  await client.close();
  return { url: `nats://127.0.0.1:${broker.port}/events`, stop: () => broker.stop() };
}

async function fillKafka(requests: string[][]): Promise<Filled> {
  const { broker } = await startKafka();
  const { Kafka, logLevel } = kafkajs;
  const kafka = new Kafka({ brokers: [`127.0.0.1:${broker.port}`], logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: 'events', numPartitions: 1 }], waitForLeaders: true });
  await admin.disconnect();
  const producer = kafka.producer();
  await producer.connect();
  for (const lines of requests)
    await producer.send({ topic: 'events', messages: lines.map((value) => ({ value })) });
  await producer.disconnect();
  return { url: `kafka://127.0.0.1:${broker.port}/events`, stop: () => broker.stop() };
}
