/**
 * Where events come from: a file, standard input, HTTP, a broker. The engine pulls, so a source that nobody reads from is
 * paused; what it has been pushed meanwhile it bounds itself (and refuses, or stops fetching, beyond that).
 *
 * The life of a batch: `read` hands it out; the engine writes it to its journal, with the position, in one transaction; once that is
 * on disk it calls `acknowledge`. A process that dies in between finds the batch in its journal, and is asked for it again by
 * nobody: a source opened anew hands out only what lies behind `positionOf`. So nothing is lost and nothing counted twice,
 * provided the source keeps the two promises that are marked (!) below.
 */

/** Events as they came: JSON objects, one a line, not yet looked at. */
export interface SourceBatch {
  /** Part of the source with an order and a position of its own: a file, a client, a partition of a topic. */
  readonly partition: string;
  /** UTF-8, lines ended or separated by `\n`. The engine may keep it until the next `read`. */
  readonly events: Uint8Array;
  /** Where the partition stands behind this batch. Only the source knows what it means; at most 64 KiB. */
  readonly position: string;
  /** Other partitions of the source that need not be known any more, once this batch is on disk. */
  readonly forgets?: readonly string[];
}

/** A partition as the journal knows it. */
export interface KnownPartition {
  readonly partition: string;
  /** Behind its last batch. */
  readonly position: string;
  /** When that was received, milliseconds since 1970; 0 where it is not known. */
  readonly receivedMs: number;
}

/** What the engine offers a source. */
export interface SourceSession {
  /** Behind the last journalled batch of the partition; undefined: nothing of it has been journalled. */
  positionOf(partition: string): string | undefined;
  /** Every partition that was journalled, of whatever source; the one whose last batch is the oldest first. */
  partitions(): Iterable<KnownPartition>;
  /**
   * Fulfilled once every batch of these partitions that was handed out has been journalled and acknowledged. For a source that
   * must give partitions up to another process: it waits for this before it lets go.
   */
  settled(partitions: readonly string[]): Promise<void>;
}

export interface Source {
  /** For messages and metrics: `file events.ndjson`, `http 0.0.0.0:7070`. */
  readonly name: string;

  /**
   * Connects. Called once, before all else.
   * (!) A partition is read from behind `session.positionOf(partition)`, whatever was acknowledged.
   * @throws SimClustersError INPUT_MISSING, MISSING_PACKAGE, BAD_PARAM
   */
  open(session: SourceSession): Promise<void>;

  /**
   * The next batch; waits for one. `undefined`: there will be none any more, since the source is at its end or was drained. Called
   * again only after it has been fulfilled.
   * (!) Batches of a partition come in its order, without gaps.
   */
  read(): Promise<SourceBatch | undefined>;

  /**
   * Everything of the partition up to and including `position` is on disk: the broker may forget it, the client is answered.
   * Positions of a partition come in order, not each needs to come; the same may come again.
   */
  acknowledge(partition: string, position: string): Promise<void>;

  /** Takes nothing new from now on; `read` still hands out what was taken, then `undefined`. */
  drain(): void;

  /** Lets go of everything; unacknowledged batches go back to where they came from. A waiting `read` gives `undefined`. */
  close(): Promise<void>;

  /** Events (of files: bytes) known to wait at the source; undefined where that cannot be said. */
  lag?(): number | undefined;
}

const NEWLINE = 10;
const BLANK = 32;

/**
 * Messages of a broker as lines. A line break within a message becomes a blank: in JSON it cannot stand within a string.
 * Messages that are empty give a line of their own, so that line i is message i.
 */
export function linesOf(messages: readonly Uint8Array[]): Uint8Array {
  const lines = new Uint8Array(messages.reduce((sum, { length }) => sum + length + 1, 0));
  let at = 0;
  for (const message of messages) {
    lines.set(message, at);
    for (let i = message.indexOf(NEWLINE); i >= 0; i = message.indexOf(NEWLINE, i + 1)) lines[at + i] = BLANK;
    at += message.length;
    lines[at++] = NEWLINE;
  }
  return lines;
}
