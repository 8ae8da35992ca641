/** Sources behind brokers by URL, as the command line names them. */
import { SimClustersError } from '../../core/errors.ts';
import type { Source } from '../source.ts';
import type { Warn } from './broker.ts';
import { KafkaSource } from './kafka-source.ts';
import { NatsSource } from './nats-source.ts';
import { RedisSource } from './redis-source.ts';

export interface SourceOfUrlOptions {
  /** Name of this process, the same as long as it has the same journal: Redis keeps by it what the process has not acknowledged. */
  readonly process: string;
  readonly warn?: Warn;
}

type Scheme = 'kafka' | 'redis' | 'nats';

interface SourceUrl {
  readonly scheme: Scheme;
  readonly username?: string;
  readonly password?: string;
  /** `host:port`, with the port of the scheme where none was given. */
  readonly hosts: readonly string[];
  /** Topic, stream or key. */
  readonly path: string;
  readonly params: ReadonlyMap<string, string>;
}

const FORMAT = /^(\w+):\/\/(?:([^@/?]*)@)?([^/?@]+)\/([^?]+)(?:\?(.*))?$/;
const DEFAULT_GROUP = 'simclusters';
const DEFAULT_PORTS: Record<Scheme, number> = { kafka: 9092, redis: 6379, nats: 4222 };
const COMMON_PARAMS = ['group', 'from', 'tls', 'batch'];
const PARAMS: Record<Scheme, readonly string[]> = {
  kafka: [...COMMON_PARAMS, 'sasl', 'session-timeout'],
  redis: [...COMMON_PARAMS, 'consumer', 'field', 'db'],
  nats: [...COMMON_PARAMS, 'subject', 'token', 'ack-wait'],
};

/** For the help of commands that take such a URL. */
export const sourceUrlHelp = `kafka://HOST:PORT/TOPIC   ?group= &from=earliest|latest &tls=true &batch=MESSAGES &sasl=plain|scram-sha-256|scram-sha-512 &session-timeout=MS
redis://HOST:PORT/STREAM  ?group= &from= &tls= &batch= &consumer=NAME &field=event &db=NUMBER
nats://HOST:PORT/STREAM   ?group= &from= &tls= &batch= &subject= &token= &ack-wait=MS
User and password stand before the host: kafka://USER:PASSWORD@HOST/TOPIC. Several brokers of a cluster: HOST:PORT,HOST:PORT.
Processes with the same group share what comes; each needs a journal of its own.`;

export const isSourceUrl = (text: string): boolean => /^(kafka|redis|nats):\/\//.test(text);

/**
 * The source that a URL names, not opened yet. Each event is a message: a JSON object (Redis: in the field `event`).
 * @throws SimClustersError BAD_PARAM
 */
export function sourceOfUrl(text: string, { process, warn }: SourceOfUrlOptions): Source {
  const url = parse(text);
  const { scheme, username, password, hosts, path, params } = url;
  const common = {
    ...{ username, password, warn, group: params.get('group') ?? DEFAULT_GROUP },
    ...{
      from: oneOf(url, 'from', ['earliest', 'latest']),
      tls: oneOf(url, 'tls', ['true', 'false']) === 'true',
    },
  };
  const batch = wholeNumber(url, 'batch', 1);
  switch (scheme) {
    case 'kafka':
      return new KafkaSource(
        given({
          ...{ ...common, brokers: hosts, topic: path, batchMessages: batch },
          sasl: oneOf(url, 'sasl', ['plain', 'scram-sha-256', 'scram-sha-512']),
          sessionTimeoutMs: wholeNumber(url, 'session-timeout', 1000),
        }),
      );
    case 'redis': {
      const [host, port] = splitHost(hosts[0]);
      if (hosts.length > 1) throw bad(text, 'one host');
      return new RedisSource(
        given({
          ...{ ...common, host, port, stream: path, batchEntries: batch },
          ...{ consumer: params.get('consumer') ?? process, field: params.get('field') },
          db: wholeNumber(url, 'db', 0),
        }),
      );
    }
    case 'nats':
      return new NatsSource(
        given({
          ...{ ...common, servers: hosts, stream: path, batchMessages: batch },
          ...{ subject: params.get('subject'), token: params.get('token') },
          ackWaitMs: wholeNumber(url, 'ack-wait', 1000),
        }),
      );
  }
}

function parse(text: string): SourceUrl {
  const [, scheme, user, hosts, path, query = ''] = FORMAT.exec(text) ?? [];
  if (!isScheme(scheme)) throw bad(text, 'kafka://HOST/TOPIC, redis://HOST/STREAM or nats://HOST/STREAM');
  const params = new Map(new URLSearchParams(query));
  for (const name of params.keys())
    if (!PARAMS[scheme].includes(name)) throw bad(`?${name}=`, `one of ${PARAMS[scheme].join(', ')}`);
  const [username, password] = user?.split(/:(.*)/s).map(decodeURIComponent) ?? [];
  const withPort = (host: string) => (/:\d+$/.test(host) ? host : `${host}:${DEFAULT_PORTS[scheme]}`);
  return {
    ...{ scheme, username, password, hosts: hosts.split(',').map(withPort) },
    ...{ path: decodeURIComponent(path), params },
  };
}

const isScheme = (scheme: string | undefined): scheme is Scheme => scheme !== undefined && scheme in PARAMS;

function splitHost(host: string): [host: string, port: number] {
  const at = host.lastIndexOf(':');
  return [host.slice(0, at).replace(/^\[(.*)\]$/, '$1'), Number(host.slice(at + 1))];
}

function oneOf<T extends string>({ params }: SourceUrl, name: string, values: readonly T[]): T | undefined {
  const value = params.get(name);
  if (value !== undefined && !values.includes(value as T))
    throw bad(`?${name}=${value}`, `one of ${values.join(', ')}`);
  return value as T | undefined;
}

function wholeNumber({ params }: SourceUrl, name: string, least: number): number | undefined {
  const value = params.get(name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < least)
    throw bad(`?${name}=${value}`, `a whole number, at least ${least}`);
  return number;
}

/** Without what was not given, so that defaults are. */
function given<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** Passwords are not repeated. */
function bad(text: string, expected: string): SimClustersError {
  const got = text.replace(/:\/\/[^@/]*@/, '://…@');
  return new SimClustersError('BAD_PARAM', { got, expected, todo: 'Correct the URL of the source' });
}
