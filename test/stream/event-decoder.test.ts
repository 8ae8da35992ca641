import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { EventDecoder } from '../../src/stream/event-decoder.ts';

const verbs = { fav: ['fav'], undo: ['unfav'] };
const encoder = new TextEncoder();

/** What a decoder makes of a line. */
function read(decoder: EventDecoder, line: string) {
  const bytes = encoder.encode(line);
  // Something stands in front of and behind the line, as in a batch.
  const batch = new Uint8Array(bytes.length + 4).fill(34);
  batch.set(bytes, 2);
  const fault = decoder.read(batch, 2, 2 + bytes.length);
  if (fault !== undefined) return fault;
  const text = ({ bytes, start, end }: { bytes: Uint8Array; start: number; end: number }) =>
    Buffer.from(bytes.subarray(start, end)).toString('hex');
  const { timeMs, actor, object, author, verb, bornMs, undoneMs, favCount, isOwn, entities } = decoder;
  return {
    ...{ timeMs, verb, bornMs, undoneMs, favCount, isOwn, actor: text(actor), object: text(object) },
    author: author.kind === 'string' || author.kind === 'integer' ? text(author) : author.kind,
    entities: entities.map(({ kind, id }) => [kind, text(id)]),
  };
}

const value = fc.oneof(
  fc.constantFrom('"u1"', '"u22"', '""', '"a\\\\b"', '"\\u0041"', '"€"', '"\\ud800"', '"a\\"b"', '"\t"'),
  fc.constantFrom('1700000000000', '0', '01', '-5', '1.5', '1e3', '42', '12345678901234567890', '1x'),
  fc.constantFrom('null', 'true', '["x","Y"]', '[]', '{"a":[1]}', '[1', 'nul', ''),
);
const key = fc.constantFrom(
  'eventTimeMs',
  'actorId',
  'objectId',
  'verb',
  'hashtags',
  'other',
  'user',
  'favoriteCount',
  'k\\n',
);
const blank = fc.constantFrom('', '', '', ' ', '\t ');
const pair = fc
  .tuple(blank, key, blank, blank, value, blank)
  .map(([a, k, b, c, v, d]) => `${a}"${k}"${b}:${c}${v}${d}`);
const plain = fc
  .tuple(fc.nat(1e6), fc.nat(1e6), fc.nat(1e6))
  .map(([time, actor, object]) => `{"eventTimeMs":${time},"actorId":"u${actor}","objectId":"t${object}"}`);
const verbal = plain.map((line) => line.replace('}', ',"verb":"fav"}'));
const line = fc.oneof(
  plain,
  verbal,
  fc.array(pair, { maxLength: 5 }).map((pairs) => `{${pairs.join(',')}}`),
  // Any byte of a good line may be another.
  fc
    .tuple(plain, fc.nat(80), fc.constantFrom('"', '\\', '0', '}', ',', ' ', 'é', '-', ''))
    .map(([text, at, byte]) => text.slice(0, at) + byte + text.slice(at + 1)),
);

test('a line means the same whatever lines came before it', () => {
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const decoder = new EventDecoder(verbs);
      for (const text of lines) {
        const expected = read(new EventDecoder(verbs), text);
        assert.equal(read(decoder, text), expected, text);
        // Now it is its own pattern.
        assert.equal(read(decoder, text), expected, `${text} again`);
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});

test('what JSON.parse takes is taken, with the same values, and nothing else', () => {
  const decoder = new EventDecoder(verbs);
  fc.assert(
    fc.property(line, (text) => {
      const made = read(decoder, text);
      let parsed: Record<string, unknown> | undefined;
      try {
        parsed = JSON.parse(text);
      } catch {}
      if (parsed === undefined) assert.is(made, 'no JSON object on one line', text);
      else if (typeof made === 'object') {
        const actor = parsed['actorId'] ?? parsed['user'];
        if (typeof actor === 'string' && !('user' in parsed && 'actorId' in parsed))
          assert.is(made.actor, Buffer.from(actor).toString('hex'), text);
      }
    }),
    { numRuns: 3000, seed: 2 },
  );
});

test.run();
