/** Collects edges in growing arrays and applies the policies on self-follows and zero weights. */
import type { EdgeInput, InputReport } from './edge-input.ts';
import { IdLookup } from './id-lookup.ts';

export class EdgeSink {
  readonly consumers = new IdLookup();
  readonly producers = new IdLookup();
  readonly report: InputReport;
  #dropsSelfFollows: boolean;
  #numEdges = 0;
  #lefts = new Uint32Array(1 << 12);
  #rights = new Uint32Array(1 << 12);
  /** Made when the first weight other than 1 comes. */
  #weights: Float32Array | undefined;

  constructor(report: InputReport, selfFollows: 'drop' | 'keep') {
    this.report = report;
    this.#dropsSelfFollows = selfFollows === 'drop';
  }

  get numEdges(): number {
    return this.#numEdges;
  }

  /** From here on rows with the same id on both sides stay. */
  keepSelfFollows(): void {
    this.#dropsSelfFollows = false;
  }

  /** Counts and judges an edge before its ids are looked up; false when it is to be dropped. */
  accepts(isSelfFollow: boolean, weight: number): boolean {
    if (isSelfFollow) {
      this.report.numSelfFollows++;
      if (this.#dropsSelfFollows) return false;
    }
    if (weight !== 0) return true;
    this.report.numZeroWeights++;
    return false;
  }

  push(consumer: number, producer: number, weight: number): void {
    const at = this.#numEdges++;
    if (at === this.#lefts.length) this.#grow();
    this.#lefts[at] = consumer;
    this.#rights[at] = producer;
    if (this.#weights !== undefined) this.#weights[at] = weight;
    else if (weight !== 1) this.#startWeights(at, weight);
  }

  /** The edges collected. The sink may not be used afterwards. */
  toInput(): EdgeInput {
    const numEdges = this.#numEdges;
    // One after the other, so that at most one array exists twice.
    const consumers = this.#lefts.slice(0, numEdges);
    this.#lefts = new Uint32Array(0);
    const producers = this.#rights.slice(0, numEdges);
    this.#rights = new Uint32Array(0);
    const weights = this.#weights?.slice(0, numEdges);
    this.#weights = undefined;
    const consumerIds = this.consumers.toTable();
    const producerIds = this.producers.toTable();
    const edges = { numEdges, consumers, producers, consumerIds, producerIds, report: this.report };
    return weights ? { ...edges, weights } : edges;
  }

  #startWeights(at: number, weight: number): void {
    this.#weights = new Float32Array(this.#lefts.length).fill(1, 0, at);
    this.#weights[at] = weight;
  }

  #grow(): void {
    const length = this.#lefts.length * 2;
    this.#lefts = doubled(this.#lefts, new Uint32Array(length));
    this.#rights = doubled(this.#rights, new Uint32Array(length));
    if (this.#weights) this.#weights = doubled(this.#weights, new Float32Array(length));
  }
}

function doubled<T extends Uint32Array | Float32Array>(array: T, larger: T): T {
  larger.set(array);
  return larger;
}
