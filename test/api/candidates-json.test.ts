/** Candidates written as bytes say what JSON.stringify would of the same objects. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { candidatesJson } from '../../src/api/candidates-json.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { shortestDecimal } from '../../src/io/float-text.ts';
import { TextPieces } from '../../src/io/text-pieces.ts';
import { Random } from '../fixtures/random.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

const ids = [
  'plain',
  '',
  '"quoted"',
  'back\\slash',
  'tab\tline\nbell\u0007',
  'ключ',
  '\u{1f600}',
  '\u2028',
  'x'.repeat(3000),
];

test('ids of all kinds, places that are no rows, a variant that needs escaping', () => {
  const rowOf = Uint32Array.from(ids, (_, place) => ids.length - 1 - place);
  const items = Uint32Array.from([...ids.keys(), 3, 0]);
  const scores = Float32Array.from(items, (_, i) => [0.5, 1 / 3, 1, 1e-7, 123456.789, 3e38][i % 6]);
  const { bytes } = candidatesJson(
    'a "b"',
    { items, scores, numScanned: 4_000_000_000 },
    idTableFromStrings(ids),
    rowOf,
  );
  const expected = {
    variant: 'a "b"',
    numScanned: 4_000_000_000,
    candidates: Array.from(items, (place, i) => ({
      id: ids[rowOf[place]],
      score: shortestDecimal(scores[i]),
    })),
  };
  assert.is(decoder.decode(bytes), JSON.stringify(expected));
});

test('no candidates; an answer keeps nothing of the one before', () => {
  const none = { items: new Uint32Array(0), scores: new Float32Array(0), numScanned: 0 };
  const table = idTableFromStrings(ids);
  const first = candidatesJson('v', none, table, new Uint32Array(0));
  const second = candidatesJson('w', none, table, new Uint32Array(0));
  assert.is(decoder.decode(first.bytes), '{"variant":"v","numScanned":0,"candidates":[]}');
  assert.is(JSON.stringify(second), '{"variant":"w","numScanned":0,"candidates":[]}');
});

test('floats are written as shortestDecimal prints them, over all sizes', () => {
  const random = new Random('floats');
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const out = new TextPieces();
  const requireShortest = (value: number) => {
    out.float(value);
    const text = decoder.decode(out.take());
    assert.is(text, String(shortestDecimal(value)));
    assert.is(Math.fround(Number(text)), value);
  };
  for (let i = 0; i < 30_000; i++) {
    bits[0] = random.below(0x7f800000);
    requireShortest(float[0]);
    // Where cosines lie.
    bits[0] = 0x38000000 + random.below(0x11f00000);
    requireShortest(float[0]);
    float[0] = random.below(1_000_000) / 10 ** random.below(8);
    requireShortest(float[0]);
  }
  for (const value of [0, 1, 10, 999_999.94, 1e6, 1e-4, 0.1, 0.25, 99_999_998])
    requireShortest(Math.fround(value));
});

test.run();
