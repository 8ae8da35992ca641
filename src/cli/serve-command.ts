/** `simclusters serve`: answers over HTTP. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import type { StreamSettings } from '../pipeline/model-stream.ts';
import type { Log } from '../serve/log.ts';
import type { ServeOptions } from '../serve/options.ts';
import { givenOf } from './flags.ts';
import { addStateFlags, type StateArgs, settingsOf } from './stream-flags.ts';

interface ServeArgs extends StateArgs {
  readonly model: readonly string[];
  readonly stream?: string;
  readonly ingest: boolean;
  readonly host: string;
  readonly port: number;
  readonly threads: number;
  readonly tokenFile?: string;
  readonly rate: number;
  readonly allowOrigin: readonly string[];
  readonly maxBody: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
  readonly requestSeconds: number;
  readonly drainSeconds: number;
  readonly checkSeconds: number;
  readonly logRequests: boolean;
}

type OwnArgs = Omit<ServeArgs, keyof StateArgs>;
type NumberFlag = { [K in keyof OwnArgs]-?: OwnArgs[K] extends number ? K : never }[keyof OwnArgs];

/** Flag, lowest, highest, whole, default, what it is. */
const numberFlags: readonly (readonly [NumberFlag, number, number, boolean, number, string])[] = [
  ['port', 0, 65535, true, 8080, 'Port; 0: any free one, which the log names'],
  ['threads', 0, 256, true, 0, 'Processes that answer, each with the model in memory; 0: one for each core'],
  ['rate', 0, 1e9, false, 0, 'Requests a second that one client may ask in the long run; 0: no limit'],
  ['maxBody', 1024, 1e9, true, 1024 * 1024, 'Bytes of a request body'],
  ['maxWaiting', 1, 1e6, true, 256, 'Requests that may wait in each process; more are refused with 503'],
  ['maxWaitMs', 1, 60_000, false, 100, 'Time a request may wait; then it is refused with 503'],
  ['requestSeconds', 0.1, 3600, false, 10, 'Time in which a request must have come whole'],
  ['drainSeconds', 0, 3600, false, 10, 'Time for the connections there are when a process stops'],
  ['checkSeconds', 0.1, 86_400, false, 2, 'Time between two looks for a new version of the model'],
];

/** Before the flags of a stream in the help. */
const GROUP = 'server:';
/** So that what is posted can be retrieved within a second. */
const INGEST_SNAPSHOT_SECONDS = 0.25;

export const serveCommand: CommandModule = {
  command: 'serve',
  describe: 'Answer retrieval, scores, embeddings and recommendations over HTTP',
  builder: (command) => {
    command
      .option('model', {
        group: GROUP,
        alias: 'm',
        type: 'string',
        array: true,
        default: ['model'],
        requiresArg: true,
        describe: 'Model folder, or a folder with `latest` in it; several: each version answers for itself',
      })
      .option('stream', {
        group: GROUP,
        type: 'string',
        requiresArg: true,
        describe:
          'State folder of `simclusters stream`: its tweets are served in place of the items of the (first) model, each snapshot as it comes',
      })
      .option('ingest', {
        group: GROUP,
        type: 'boolean',
        default: false,
        describe:
          'Run that stream here and take events at POST /v1/events: answered when on disk, retrievable a moment later',
      })
      .option('host', {
        group: GROUP,
        type: 'string',
        default: '127.0.0.1',
        requiresArg: true,
        describe: 'Address to listen at; 0.0.0.0: all',
      })
      .option('token-file', {
        group: GROUP,
        type: 'string',
        requiresArg: true,
        describe: 'File of bearer tokens, a line each; unset: anyone may ask',
      })
      .option('allow-origin', {
        group: GROUP,
        type: 'string',
        array: true,
        default: [],
        requiresArg: true,
        describe: 'Origins of pages that may ask from a browser',
      })
      .option('log-requests', {
        group: GROUP,
        type: 'boolean',
        default: false,
        describe: 'Log every request',
      });
    for (const [name, least, most, , usual, describe] of numberFlags) {
      const text = `${describe} [${least} to ${most}]`;
      command.option(flagOf(name), {
        group: GROUP,
        type: 'number',
        default: usual,
        requiresArg: true,
        describe: text,
      });
    }
    const stateFlags = addStateFlags(command, {
      snapshotSeconds: INGEST_SNAPSHOT_SECONDS,
      needsSnapshots: true,
      groupPrefix: 'with --ingest, ',
    });
    command.check((args) => {
      if (!args['ingest']) refuseGiven(givenOf(command, args, stateFlags));
      return true;
    });
    return command.example([
      ['$0 serve --model model', 'http://127.0.0.1:8080/openapi.json says what can be asked'],
      ['$0 serve --host 0.0.0.0 --token-file tokens.txt --rate 100', 'for others, who need a token'],
      ['$0 serve --model model --stream state --ingest', 'and takes events, whose tweets it serves at once'],
      ['$0 serve --model models', 'the model that models/latest leads to, and each one it will lead to'],
    ]);
  },
  handler: (parsed) => runServe(parsed as unknown as ServeArgs),
};

