/**
 * Asks a server from a process of its own, over raw sockets: what it costs is the sockets and little else.
 *   node --import tsx bench/serve/loader.ts '{"port":…,"connections":…,"seconds":…,"rate":…,"bodies":FILE}'
 * Without `rate` each connection asks again as soon as it is answered; with it requests are sent at that rate, whatever comes back.
 * Prints one JSON object: LoadOutcome.
 */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { quantile } from '../retrieval/measure.ts';

export interface LoadTask {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  /** Requests a second. */
  readonly rate?: number;
  /** File with a request body in each line. */
  readonly bodies: string;
}

export interface LoadOutcome {
  readonly answeredPerSecond: number;
  readonly refusedPerSecond: number;
  /** Neither answered nor refused: cut off, or another status. */
  readonly numFailed: number;
  readonly numSent: number;
  /** Milliseconds from when a request was due to the end of its answer; answered ones. */
  readonly p50: number;
  readonly p99: number;
  readonly refusedP99: number;
  /** CPU time of this process for each request sent, microseconds. */
  readonly cpuMicros: number;
}

const task: LoadTask = JSON.parse(process.argv[2]);
const requests = readFileSync(task.bodies, 'utf8')
  .trim()
  .split('\n')
  .map((body) =>
    Buffer.from(
      `POST /v1/retrieval HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    ),
  );

/** More than the heads of our answers have, bytes. */
const MAX_HEAD = 1024;

/** What comes is looked at before more is read, so that all connections read into one place. */
const inbox = Buffer.allocUnsafe(2 ** 16);

let [numSent, numFailed, numRefused] = [0, 0, 0];
const latencies: number[] = [];
const refusals: number[] = [];

class Connection {
  readonly #socket: Socket;
  /** When each request under way was due. */
  readonly #due: number[] = [];
  readonly #onAnswer: (connection: Connection) => void;
  /** A head that has come in part. */
  #head = '';
  /** Bytes of the body that are still to come; 0: a head comes next. */
  #missing = 0;
  #isOver = false;

  constructor(onAnswer: (connection: Connection) => void) {
    this.#onAnswer = onAnswer;
    const callback = (size: number) => {
      this.#hear(inbox, size);
      return !this.#isOver;
    };
    this.#socket = connect({ port: task.port, host: '127.0.0.1', onread: { buffer: inbox, callback } });
    this.#socket.setNoDelay(true);
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', () => {
      if (!this.#isOver) numFailed += this.#due.length;
      this.#isOver = true;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  ask(due: number): void {
    this.#due.push(due);
    this.#socket.write(requests[numSent++ % requests.length]);
  }

  end(): void {
    this.#isOver = true;
    this.#socket.destroy();
  }

  /** Heads are read, bodies only counted. */
  #hear(piece: Buffer, size: number): void {
    for (let at = 0; at < size; ) {
      if (this.#missing === 0) {
        at = this.#readHead(piece, at, size);
        continue;
      }
      const taken = Math.min(this.#missing, size - at);
      this.#missing -= taken;
      at += taken;
      if (this.#missing === 0) this.#finish();
    }
  }

  /** @returns where the body begins, or the end of the piece */
  #readHead(piece: Buffer, start: number, size: number): number {
    const before = this.#head.length;
    this.#head += piece.toString('latin1', start, Math.min(size, start + MAX_HEAD));
    const end = this.#head.indexOf('\r\n\r\n');
    if (end < 0) return size;
    this.#head = this.#head.slice(0, end);
    this.#missing = Number(/content-length: (\d+)/i.exec(this.#head)?.[1]);
    return start + end + 4 - before;
  }

  #finish(): void {
    const head = this.#head;
    this.#head = '';
    this.#count(Number(head.slice(9, 12)));
    // A server that stops says so, and the next request takes another connection.
    if (/connection: close/i.test(head)) this.end();
    this.#onAnswer(this);
  }

  #count(status: number): void {
    const taken = performance.now() - (this.#due.shift() as number);
    if (status === 200) latencies.push(taken);
    else if (status === 503) {
      numRefused++;
      refusals.push(taken);
    } else numFailed++;
  }
}

const usedBefore = process.cpuUsage();
const started = performance.now();
const isOver = () => performance.now() - started > task.seconds * 1000;
const connections: Connection[] = [];
const again = (connection: Connection): void => {
  if (task.rate !== undefined || isOver()) return;
  if (!connection.isOver) {
    connection.ask(performance.now());
    return;
  }
  const next = new Connection(again);
  connections[connections.indexOf(connection)] = next;
  next.ask(performance.now());
};
for (let i = 0; i < task.connections; i++) connections.push(new Connection(again));
if (task.rate === undefined) for (const connection of connections) connection.ask(performance.now());
else await sendAtRate(task.rate);
while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 20));
const seconds = (performance.now() - started) / 1000;
const used = process.cpuUsage(usedBefore);
const outcome: LoadOutcome = {
  answeredPerSecond: latencies.length / seconds,
  refusedPerSecond: numRefused / seconds,
  numFailed,
  numSent,
  p50: latencies.length > 0 ? quantile(latencies, 0.5) : 0,
  p99: latencies.length > 0 ? quantile(latencies, 0.99) : 0,
  refusedP99: refusals.length > 0 ? quantile(refusals, 0.99) : 0,
  cpuMicros: (used.user + used.system) / numSent,
};
for (const connection of connections) connection.end();
console.log(JSON.stringify(outcome));

/** Several requests may be under way on one connection: who is overloaded does not slow down who asks. */
async function sendAtRate(rate: number): Promise<void> {
  for (let sent = 0; !isOver(); ) {
    const due = started + (1000 * sent) / rate;
    if (performance.now() < due) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    const place = sent++ % connections.length;
    if (connections[place].isOver) connections[place] = new Connection(again);
    connections[place].ask(due);
  }
}
