/** Follow graphs of the bench: read from lists, or drawn with power laws on both sides. */
import type { Csr } from '../../src/core/csr.ts';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import { buildFollowGraph } from '../../src/graph/follow-graph.ts';
import { readEdges } from '../../src/io/edge-reader.ts';
import { openKernels } from '../../src/kernels/open.ts';

/** Consumers × producers from a file of `consumer producer producer ...` lines. */
export async function readLists(file: string): Promise<Csr> {
  const kernels = openKernels();
  const edges = await readEdges({ files: [file], format: 'lists' });
  const { graph } = await buildFollowGraph(kernels, edges, 'binary');
  await kernels.close();
  const { data, ...pattern } = graph.matrix;
  return pattern;
}

const MEAN_FOLLOWS = 50;
const MIN_FOLLOWS = 17;
const MAX_FOLLOWS = 2000;
/** Producers of a consumer's own community. */
const COMMUNITY = 200;

/**
 * `numEdges` draws, three in four of them new, of one consumer per 50 edges and a fifth as many producers. Follows per consumer: a power law of
 * exponent 2.5. Seven of ten follows go to one community, the rest anywhere, there to producer n · x⁴: the most popular of
 * 100 M edges has a million followers.
 */
export function drawFollows(numEdges: number, seed = 'bench'): Csr {
  const numRows = Math.max(1, Math.round(numEdges / MEAN_FOLLOWS));
  const numCols = Math.max(COMMUNITY, Math.round(numRows / 5));
  const key = randomKey(seed, 'power-law follows');
  const indptr = new Uint32Array(numRows + 1);
  let indices = new Uint32Array(Math.ceil(numEdges * 1.3) + MAX_FOLLOWS);
  for (let row = 0; row < numRows; row++) {
    const stream = streamOf(key, 0, row);
    const degree = Math.min(MAX_FOLLOWS, Math.floor(MIN_FOLLOWS / (1 - uniform(stream, 0)) ** (1 / 1.5)));
    const home = Math.floor(uniform(stream, 1) * numCols);
    const drawn = new Uint32Array(degree);
    for (let i = 0; i < degree; i++) {
      const x = uniform(stream, 2 + 2 * i);
      const isHome = uniform(stream, 3 + 2 * i) < 0.7;
      drawn[i] = isHome
        ? (home - (home % COMMUNITY) + Math.floor(x ** 2 * COMMUNITY)) % numCols
        : Math.floor(x ** 4 * numCols);
    }
    drawn.sort();
    let at = indptr[row];
    if (at + degree > indices.length) indices = grown(indices);
    for (let i = 0; i < degree; i++) if (i === 0 || drawn[i] !== drawn[i - 1]) indices[at++] = drawn[i];
    indptr[row + 1] = at;
  }
  return { numRows, numCols, indptr, indices: indices.subarray(0, indptr[numRows]) };
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 1.5);
  larger.set(array);
  return larger;
}

/** The first consumers alone. */
export function firstRows(graph: Csr, numRows: number): Csr {
  const indptr = graph.indptr.slice(0, numRows + 1);
  return { numRows, numCols: graph.numCols, indptr, indices: graph.indices.slice(0, indptr[numRows]) };
}
