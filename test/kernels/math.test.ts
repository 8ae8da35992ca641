import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as math from '../../src/core/math.ts';
import * as rng from '../../src/core/rng.ts';
import { Random } from '../fixtures/random.ts';

const test = suite('math and random numbers of the kernels');
const NUM_INPUTS = 100_000;

interface KernelMath {
  exp(x: number): number;
  ln(x: number): number;
  mix(value: number): number;
  epochKey(key0: number, key1: number, epoch: number): number;
  streamOf(key: number, vertex: number): number;
  uniform(stream: number, draw: number): number;
}

let kernel: KernelMath;

/** The kernels use these functions inside; here they are compiled alone, as the release builds compile them. */
test.before(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-math-'));
  const asc = createRequire(import.meta.url).resolve('assemblyscript/bin/asc.js');
  const file = join(folder, 'math.wasm');
  const options = ['--runtime', 'stub', '-O3', '--noAssert', '-o', file];
  // A process of its own: the compiler is large, and slow to load under the loader of the tests.
  execFileSync(process.execPath, [asc, 'math.ts', 'rng.ts', ...options], {
    cwd: fileURLToPath(new URL('../../assembly/', import.meta.url)),
  });
  const { instance } = await WebAssembly.instantiate(readFileSync(file), {
    env: { abort() {} },
  });
  rmSync(folder, { recursive: true });
  kernel = instance.exports as unknown as KernelMath;
});

/** Fails with the first of many random inputs for which the two sides differ in any bit. */
function requireSame(
  seed: string,
  draw: (random: Random) => number[],
  a: (...inputs: number[]) => number,
  b: (...inputs: number[]) => number,
): void {
  const random = new Random(seed);
  for (let i = 0; i < NUM_INPUTS; i++) {
    const inputs = draw(random);
    if (!Object.is(a(...inputs), b(...inputs)))
      assert.unreachable(`${inputs}: ${a(...inputs)}, ${b(...inputs)}`);
  }
}

const word = (random: Random) => random.below(2 ** 32);

test('exp', () => {
  requireSame('exp', (r) => [1500 * r.real() - 750], kernel.exp, math.exp);
  requireSame('small', (r) => [2 * r.real() - 1], kernel.exp, math.exp);
  for (const x of [0, -0, -708, 709, -709, 710, Infinity, -Infinity, NaN]) {
    assert.ok(Object.is(kernel.exp(x), math.exp(x)), String(x));
  }
});

test('ln', () => {
  requireSame('ln', (r) => [10 ** (600 * r.real() - 300)], kernel.ln, math.ln);
  requireSame('draws', (r) => [r.real() || 1], kernel.ln, math.ln);
  for (const x of [0, -0, 1, -1, Number.MAX_VALUE, 2 ** -1022]) {
    assert.ok(Object.is(kernel.ln(x), math.ln(x)), String(x));
  }
});

test('random numbers', () => {
  requireSame(
    'mix',
    (r) => [word(r)],
    (x) => kernel.mix(x) >>> 0,
    rng.mix,
  );
  requireSame(
    'streams',
    (r) => [word(r), word(r), r.below(1000), word(r)],
    (key0, key1, epoch, vertex) => kernel.streamOf(kernel.epochKey(key0, key1, epoch), vertex) >>> 0,
    (key0, key1, epoch, vertex) => rng.streamOf({ key0, key1 }, epoch, vertex),
  );
  requireSame('uniform', (r) => [word(r), r.below(1000)], kernel.uniform, rng.uniform);
});

test.run();
