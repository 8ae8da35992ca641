/** What the sources behind brokers have in common: clients that are loaded when asked for, errors, warnings. */
import { type ErrorFacts, SimClustersError } from '../../core/errors.ts';

/** Says that the connection was lost, is back, and the like; nothing that ends the stream. */
export type Warn = (message: string) => void;

export const warnOnStderr: Warn = (message) => process.emitWarning(message, { code: 'SIMCLUSTERS_SOURCE' });

/**
 * The client of a broker. It is an optional package, loaded here and nowhere else.
 * @throws SimClustersError MISSING_PACKAGE
 */
export async function importClient<T>(packages: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new SimClustersError('MISSING_PACKAGE', {
      got: (cause as Error).message,
      expected: `the client of the broker: ${packages}`,
      todo: `npm install ${packages}`,
      cause,
    });
  }
}

/** A broker that cannot be reached or refuses the user. */
export function unreachable(name: string, cause: unknown): SimClustersError {
  return new SimClustersError('BROKER_UNREACHABLE', {
    got: `${name}: ${messageOf(cause)}`,
    expected: 'a broker that answers and knows the user',
    todo: 'Check host, port, user and password in the URL, and whether the broker is up',
    cause,
  });
}

/** A topic or stream that is not there (any more). */
export function missing(name: string, what: Pick<ErrorFacts, 'got' | 'todo' | 'cause'>): SimClustersError {
  return new SimClustersError('INPUT_MISSING', { expected: `${name} to exist`, ...what });
}

/** Messages of clients; of several errors in one, the first (Node reports one per address that was tried). */
function messageOf(error: unknown): string {
  const { message, errors, code } = error as { message?: string; errors?: unknown[]; code?: string };
  return message || (errors?.length ? messageOf(errors[0]) : (code ?? String(error)));
}
