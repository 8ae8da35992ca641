/** Events from a NATS JetStream, read through a durable consumer. */
import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import type { Consumer, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { SimClustersError } from '../../core/errors.ts';
import { linesOf, type Source, type SourceBatch, type SourceSession } from '../source.ts';
import { importClient, missing, unreachable, type Warn, warnOnStderr } from './broker.ts';
import { NumberRanges } from './number-ranges.ts';
import { Signal } from './signal.ts';

export interface NatsSourceOptions {
  /** `host:port`, one or several of a cluster. */
  readonly servers: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly tls?: boolean;
  readonly stream: string;
  /** Name of the durable consumer. Processes that name the same one share the stream. Made if it is not there. */
  readonly group: string;
  /** Only messages of this subject, wildcards allowed; counts when the consumer is made. */
  readonly subject?: string;
  /** Where a consumer that is made begins. */
  readonly from?: 'earliest' | 'latest';
  /** Messages of a batch, at the most. As many are read ahead. */
  readonly batchMessages?: number;
  /** After this long the broker gives messages of a process that fell silent to another one, or to its successor. */
  readonly ackWaitMs?: number;
  readonly warn?: Warn;
}

const FIRST_CONNECTION_MS = 15_000;
const CONNECT_TIMEOUT_MS = 5000;
/** How long a request for messages stands: so long, too, may draining take. The least that the client allows. */
const FETCH_MS = 1000;
const RETRY_MS = 200;
const CONFIRM_TIMEOUT_MS = 2000;
/** Of a position, so that it stays below 64 KiB even where hardly two numbers follow one another. */
const MAX_RANGES = 6000;

interface Batch {
  readonly position: string;
  readonly numbers: readonly number[];
}

/**
 * One partition, the stream as this process sees it: what the broker gave it, by sequence number. Position: when the stream was made,
 * and the numbers that were handed out, as ranges. What comes again is known by its number, though the broker forgets
 * acknowledgements when it is killed. Only where there are too many ranges, since several processes take turns, those are dropped
 * below which the broker says that everything was acknowledged.
 *
 * The broker gives a message to another process if this one dies before the acknowledgement, be it journalled or not: with several
 * processes on one consumer a kill -9 may count the last batch twice. A consumer for each, on subjects of its own, is free of that.
 */
export class NatsSource implements Source {
  readonly name: string;
  readonly #options: Required<Omit<NatsSourceOptions, 'username' | 'password' | 'token' | 'subject'>> &
    NatsSourceOptions;
  readonly #partition: string;
  #connection: NatsConnection | undefined;
  #consumer: Consumer | undefined;
  /** Taken and not handed out yet. */
  #queue: number[] = [];
  /** Latest delivery of what was taken and not acknowledged. */
  readonly #held = new Map<number, JsMsg>();
  /** Handed out and not acknowledged, in order. */
  readonly #outstanding: Batch[] = [];
  /** Handed out, now or in an earlier life. */
  #known = new NumberRanges();
  #streamMade = '';
  #taking: Promise<void> | undefined;
  #failure: unknown;
  #isEnded = false;
  #isDrained = false;
  #isClosed = false;
  readonly #changed = new Signal();
  #timer: NodeJS.Timeout | undefined;
  #lag: number | undefined;

  constructor(options: NatsSourceOptions) {
    this.name = `nats ${options.servers.join(',')} stream ${options.stream}`;
    this.#partition = `nats ${options.stream}`;
    const defaults = { tls: false, from: 'earliest', batchMessages: 1000, ackWaitMs: 30_000 } as const;
    this.#options = { ...defaults, warn: warnOnStderr, ...options };
  }

  async open(session: SourceSession): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      await this.close();
      throw error instanceof SimClustersError ? error : unreachable(this.name, error);
    }
    const [made, known] = session.positionOf(this.#partition)?.split(' ') ?? [];
    // Numbers of a stream of the same name that was deleted say nothing.
    if (made === this.#streamMade) this.#known = NumberRanges.parse(known);
    this.#timer = setInterval(() => this.#keepHeld(), this.#options.ackWaitMs / 3).unref();
    this.#taking = this.#takeAll();
  }

  async read(): Promise<SourceBatch | undefined> {
    while (this.#queue.length === 0) {
      if (this.#isClosed) return undefined;
      if (this.#isEnded && this.#failure) throw this.#failure;
      if (this.#isEnded) return undefined;
      await this.#changed.wait();
      // The rest of what came over the wire with the first.
      await setImmediate();
    }
    const numbers = this.#queue.splice(0, this.#options.batchMessages);
    this.#changed.fire();
    const messages = numbers.map((number) => this.#held.get(number)!);
    this.#lag = messages.at(-1)!.info.pending + this.#queue.length;
    for (const number of numbers) this.#known.add(number);
    while (this.#known.numRanges > MAX_RANGES && !this.#isClosed) await this.#forget();
    const position = `${this.#streamMade} ${this.#known}`;
    this.#outstanding.push({ position, numbers });
    return { partition: this.#partition, events: linesOf(messages.map(({ data }) => data)), position };
  }

  async acknowledge(_partition: string, position: string): Promise<void> {
    const count = this.#outstanding.findIndex((batch) => batch.position === position) + 1;
    const numbers = this.#outstanding.splice(0, count).flatMap((batch) => batch.numbers);
    const messages = numbers.map((number) => this.#held.get(number)!);
    for (const number of numbers) this.#held.delete(number);
    await this.#confirm(messages);
  }

  drain(): void {
    this.#isDrained = true;
    this.#changed.fire();
  }

  async close(): Promise<void> {
    this.#isDrained = this.#isClosed = true;
    this.#changed.fire();
    clearInterval(this.#timer);
    if (!this.#connection?.isClosed()) {
      for (const message of this.#held.values()) message.nak();
      this.#held.clear();
      await this.#taking;
    }
    await this.#connection?.close();
  }

  lag(): number | undefined {
    return this.#lag;
  }

  async #connect(): Promise<void> {
    const { servers, username, password, token, tls } = this.#options;
    const packages = '@nats-io/transport-node @nats-io/jetstream';
    const { connect } = await importClient(packages, () => import('@nats-io/transport-node'));
    const { jetstream, jetstreamManager } = await importClient(packages, () => import('@nats-io/jetstream'));
    const connecting = connect({
      ...{ servers: [...servers], user: username, pass: password, token, ...(tls ? { tls: {} } : {}) },
      ...{ timeout: CONNECT_TIMEOUT_MS, maxReconnectAttempts: -1, reconnectTimeWait: RETRY_MS },
    });
    this.#connection = await inTime(connecting);
    await this.#joinGroup(await jetstreamManager(this.#connection));
    this.#consumer = await jetstream(this.#connection).consumers.get(
      this.#options.stream,
      this.#options.group,
    );
    this.#reportStatus();
  }

  async #joinGroup(manager: JetStreamManager): Promise<void> {
    const { stream, group, subject, from, ackWaitMs, batchMessages } = this.#options;
    try {
      this.#streamMade = (await manager.streams.info(stream)).created;
    } catch (cause) {
      if (!isNotFound(cause)) throw cause;
      throw missing(this.name, {
        got: `no stream ${stream}`,
        todo: `Make it: nats stream add ${stream}`,
        cause,
      });
    }
    try {
      await manager.consumers.info(stream, group);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await manager.consumers.add(stream, {
        durable_name: group,
        ack_policy: 'explicit',
        ack_wait: ackWaitMs * 1e6,
        // For all processes together.
        max_ack_pending: Math.max(65_536, 16 * batchMessages),
        deliver_policy: from === 'earliest' ? 'all' : 'new',
        ...(subject ? { filter_subject: subject } : {}),
      });
    }
  }

  /** Keeps one request for messages with the broker while there is room for what it may bring. */
  async #takeAll(): Promise<void> {
    try {
      while (!this.#isDrained) {
        if (this.#queue.length >= this.#options.batchMessages) await this.#changed.wait();
        else await this.#take().catch((error) => this.#recover(error));
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#isEnded = true;
    this.#changed.fire();
  }

  async #take(): Promise<void> {
    const messages = await this.#consumer!.fetch({
      max_messages: this.#options.batchMessages,
      expires: FETCH_MS,
    });
    for await (const message of messages) {
      const { seq } = message;
      if (this.#isClosed) message.nak();
      else if (this.#known.has(seq) && !this.#held.has(seq)) message.ack();
      else {
        if (!this.#held.has(seq)) this.#queue.push(seq);
        this.#held.set(seq, message);
        this.#changed.fire();
      }
    }
  }

  /** What went wrong may pass; a consumer or stream that is gone does not come back. */
  async #recover(error: unknown): Promise<void> {
    if (this.#isDrained) return;
    if (this.#connection!.isClosed()) throw unreachable(this.name, error);
    const cause = await this.#consumer!.info().then(
      () => undefined,
      (failure: Error) => failure,
    );
    if (isNotFound(cause)) {
      throw missing(`${this.name} consumer ${this.#options.group}`, {
        got: cause.message,
        todo: 'Was the stream or the consumer deleted? Look there, then start again',
        cause,
      });
    }
    await wait(RETRY_MS);
  }

  /** Up to its floor the broker has heard of every acknowledgement. Where it cannot be asked or waits for others, so do we. */
  async #forget(): Promise<void> {
    const info = await this.#consumer!.info().catch(() => undefined);
    this.#known.dropUpTo(info?.ack_floor.stream_seq ?? 0);
    if (this.#known.numRanges > MAX_RANGES) await wait(RETRY_MS);
  }

  /** The answer to the last one is waited for, so that closing loses none. What is not heard comes again, and is known. */
  async #confirm(messages: readonly JsMsg[]): Promise<void> {
    if (messages.length === 0 || this.#connection!.isClosed()) return;
    for (const message of messages.slice(0, -1)) message.ack();
    const timeout = CONFIRM_TIMEOUT_MS;
    await messages
      .at(-1)!
      .ackAck({ timeout })
      .catch(() => {});
  }

  /** Tells the broker that what is held is being worked on, however long the engine takes. */
  #keepHeld(): void {
    if (!this.#connection!.isClosed()) for (const message of this.#held.values()) message.working();
  }

  async #reportStatus(): Promise<void> {
    for await (const { type } of this.#connection!.status()) {
      if (type === 'disconnect') this.#options.warn(`${this.name}: connection lost; trying again`);
      if (type === 'reconnect') this.#options.warn(`${this.name}: connected again`);
    }
  }
}

/**
 * The client, told to connect again for ever, sometimes does so for the first time, too: when the broker hangs up before its reason is read.
 */
async function inTime(connecting: Promise<NatsConnection>): Promise<NatsConnection> {
  const late = new AbortController();
  const refused = wait(FIRST_CONNECTION_MS, undefined, { signal: late.signal, ref: true }).then(() => {
    void connecting.then(
      (connection) => connection.close(),
      () => {},
    );
    throw new Error(`no connection within ${FIRST_CONNECTION_MS / 1000} seconds`);
  });
  try {
    return await Promise.race([connecting, refused]);
  } finally {
    late.abort();
    refused.catch(() => {});
  }
}

/** By name: the classes would have to be loaded. */
function isNotFound(error: unknown): error is Error {
  return ['StreamNotFoundError', 'ConsumerNotFoundError'].includes((error as Error | undefined)?.name ?? '');
}
