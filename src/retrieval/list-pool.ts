/** Posting lists in kernel memory, taken in one by one; when they do not fit any more, all are dropped. */
import type { Arena } from '../kernels/arena.ts';
import type { PostingLists } from './placed-index.ts';

export interface FetchedList {
  readonly cluster: number;
  readonly items: Uint32Array;
  readonly scores: Float32Array;
}

export class ListPool {
  readonly capacity: number;
  /** Lists that are not held are empty. */
  readonly lists: PostingLists;
  readonly #items: Uint32Array;
  readonly #scores: Float32Array;
  readonly #isHeld: Uint8Array;
  #size = 0;

  /** @param capacity entries, 8 bytes each */
  constructor(arena: Arena, numClusters: number, capacity: number) {
    this.capacity = capacity;
    this.#items = arena.u32(capacity);
    this.#scores = arena.f32(capacity);
    this.#isHeld = new Uint8Array(numClusters);
    this.lists = {
      starts: new Uint32Array(numClusters),
      ends: new Uint32Array(numClusters),
      items: this.#items.byteOffset,
      scores: this.#scores.byteOffset,
    };
  }

  holds(clusters: readonly number[]): boolean {
    return clusters.every((cluster) => this.#isHeld[cluster] === 1);
  }

  add(fetched: readonly FetchedList[]): void {
    const missing = fetched.filter(({ cluster }) => this.#isHeld[cluster] === 0);
    const numEntries = missing.reduce((sum, { items }) => sum + items.length, 0);
    if (this.#size + numEntries > this.capacity) this.#clear();
    for (const { cluster, items, scores } of missing) {
      this.#items.set(items, this.#size);
      this.#scores.set(scores, this.#size);
      this.lists.starts[cluster] = this.#size;
      this.#size += items.length;
      this.lists.ends[cluster] = this.#size;
      this.#isHeld[cluster] = 1;
    }
  }

  #clear(): void {
    this.#size = 0;
    this.#isHeld.fill(0);
    this.lists.starts.fill(0);
    this.lists.ends.fill(0);
  }
}
