/** Events from a Redis stream, read by a consumer group. */
import type { Redis, RedisOptions } from 'ioredis';
import { SimClustersError } from '../../core/errors.ts';
import { linesOf, type Source, type SourceBatch, type SourceSession } from '../source.ts';
import { importClient, missing, unreachable, type Warn, warnOnStderr } from './broker.ts';
import { eventOf, isAfter, type StreamEntry } from './redis-entry.ts';

export interface RedisSourceOptions {
  readonly host: string;
  readonly port?: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: boolean;
  readonly db?: number;
  /** Key of the stream. */
  readonly stream: string;
  /** Processes of one group share the stream. Made if it is not there. */
  readonly group: string;
  /** Name within the group; a process keeps it as long as it keeps its journal, and no other has it. */
  readonly consumer: string;
  /** Field of an entry that holds the event as JSON. An entry without it is the event itself: its fields, as text. */
  readonly field?: string;
  /** Where a group that is made begins. */
  readonly from?: 'earliest' | 'latest';
  /** Entries of a batch, at the most. One batch is read ahead. */
  readonly batchEntries?: number;
  readonly warn?: Warn;
}

const CONNECT_TIMEOUT_MS = 5000;
/** How long a read waits at the broker: so long, too, may draining take. */
const BLOCK_MS = 250;
const RETRY_MS = 200;
const LAG_INTERVAL_MS = 1000;

/**
 * One partition, the stream: the entries that Redis gave this consumer, whose ids rise. Position: the id of the last one.
 *
 * Redis remembers what it gave to whom until it is acknowledged (the pending entries). They are read first after opening and after
 * every loss of the connection; of these, what is not behind the position has been journalled and is only acknowledged. Entries
 * pending for a consumer that never comes back stay with it: `XPENDING` shows them, `XCLAIM` moves them.
 */
export class RedisSource implements Source {
  readonly name: string;
  readonly #options: Required<Omit<RedisSourceOptions, 'username' | 'password' | 'tls'>>;
  readonly #connection: RedisOptions;
  readonly #partition: string;
  #reader: Redis | undefined;
  #writer: Redis | undefined;
  /** Handed out and not acknowledged, in order. */
  #outstanding: { position: string; ids: string[] }[] = [];
  /** Id of the last entry that was taken, in this life or, by the journal, in an earlier one. */
  #taken = '0-0';
  #acknowledged = '0-0';
  /** Pending entries behind this one are to be read; undefined: there are none. */
  #pendingAfter: string | undefined = '0-0';
  #ahead: Promise<StreamEntry[] | undefined> | undefined;
  #isDrained = false;
  #isClosed = false;
  #lag: number | undefined;
  #lagAskedMs = 0;

  constructor(options: RedisSourceOptions) {
    const { host, port = 6379, username, password, tls = false, db = 0, stream } = options;
    this.name = `redis ${host}:${port} stream ${stream}`;
    this.#partition = `redis ${stream}`;
    const defaults = { field: 'event', from: 'earliest', batchEntries: 1000, warn: warnOnStderr } as const;
    this.#options = { ...defaults, ...options, port, db };
    this.#connection = { host, port, username, password, db, ...(tls ? { tls: {} } : {}) };
  }

