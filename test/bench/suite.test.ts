/** What `npm run bench` times: every kernel, each where it runs, in builds and programs that do the same. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Meter } from '../../bench/suite/meter.ts';
import { Replayer } from '../../bench/suite/replay.ts';
import { compileScalar } from '../../bench/suite/scalar.ts';
import { part, partsOf, type Work } from '../../bench/suite/work.ts';
import { prepareWorks, simdKernels } from '../../bench/suite/works/index.ts';
import { kernelNames } from '../../src/kernels/abi.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { openKernels } from '../../src/kernels/open.ts';
import { openEdgeKernels } from '../../src/kernels/open-edge.ts';
import { open, TEST_MEMORY_BYTES, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import { kernelCases } from '../kernels/cases.ts';
import { runCase } from '../kernels/run-case.ts';

const SIZE = { users: 250, follows: 15 };
/** Several, for what the kernels are asked for differs from one to the next. */
const CASE_SIZES = [5, 17, 30, 40, 45, 46, 47, 48];
const kernels = openKernels({ numThreads: 1, maxMemoryBytes: 2 ** 29 });
let works: Work[];
test.before(async () => {
  works = await prepareWorks(kernels, SIZE);
});

test('every kernel of the table is timed in a part of its own or with its companions', () => {
  const covered = new Set(works.flatMap(({ parts }) => parts.flatMap((part) => part.kernels)));
  assert.equal(
    kernelNames.filter((kernel) => !covered.has(kernel)),
    [],
    'kernels without a work: add one to bench/suite/works',
  );
});

test('every part is some time in the kernels it names, under a name of its own', async () => {
  const meter = new Meter(openKernels({ numThreads: 1, maxMemoryBytes: 2 ** 29 }));
  const names = works.flatMap((work) => partsOf(work).map(({ name }) => name));
  assert.is(new Set(names).size, names.length);
  for (const work of works) {
    const seconds = await meter.time(work);
    for (const [i, { name, kernels }] of partsOf(work).entries()) {
      assert.ok(seconds[i] > 0, name);
      for (const kernel of kernels) assert.ok(meter.called.has(kernel), `${name}: ${kernel} is never called`);
    }
  }
});

test('kernels with vector instructions are those that are timed without', () => {
  const folder = fileURLToPath(new URL('../../assembly', import.meta.url));
  const files = readdirSync(folder).filter((file) => /^[\w-]+\.ts$/.test(file));
  const sources = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  const withVectors = files.filter((_, i) => /\bv128\b/.test(sources[i])).map((file) => file.slice(0, -3));
  const kernelsOf = (source: string) => kernelNames.filter((name) => source.includes(`function ${name}(`));
  for (const [i, source] of sources.entries()) {
    const hasVectors =
      /\bv128\b/.test(source) || /import \{ (hammingDistance|drawSoftmax) \} from/.test(source);
    const timed = kernelsOf(source).filter((name) => simdKernels.includes(name));
    assert.is(timed.length > 0, hasVectors && kernelsOf(source).length > 0, files[i]);
  }
  assert.equal(withVectors.sort(), [
    'around',
    'candidate-text',
    'dot-sums',
    'metropolis',
    'postings',
    'simhash',
    'softmax',
    'topk',
  ]);
});

test('the build without SIMD gives the same bytes', async () => {
  const scalar = openEdgeKernels(await compileScalar(), TEST_MEMORY_BYTES);
  const vectors = open(wasm(1));
  for (const name of simdKernels) {
    for (const size of [0, 1, 5, 48]) {
      const made = kernelCases[name](new Random(`scalar ${name} ${size}`), size);
      assert.equal(await runCase(scalar, name, made), await runCase(vectors, name, made), `${name}, ${size}`);
    }
  }
});

/** Absent without a compiler. */
const replayer = Replayer.open(mkdtempSync(join(tmpdir(), 'simclusters-replay-')));

test('every kernel is written in C, too, and leaves the same bytes in memory, where there is a compiler', async () => {
  if (!replayer) return;
  assert.equal([...replayer.kernels].sort(), [...kernelNames].sort());
  for (const work of works) {
    for (const part of work.parts) {
      if (!replayer.has(part)) continue;
      const { close } = await replayer.prepare(kernels, work, part);
      close();
    }
  }
});

test('they do so on the cases of the kernels, which ask for more than the works do', async () => {
  for (const name of replayer?.kernels ?? []) {
    const cases = CASE_SIZES.map((size) => kernelCases[name](new Random(`in C ${name} ${size}`), size));
    for (const made of cases) {
      const work = { shape: name, run: (k: Kernels) => runCase(k, name, made), parts: [] };
      const { close } = await (replayer as Replayer).prepare(kernels, work, part(name, name));
      close();
    }
  }
});

test.run();
