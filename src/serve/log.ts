/** Logs: a JSON object per line, on standard error. */
import { type Logger, pino } from 'pino';

export type Log = Logger;

export function openLog(): Log {
  return pino(
    { base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
