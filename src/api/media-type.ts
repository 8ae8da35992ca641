/** What a body is, by what the request says of it. What cannot be read is refused by name, before a byte of it is looked at. */
import type { HonoRequest } from 'hono';
import { quote } from '../core/errors.ts';
import { refusal } from './problems.ts';

/**
 * Type of the body, one of those expected. Media types, charsets and codings are compared without regard to case.
 * @throws SimClustersError WRONG_MEDIA_TYPE for another type or none, a body that is compressed, a charset other than UTF-8
 */
export function mediaTypeOf(req: HonoRequest, expected: readonly string[]): string {
  const coding = req.header('content-encoding');
  if (coding !== undefined && !/^\s*(identity)?\s*$/i.test(coding))
    throw wrong(`Content-Encoding ${quote(coding)}`, 'a body that is not compressed', 'Send it as it is');
  const said = req.header('content-type') ?? '';
  const type = /^([^ ;]+) *(;|$)/.exec(said)?.[1].toLowerCase();
  if (type === undefined || !expected.includes(type)) {
    const got = said === '' ? 'no Content-Type' : `Content-Type ${quote(said)}`;
    throw wrong(got, `Content-Type ${expected.join(' or ')}`, 'Say what the body is');
  }
  const charset = /; *charset *= *"?([^ ";]*)/i.exec(said)?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw wrong(`charset ${quote(charset)}`, 'UTF-8', 'Send UTF-8, and say so or nothing of it');
  return type;
}

function wrong(got: string, expected: string, todo: string) {
  return refusal('WRONG_MEDIA_TYPE', got, expected, todo);
}
