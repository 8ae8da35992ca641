import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ErrorCode } from '../../src/core/errors.ts';
import { idStrings } from '../../src/core/ids.ts';
import type { InputOptions } from '../../src/io/edge-input.ts';
import { type MetisBlock, openMetisStream } from '../../src/io/metis-stream.ts';
import { readUndirectedGraph, type UndirectedEdges } from '../../src/io/undirected-graph.ts';
import { fails } from '../fixtures/fails.ts';
import { Random } from '../fixtures/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'undirected-graph-'));
const test = suite('undirected graphs');
test.after(() => rmSync(folder, { recursive: true }));

let numFiles = 0;

function fileOf(content: string | Uint8Array, name = '.graph'): string {
  const path = join(folder, `${numFiles++}${name}`);
  writeFileSync(path, content);
  return path;
}

/** Edges as `source>target=weight`, sorted, those named more than once with their largest weight. */
function edgesOf({ sources, targets, weights, ids }: UndirectedEdges): string[] {
  const names = idStrings(ids);
  const largest = new Map<string, number>();
  sources.forEach((source, e) => {
    const key = `${names[source]}>${names[targets[e]]}`;
    largest.set(key, Math.max(largest.get(key) ?? 0, weights ? weights[e] : 1));
  });
  return [...largest].map(([key, weight]) => `${key}=${weight}`).sort();
}

function read(content: string, options: Partial<InputOptions> = {}): Promise<UndirectedEdges> {
  return readUndirectedGraph({ files: [fileOf(content, '.txt')], ...options });
}

function readMetis(content: string): Promise<UndirectedEdges> {
  return readUndirectedGraph({ files: [fileOf(content)] });
}

interface Streamed {
  readonly edges: string[];
  readonly numVertices: number;
  readonly blocks: readonly number[];
  readonly losses: Record<string, number>;
}

async function stream(content: string | Uint8Array, blockEntries?: number): Promise<Streamed> {
  const graph = await openMetisStream(fileOf(content));
  const edges: string[] = [];
  const blocks: number[] = [];
  let next = 0;
  try {
    for await (const block of graph.blocks(blockEntries)) {
      assert.is(block.firstVertex, next);
      next += block.indptr.length - 1;
      blocks.push(block.indptr.length - 1);
      edges.push(...edgesOfBlock(block));
    }
  } finally {
    await graph.close();
  }
  assert.is(next, graph.numVertices);
  return { edges: edges.sort(), numVertices: graph.numVertices, blocks, losses: { ...graph.losses } };
}

function edgesOfBlock({ firstVertex, indptr, indices, weights }: MetisBlock): string[] {
  const edges: string[] = [];
  assert.is(indices.length, indptr.at(-1));
  for (let row = 0; row + 1 < indptr.length; row++) {
    for (let at = indptr[row]; at < indptr[row + 1]; at++) {
      if (at > indptr[row]) assert.ok(indices[at - 1] < indices[at], 'ascending and unique');
      edges.push(`${firstVertex + row + 1}>${indices[at] + 1}=${weights ? weights[at] : 1}`);
    }
  }
  return edges;
}

/** Both readers refuse a file, with the same error but for what only one of them can tell. */
async function bothFail(content: string, code: ErrorCode, facts: Record<string, unknown> = {}) {
  await fails(readMetis(content), code, facts);
  await fails(stream(content), code, facts);
}

test('an edge list: either direction or both, the largest weight, one set of ids, loops dropped', async () => {
  const graph = await read('a b 1\nb a 3\nb c 2\nb c 0.5\nd d 9\nc e 0\n');
  assert.equal(edgesOf(graph), ['a>b=3', 'b>a=3', 'b>c=2', 'c>b=2']);
  assert.equal(idStrings(graph.ids), ['a', 'b', 'd', 'c']);
  assert.is(graph.numVertices, 4);
  assert.is(graph.report.numSelfFollows, 1);
  assert.is(graph.report.numZeroWeights, 1);
  const plain = await read('src,dst\n10,2\n2,10\n7,2\n');
  assert.equal(edgesOf(plain), ['10>2=1', '2>10=1', '2>7=1', '7>2=1']);
  assert.is(plain.weights, undefined);
  await fails(read('a a 0\n'), 'EMPTY_INPUT');
  assert.is((await read('a a\n')).sources.length, 0);
});

