/**
 * Sampler: the state of a Metropolis-Hastings chain in kernel memory, and one epoch of it. The moves and their formulas
 * are in assembly/metropolis.ts (one community per vertex) and assembly/memberships.ts (several); this file says which
 * vertices move at the same time.
 */
import type { Memberships } from '../core/memberships.ts';
import { permutation, type RandomKey, randomKey } from '../core/rng.ts';
import { type KernelName, moveOutcome, proposalCode } from '../kernels/abi.ts';
import type { Step } from '../kernels/job.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { acceptScale, type SamplerOptions } from './options.ts';
import { shufflePhases } from './phases.ts';
import { allPhases, type LoadedPhase, type PlacedGraph } from './placed-graph.ts';

/** Shares of all vertices. */
export interface EpochRates {
  readonly acceptRate: number;
  readonly emptyProposalRate: number;
  readonly sameProposalRate: number;
}

export interface Sampler {
  /** Makes these memberships the state; their width is at most that of the sampler. */
  load(memberships: Memberships): void;
  /** The state itself, in kernel memory: the next epoch changes it. */
  current(): Memberships;
  /** A copy of the state. */
  memberships(): Memberships;
  runEpoch(epoch: number, seed: string): Promise<EpochRates>;
}

/** The kernels of a kind of state, and the fields of their block that do not change. */
interface Moves {
  readonly propose: KernelName & ('proposeMoves' | 'proposeRows');
  readonly apply: KernelName;
  readonly atOnce: KernelName;
  /** Moves of a phase are applied by one thread. */
  readonly isApplySerial: boolean;
  /** Vertices per call. */
  readonly chunk: number;
  readonly values: Readonly<Record<string, number | ArrayBufferView | undefined>>;
  readonly scratchBytes: number;
}

/** Entries per call: few enough that threads finish a phase together, enough to hide the call. */
const CHUNK_ENTRIES = 2048;

/** Vertices per call. */
export function chunkOf({ numVertices, numEntries }: PlacedGraph): number {
  const perVertex = 4 + numEntries / Math.max(1, numVertices);
  return Math.max(16, Math.ceil(CHUNK_ENTRIES / perVertex));
}

/** Scratch memory of a sweep over single communities; laid out by `batchIn` of assembly/batch.ts. */
export function sweepScratchBytes(numCommunities: number, degree: number): number {
  const most = Math.max(degree, 1024) + 8;
  const vertices = 256 + 8;
  const ofBatch = 24 * most + 8 * (degree + 8) + 12 * (most + vertices) + 72 * vertices;
  return 8 * (numCommunities + 1) + ofBatch + 128;
}

/** Lives in kernel memory for as long as the scope it is made in. @param width communities per vertex at the most */
export function placeSampler(
  kernels: Kernels,
  graph: PlacedGraph,
  numCommunities: number,
  width: number,
  options: SamplerOptions,
  meanWeights: Float64Array | undefined,
): Sampler {
  const { arena } = kernels;
  const rows = arena.u32(graph.numVertices * width);
  const sizes = arena.u32(numCommunities + 1);
  const outcomes = arena.u8(graph.numVertices);
  const next = arena.u32(graph.numVertices * width);
  const common = {
    order: graph.order,
    indptr: graph.indptr,
    weightUnit: graph.weightUnit,
    ...(meanWeights && graph.isWeighted && { meanWeights }),
    numCommunities,
    maxDegree: graph.maxDegree,
    sizes,
    next,
    outcomes,
    wtCoeff: options.wtCoeff,
    excludeSelf: options.hastings ? 1 : 0,
  };
  const anchors = options.stability ? arena.u32(graph.numVertices) : undefined;
  const overlaps = new OverlapLists(width > 1 ? graph.numVertices * width : 0, numCommunities, kernels);
  const isSingle = width === 1 && options.proposal === 'single-or-zero';
  const moves: Moves = isSingle
    ? {
        propose: 'proposeMoves',
        apply: 'applyMoves',
        atOnce: 'moveAtOnce',
        isApplySerial: false,
        chunk: chunkOf(graph),
        values: {
          ...common,
          assignment: rows,
          hastings: options.hastings ? 1 : 0,
          anchors,
          anchorCoeff: options.stability ?? 0,
        },
        scratchBytes: sweepScratchBytes(numCommunities, graph.maxDegree),
      }
    : {
        propose: 'proposeRows',
        apply: 'applyRows',
        atOnce: 'moveRowsAtOnce',
        isApplySerial: true,
        chunk: chunkOf(graph),
        values: {
          ...common,
          ...overlaps.arrays,
          rows,
          width,
          proposal: proposalCode[options.proposal],
          maxMemberships:
            options.proposal === 'pure-random' ? width : Math.min(options.maxMemberships, width),
        },
        scratchBytes: rowScratchBytes(numCommunities, graph.maxDegree, width),
      };
  const state = { numVertices: graph.numVertices, numCommunities, width, rows };
  return {
    load(memberships) {
      fillRows(rows, width, memberships);
      sizes.fill(0);
      for (const community of rows) sizes[community]++;
      anchors?.set(rows.subarray(0, anchors.length));
      if (!isSingle) overlaps.build(rows, width);
    },
    current: () => state,
    memberships: () => ({ ...state, rows: rows.slice() }),
    async runEpoch(epoch, seed) {
      await sweep(kernels, graph, moves, options, epoch, seed);
      return outcomeRates(outcomes);
    },
  };
}

