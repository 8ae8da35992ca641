import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exp, floorFloat32, INVERSE_LN10, LN2, ln, previousFloat32 } from '../../src/core/math.ts';
import { Random } from '../fixtures/random.ts';

const test = suite('math');
const NUM_INPUTS = 100_000;

const cell = new DataView(new ArrayBuffer(8));

/** Place of a positive double among all doubles. */
function rank(x: number): bigint {
  cell.setFloat64(0, x);
  return cell.getBigInt64(0);
}

/** How many doubles apart two values of the same sign are. */
function ulps(a: number, b: number): number {
  if (a === b) return 0;
  return Number(rank(Math.abs(a)) - rank(Math.abs(b)));
}

/** Largest distance from an expected value, over random inputs. */
function worst(inputs: () => number, actual: (x: number) => number, expected: (x: number) => number): number {
  let max = 0;
  for (let i = 0; i < NUM_INPUTS; i++) {
    const x = inputs();
    max = Math.max(max, Math.abs(ulps(actual(x), expected(x))));
  }
  return max;
}

test('exp is within 1 ulp of Math.exp', () => {
  const random = new Random('exp');
  assert.ok(worst(() => 1416 * random.real() - 708, exp, Math.exp) <= 1);
  assert.ok(worst(() => 2 * random.real() - 1, exp, Math.exp) <= 1);
  assert.ok(worst(() => -(10 ** (-20 * random.real())), exp, Math.exp) <= 1);
});

test('ln is within 1 ulp of Math.log', () => {
  const random = new Random('ln');
  assert.ok(worst(() => Math.exp(1400 * random.real() - 700), ln, Math.log) <= 1);
  assert.ok(worst(() => 0.5 + random.real(), ln, Math.log) <= 1);
  assert.ok(worst(() => random.real() || 1, ln, Math.log) <= 1);
});

test('edges of exp', () => {
  assert.is(exp(0), 1);
  assert.is(exp(-0), 1);
  assert.ok(Math.abs(ulps(exp(1), Math.E)) <= 1);
  assert.is(exp(-708.5), 0);
  assert.is(exp(Number.NEGATIVE_INFINITY), 0);
  assert.is(exp(709.5), Number.POSITIVE_INFINITY);
  assert.is(exp(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  assert.ok(exp(-708) > 0 && exp(709) < Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(exp(Number.NaN)));
});

test('edges of ln', () => {
  assert.is(ln(1), 0);
  assert.is(ln(2), LN2);
  assert.is(ln(0.5), -LN2);
  assert.is(ln(0), Number.NEGATIVE_INFINITY);
  assert.is(ln(-0), Number.NEGATIVE_INFINITY);
  assert.ok(Number.isNaN(ln(-1)));
  assert.is(ulps(ln(Number.MAX_VALUE), Math.log(Number.MAX_VALUE)), 0);
  assert.is(ln(100) * INVERSE_LN10, 2);
});

/** Neighbouring doubles around x, ascending. */
function neighbors(x: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    cell.setBigInt64(0, rank(Math.abs(x)) + BigInt(i));
    return cell.getFloat64(0);
  });
}

test('ln and exp never fall between neighbouring doubles, not even where their pieces meet', () => {
  // exp changes its piece at odd multiples of ln 2 / 2, ln at sqrt(2) times a power of two.
  for (const start of [LN2 / 2, 1.5 * LN2, 2.5 * LN2, 100.5 * LN2]) {
    const values = neighbors(start - 1e-13, 4000).map(exp);
    assert.ok(values.every((value, i) => i === 0 || value >= values[i - 1]));
  }
  for (const start of [Math.SQRT1_2, Math.SQRT2, 1, 8 * Math.SQRT2]) {
    const values = neighbors(start - 1e-13, 4000).map(ln);
    assert.ok(values.every((value, i) => i === 0 || value >= values[i - 1]));
  }
});

test('previousFloat32 is the largest f32 below', () => {
  assert.is(previousFloat32(1), 1 - 2 ** -24);
  assert.is(previousFloat32(2), 2 - 2 ** -23);
  assert.is(previousFloat32(-1), -1 - 2 ** -23);
  assert.is(previousFloat32(0), -(2 ** -149));
  assert.is(previousFloat32(-0), -(2 ** -149));
  assert.is(previousFloat32(2 ** -149), 0);
  // 0.01 is no f32; the nearest one lies below it.
  assert.is(previousFloat32(0.01), Math.fround(0.01));
  const random = new Random('f32');
  for (let i = 0; i < NUM_INPUTS; i++) {
    const x = (random.real() - 0.5) * 10 ** (40 * random.real() - 20);
    const below = previousFloat32(x);
    assert.is(below, Math.fround(below));
    // The f32 halfway up from `below` to its successor would round to the successor: nothing lies between.
    const step = Math.max(2 ** -149, Math.abs(below) * 2 ** -23);
    assert.ok(below < x && Math.fround(below + step) >= x);
  }
});

test('floorFloat32 is the largest f32 not above', () => {
  assert.is(floorFloat32(0.5), 0.5);
  assert.is(floorFloat32(0), 0);
  assert.is(floorFloat32(Number.NEGATIVE_INFINITY), Number.NEGATIVE_INFINITY);
  // The f32 nearest to 0.1 lies above it, the one nearest to 0.01 below.
  assert.is(floorFloat32(0.1), previousFloat32(Math.fround(0.1)));
  assert.is(floorFloat32(0.01), Math.fround(0.01));
});

test('the cuts keep what they say: "> x" with floor, ">= x" with previous', () => {
  const random = new Random('cuts');
  for (let i = 0; i < NUM_INPUTS; i++) {
    const x = random.chance() ? random.real() : Math.fround(random.real());
    const value = Math.fround(random.chance() ? x : x + (random.below(5) - 2) * 2 ** -24);
    assert.is(value > floorFloat32(x), value > x);
    assert.is(value > previousFloat32(x), value >= x);
  }
});

test.run();
