/** Events from a Kafka topic, read by a consumer group. */
import { setTimeout as wait } from 'node:timers/promises';
import type {
  Consumer,
  ConsumerConfig,
  EachBatchPayload,
  Kafka,
  KafkaConfig,
  KafkaMessage,
  SASLOptions,
} from 'kafkajs';
import { SimClustersError } from '../../core/errors.ts';
import { linesOf, type Source, type SourceBatch, type SourceSession } from '../source.ts';
import { importClient, missing, unreachable, type Warn, warnOnStderr } from './broker.ts';
import { Signal } from './signal.ts';

export interface KafkaSourceOptions {
  /** `host:port`, one or several of a cluster. */
  readonly brokers: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly sasl?: 'plain' | 'scram-sha-256' | 'scram-sha-512';
  readonly tls?: boolean;
  readonly topic: string;
  /** Processes of one group share the partitions of the topic. */
  readonly group: string;
  /** Where a group begins on a partition of which it has read nothing. */
  readonly from?: 'earliest' | 'latest';
  /** Messages of a batch, at the most. */
  readonly batchMessages?: number;
  /** Bytes fetched at once of each partition: what may wait in memory. */
  readonly partitionBytes?: number;
  /** After this long without a sign of life the partitions of a process go to others. */
  readonly sessionTimeoutMs?: number;
  readonly warn?: Warn;
}

const CONNECT_TIMEOUT_MS = 3000;
const COMMIT_TIMEOUT_MS = 3000;
const HEARTBEAT_MS = 500;
/** How long a fetch waits for messages: so long, too, may closing take. */
const FETCH_WAIT_MS = 250;
/** Partitions whose messages may wait at the same time. */
const CONCURRENCY = 16;

interface Offer {
  readonly batch: SourceBatch;
  isTaken: boolean;
}

/**
 * Partitions are those of the topic, `<topic>/<number>`; position: the offset of the next message. A partition is read from what
 * the group committed; messages before the position are dropped, so what was journalled and not committed comes once.
 *
 * All that was fetched of a partition must be journalled and committed before more is fetched or the group is answered, so no
 * partition passes to another process before that. But the others do not know the journal of a process that died between journal and
 * commit: its last batch may count twice, unless it comes back before its session ends.
 */
export class KafkaSource implements Source {
  readonly name: string;
  readonly #options: Required<Omit<KafkaSourceOptions, 'username' | 'password' | 'sasl'>> &
    KafkaSourceOptions;
  #session: SourceSession | undefined;
  #consumer: Consumer | undefined;
  /** At most one of each partition. */
  readonly #offers: Offer[] = [];
  /** Behind what was handed out, now or, by the journal, in an earlier life. */
  readonly #next = new Map<string, bigint>();
  /** The same of this life alone, and behind what was acknowledged and committed of it. */
  readonly #handedOut = new Map<string, bigint>();
  readonly #settled = new Map<string, bigint>();
  /** Behind what was journalled. */
  readonly #journalled = new Map<string, string>();
  readonly #ends = new Map<string, bigint>();
  #failure: SimClustersError | undefined;
  #isDrained = false;
  #isClosed = false;
  readonly #changed = new Signal();

  constructor(options: KafkaSourceOptions) {
    this.name = `kafka ${options.brokers.join(',')} topic ${options.topic}`;
    const defaults = {
      tls: false,
      from: 'earliest',
      batchMessages: 10_000,
      partitionBytes: 2 ** 20,
    } as const;
    this.#options = { ...defaults, sessionTimeoutMs: 15_000, warn: warnOnStderr, ...options };
  }

  async open(session: SourceSession): Promise<void> {
    this.#session = session;
    try {
      const kafka = await this.#client();
      await this.#checkTopic(kafka);
      await this.#joinGroup(kafka);
    } catch (error) {
      await this.close();
      throw error instanceof SimClustersError ? error : unreachable(this.name, error);
    }
  }

