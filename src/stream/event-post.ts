/** How events are posted over HTTP, wherever they are taken: the path, what numbers a post, the answer. */
import { SimClustersError } from '../core/errors.ts';

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
  const sequence = Number(number);
  if (
    client !== undefined &&
    /^[\w.:-]{1,200}$/.test(client) &&
    Number.isSafeInteger(sequence) &&
    sequence > 0
  )
    return { client, sequence };
  throw new SimClustersError('BAD_PARAM', {
    got: `${client === undefined ? 'no' : 'an'} ${CLIENT_HEADER}, ${number === undefined ? 'no' : 'an'} ${SEQUENCE_HEADER}`,
    expected: `${CLIENT_HEADER} (letters, digits, _ . : -) and ${SEQUENCE_HEADER} (1, 2, 3, ...) go together`,
    todo: 'Send both, or neither',
  });
}
