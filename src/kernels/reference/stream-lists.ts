/** Twin of assembly/stream-lists.ts: the items that may be among the best of a cluster. */
import { flagOf, listField, type StreamMemory } from './stream-memory.ts';

const MIN_LIST_BITS = 3;

export class StreamLists {
  readonly #m: StreamMemory;

  constructor(memory: StreamMemory) {
    this.#m = memory;
  }

  /** Live members of a list: place of each in it, offset, place in its vector, value. */
  members(base: number, list: number, cluster: number, which: number) {
    const m = this.#m;
    const first = (base + m.u32[list + listField.members]) / 4;
    const found: { place: number; offset: number; clusters: number; at: number; value: number }[] = [];
    for (let place = 0; place < m.u32[list + listField.count]; place++) {
      const offset = m.u32[first + 2 * place];
      if (m.item(base, offset, 'serial') !== m.u32[first + 2 * place + 1]) continue;
      const vector = m.item(base, offset, 'vector');
      const bits = m.item(base, offset, 'vectorBits');
      const clusters = m.clustersOf(base, vector);
      const at = m.findCluster(clusters, bits, cluster);
      if ((m.u32[clusters + at] & flagOf(which)) === 0) continue;
      found.push({ place, offset, clusters, at, value: m.f64[m.valuesOf(base, vector, bits) + at] });
    }
    return found;
  }

  #cut(base: number, list: number, cluster: number, which: number, topK: number): number {
    const m = this.#m;
    const live = this.members(base, list, cluster, which).map((member) => ({
      ...member,
      value: Math.fround(member.value),
    }));
    const best = [...live].sort((a, b) => b.value - a.value || a.place - b.place).slice(0, topK);
    if (m.u32[list + listField.numLive] > topK) {
      m.f64[list / 2 + listField.bar] = best[topK - 1].value;
      for (const { clusters, at } of live)
        m.u32[clusters + at] = (m.u32[clusters + at] & ~flagOf(which)) >>> 0;
    }
    const first = (base + m.u32[list + listField.members]) / 4;
    best.sort((a, b) => a.place - b.place);
    best.forEach(({ place, offset, clusters, at }, i) => {
      m.u32[first + 2 * i] = offset;
      m.u32[first + 2 * i + 1] = m.u32[first + 2 * place + 1];
      m.u32[clusters + at] = (m.u32[clusters + at] | flagOf(which)) >>> 0;
    });
    m.u32[list + listField.count] = m.u32[list + listField.numLive] = best.length;
    return best.length;
  }

  #makeRoom(base: number, list: number, cluster: number, which: number, topK: number): boolean {
    const m = this.#m;
    if (m.u32[list + listField.members] === 0) {
      m.u32[list + listField.members] = m.takeBlock(base, 8 * 2 ** MIN_LIST_BITS);
      m.u32[list + listField.bits] = MIN_LIST_BITS;
      return m.u32[list + listField.members] !== 0;
    }
    const capacity = 2 ** m.u32[list + listField.bits];
    if (m.u32[list + listField.count] < capacity) return true;
    const threeQuarters = capacity - Math.floor(capacity / 4);
    if (m.u32[list + listField.numLive] > threeQuarters && capacity < 2 * topK) {
      const larger = m.takeBlock(base, 16 * capacity);
      if (larger !== 0) {
        const old = m.u32[list + listField.members];
        m.u8.copyWithin(base + larger, base + old, base + old + 8 * capacity);
        m.giveBlock(base, old, 8 * capacity);
        m.u32[list + listField.members] = larger;
        m.u32[list + listField.bits]++;
        return true;
      }
    }
    return this.#cut(base, list, cluster, which, Math.min(topK, threeQuarters)) < capacity;
  }

  enter(base: number, offset: number, cluster: number, at: number, which: number, topK: number): void {
    const m = this.#m;
    const vector = m.item(base, offset, 'vector');
    const clusters = m.clustersOf(base, vector);
    if ((m.u32[clusters + at] & flagOf(which)) !== 0) return;
    const list = m.listOf(base, cluster, which);
    const bar = list / 2 + listField.bar;
    const value = m.f64[m.valuesOf(base, vector, m.item(base, offset, 'vectorBits')) + at];
    if (value <= m.f64[bar] || !this.#makeRoom(base, list, cluster, which, topK) || value <= m.f64[bar])
      return;
    const place = (base + m.u32[list + listField.members]) / 4 + 2 * m.u32[list + listField.count]++;
    m.u32[place] = offset;
    m.u32[place + 1] = m.item(base, offset, 'serial');
    m.u32[list + listField.numLive]++;
    m.u32[clusters + at] = (m.u32[clusters + at] | flagOf(which)) >>> 0;
  }

  leave(base: number, cluster: number, which: number, topK: number): void {
    const m = this.#m;
    const list = m.listOf(base, cluster, which);
    m.u32[list + listField.numLive]--;
    if (!(m.f64[list / 2 + listField.bar] > 0 && m.u32[list + listField.numLive] < topK >>> 1)) return;
    m.f64[list / 2 + listField.bar] = 0;
    m.setShard(base, 'relistSlots', 2 ** m.shard(base, 'tableBits'));
  }
}