function fillRows(rows: Uint32Array, width: number, from: Memberships): void {
  if (from.width === width) {
    rows.set(from.rows);
    return;
  }
  rows.fill(from.numCommunities);
  for (let v = 0; v < from.numVertices; v++)
    rows.set(from.rows.subarray(v * from.width, (v + 1) * from.width), v * width);
}

/** slots of 24 bytes; candidates of 4, scores and weights of 8 per community met; tables of 256; two rows */
function rowScratchBytes(numCommunities: number, degree: number, width: number): number {
  const maxMet = degree * width + 2;
  return (numCommunities + 1) * 24 + maxMet * 20 + 256 * 8 * 5 + width * 8 + 128;
}

/** The lists of vertices in several communities; see assembly/memberships.ts. */
class OverlapLists {
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #previous: Uint32Array;
  readonly #none: number;

  constructor(numSlots: number, numCommunities: number, { arena }: Kernels) {
    this.#heads = arena.u32(numCommunities + 1);
    this.#next = arena.u32(numSlots);
    this.#previous = arena.u32(numSlots);
    this.#none = numCommunities;
  }

  get arrays() {
    return { overlapHeads: this.#heads, overlapNext: this.#next, overlapPrevious: this.#previous };
  }

  build(rows: Uint32Array, width: number): void {
    const end = 0xffffffff;
    this.#heads.fill(end);
    this.#previous.fill(end);
    for (let slot = 0; slot < this.#next.length; slot++) {
      const community = rows[slot];
      const isOverlapping = width > 1 && rows[slot - (slot % width) + 1] !== this.#none;
      if (community === this.#none || !isOverlapping) continue;
      const head = this.#heads[community];
      this.#next[slot] = head;
      if (head !== end) this.#previous[head] = slot;
      this.#heads[community] = slot;
    }
  }
}

async function sweep(
  kernels: Kernels,
  graph: PlacedGraph,
  moves: Moves,
  options: SamplerOptions,
  epoch: number,
  seed: string,
): Promise<void> {
  const values = {
    ...moves.values,
    ...randomKey(seed, 'metropolis-hastings'),
    epoch,
    acceptScale: acceptScale(options, epoch),
  };
  const isInOrder = options.update === 'phases';
  const visited = isInOrder
    ? shufflePhases(graph.phases, randomKey(seed, 'phases'), epoch)
    : allPhases(graph);
  await graph.visit(visited, (loaded) =>
    kernels.scope(async (arena) => {
      const blockOf = blocks(kernels, moves.propose, values);
      const steps =
        options.update === 'phases'
          ? phaseSteps(moves, loaded, blockOf)
          : options.update === 'deferred'
            ? loaded.map((phase) => proposeStep(moves, phase, blockOf(phase)))
            : atOnceSteps(moves, loaded, options.update, (phase) =>
                blockOf(phase, {
                  visits: arena.put(visitOrder(graph.numVertices, randomKey(seed, 'visits'), epoch)),
                }),
              );
      await kernels.run(steps, { scratchBytes: moves.scratchBytes });
    }),
  );
  if (options.update !== 'deferred') return;
  await kernels.scope(async () => {
    const params = kernels.block(moves.propose, values as never);
    await kernels.run([applyStep(moves, { lo: 0, hi: graph.numVertices, isSmall: false }, params)]);
  });
}

/** One parameter block for all phases whose edges lie at the same addresses. */
function blocks(kernels: Kernels, kernel: 'proposeMoves' | 'proposeRows', values: object) {
  let last: { key: string; address: number } | undefined;
  return ({ indices, data }: LoadedPhase, more: object = {}): number => {
    const key = `${indices} ${data}`;
    if (last?.key !== key)
      last = { key, address: kernels.block(kernel, { ...values, ...more, indices, data } as never) };
    return last.address;
  };
}

function phaseSteps(
  moves: Moves,
  loaded: readonly LoadedPhase[],
  blockOf: (phase: LoadedPhase) => number,
): Step[] {
  return loaded.flatMap((phase) => {
    const params = blockOf(phase);
    return [proposeStep(moves, phase, params), applyStep(moves, phase, params)];
  });
}

function proposeStep(moves: Moves, { lo, hi, isSmall }: LoadedPhase, params: number): Step {
  return { kernel: moves.propose, params, lo, hi, chunk: moves.chunk, isSerial: isSmall };
}

type Places = Pick<LoadedPhase, 'lo' | 'hi' | 'isSmall'>;

function applyStep(moves: Moves, { lo, hi, isSmall }: Places, params: number): Step {
  const isSerial = isSmall || moves.isApplySerial;
  return { kernel: moves.apply, params, lo, hi, chunk: moves.chunk * 8, isSerial };
}

/** Serial: by a single thread. Hogwild: by as many as come. The whole graph must be in memory. */
function atOnceSteps(
  moves: Moves,
  loaded: readonly LoadedPhase[],
  update: 'serial' | 'hogwild',
  blockOf: (phase: LoadedPhase) => number,
): Step[] {
  const { hi } = loaded[loaded.length - 1];
  const isSerial = update === 'serial';
  return [{ kernel: moves.atOnce, params: blockOf(loaded[0]), lo: 0, hi, chunk: moves.chunk, isSerial }];
}

function visitOrder(numVertices: number, key: RandomKey, epoch: number): Uint32Array {
  return permutation(key, epoch, numVertices);
}

function outcomeRates(outcomes: Uint8Array): EpochRates {
  // Four at a time: one by one they would take a tenth as long as the epoch itself.
  const words = new Uint32Array(outcomes.buffer, outcomes.byteOffset, outcomes.length >> 2);
  const counts = { accepted: 0, empty: 0, same: 0 };
  for (let i = 0; i < words.length; ) {
    // A byte of these sums holds 255 at the most.
    const end = Math.min(words.length, i + 255);
    let [accepted, empty, same] = [0, 0, 0];
    for (; i < end; i++) {
      accepted += (words[i] >>> 2) & ONES;
      empty += words[i] & ONES;
      same += (words[i] >>> 1) & ONES;
    }
    counts.accepted += sumOfBytes(accepted);
    counts.empty += sumOfBytes(empty);
    counts.same += sumOfBytes(same);
  }
  for (const outcome of outcomes.subarray(words.length << 2)) {
    counts.accepted += (outcome & moveOutcome.accepted) >> 2;
    counts.empty += outcome & moveOutcome.proposedEmpty;
    counts.same += (outcome & moveOutcome.proposedSame) >> 1;
  }
  const n = Math.max(1, outcomes.length);
  return {
    acceptRate: counts.accepted / n,
    emptyProposalRate: counts.empty / n,
    sameProposalRate: counts.same / n,
  };
}

const ONES = 0x01010101;

function sumOfBytes(word: number): number {
  return (word & 255) + ((word >>> 8) & 255) + ((word >>> 16) & 255) + (word >>> 24);
}