test('METIS: isolated vertices and loops keep their numbers; bipartite files are refused', async () => {
  const text = '% a path, a loop and a loner\n5 2 011\n9 2 0.5\n\t9 1 0.5  3 4\n9 2 4\n9 4 7\n9\n\n';
  const graph = await readMetis(text);
  assert.equal(idStrings(graph.ids), ['1', '2', '3', '4', '5']);
  assert.equal(edgesOf(graph), ['1>2=0.5', '2>1=0.5', '2>3=4', '3>2=4']);
  assert.is(graph.report.numSelfFollows, 1);
  const streamed = await stream(text);
  assert.equal(streamed.edges, edgesOf(graph));
  assert.equal(streamed.losses, { numLoops: 1, numZeroWeights: 0, numRepeats: 0 });
  await fails(readMetis('2 2 3\n1 2\n2\n1\n1 2\n'), 'BAD_FILE', { got: /bipartite/ });
  await fails(stream('2 2 3\n1 2\n2\n1\n1 2\n'), 'BAD_FILE', { got: /header "2 2 3"/ });
  // Weights of the two ends that differ in the last digit make one edge of one weight.
  const near = await readMetis('2 1 1\n2 0.30000001\n1 0.29999998\n');
  assert.is(new Set(near.weights).size, 1);
});

test('METIS without edges: counted vertices in the stream, EMPTY_INPUT as a whole', async () => {
  await fails(readMetis('1 0\n\n'), 'EMPTY_INPUT', { got: /1 rows/ });
  await fails(readMetis('3 0\n\n\n\n'), 'EMPTY_INPUT', { got: /3 rows/ });
  assert.equal((await stream('3 0\n\n\n\n')).edges, []);
  assert.is((await stream('1 0\n\n')).numVertices, 1);
  assert.is((await stream('0 0\n')).numVertices, 0);
  // The line of a vertex may be blank but must be there.
  await bothFail('1 0\n', 'BAD_FILE', { got: '0 lines after the header', expected: /^1, one/ });
  await bothFail('3 0\n\n\n', 'BAD_FILE', { got: '2 lines after the header' });
  await bothFail('', 'EMPTY_INPUT');
  await fails(stream('% nothing\n'), 'EMPTY_INPUT');
});

test('METIS: what is wrong is refused, by either reader, where it stands', async () => {
  await bothFail('x y\n', 'BAD_FILE', { got: /header "x y"/ });
  await bothFail('3\n\n\n\n', 'BAD_FILE', { got: /header "3"/ });
  await bothFail('2 1 2\n2\n1\n', 'BAD_FILE');
  await bothFail('-2 1\n2\n1\n', 'BAD_FILE', { got: /header/ });
  await bothFail('3 1\n2\n1\n', 'BAD_FILE', { got: '2 lines after the header', expected: /^3, one/ });
  await fails(readMetis('2 1\n2\n1\n1\n'), 'BAD_FILE', { got: '3 lines after the header' });
  await fails(stream('2 1\n2\n1\n\n%\n1\n'), 'BAD_FILE', { line: 6, got: /after those of all 2 vertices/ });
  await bothFail('2 2\n2\n1\n', 'BAD_FILE', { got: /2 entries, which makes 1 edges/ });
  await bothFail('3 1\n2\n1 3\n\n', 'BAD_FILE', { got: /3 entries, which makes 1.5 edges/ });
  await bothFail('2 1\n3\n1\n', 'BAD_ROW', { line: 2, column: 1, got: 'vertex 3', expected: /from 1 to 2/ });
  await bothFail('3 1\n\n3 0\n2\n', 'BAD_ROW', { line: 3, column: 2, got: 'vertex 0' });
  await bothFail('2 1\n2\n1.5\n', 'BAD_ROW', { line: 3, got: 'vertex 1.5' });
  await bothFail('2 1\n2\nx\n', 'BAD_ROW', { line: 3, column: 1, got: '"x"' });
  await bothFail('2 1 1\n2 NaN\n1 NaN\n', 'BAD_ROW', { line: 2, column: 2, got: '"NaN"' });
  await bothFail('2 1 1\n2 -1\n1 -1\n', 'BAD_ROW', { line: 2, column: 2, got: 'weight -1' });
  await bothFail('2 1 1\n2 1e99\n1 1e99\n', 'BAD_ROW', { line: 2, column: 2 });
  await bothFail('2 1 1\n2 1\n1\n', 'BAD_ROW', { line: 3, got: 'a line that breaks off' });
  await bothFail('2 1 10 2\n7 7 2\n7\n', 'BAD_ROW', { line: 3, got: 'a line that breaks off' });
  // An edge at one end only: as a whole with its line.
  await fails(readMetis('3 2\n2\n3\n1 2\n'), 'BAD_FILE', {
    line: 2,
    got: /vertex 1 that the line of vertex 2/,
  });
  await fails(stream('3 2\n2\n3\n1 2\n'), 'BAD_FILE', { got: /an edge at one of its ends only/ });
  await bothFail('2 1 1\n2 1\n1 2\n', 'BAD_FILE', { got: /weight/ });
});

