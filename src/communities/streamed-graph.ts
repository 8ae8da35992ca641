/**
 * A graph whose edges stay on disk. In memory: a few numbers per vertex, and two blocks of edges, one at work while the
 * other is being read. Phases, kernels and results are those of a graph in memory, byte for byte.
 */
import type { EdgeStore, OpenEdgeStore, VertexBlock } from '../core/edge-store.ts';
import { SimClustersError } from '../core/errors.ts';
import type { Neighborhoods } from '../core/neighborhoods.ts';
import type { Arena } from '../kernels/arena.ts';
import type { Kernels, Progress } from '../kernels/kernels.ts';
import type { DetectionGraph } from './metropolis-hastings.ts';
import type { WeightFormat } from './options.ts';
import { maxDegree, type Phases, phasesOf, placeColoring } from './phases.ts';
import {
  fixedMultiple,
  fixedUnit,
  type LoadedPhase,
  largestWeight,
  type PlacedGraph,
} from './placed-graph.ts';

/** A sweep waits for its first block; the others are read while it works. So blocks are small. */
const MAX_BLOCK_BYTES = 16e6;

/** The graph as it comes: all vertices once, in order. */
export interface VertexBlocks {
  readonly numVertices: number;
  readonly isWeighted: boolean;
  blocks(): AsyncIterable<VertexBlock>;
}

export interface StreamOptions {
  readonly openStore: OpenEdgeStore;
  readonly weightFormat: WeightFormat;
  /** Bytes of edges in memory at the most. */
  readonly edgeBytes: number;
  /** Share of the work before the first sweep that is done. */
  readonly onProgress?: Progress;
}

/** Lives in kernel memory for as long as the scope it is made in. Close it to give the disk back. */
export interface StreamedGraph extends DetectionGraph {
  close(): Promise<void>;
}

/**
 * Takes the graph in, colours it on the way, and writes its rows in the order of the phases.
 * Disk: twice the edges until it returns, then once. Cost: O(edges · (1 + edges / edgeBytes)).
 * @throws SimClustersError WRITE_FAILED, BAD_FILE, OUT_OF_MEMORY, and what `source` throws
 */
export async function streamGraph(
  kernels: Kernels,
  source: VertexBlocks,
  options: StreamOptions,
): Promise<StreamedGraph> {
  const spool = await options.openStore('vertices');
  try {
    const taken = await takeIn(kernels, source, spool, (fraction) => options.onProgress?.(fraction * 0.7));
    const phases = await phasesOf(kernels, taken.colors, taken.indptr);
    const order = kernels.arena.put(phases.order);
    const weightUnit =
      source.isWeighted && options.weightFormat === 'fixed16' ? fixedUnit(taken.maxWeight) : 0;
    const store = await options.openStore('phases');
    try {
      const indptr = await writeByPlace(spool, store, taken.indptr, order, kernels.arena, {
        isWeighted: source.isWeighted,
        weightUnit,
        windowEntries: Math.max(1, Math.floor(options.edgeBytes / (source.isWeighted ? 8 : 4))),
        onProgress: (fraction) => options.onProgress?.(0.7 + 0.3 * fraction),
      });
      const shape = { phases, order, indptr, isWeighted: source.isWeighted, weightUnit };
      return openStreamed(kernels.arena, store, shape, options.edgeBytes);
    } catch (error) {
      await store.close();
      throw error;
    }
  } finally {
    await spool.close();
  }
}

interface TakenIn {
  readonly colors: Uint32Array;
  /** By vertex. */
  readonly indptr: Uint32Array;
  readonly maxWeight: number;
}

/** Writes the rows as they come and colours them: a colour depends on earlier vertices alone. */
async function takeIn(
  kernels: Kernels,
  source: VertexBlocks,
  spool: EdgeStore,
  onProgress: Progress,
): Promise<TakenIn> {
  const n = source.numVertices;
  return kernels.scope(async (arena) => {
    const indptr = arena.u32(n + 1);
    indptr[0] = 0;
    // A vertex of degree d looks at d + 1 colours; degrees are not known before the last block.
    const coloring = placeColoring(kernels, n, n);
    let maxWeight = 0;
    for await (const block of source.blocks()) {
      const first = block.firstVertex;
      const count = block.indptr.length - 1;
      const firstEntry = indptr[first];
      demandAddressable(firstEntry + block.indices.length);
      for (let i = 1; i <= count; i++) indptr[first + i] = firstEntry + block.indptr[i];
      await spool.append('indices', bytesOf(block.indices));
      if (block.weights) {
        maxWeight = Math.max(maxWeight, largestWeight(block.weights));
        await spool.append('weights', bytesOf(block.weights));
      }
      await kernels.scope(async () => {
        const indices = arena.put(block.indices).byteOffset - firstEntry * 4;
        await coloring.colorVertices(first, first + count, indptr, indices);
      });
      onProgress((first + count) / n);
    }
    return { colors: coloring.colors.slice(), indptr: indptr.slice(), maxWeight };
  });
}

