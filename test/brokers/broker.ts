/** A real broker as a child process, on a port of its own, with its data in a temporary folder. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Test } from 'uvu';

const START_LIMIT_MS = 60_000;

/** Ports that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports = await Promise.all(
    servers.map(
      (server) =>
        new Promise<number>((resolve) => {
          server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
        }),
    ),
  );
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Path of a program, or undefined where it is not installed; servers of Debian may lie in sbin. */
export function programPath(name: string): string | undefined {
  const PATH = `${process.env.PATH}:/usr/sbin:/usr/local/sbin`;
  const { stdout } = spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8', env: { PATH } });
  return stdout.trim() || undefined;
}

export interface BrokerCommand {
  readonly command: string;
  readonly args: (port: number, folder: string) => readonly string[];
  /** Runs before the first start. */
  readonly prepare?: (port: number, folder: string) => void;
  readonly port?: number;
}

export class Broker {
  readonly port: number;
  readonly folder = mkdtempSync(join(tmpdir(), 'simclusters-broker-'));
  readonly #broker: BrokerCommand;
  #child: ChildProcess | undefined;
  readonly #onExit = () => {
    this.#child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  };

  private constructor(broker: BrokerCommand, port: number) {
    this.#broker = broker;
    this.port = port;
    process.on('exit', this.#onExit);
  }

  static async start(command: BrokerCommand): Promise<Broker> {
    const broker = new Broker(command, command.port ?? (await freePorts(1))[0]);
    command.prepare?.(broker.port, broker.folder);
    await broker.startAgain();
    return broker;
  }

  /** Same port, same data. Comes back once the port answers. */
  async startAgain(): Promise<void> {
    const logPath = join(this.folder, 'log');
    const log = openSync(logPath, 'a');
    const args = this.#broker.args(this.port, this.folder);
    const child = spawn(this.#broker.command, args, { stdio: ['ignore', log, log], cwd: this.folder });
    this.#child = child;
    child.unref();
    const startMs = Date.now();
    while (!(await canConnect(this.port))) {
      if (child.exitCode !== null || Date.now() - startMs > START_LIMIT_MS)
        throw new Error(
          `${this.#broker.command} does not start:\n${readFileSync(logPath, 'utf8').slice(-2000)}`,
        );
      await wait(20);
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  }

  async stop(): Promise<void> {
    await this.kill();
    process.off('exit', this.#onExit);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** A suite whose broker is not here: counted as skipped, and said. */
export function skipVisibly(test: Test, reason: string): void {
  console.log(reason);
  test.skip(reason, () => {});
}