test('METIS: weight 0 is no edge', async () => {
  const text = '3 2 1\n2 0 3 2\n1 0\n1 2\n';
  const graph = await readMetis(text);
  assert.equal(edgesOf(graph), ['1>3=2', '3>1=2']);
  assert.is(graph.report.numZeroWeights, 2);
  const streamed = await stream(text);
  assert.equal(streamed.edges, edgesOf(graph));
  assert.is(streamed.losses['numZeroWeights'], 2);
});

/** A METIS file with comments, rows in disorder and, where asked for, weights and what stands before the neighbours. */
function metisText(random: Random, numVertices: number, format: string): string {
  const { indptr, indices, data } = random.graph(numVertices);
  const isWeighted = format.endsWith('1');
  const lines = Array.from({ length: numVertices }, (_, v) => {
    const order = random.permutation(indptr[v + 1] - indptr[v]);
    const entries = Array.from(order, (i) => {
      const at = indptr[v] + i;
      return isWeighted ? `${indices[at] + 1} ${data[at]}` : `${indices[at] + 1}`;
    });
    const skipped = format.length === 3 ? (format[0] === '1' ? ['5', '6', '7'] : ['6', '7']) : [];
    const comment = random.chance(0.1) ? '%  comment\n' : '';
    return comment + [...skipped, ...entries].join(random.chance(0.1) ? ' \t ' : ' ');
  });
  const header = `${numVertices} ${indices.length / 2} ${format}${format.length === 3 ? ' 2' : ''}`;
  return `${header}\n${lines.join('\n')}${random.chance() ? '\n' : '\n\n\n'}`;
}

test('the stream gives what the reader of the whole gives, whatever the size of the blocks', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.integer({ min: 2, max: 40 }),
      fc.constantFrom('0', '1', '00', '011', '111', '110'),
      fc.integer({ min: 1, max: 60 }),
      fc.boolean(),
      async (seed, numVertices, format, blockEntries, isCompressed) => {
        const text = metisText(new Random(seed), numVertices, format);
        const path = fileOf(text);
        const whole = await readUndirectedGraph({ files: [path], format: 'metis' }).catch((error) => {
          assert.is(error.code, 'EMPTY_INPUT');
          return undefined;
        });
        const streamed = await stream(isCompressed ? gzipSync(text) : text, blockEntries);
        assert.is(streamed.numVertices, numVertices);
        assert.equal(streamed.edges, whole ? edgesOf(whole) : []);
        assert.ok(Math.max(...streamed.blocks) <= blockEntries, 'vertices per block');
      },
    ),
    { numRuns: 60 },
  );
});

test('the stream sees an edge that stands at one end only, or with two weights', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.boolean(), async (seed, isWeight) => {
      const random = new Random(seed);
      // A ring of 12: edge i joins i and i + 1; then vertex 1 is made to name others than those that name it.
      const ring = Array.from({ length: 12 }, (_, v) => [((v + 11) % 12) + 1, ((v + 1) % 12) + 1]);
      const weights = ring.map((_, v) => [(v + 11) % 12, v].map((edge) => 1 + edge / 8));
      const v = random.below(12);
      if (isWeight) weights[v][0] += 1;
      else ring[v][0] = ((v + 3 + random.below(6)) % 12) + 1;
      const lines = ring.map((row, u) => row.map((to, i) => `${to} ${weights[u][i]}`).join(' '));
      await fails(stream(`12 12 1\n${lines.join('\n')}\n`, 5), 'BAD_FILE', { got: /one of its ends/ });
    }),
    { numRuns: 40 },
  );
});

test('edges named twice at both ends are one, the larger weight counts; lines longer than a chunk', async () => {
  const twice = await stream('2 2 1\n2 1 2 3\n1 3 1 1\n');
  assert.equal(twice.edges, ['1>2=3', '2>1=3']);
  assert.is(twice.losses['numRepeats'], 2);
  // A star: the line of the hub is longer than what is read at once.
  const numLeaves = 150_000;
  const hub = Array.from({ length: numLeaves }, (_, i) => i + 2).join(' ');
  const path = fileOf(`${numLeaves + 1} ${numLeaves}\n${hub}\n${'1\n'.repeat(numLeaves - 1)}1`);
  const progress: number[] = [];
  const graph = await openMetisStream(path, { onProgress: (bytes) => progress.push(bytes) });
  let numEntries = 0;
  for await (const { indices } of graph.blocks(1000)) numEntries += indices.length;
  await graph.close();
  assert.is(numEntries, 2 * numLeaves);
  assert.ok(progress.length > 1);
});

test.run();