function demandAddressable(numEntries: number): void {
  if (numEntries < 2 ** 32) return;
  throw new SimClustersError('OUT_OF_MEMORY', {
    got: `more than ${2 ** 32} directed edges`,
    expected: 'at most 4,294,967,295: entries are numbered in 32 bits',
    todo: 'Keep fewer neighbours per vertex',
  });
}

interface PlaceOptions {
  readonly isWeighted: boolean;
  readonly weightUnit: number;
  /** Entries gathered at a time. */
  readonly windowEntries: number;
  readonly onProgress: Progress;
}

/** Rows in the order of places. Gives their indptr, in kernel memory. */
async function writeByPlace(
  spool: EdgeStore,
  store: EdgeStore,
  byVertex: Uint32Array,
  order: Uint32Array,
  arena: Arena,
  options: PlaceOptions,
): Promise<Uint32Array> {
  const n = order.length;
  const indptr = arena.u32(n + 1);
  indptr[0] = 0;
  const placeOf = new Uint32Array(n);
  for (let place = 0; place < n; place++) {
    const v = order[place];
    placeOf[v] = place;
    indptr[place + 1] = indptr[place] + byVertex[v + 1] - byVertex[v];
  }
  for (let lo = 0; lo < n; ) {
    let hi = lo + 1;
    while (hi < n && indptr[hi + 1] - indptr[lo] <= options.windowEntries) hi++;
    await writeWindow(spool, store, { byVertex, placeOf, indptr, lo, hi }, options);
    options.onProgress(hi / n);
    lo = hi;
  }
  return indptr;
}

interface Window {
  readonly byVertex: Uint32Array;
  readonly placeOf: Uint32Array;
  readonly indptr: Uint32Array;
  /** Places. */
  readonly lo: number;
  readonly hi: number;
}

/** Entries of the spool looked at in one go. */
const SPOOL_ENTRIES = 2 ** 20;

/** Goes through the whole spool and keeps the rows whose place is in the window. */
async function writeWindow(
  spool: EdgeStore,
  store: EdgeStore,
  { byVertex, placeOf, indptr, lo, hi }: Window,
  { isWeighted, weightUnit }: PlaceOptions,
): Promise<void> {
  const base = indptr[lo];
  const indices = new Uint32Array(indptr[hi] - base);
  const weights = isWeighted ? new Float32Array(indices.length) : undefined;
  const n = placeOf.length;
  for (let first = 0; first < n; ) {
    let last = first + 1;
    while (last < n && byVertex[last + 1] - byVertex[first] <= SPOOL_ENTRIES) last++;
    const from = byVertex[first];
    const chunk = new Uint32Array(byVertex[last] - from);
    await spool.read('indices', from * 4, bytesOf(chunk));
    const chunkWeights = weights && new Float32Array(chunk.length);
    if (chunkWeights) await spool.read('weights', from * 4, bytesOf(chunkWeights));
    for (let v = first; v < last; v++) {
      const place = placeOf[v];
      if (place < lo || place >= hi) continue;
      const row = [byVertex[v] - from, byVertex[v + 1] - from] as const;
      indices.set(chunk.subarray(...row), indptr[place] - base);
      if (chunkWeights) weights?.set(chunkWeights.subarray(...row), indptr[place] - base);
    }
    first = last;
  }
  await store.append('indices', bytesOf(indices));
  if (weights)
    await store.append('weights', bytesOf(weightUnit === 0 ? weights : fixedPoint(weights, weightUnit)));
}