  async read(): Promise<SourceBatch | undefined> {
    while (this.#offers.length === 0) {
      if (this.#isDrained) return undefined;
      if (this.#failure) throw this.#failure;
      await this.#changed.wait();
    }
    const offer = this.#offers.shift()!;
    offer.isTaken = true;
    const { partition, position } = offer.batch;
    this.#handedOut.set(partition, BigInt(position));
    this.#next.set(partition, BigInt(position));
    this.#changed.fire();
    return offer.batch;
  }

  async acknowledge(partition: string, position: string): Promise<void> {
    this.#journalled.set(partition, position);
    await this.#commit(partition);
    this.#settled.set(partition, BigInt(position));
    this.#changed.fire();
  }

  drain(): void {
    this.#isDrained = true;
    this.#changed.fire();
  }

  async close(): Promise<void> {
    this.#isDrained = this.#isClosed = true;
    this.#offers.length = 0;
    this.#changed.fire();
    await this.#consumer?.disconnect().catch(() => {});
  }

  lag(): number | undefined {
    let lag = 0;
    for (const [partition, end] of this.#ends) lag += Number(end - (this.#next.get(partition) ?? end));
    return this.#ends.size > 0 ? lag : undefined;
  }

  async #client(): Promise<Kafka> {
    const { Kafka, logLevel } = (await importClient('kafkajs', () => import('kafkajs'))).default;
    const { brokers, tls, sasl = 'plain', username, password = '' } = this.#options;
    const config: KafkaConfig = {
      ...{ clientId: 'simclusters', brokers: [...brokers], ssl: tls, logLevel: logLevel.NOTHING },
      ...{ connectionTimeout: CONNECT_TIMEOUT_MS, retry: { retries: 2, initialRetryTime: 100 } },
      ...(username ? { sasl: { mechanism: sasl, username, password } as SASLOptions } : {}),
    };
    return new Kafka(config);
  }

  /** That the topic is there, and is the one that the journal knows. */
  async #checkTopic(kafka: Kafka): Promise<void> {
    const { topic } = this.#options;
    const admin = kafka.admin();
    try {
      await admin.connect();
      if (!(await admin.listTopics()).includes(topic)) {
        const todo = `Make it: kafka-topics.sh --create --topic ${topic}`;
        throw missing(this.name, { got: `no topic ${topic}`, todo });
      }
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        const position = this.#session!.positionOf(`${topic}/${partition}`);
        if (position !== undefined && BigInt(position) > BigInt(high))
          throw anotherTopic(this.name, partition, high, position);
      }
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  async #joinGroup(kafka: Kafka): Promise<void> {
    const { topic, group, from, partitionBytes, sessionTimeoutMs } = this.#options;
    const config: ConsumerConfig = {
      ...{ groupId: group, allowAutoTopicCreation: false, sessionTimeout: sessionTimeoutMs },
      ...{
        maxWaitTimeInMs: FETCH_WAIT_MS,
        maxBytesPerPartition: partitionBytes,
        heartbeatInterval: HEARTBEAT_MS,
      },
      retry: {
        retries: 10,
        initialRetryTime: 100,
        maxRetryTime: 1000,
        restartOnFailure: async () => !this.#isClosed,
      },
    };
    const consumer = kafka.consumer(config);
    this.#consumer = consumer;
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => this.#crashed(error, restart));
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: from === 'earliest' });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENCY,
      eachBatch: (payload) => this.#handOut(payload),
    });
  }

  /** Offers what was fetched of a partition, and comes back when it is journalled and committed, or nobody will read it. */
  async #handOut({ batch, heartbeat, resolveOffset }: EachBatchPayload): Promise<void> {
    const partition = `${batch.topic}/${batch.partition}`;
    const messages = this.#withoutKnown(partition, batch.messages);
    this.#ends.set(partition, BigInt(batch.highWatermark));
    if (messages.length < batch.messages.length) await this.#commit(partition);
    if (messages.length === 0) return resolveOffset(batch.lastOffset());

    // Fails when the group wants to share its partitions anew, or the broker is gone.
    let isMember = true;
    const beat = setInterval(() => {
      heartbeat().catch(() => {
        isMember = false;
        this.#changed.fire();
      });
    }, HEARTBEAT_MS);
    for (let at = 0; at < messages.length; at += this.#options.batchMessages) {
      const slice = messages.slice(at, at + this.#options.batchMessages);
      if (!(await this.#offer(partition, slice, () => isMember))) break;
      resolveOffset(slice.at(-1)!.offset);
    }
    while (!this.#isSettled(partition) && !this.#isClosed) await this.#changed.wait();
    clearInterval(beat);
  }

  #withoutKnown(partition: string, messages: KafkaMessage[]): KafkaMessage[] {
    if (!this.#next.has(partition)) {
      const position = this.#session!.positionOf(partition);
      this.#next.set(partition, BigInt(position ?? messages[0].offset));
      if (position !== undefined) this.#journalled.set(partition, position);
    }
    const next = this.#next.get(partition)!;
    return messages.filter(({ offset }) => BigInt(offset) >= next);
  }

  /** Whether it was taken. */
  async #offer(partition: string, messages: KafkaMessage[], isMember: () => boolean): Promise<boolean> {
    if (this.#isDrained || !isMember()) return false;
    const events = linesOf(messages.map(({ value }) => value ?? new Uint8Array()));
    const position = String(BigInt(messages.at(-1)!.offset) + 1n);
    const offer: Offer = { batch: { partition, events, position }, isTaken: false };
    this.#offers.push(offer);
    this.#changed.fire();
    while (!offer.isTaken && isMember() && !this.#isClosed) await this.#changed.wait();
    if (!offer.isTaken && this.#offers.includes(offer)) this.#offers.splice(this.#offers.indexOf(offer), 1);
    return offer.isTaken;
  }

  /** The engine may not have got to what was just handed out, so what counts is that it was acknowledged. */
  #isSettled(partition: string): boolean {
    return (this.#settled.get(partition) ?? 0n) >= (this.#handedOut.get(partition) ?? 0n);
  }

  /** A commit that fails is made up for by the next one, or when messages that were journalled come again. */
  async #commit(partition: string): Promise<void> {
    const offset = this.#journalled.get(partition);
    if (offset === undefined || this.#isClosed) return;
    const at = partition.lastIndexOf('/');
    const where = { topic: partition.slice(0, at), partition: Number(partition.slice(at + 1)) };
    const committing = this.#consumer!.commitOffsets([{ ...where, offset }]).catch(() => {});
    const timer = new AbortController();
    await Promise.race([
      committing,
      wait(COMMIT_TIMEOUT_MS, undefined, { signal: timer.signal }).catch(() => {}),
    ]);
    timer.abort();
  }

  #crashed(error: Error, willRestart: boolean): void {
    if (this.#isClosed) return;
    if (willRestart) this.#options.warn(`${this.name}: ${error.message}; trying again`);
    else this.#failure = unreachable(this.name, error);
    this.#changed.fire();
  }
}

function anotherTopic(name: string, partition: number, high: string, position: string): SimClustersError {
  return new SimClustersError('BAD_FILE', {
    got: `${name}: partition ${partition} ends at offset ${high}, the journal at ${position}`,
    expected: 'the topic that was read before, with more at its end',
    todo: 'Was the topic deleted and made anew, or did the broker lose data? Read it under another name, or with a new journal',
  });
}
