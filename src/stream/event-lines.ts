/** JSON lines of events, as bytes: which are there, and which are none. */
import { isUtf8 } from 'node:buffer';
import { quote, SimClustersError } from '../core/errors.ts';
import { EventDecoder } from './event-decoder.ts';

const NEWLINE = 10;

/** Calls `visit` with the bounds and the number, from 1 on, of each line that is not blank. */
function forEachLine(bytes: Uint8Array, visit: (start: number, end: number, line: number) => void): void {
  for (let start = 0, line = 1; start < bytes.length; line++) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    if (!isBlank(bytes, start, end)) visit(start, end, line);
    start = end + 1;
  }
}

export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++)
    if (bytes[at] !== 32 && bytes[at] !== 13 && bytes[at] !== 9) return false;
  return true;
}

/** Lines that are not blank. */
export function countEvents(events: Uint8Array): number {
  let count = 0;
  forEachLine(events, () => count++);
  return count;
}

/** What an event is does not depend on what its verb counts for. */
const decoder = new EventDecoder({ fav: [], undo: [] });

/**
 * Every line is an event: what the engine would put among the dead letters as no event at all is refused here. Late events and those
 * of unknown users pass, for what they are depends on the stream.
 * @throws SimClustersError BAD_ROW that names the first line that is none, EMPTY_INPUT
 */
export function checkEvents(events: Uint8Array): void {
  const isText = isUtf8(events);
  let count = 0;
  forEachLine(events, (start, end, line) => {
    count++;
    const isValid = isText || isUtf8(events.subarray(start, end));
    const fault = isValid ? decoder.read(events, start, end) : 'not UTF-8';
    if (fault !== undefined) throw badEvent(line, fault, events.subarray(start, end));
  });
  if (count > 0) return;
  throw new SimClustersError('EMPTY_INPUT', {
    got: 'a body without a line',
    expected: 'an event, or several, one a line',
    todo: 'Send at least one',
  });
}

/** A byte order mark within the text is what is wrong with it, so it stays. */
const decoderOfText = new TextDecoder('utf-8', { ignoreBOM: true });

function badEvent(line: number, fault: string, bytes: Uint8Array): SimClustersError {
  return new SimClustersError('BAD_ROW', {
    line,
    got: `line ${line}: ${fault}: ${quote(decoderOfText.decode(bytes.subarray(0, 200)))}`,
    expected:
      'a JSON object on one line, such as {"eventTimeMs":1500000000000,"actorId":"ann","objectId":"tweet-1"}',
    todo: 'Mend the line and send all of them again: none was taken',
  });
}
