/** Follow graphs of the bench: read from files, or drawn with power laws on both sides. */
import type { Csr } from '../../src/core/csr.ts';
import { randomKey, streamOf, uniform } from '../../src/core/rng.ts';
import { buildFollowGraph } from '../../src/graph/follow-graph.ts';
import { readEdges } from '../../src/io/edge-reader.ts';
import { openKernels } from '../../src/kernels/open.ts';

/** `follows:EDGES`, `hubs:EDGES` and `dense:EDGES` are drawn, `lists:FILE` and `edges:FILE` are read. */
export async function openGraph(source: string): Promise<Csr> {
  const colon = source.indexOf(':');
  const [kind, rest] = [source.slice(0, colon), source.slice(colon + 1)];
  if (kind === 'follows') return drawFollows(Number(rest));
  if (kind === 'hubs') return drawHubs(Number(rest));
  if (kind === 'dense') return drawDense(Number(rest));
  return readFollows(rest, kind === 'lists' ? 'lists' : 'edges');
}

/** Consumers × producers from a file of `consumer producer producer ...` lines. */
export function readLists(file: string): Promise<Csr> {
  return readFollows(file, 'lists');
}

async function readFollows(file: string, format: 'lists' | 'edges'): Promise<Csr> {
  const kernels = openKernels();
  const edges = await readEdges({ files: [file], format });
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

const DENSE_PRODUCERS = 6000;
const DENSE_FOLLOWS = 80;

/** Consumers of 80 follows of any of 6,000 producers: with 5,000 of them hardly two producers have no follower in common. */
function drawDense(numEdges: number, seed = 'bench'): Csr {
  const numRows = Math.max(1, Math.round(numEdges / DENSE_FOLLOWS));
  const key = randomKey(seed, 'dense follows');
  const indptr = Uint32Array.from({ length: numRows + 1 }, (_, row) => row * DENSE_FOLLOWS);
  const indices = new Uint32Array(numRows * DENSE_FOLLOWS);
  const stride = DENSE_PRODUCERS / DENSE_FOLLOWS;
  for (let row = 0; row < numRows; row++) {
    const stream = streamOf(key, 0, row);
    for (let i = 0; i < DENSE_FOLLOWS; i++)
      indices[row * DENSE_FOLLOWS + i] = i * stride + Math.floor(uniform(stream, i) * stride);
  }
  return { numRows, numCols: DENSE_PRODUCERS, indptr, indices };
}

const HUB_PRODUCERS = 10_000;
const HUB_MEAN_FOLLOWS = 40;
const HUB_MIN_FOLLOWS = 13;
/** Three in ten of the draws go to the producer of rank r as (r + SHIFT)^-SLOPE, the others to any. */
const HUB_SHARE = 0.3;
const HUB_SLOPE = 0.8;
const HUB_SHIFT = 0.1;
const HUB_COMMUNITIES = 50;
/** One producer in so many, and the next, have followers in common on purpose. */
const TWIN_DISTANCE = 20;

/**
 * The 10,000 most followed producers and their followers, as a job sees them that leaves out producers of few followers (the
 * original's takes 400 at least): of `numEdges` draws most are new, one consumer per 40. Follows per consumer: a power law
 * of exponent 2.3, 2,000 at most. Three draws in ten go by popularity, as r^-0.8, the others anywhere: at 100 M edges the
 * first producer has about a million followers, the tenth 150,000, the last 7,000. One draw in five stays in the consumer's
 * community, one of 50. Nothing but popularity makes
 * most pairs similar; one pair in twenty has an audience that is shared on purpose: who follows the first follows the
 * second with a probability of its own, from 5 to 55 %.
 */
export function drawHubs(numEdges: number, seed = 'bench'): Csr {
  const numRows = Math.max(1, Math.round(numEdges / HUB_MEAN_FOLLOWS));
  const numCols = HUB_PRODUCERS;
  const key = randomKey(seed, 'follows of hubs');
  const followsSecond = Float64Array.from({ length: numCols }, (_, p) =>
    p % TWIN_DISTANCE === 0 ? 0.05 + 0.5 * uniform(streamOf(key, 1, p), 0) : 0,
  );
  const rankOf = rankByPopularity(numCols);
  const isDrawn = new Uint8Array(numCols);
  const indptr = new Uint32Array(numRows + 1);
  let indices = new Uint32Array(Math.ceil(numEdges * 1.3) + numCols);
  for (let row = 0; row < numRows; row++) {
    const stream = streamOf(key, 0, row);
    const degree = Math.min(MAX_FOLLOWS, Math.floor(HUB_MIN_FOLLOWS / (1 - uniform(stream, 0)) ** (1 / 1.3)));
    const home = Math.floor(uniform(stream, 1) * HUB_COMMUNITIES);
    let at = indptr[row];
    if (at + 2 * degree > indices.length) indices = grown(indices);
    const add = (p: number) => {
      if (isDrawn[p] === 0) indices[at++] = p;
      isDrawn[p] = 1;
    };
    for (let i = 0; i < degree; i++) {
      const x = uniform(stream, 2 + 3 * i);
      const rank =
        x < HUB_SHARE ? rankOf(x / HUB_SHARE) : Math.floor(((x - HUB_SHARE) / (1 - HUB_SHARE)) * numCols);
      const isHome = uniform(stream, 3 + 3 * i) < 0.2;
      const p = isHome ? rank - (rank % HUB_COMMUNITIES) + home : rank;
      add(p);
      if (followsSecond[p] > uniform(stream, 4 + 3 * i)) add(p + 1);
    }
    const own = indices.subarray(indptr[row], at).sort();
    for (const p of own) isDrawn[p] = 0;
    indptr[row + 1] = at;
  }
  return { numRows, numCols, indptr, indices: indices.subarray(0, indptr[numRows]) };
}

/** Uniform in (0, 1) to a rank below n, the density falling as (r + SHIFT)^-SLOPE. */
function rankByPopularity(n: number): (x: number) => number {
  const power = 1 - HUB_SLOPE;
  const low = HUB_SHIFT ** power;
  const high = (n + HUB_SHIFT) ** power;
  return (x) => Math.min(n - 1, Math.floor((low + x * (high - low)) ** (1 / power) - HUB_SHIFT));
}
