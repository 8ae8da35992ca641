/** The built server in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Agent, request } from 'node:http';
import { cliFile } from '../e2e/cli.ts';

export interface LogLine {
  readonly msg: string;
  readonly worker?: number;
  readonly url?: string;
  readonly [fact: string]: unknown;
}

export interface Running {
  readonly port: number;
  readonly process: ChildProcess;
  readonly log: LogLine[];
  /** Waits until the log says so. */
  readonly said: (message: string, count?: number) => Promise<LogLine[]>;
  /** @returns the exit code */
  readonly stop: () => Promise<number | null>;
}

const WAIT_MS = 30_000;

/** @param prefix  a command that runs the server */
export async function startServer(args: readonly string[], prefix: readonly string[] = []): Promise<Running> {
  // On a busy machine a request may wait long; only those who ask for overload want it refused.
  const patience = args.includes('--max-wait-ms') ? [] : ['--max-wait-ms', '5000'];
  const [command, ...words] = [...prefix, process.execPath, cliFile, 'serve'];
  const child = spawn(command, [...words, '--port', '0', '--check-seconds', '0.2', ...patience, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log: LogLine[] = [];
  const listeners = new Set<() => void>();
  let rest = '';
  child.stderr.on('data', (piece) => {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) log.push(line.startsWith('{') ? JSON.parse(line) : { msg: line });
    for (const listener of listeners) listener();
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const said = (message: string, count = 1) =>
    new Promise<LogLine[]>((resolve, reject) => {
      const check = () => {
        const found = log.filter(({ msg }) => msg === message);
        if (found.length >= count) finish(() => resolve(found));
      };
      const finish = (end: () => void) => {
        clearTimeout(timer);
        listeners.delete(check);
        end();
      };
      const fail = () => finish(() => reject(new Error(`never said ${message}: ${JSON.stringify(log)}`)));
      const timer = setTimeout(fail, WAIT_MS);
      child.once('exit', fail);
      listeners.add(check);
      check();
    });
  const [{ url }] = await said('serving');
  return {
    port: Number(new URL(String(url)).port),
    process: child,
    log,
    said,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** One request, never repeated: whatever goes wrong with it is a failure. */
export function send(port: number, path: string, body?: string | object, agent?: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request({ port, path, method, headers, agent, host: '127.0.0.1' }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(pieces).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(typeof body === 'object' ? JSON.stringify(body) : body);
  });
}
