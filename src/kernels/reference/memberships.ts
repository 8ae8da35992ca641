/**
 * Twins of assembly/memberships.ts: every row that may come next is scored by its definition, one by one.
 * The kernels sum weights in other orders; f64 sums of f32 weights are exact unless weights differ by a factor of 2^20.
 */
import { ln } from '../../core/math.ts';
import { streamOf, uniform } from '../../core/rng.ts';
import { type Kernel, moveOutcome, proposalCode } from '../abi.ts';
import type { TwinMemory } from './memory.ts';
import { drawSoftmax } from './metropolis.ts';

/** End of an overlap list. */
const END = 0xffffffff;
const FIRST_DRAW = 2;

/** Communities, ascending. */
type Row = readonly number[];

interface Neighbor {
  readonly row: Row;
  readonly weight: number;
}

type RowKernel = 'proposeRows' | 'applyRows' | 'moveRowsAtOnce';

export function membershipTwins(memory: TwinMemory) {
  function chain(kernel: RowKernel, params: number) {
    const p = memory.block(kernel, params);
    const order = memory.u32(p.order);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const weightOf = memory.edgeWeights(p.data, p.weightUnit);
    const meanWeights = memory.optionalF64(p.meanWeights);
    const rows = memory.u32(p.rows);
    const sizes = memory.u32(p.sizes);
    const nextRows = memory.u32(p.next);
    const outcomes = memory.u8(p.outcomes);
    const none = p.numCommunities;
    const lists = new OverlapLists(
      memory.u32(p.overlapHeads),
      memory.u32(p.overlapNext),
      memory.u32(p.overlapPrevious),
    );

    const readRow = (all: Uint32Array, i: number): Row =>
      [...all.subarray(i * p.width, (i + 1) * p.width)].filter((community) => community !== none);
    const writeRow = (all: Uint32Array, i: number, row: Row): void => {
      all.fill(none, i * p.width, (i + 1) * p.width);
      all.set(row, i * p.width);
    };

    /** Members of the union: those of one community by the sizes, those of several each once. */
    const unionSize = (row: Row): number => {
      const overlapping = new Set<number>();
      let numSingle = 0;
      for (const community of row) {
        const slots = lists.slotsOf(community);
        numSingle += sizes[community] - slots.length;
        for (const slot of slots) overlapping.add(Math.floor(slot / p.width));
      }
      return numSingle + overlapping.size;
    };

    /** Next row of the vertex at `place`, the same one if the proposal is refused; leaves the outcome. */
    const decide = (place: number): Row => {
      const v = order[place];
      const own = readRow(rows, v);
      const neighbors: Neighbor[] = [];
      for (let i = indptr[place]; i < indptr[place + 1]; i++)
        neighbors.push({ row: readRow(rows, indices[i]), weight: weightOf(i) });
      const mean = meanWeights ? meanWeights[place] : 1;
      const scoreOf = (row: Row): number => {
        if (row.length === 0) return 0;
        const met = neighbors.filter((neighbor) => share(neighbor.row, row));
        return p.wtCoeff * weigh(met) + (met.length - unionSize(row)) * mean;
      };
      const stream = streamOf(p, p.epoch, v);
      const proposed =
        p.proposal >= proposalCode['fraction-of-neighbors']
          ? drawEach(neighbors, mean * neighbors.length, stream)
          : drawOne([[], ...others(neighbors, own)], scoreOf, uniform(stream, 0));
      outcomes[place] = proposed.length === 0 ? moveOutcome.proposedEmpty : 0;
      if (isEqual(proposed, own)) {
        outcomes[place] |= moveOutcome.proposedSame;
        return own;
      }
      const ownScore = scoreOf(own) + (p.excludeSelf && own.length > 0 ? mean : 0);
      const gain = p.acceptScale * (scoreOf(proposed) - ownScore);
      if (gain < 0 && ln(uniform(stream, 1)) >= gain) return own;
      outcomes[place] |= moveOutcome.accepted;
      return proposed;
    };

    /** Single communities of neighbours and, if several may be proposed, subsets of the cover; not the current row. */
    const others = (neighbors: readonly Neighbor[], own: Row): Row[] => {
      const singles = [...new Set(neighbors.flatMap(({ row }) => row))].map((community) => [community]);
      const cover = p.proposal === proposalCode.multiple ? coverOf(neighbors, p.maxMemberships) : [];
      const several = subsetsOf(cover).filter((set) => set.length >= 2);
      return [...singles, ...several].filter((row) => !isEqual(row, own));
    };

    /** Each community by a draw of its own; of more than maxMemberships the heaviest, then the lowest. */
    const drawEach = (neighbors: readonly Neighbor[], weightedDegree: number, stream: number): Row => {
      const weightIn = (community: number) => weigh(neighbors.filter(({ row }) => row.includes(community)));
      const probabilityOf = (community: number): number => {
        if (p.proposal === proposalCode['pure-random']) return 0.5;
        const weight = weightIn(community);
        if (p.proposal === proposalCode['fraction-of-neighbors']) return weight / weightedDegree;
        const count = neighbors.filter(({ row }) => row.includes(community)).length;
        return count === 0 ? 0 : weight / (weightedDegree + (weight / count) * (sizes[community] - count));
      };
      return Array.from({ length: none }, (_, community) => community)
        .filter((community) => uniform(stream, FIRST_DRAW + community) < probabilityOf(community))
        .sort((a, b) => weightIn(b) - weightIn(a) || a - b)
        .slice(0, p.maxMemberships)
        .sort((a, b) => a - b);
    };

    const move = (place: number, next: Row): void => {
      const v = order[place];
      const own = readRow(rows, v);
      own.forEach((community, j) => {
        sizes[community]--;
        if (own.length > 1) lists.remove(community, v * p.width + j);
      });
      writeRow(rows, v, next);
      next.forEach((community, j) => {
        sizes[community]++;
        if (next.length > 1) lists.add(community, v * p.width + j);
      });
    };

    return {
      outcomes,
      visits: memory.u32(p.visits),
      decide,
      move,
      nextOf: (place: number) => readRow(nextRows, place),
      setNext: (place: number, row: Row) => writeRow(nextRows, place, row),
    };
  }

  const proposeRows: Kernel = (params, _scratch, lo, hi) => {
    const { decide, setNext } = chain('proposeRows', params);
    for (let place = lo; place < hi; place++) setNext(place, decide(place));
  };

  const applyRows: Kernel = (params, _scratch, lo, hi) => {
    const { outcomes, move, nextOf } = chain('applyRows', params);
    for (let place = lo; place < hi; place++)
      if (outcomes[place] & moveOutcome.accepted) move(place, nextOf(place));
  };

  const moveRowsAtOnce: Kernel = (params, _scratch, lo, hi) => {
    const { outcomes, visits, decide, move, setNext } = chain('moveRowsAtOnce', params);
    for (let visit = lo; visit < hi; visit++) {
      const place = visits[visit];
      const next = decide(place);
      setNext(place, next);
      if (outcomes[place] & moveOutcome.accepted) move(place, next);
    }
  };

  return { proposeRows, applyRows, moveRowsAtOnce };
}

