/** Other runtimes, installed when a test first wants them: pinned, outside package.json, kept in node_modules/.cache. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import type { Test } from 'uvu';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules/.cache/edge-runtimes');

const versions = { workerd: '1.20261117.1', deno: '2.9.6', bun: '1.4.5' } as const;
export type RuntimeName = keyof typeof versions;
export const runtimeNames = Object.keys(versions) as readonly RuntimeName[];

/** Long enough for 350 MB; a machine without a registry knows sooner. */
const INSTALL_MS = 180_000;

/** Path of the program, or undefined when it is not to be had here. */
export function findRuntime(name: RuntimeName): string | undefined {
  const folder = join(cache, `${name}-${versions[name]}`);
  const program = join(folder, 'node_modules/.bin', name);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"private":true}');
    const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries=0', '--loglevel=error'];
    spawnSync('npm', ['install', ...flags, `${name}@${versions[name]}`], {
      cwd: folder,
      timeout: INSTALL_MS,
    });
  }
  const works = spawnSync(program, ['--version'], { timeout: 20_000 }).status === 0;
  if (!works)
    console.log(
      `no ${name} ${versions[name]} to be had from npm: its checks of simclusters/edge are LEFT OUT`,
    );
  return works ? program : undefined;
}

/** One file of an example and all it imports, as one would deploy it; `simclusters/edge` is the built one. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    external: ['*.wasm', '*.edge', 'node:*'],
    alias: {
      'simclusters/edge': join(root, 'dist/edge.js'),
      'simclusters/edge-app': join(root, 'dist/edge-app.js'),
    },
    logLevel: 'error',
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const workerdConfig = (port: number) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .edge)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const edge :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "workers.js"),
    (name = "edge.wasm", wasm = embed "edge.wasm"),
    (name = "edge.scalar.wasm", wasm = embed "edge.scalar.wasm"),
    (name = "items.edge", data = embed "items.edge")
  ],
  compatibilityDate = "2026-01-01"
);
`;

export interface RunningServer {
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>;
  readonly post: (body: string) => Promise<{ status: number; text: string }>;
  readonly stop: () => void;
}

/** Serves the bundled example that lies in `folder` together with the module and the model. */
export async function serveIn(name: RuntimeName, program: string, folder: string): Promise<RunningServer> {
  const port = await freePort();
  const commands: Readonly<Record<RuntimeName, readonly string[]>> = {
    workerd: ['serve', 'workerd.capnp'],
    deno: ['serve', '--allow-read', '--host', '127.0.0.1', '--port', String(port), 'deno.js'],
    bun: ['bun.js'],
  };
  if (name === 'workerd') writeFileSync(join(folder, 'workerd.capnp'), workerdConfig(port));
  const env = {
    ...process.env,
    PORT: String(port),
    DENO_DIR: join(cache, 'deno-dir'),
    DENO_NO_UPDATE_CHECK: '1',
  };
  const child = spawn(program, commands[name], { cwd: folder, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  const ask = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${port}${path}`, init);
  const post = async (body: string) => {
    const response = await ask('/', { method: 'POST', body });
    return { status: response.status, text: await response.text() };
  };
  await untilItAnswers(
    child,
    () => post('{}'),
    () => complaints,
  );
  return { ask, post, stop: () => child.kill('SIGKILL') };
}

const START_MS = 30_000;

async function untilItAnswers(child: ChildProcess, ask: () => Promise<unknown>, complaints: () => string) {
  const began = performance.now();
  for (;;) {
    const answered = await ask().then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (child.exitCode !== null || performance.now() - began > START_MS) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start: ${complaints()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A check in each of the runtimes that is to be had here, against a server that lives as long. */
export function testInRuntimes(
  test: Test,
  folder: string,
  check: (server: Pick<RunningServer, 'ask' | 'post'>) => Promise<void>,
): void {
  for (const name of runtimeNames) {
    const program = findRuntime(name);
    if (program === undefined) continue;
    test(name, async () => {
      const server = await serveIn(name, program, folder);
      try {
        await check(server);
      } finally {
        server.stop();
      }
    });
  }
}

/** What the handler of a bundled example answers to these events, asked all at once in a worker thread. */
export async function threadAnswers<Answer>(
  handlerFile: string,
  events: readonly object[],
): Promise<Answer[]> {
  const code = `import { parentPort, workerData } from 'node:worker_threads';
    import { handler } from ${JSON.stringify(pathToFileURL(handlerFile).href)};
    parentPort.postMessage(await Promise.all(workerData.map((event) => handler(event))));`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
  const worker = new Worker(url, { workerData: events });
  const answers = await new Promise<Answer[]>((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
  await worker.terminate();
  return answers;
}
