/** What a server is told. Sent whole from the first process to those that answer. */
import type { RateLimit } from '../api/rate-limit.ts';
import type { StreamSettings } from '../pipeline/model-stream.ts';
import type { AdmissionOptions } from './admission.ts';

export interface ServeOptions {
  /** Model folders, or folders with a `latest` in them; the first answers who asks for no version. */
  readonly models: readonly string[];
  /** State folder of a stream whose tweets stand in place of the first model's items. Absent: its own. */
  readonly stream?: string;
  /** The stream runs in this server, which takes its events: how. Absent: it runs beside it, or not at all. */
  readonly ingest?: StreamSettings;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Processes that answer. */
  readonly numProcesses: number;
  /** Absent: anyone may ask. */
  readonly tokens?: readonly string[];
  /** Of each process. */
  readonly rateLimit?: RateLimit;
  readonly maxBodyBytes: number;
  readonly allowedOrigins: readonly string[];
  readonly admission: AdmissionOptions;
  /** A request must have come whole by then, and an answer must go on being taken. */
  readonly requestSeconds: number;
  /** What a process that stops grants to connections that still ask. */
  readonly drainSeconds: number;
  /** Between two looks for a new version of a model. */
  readonly checkSeconds: number;
  readonly logRequests: boolean;
}
