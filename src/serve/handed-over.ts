/**
 * Connections on their way to a process that dies. The first process accepts them and sends them to the others (node:cluster, in turns); it keeps
 * its copy of each until the other says that it has it. Who dies before saying so never will, and the client would wait on a connection
 * that nobody reads and nobody closes, until it gives up.
 */
import type { Worker } from 'node:cluster';

interface Handle {
  /** A second time it does nothing. */
  readonly close: () => void;
}

/** When the process has ended, the connection that was last sent to it is closed: taken, it is closed here already. There is one on its way at a time. */
export function closeWhatDiesWith(worker: Worker): void {
  let last: Handle | undefined;
  const { process } = worker;
  const send = process.send.bind(process) as (...message: unknown[]) => boolean;
  process.send = (...message: unknown[]) => {
    const [{ act } = {}, handle] = message as [{ readonly act?: string }?, Handle?];
    if (act === 'newconn') last = handle;
    return send(...message);
  };
  process.once('exit', () => last?.close());
}