async function runServe(args: ServeArgs): Promise<void> {
  const options = optionsOf(args);
  const [{ serve }, { openLog }] = await Promise.all([
    import('../serve/serve.ts'),
    import('../serve/log.ts'),
  ]);
  const log = openLog();
  const signalled = firstSignal(log);
  const server = await serve(options, log);
  log.info({ url: `http://${options.host}:${server.port}/`, processes: options.numProcesses }, 'serving');
  if (!options.tokens && !/^(127\.|::1$|localhost$)/.test(options.host))
    log.warn({ host: options.host }, 'anyone who reaches this address may ask: there is no --token-file');
  await signalled;
  await server.close();
  log.info('stopped');
}

/** Asked twice, it stops at once. */
function firstSignal(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let isAsked = false;
    for (const signal of signals) {
      process.on(signal, () => {
        if (isAsked) process.exit(1);
        isAsked = true;
        log.info({ signal }, 'stopping');
        resolve();
      });
    }
  });
}

const signals = ['SIGTERM', 'SIGINT'] as const;

function optionsOf(args: ServeArgs): ServeOptions {
  for (const [name, least, most, isWhole] of numberFlags) {
    const value = args[name];
    if (value >= least && value <= most && (!isWhole || Number.isInteger(value))) continue;
    refuse(`--${flagOf(name)} ${value}`, `a ${isWhole ? 'whole ' : ''}number from ${least} to ${most}`);
  }
  const numProcesses = args.threads || availableParallelism();
  return {
    models: args.model,
    stream: args.stream,
    ingest: args.ingest ? ingestSettings(args) : undefined,
    host: args.host,
    port: args.port,
    numProcesses,
    tokens: args.tokenFile === undefined ? undefined : readTokens(args.tokenFile),
    rateLimit: args.rate > 0 ? rateOf(args.rate / numProcesses) : undefined,
    maxBodyBytes: args.maxBody,
    allowedOrigins: args.allowOrigin.map(checkOrigin),
    admission: { maxWaiting: args.maxWaiting, maxWaitMs: args.maxWaitMs },
    requestSeconds: args.requestSeconds,
    drainSeconds: args.drainSeconds,
    checkSeconds: args.checkSeconds,
    logRequests: args.logRequests,
  };
}

/** Taken in silence they would leave someone believing that they hold for the stream beside the server. */
function refuseGiven(flags: readonly string[]): void {
  if (flags.length === 0) return;
  const names = flags.map((name) => `--${name}`).join(', ');
  throw new SimClustersError('BAD_PARAM', {
    got: `${names} without --ingest`,
    expected: 'flags of a stream where this server runs it',
    todo: 'Give --ingest, too; or give them to `simclusters stream`, which keeps the folder of --stream then',
  });
}

function ingestSettings(args: ServeArgs): StreamSettings {
  if (args.stream === undefined)
    refuse('--ingest without --stream', '--stream STATE, the folder that keeps what is taken');
  if (!(args.snapshotSeconds > 0))
    refuse(`--snapshot-seconds ${args.snapshotSeconds}`, 'a number above 0: only snapshots are served');
  return settingsOf(args);
}

/** Two seconds' worth at once. */
function rateOf(perSecond: number) {
  return { perSecond, burst: Math.max(1, 2 * perSecond) };
}

function flagOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const MIN_TOKEN_LENGTH = 16;

/** Lines that are not empty and do not begin with #. */
function readTokens(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new SimClustersError('INPUT_MISSING', {
      file,
      got: (cause as NodeJS.ErrnoException).code ?? String(cause),
      expected: 'a file of tokens, a line each',
      todo: 'Check the path and who may read it',
      cause,
    });
  }
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '' && !line.startsWith('#'));
  const bad = lines.findIndex((line) => tokens.includes(line) && !/^[\x21-\x7e]{16,}$/.test(line));
  if (tokens.length > 0 && bad < 0) return tokens;
  throw new SimClustersError('BAD_FILE', {
    file,
    line: bad < 0 ? undefined : bad + 1,
    got: bad < 0 ? 'no token' : 'a token that is too short, or has other characters than visible ASCII',
    expected: `tokens of at least ${MIN_TOKEN_LENGTH} visible ASCII characters, a line each`,
    todo: 'Make one with `openssl rand -hex 32`',
  });
}

function checkOrigin(origin: string): string {
  if (URL.canParse(origin) && new URL(origin).origin === origin) return origin;
  return refuse(`--allow-origin ${origin}`, 'an origin such as https://app.example');
}

function refuse(got: string, expected: string): never {
  throw new SimClustersError('BAD_PARAM', { got, expected, todo: 'See `simclusters serve --help`' });
}