/** For each community, the slots of vertices that belong to two or more: doubly linked, the newest first. */
class OverlapLists {
  readonly #heads: Uint32Array;
  readonly #next: Uint32Array;
  readonly #previous: Uint32Array;

  constructor(heads: Uint32Array, next: Uint32Array, previous: Uint32Array) {
    this.#heads = heads;
    this.#next = next;
    this.#previous = previous;
  }

  slotsOf(community: number): number[] {
    const slots: number[] = [];
    for (let slot = this.#heads[community]; slot !== END; slot = this.#next[slot]) slots.push(slot);
    return slots;
  }

  add(community: number, slot: number): void {
    const head = this.#heads[community];
    this.#heads[community] = slot;
    this.#previous[slot] = END;
    this.#next[slot] = head;
    if (head !== END) this.#previous[head] = slot;
  }

  remove(community: number, slot: number): void {
    const [before, after] = [this.#previous[slot], this.#next[slot]];
    if (before === END) this.#heads[community] = after;
    else this.#next[before] = after;
    if (after !== END) this.#previous[after] = before;
  }
}

function drawOne(candidates: readonly Row[], scoreOf: (row: Row) => number, u: number): Row {
  const scores = candidates.map(scoreOf);
  return candidates[scores.length === 1 ? 0 : drawSoftmax(scores, Math.max(...scores), u)];
}

/** Again and again the community of most weight among neighbours not covered yet; ties: the lowest. Ascending. */
function coverOf(neighbors: readonly Neighbor[], maxLength: number): Row {
  const cover: number[] = [];
  while (cover.length < maxLength) {
    const left = neighbors.filter(({ row }) => !share(row, cover));
    const gainOf = (community: number) => weigh(left.filter(({ row }) => row.includes(community)));
    const ranked = [...new Set(left.flatMap(({ row }) => row))].sort(
      (a, b) => gainOf(b) - gainOf(a) || a - b,
    );
    if (ranked.length === 0) break;
    cover.push(ranked[0]);
  }
  return cover.sort((a, b) => a - b);
}

/** In the order of the numbers whose bit j stands for set[j]. */
function subsetsOf(set: Row): Row[] {
  return Array.from({ length: 2 ** set.length }, (_, bits) => set.filter((_, j) => bits & (1 << j)));
}

function share(a: Row, b: Row): boolean {
  return a.some((community) => b.includes(community));
}

function isEqual(a: Row, b: Row): boolean {
  return a.length === b.length && a.every((community, j) => community === b[j]);
}

function weigh(neighbors: readonly Neighbor[]): number {
  return neighbors.reduce((sum, { weight }) => sum + weight, 0);
}
