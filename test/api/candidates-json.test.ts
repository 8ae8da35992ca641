/** Candidates written as bytes say what JSON.stringify would of the same objects. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { candidatesJson } from '../../src/api/candidates-json.ts';
import { shortestDecimal } from '../../src/core/float-text.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { TextPieces } from '../../src/io/text-pieces.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { CandidateTexts } from '../../src/retrieval/candidate-texts.ts';
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
  `${'sixteen or more "bytes"'.repeat(3)}\u0000`,
  '\\'.repeat(20_000),
];

/** Through each backend: a kernel, the same without SIMD, its twin. */
const backends = {
  wasm: () => openKernels({ numThreads: 1 }),
  twin: () => openKernels({ backend: 'reference' }),
};

for (const [name, open] of Object.entries(backends)) {
  test(`${name}: ids of all kinds, places that are no rows, a variant that needs escaping`, () => {
    const rowOf = Uint32Array.from(ids, (_, place) => ids.length - 1 - place);
    const texts = new CandidateTexts(open(), idTableFromStrings(ids), rowOf);
    const items = Uint32Array.from([...ids.keys(), 3, 0, ...Array(60).fill(0)]);
    const scores = Float32Array.from(items, (_, i) => [0.5, 1 / 3, 1, 1e-7, 123456.789, 3e38, 0.3][i % 7]);
    const { bytes } = candidatesJson('a "b"', { items, scores, numScanned: 4_000_000_000 }, texts);
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

  test(`${name}: scores are written as shortestDecimal prints them, over all sizes`, () => {
    const random = new Random('scores');
    const bits = new Uint32Array(name === 'wasm' ? 60_000 : 2_000);
    const scores = new Float32Array(bits.buffer);
    // All that there are, where cosines lie, and those that a user typed.
    for (let i = 0; i < bits.length; i++) {
      if (i % 3 === 0) bits[i] = random.below(0x7f800000);
      else if (i % 3 === 1) bits[i] = 0x38000000 + random.below(0x11f00000);
      else scores[i] = random.below(1_000_000) / 10 ** random.below(8);
    }
    scores.set([0, 1, 10, 999_999.94, 1e6, 1e-4, 1.0000001e-4, 0.1, 0.25, 99_999_998, 120_000, 0.99999994]);
    const texts = new CandidateTexts(open(), idTableFromStrings(['a']));
    const items = new Uint32Array(scores.length);
    const { bytes } = candidatesJson('v', { items, scores, numScanned: 0 }, texts);
    const { candidates } = JSON.parse(decoder.decode(bytes));
    const written = candidates.map(({ score }: { score: number }) => score);
    assert.equal(written, Array.from(scores, shortestDecimal));
    assert.equal(Float32Array.from(written), scores);
  });
}

test('no candidates; an answer keeps nothing of the one before', () => {
  const none = { items: new Uint32Array(0), scores: new Float32Array(0), numScanned: 0 };
  const texts = new CandidateTexts(openKernels({ numThreads: 1 }), idTableFromStrings(ids));
  const first = candidatesJson('v', none, texts);
  const second = candidatesJson('w', none, texts);
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