  async open(session: SourceSession): Promise<void> {
    this.#taken = this.#acknowledged = session.positionOf(this.#partition) ?? '0-0';
    try {
      [this.#reader, this.#writer] = [await this.#connect(), await this.#connect()];
      await this.#joinGroup(this.#writer);
    } catch (error) {
      await this.close();
      throw error instanceof SimClustersError ? error : unreachable(this.name, error);
    }
  }

  async read(): Promise<SourceBatch | undefined> {
    for (;;) {
      const entries = await (this.#ahead ?? this.#take());
      this.#ahead = undefined;
      if (!entries || this.#isClosed) return undefined;
      if (!this.#isDrained) {
        this.#ahead = this.#take();
        // Looked at by the next read; until then nobody waits for it.
        this.#ahead.catch(() => {});
      }
      if (entries.length > 0) return this.#handOut(entries);
    }
  }

  async acknowledge(_partition: string, position: string): Promise<void> {
    const isUpTo = (batch: { position: string }) => !isAfter(batch.position, position);
    const ids = this.#outstanding.filter(isUpTo).flatMap((batch) => batch.ids);
    if (isAfter(position, this.#acknowledged)) this.#acknowledged = position;
    // Where it fails they stay, and go with those of the next batch or, after a restart, by the position.
    if (await this.#acknowledgeAll(ids))
      this.#outstanding = this.#outstanding.filter((batch) => !isUpTo(batch));
  }

  drain(): void {
    this.#isDrained = true;
  }

  async close(): Promise<void> {
    this.#isDrained = this.#isClosed = true;
    this.#reader?.disconnect();
    this.#writer?.disconnect();
    await this.#ahead?.catch(() => {});
  }

  lag(): number | undefined {
    return this.#lag;
  }

  /** A connection that fails at once when it cannot be made the first time, and comes back whenever it is lost later. */
  async #connect(): Promise<Redis> {
    const { Redis } = await importClient('ioredis', () => import('ioredis'));
    let isUp = false;
    const connection = new Redis({
      ...this.#connection,
      protocol: 2,
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      retryStrategy: () => (isUp && !this.#isClosed ? RETRY_MS : null),
      // A command sent again would get other entries than the one whose answer was lost.
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
    let lastError: unknown;
    connection.on('error', (error) => {
      lastError = error;
    });
    try {
      await connection.connect();
    } catch (error) {
      connection.disconnect();
      throw lastError ?? error;
    }
    isUp = true;
    return connection;
  }

  async #joinGroup(writer: Redis): Promise<void> {
    const { stream, group, from } = this.#options;
    const type = await writer.type(stream);
    if (type === 'none') {
      throw missing(this.name, {
        got: `no key ${stream}`,
        todo: `XADD an event, or make it empty: XGROUP CREATE ${stream} ${group} 0 MKSTREAM`,
      });
    }
    if (type !== 'stream') {
      throw new SimClustersError('BAD_PARAM', {
        got: `${stream}, a ${type}`,
        expected: 'the key of a stream',
        todo: 'Give another key, or another database with ?db=',
      });
    }
    await writer.xgroup('CREATE', stream, group, from === 'earliest' ? '0' : '$').catch((error: Error) => {
      if (!error.message.startsWith('BUSYGROUP')) throw error;
    });
  }

  /** The next entries, which may be none; undefined: drained. */
  async #take(): Promise<StreamEntry[] | undefined> {
    while (!this.#isDrained) {
      try {
        this.#askForLag();
        const isPending = this.#pendingAfter !== undefined;
        const entries = isPending ? await this.#readGroup(this.#pendingAfter!) : await this.#readGroup('>');
        if (isPending) this.#pendingAfter = entries.at(-1)?.[0];
        if (entries.length > 0) return await this.#withoutTaken(entries);
      } catch (error) {
        if (this.#isClosed) return undefined;
        if ((error as Error).name === 'ReplyError') throw this.#refused(error as Error);
        await this.#reconnected(error as Error);
        this.#pendingAfter = this.#taken;
      }
    }
    return undefined;
  }

  async #readGroup(after: string): Promise<StreamEntry[]> {
    const { group, consumer, stream, batchEntries } = this.#options;
    const reply =
      after === '>'
        ? await this.#reader!.xreadgroupBuffer(
            ...(['GROUP', group, consumer, 'COUNT', batchEntries, 'BLOCK', BLOCK_MS] as const),
            ...(['STREAMS', stream, '>'] as const),
          )
        : await this.#reader!.xreadgroupBuffer(
            ...(['GROUP', group, consumer, 'COUNT', batchEntries, 'STREAMS', stream, after] as const),
          );
    return (reply?.[0]?.[1] ?? []).map(([id, fields]) => [id.toString('latin1'), fields]);
  }

  /** Entries come again when Redis did not hear the acknowledgement, or lost it. */
  async #withoutTaken(entries: StreamEntry[]): Promise<StreamEntry[]> {
    const isGone = ([, fields]: StreamEntry) => fields === null;
    const isNew = ([id]: StreamEntry) => isAfter(id, this.#taken);
    const isJournalled = ([id]: StreamEntry) => !isAfter(id, this.#acknowledged);
    const done = entries.filter((entry) => isGone(entry) || (!isNew(entry) && isJournalled(entry)));
    await this.#acknowledgeAll(done.map(([id]) => id));
    const rest = entries.filter((entry) => isNew(entry) && !isGone(entry));
    this.#taken = rest.at(-1)?.[0] ?? this.#taken;
    return rest;
  }

  #handOut(entries: readonly StreamEntry[]): SourceBatch {
    const position = entries.at(-1)![0];
    this.#outstanding.push({ position, ids: entries.map(([id]) => id) });
    const events = linesOf(entries.map(([, fields]) => eventOf(fields!, this.#options.field)));
    return { partition: this.#partition, events, position };
  }

  async #acknowledgeAll(ids: readonly string[]): Promise<boolean> {
    const { stream, group } = this.#options;
    if (ids.length === 0) return true;
    return this.#writer!.xack(stream, group, ...ids).then(
      () => true,
      () => false,
    );
  }

  #refused(error: Error): SimClustersError {
    return missing(`${this.name} group ${this.#options.group}`, {
      got: error.message,
      todo: 'Was the stream or the group deleted, or did Redis come back without its data? Look there, then start again',
      cause: error,
    });
  }

  async #reconnected(error: Error): Promise<void> {
    const { warn } = this.#options;
    warn(`${this.name}: ${error.message}; trying again`);
    while (this.#reader!.status !== 'ready' && !this.#isClosed)
      await new Promise((resolve) => setTimeout(resolve, 20));
    if (!this.#isClosed) warn(`${this.name}: connected again`);
  }

  /** Redis 7 counts what a group has not been given; older ones do not. */
  #askForLag(): void {
    if (Date.now() - this.#lagAskedMs < LAG_INTERVAL_MS) return;
    this.#lagAskedMs = Date.now();
    this.#writer!.xinfo('GROUPS', this.#options.stream).then(
      (groups) => {
        const of = (group: unknown[], key: string) => group[group.indexOf(key) + 1];
        const own = (groups as unknown[][]).find((group) => of(group, 'name') === this.#options.group);
        const lag = own?.includes('lag') ? of(own, 'lag') : null;
        this.#lag = typeof lag === 'number' ? lag : undefined;
      },
      () => {},
    );
  }
}
