/** How events are posted over HTTP, wherever they are taken: the path, what numbers a post, the answer. */
import { quote, SimClustersError } from '../core/errors.ts';

/** Where events are posted to, wherever they are taken over HTTP. */
export const EVENTS_PATH = '/v1/events';
/** A client that numbers its posts says who it is and which number this one has. */
export const CLIENT_HEADER = 'x-producer-id';
export const SEQUENCE_HEADER = 'x-sequence';

export interface Post {
  /** JSON lines. Must not change any more. */
  readonly events: Uint8Array;
  /** Who posts and the number of the post: 1, 2, 3, ... Absent: a post that comes again is counted again. */
  readonly numbered?: { readonly client: string; readonly sequence: number };
}

/** The answer to a post that is on disk. */
export interface Taken {
  readonly numEvents: number;
  /** It came before, and is counted once. */
  readonly isDuplicate?: true;
}

/**
 * Who posts, and the number of the post, from the headers of a request. Undefined: the client does not number its posts.
 * @throws SimClustersError BAD_PARAM
 */
export function numberedBy(client: string | undefined, number: string | undefined): Post['numbered'] {
  if (client === undefined && number === undefined) return undefined;
  const sequence = /^[1-9]\d*$/.test(number ?? '') ? Number(number) : Number.NaN;
  if (client !== undefined && /^[\w.:-]{1,200}$/.test(client) && Number.isSafeInteger(sequence))
    return { client, sequence };
  throw new SimClustersError('BAD_PARAM', {
    got: `${shown(CLIENT_HEADER, client)}, ${shown(SEQUENCE_HEADER, number)}`,
    expected: `${CLIENT_HEADER} (1 to 200 letters, digits, _ . : -) and ${SEQUENCE_HEADER} (1, 2, 3, ... below 2^53) go together`,
    todo: 'Send both, or neither',
  });
}

function shown(header: string, value: string | undefined): string {
  return value === undefined ? `no ${header}` : `${header} ${quote(value)}`;
}