function fixedPoint(weights: Float32Array, unit: number): Uint16Array {
  return Uint16Array.from(weights, (weight) => fixedMultiple(weight, unit));
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

interface Shape {
  readonly phases: Phases;
  readonly order: Uint32Array;
  readonly indptr: Uint32Array;
  readonly isWeighted: boolean;
  readonly weightUnit: number;
}

function openStreamed(arena: Arena, store: EdgeStore, shape: Shape, edgeBytes: number): StreamedGraph {
  const { phases, order, indptr, isWeighted, weightUnit } = shape;
  const weightBytes = isWeighted ? (weightUnit === 0 ? 4 : 2) : 0;
  const largest = phases.starts.reduce(
    (max, start, i) => (i === 0 ? 0 : Math.max(max, indptr[start] - indptr[phases.starts[i - 1]])),
    0,
  );
  const blockBytes = Math.min(edgeBytes / 2, MAX_BLOCK_BYTES);
  const blockEntries = Math.max(largest, Math.floor(blockBytes / (4 + weightBytes)));
  const numEntries = indptr[order.length];
  const blocks = [0, 1].map(() => new Block(arena, store, Math.min(blockEntries, numEntries), weightBytes));
  const placed: PlacedGraph = {
    numVertices: order.length,
    numEntries,
    maxDegree: maxDegree(indptr),
    phases,
    order,
    indptr,
    isWeighted,
    weightUnit,
    isWhole: false,
    async visit(visited, body, needsWeights = true) {
      const groups = groupPhases(visited, shape, blocks[0].capacity);
      let next = groups.length > 0 ? blocks[0].load(groups[0], shape, needsWeights) : undefined;
      for (let group = 0; group < groups.length; group++) {
        const loaded = (await next) as LoadedPhase[];
        const following = blocks[(group + 1) % 2];
        next = group + 1 < groups.length ? following.load(groups[group + 1], shape, needsWeights) : undefined;
        // Should the body fail, the reading ahead must not fail unheard.
        next?.catch(() => undefined);
        await body(loaded);
      }
    },
  };
  return {
    placed,
    neighborhoods: storedNeighborhoods(store, shape, weightBytes),
    close: () => store.close(),
  };
}

/** Phases that fit into a block together, in the order of their visit. */
function groupPhases(visited: Iterable<number>, { phases, indptr }: Shape, capacity: number): number[][] {
  const groups: number[][] = [];
  let room = -1;
  for (const phase of visited) {
    const size = indptr[phases.starts[phase + 1]] - indptr[phases.starts[phase]];
    if (size > room) {
      groups.push([]);
      room = capacity;
    }
    groups[groups.length - 1].push(phase);
    room -= size;
  }
  return groups;
}

/** Memory for the edges of a few phases. */
class Block {
  readonly capacity: number;
  readonly #store: EdgeStore;
  readonly #indices: Uint8Array;
  readonly #weights: Uint8Array;
  readonly #weightBytes: number;

  constructor(arena: Arena, store: EdgeStore, capacity: number, weightBytes: number) {
    this.capacity = capacity;
    this.#store = store;
    this.#indices = arena.u8(capacity * 4);
    this.#weights = arena.u8(capacity * weightBytes);
    this.#weightBytes = weightBytes;
  }

  async load(group: readonly number[], shape: Shape, needsWeights: boolean): Promise<LoadedPhase[]> {
    const loaded: LoadedPhase[] = [];
    let at = 0;
    for (const run of consecutiveRuns(group)) {
      const [first, last] = [shape.phases.starts[run[0]], shape.phases.starts[run[run.length - 1] + 1]];
      const [from, to] = [shape.indptr[first], shape.indptr[last]];
      const reads = [
        this.#store.read('indices', from * 4, this.#indices.subarray(at * 4, (at + to - from) * 4)),
      ];
      const width = needsWeights ? this.#weightBytes : 0;
      if (width > 0) {
        const into = this.#weights.subarray(at * width, (at + to - from) * width);
        reads.push(this.#store.read('weights', from * width, into));
      }
      await Promise.all(reads);
      // Where entry 0 of the whole graph would lie; the kernels' addresses wrap around at 4 GiB.
      const indices = this.#indices.byteOffset + (at - from) * 4;
      const data = width > 0 ? this.#weights.byteOffset + (at - from) * width : 0;
      for (const phase of run) {
        const [lo, hi] = [shape.phases.starts[phase], shape.phases.starts[phase + 1]];
        loaded.push({ lo, hi, isSmall: shape.phases.isSmall[phase], indices, data });
      }
      at += to - from;
    }
    return loaded;
  }
}

/** Phases that follow one another on disk too are read in one go. */
function consecutiveRuns(group: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const phase of group) {
    const last = runs[runs.length - 1];
    if (last && last[last.length - 1] + 1 === phase) last.push(phase);
    else runs.push([phase]);
  }
  return runs;
}

function storedNeighborhoods(store: EdgeStore, shape: Shape, weightBytes: number): Neighborhoods {
  const { order, indptr, weightUnit } = shape;
  const placeOf = new Uint32Array(order.length);
  order.forEach((v, place) => {
    placeOf[v] = place;
  });
  const degree = (v: number) => indptr[placeOf[v] + 1] - indptr[placeOf[v]];
  return {
    numVertices: order.length,
    degree,
    neighbors(v) {
      const first = indptr[placeOf[v]];
      const indices = new Uint32Array(degree(v));
      store.readNow('indices', first * 4, bytesOf(indices));
      if (weightBytes === 0) return { indices };
      const held = weightBytes === 4 ? new Float32Array(indices.length) : new Uint16Array(indices.length);
      store.readNow('weights', first * weightBytes, bytesOf(held));
      const weights =
        held instanceof Float32Array ? held : Float32Array.from(held, (units) => units * weightUnit);
      return { indices, weights };
    },
  };
}
