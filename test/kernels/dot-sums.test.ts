/** Sums of dot alone at their items' places, with more items than the cases of the twins have: enough for a bar to be guessed. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { open, reference, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import { f32, type KernelCase, u32 } from './case.ts';
import { runCase } from './run-case.ts';

const test = suite('sums of dot alone');
const backends = [open(wasm(1)), open(reference)];
test.after(async () => {
  for (const kernels of backends) await kernels.close();
});

const NUM_ITEMS = 6000;
const NONE = 0xffffffff;
/** The bar is guessed from one line of sixteen items in sixteen. */
const isSampled = (item: number) => Math.floor(item / 16) % 16 === 0;

/** One list of all items, and queries with a window each that read it. */
function caseOf(
  scores: Float32Array,
  topK: number,
  windows: readonly (readonly [number, number])[],
): KernelCase {
  const n = windows.length;
  return {
    values: {
      numItems: NUM_ITEMS,
      tableBits: 0,
      items: Uint32Array.from(scores.keys()).reverse(),
      scores: scores.slice().reverse(),
      queryStarts: Uint32Array.from({ length: n + 1 }, (_, q) => q),
      listStarts: u32(n),
      listLengths: u32(n).fill(NUM_ITEMS),
      listWeights: f32(n).fill(0.7),
      numBlocks: 0,
      sourceNorms: new Float64Array(n).fill(1.3),
      firstItems: Uint32Array.from(windows, ([first]) => first),
      endItems: Uint32Array.from(windows, ([, end]) => end),
      excluded: Uint32Array.from({ length: n }, (_, q) => (q % 2 === 0 ? NONE : q * 16)),
      candidateNorm: 0,
      threshold: 0,
      topK,
      counts: u32(n),
      slotItems: u32(n * topK),
      slotScores: f32(n * topK),
    },
    count: n,
    scratchBytes: 64 + 8 * (3 * NUM_ITEMS + 4 * topK),
  };
}

async function requireSame(scores: Float32Array, topK: number): Promise<void> {
  const random = new Random(`windows ${topK}`);
  const windows = Array.from({ length: 12 }, (_, q): [number, number] => {
    if (q < 2) return [0, NUM_ITEMS];
    const first = random.below(NUM_ITEMS);
    return [first, first + random.below(NUM_ITEMS - first + 1)];
  });
  const [ours, twin] = await Promise.all(
    backends.map((kernels) => runCase(kernels, 'scanPostings', caseOf(scores, topK, windows))),
  );
  assert.equal(ours, twin);
}

const shapes: Readonly<Record<string, (item: number, random: Random) => number>> = {
  'at random': (_item, random) => 0.001 + random.weight(),
  'with many ties': (_item, random) => 1 + random.below(5),
  'best where the sample is taken, and few': (item, random) =>
    isSampled(item) && item % 16 === 3 ? 9 + random.weight() : 0.001 + random.weight(),
  'best where it is not': (item, random) => (isSampled(item) ? 0.001 : 1) + random.weight(),
  'rising, so that the bar does': (item) => 1 + item,
};

for (const [name, scoreOf] of Object.entries(shapes))
  test(`scores ${name}: the best of every window, each query on clean sums`, async () => {
    const random = new Random(name);
    const scores = f32(NUM_ITEMS).map((_, item) => scoreOf(item, random));
    for (const topK of [1, 7, 100, 700, NUM_ITEMS]) await requireSame(scores, topK);
  });

test.run();
