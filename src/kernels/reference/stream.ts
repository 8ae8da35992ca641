/** Twins of assembly/stream.ts: decayed sparse vectors of items. */
import { exp } from '../../core/math.ts';
import type { Kernel, KernelName } from '../abi.ts';
import type { TwinMemory } from './memory.ts';
import { StreamItems } from './stream-items.ts';
import { kindOf, powerOfTwo, StreamMemory } from './stream-memory.ts';
import {
  EPOCH_HALF_LIVES,
  EVICTIONS_PER_ROW,
  isFull,
  type RecordSubject,
  type StreamBlock,
  UNITS,
  worthAt,
  writeRecord,
} from './stream-records.ts';

const ROW_UNDO = 1;
const CAPTURE_POWER = 1;
const CAPTURE_LONGEST = 2;
const MARGIN = 1.000000001;
const FIRST_POWER = 8;

/** What a row adds: round(N * factor) * scale in each cluster of the actor. */
interface Addition {
  readonly actor: number;
  readonly timeMs: number;
  readonly factor: number;
  readonly scale: number;
}

export function streamTwins(memory: TwinMemory, buffer: ArrayBufferLike) {
  const m = new StreamMemory(buffer);
  const items = new StreamItems(m);

  /** Runs `body` for each shard with its region and where it stands; what `body` gives is where it goes on. */
  const forShards =
    (name: KernelName, body: (p: StreamBlock, base: number, shard: number, done: number) => number): Kernel =>
    (params, _scratch, lo, hi) => {
      const p = memory.block(name, params) as StreamBlock;
      for (let shard = lo; shard < hi; shard++)
        m.u32[p.rowsDone / 4 + shard] = body(
          p,
          p.shards + shard * p.shardBytes,
          shard,
          m.u32[p.rowsDone / 4 + shard],
        );
    };

  const isOfShard = (p: StreamBlock, row: number, shard: number) =>
    ((m.u32[p.hashes / 4 + row] >>> 20) & (p.numShards - 1)) === shard;

  const applyEvents = forShards('applyEvents', (p, base, shard, done) => {
    let row = done;
    for (; row < p.numRows; row++) {
      if (!isOfShard(p, row, shard)) continue;
      if (isFull(m, p, shard)) break;
      applyRow(p, base, shard, row);
    }
    return row;
  });

  function applyRow(p: StreamBlock, base: number, shard: number, row: number): void {
    const timeMs = m.f64[p.timesMs / 8 + row];
    m.setShard(base, 'evictionsLeft', EVICTIONS_PER_ROW);
    const offset = itemOfRow(p, base, shard, row, timeMs);
    if (offset === 0) return;
    const subject = { base, shard, offset };
    const isUndo = (m.u32[p.kinds / 4 + row] & ROW_UNDO) !== 0;
    const isTweet = kindOf(m.item(base, offset, 'idInfo')) === 0;
    const epoch = Math.floor(timeMs / (p.halfLifeMs * EPOCH_HALF_LIVES));
    const addition: Addition = {
      actor: m.u32[p.actors / 4 + row],
      timeMs,
      factor: exp((timeMs / p.halfLifeMs - epoch * EPOCH_HALF_LIVES) * Math.LN2) * UNITS,
      scale: powerOfTwo(EPOCH_HALF_LIVES * (epoch - m.landmark(base))) * (isUndo ? -1 : 1),
    };
    if (m.item(base, offset, 'longestIsLive') !== 0) captureIfOvertaken(p, subject, addition);
    addInterests(p, subject, addition);
    m.count(base, 'numApplied');
    const numFavs = m.item(base, offset, 'numFavs');
    const counted = isUndo ? Math.max(numFavs, 1) - 1 : numFavs + 1;
    m.setItem(base, offset, 'numFavs', Math.max(counted, m.u32[p.numFavs / 4 + row]));
    if (isUndo) return;
    m.setItemF64(base, offset, 'lastMs', Math.max(m.itemF64(base, offset, 'lastMs'), timeMs));
    if (isTweet && m.item(base, offset, 'numFavs') >= p.minFavs) countUpdate(p, subject);
  }

  function itemOfRow(p: StreamBlock, base: number, shard: number, row: number, timeMs: number): number {
    const info = m.u32[p.idInfos / 4 + row];
    const hash = m.u32[p.hashes / 4 + row];
    const id = p.text + m.u32[p.idStarts / 4 + row];
    const given = m.f64[p.bornMs / 8 + row];
    const isKnown = !Number.isNaN(given);
    const isTweet = kindOf(info) === 0;
    const offset = m.u32[items.table(base).table + items.find(base, hash, info, id)];
    let bornMs = isKnown ? given : timeMs;
    if (offset !== 0) {
      bornMs = isKnown ? given : Math.min(m.itemF64(base, offset, 'bornMs'), timeMs);
      m.setItemF64(base, offset, 'bornMs', bornMs);
    } else if (isTweet && !isKnown && p.bornByFirstEvent === 0) bornMs = Number.NEGATIVE_INFINITY;
    if (isTweet && timeMs - bornMs >= p.maxAgeMs) {
      m.count(base, 'numTooOld');
      return 0;
    }
    if (offset !== 0) return offset;
    const made = items.make(p, base, shard, { hash, info, id }, bornMs);
    if (made === 0) m.count(base, 'numRefused');
    return made;
  }

  /** The clusters of an addition, and what it adds to each. */
  function* added(p: StreamBlock, { actor, factor, scale }: Addition): Generator<[number, number]> {
    const end = m.u32[p.interestIndptr / 4 + actor + 1];
    for (let i = m.u32[p.interestIndptr / 4 + actor]; i < end; i++) {
      const score = m.f32[p.interestScores / 4 + i];
      yield [m.u32[p.interestClusters / 4 + i], Math.floor(score * factor + 0.5) * scale];
    }
  }

  function addInterests(p: StreamBlock, subject: RecordSubject, addition: Addition): void {
    const { base, offset } = subject;
    for (const [cluster, more] of added(p, addition)) {
      const slot = slotFor(p, subject, cluster, addition);
      if (slot === 0) {
        m.count(base, 'numRefused');
        return;
      }
      const before = m.value(slot);
      m.setValue(slot, before + more);
      const square = m.itemF64(base, offset, 'sumSquares');
      m.setItemF64(base, offset, 'sumSquares', square + more * (before + (before + more)));
    }
  }

  /** Slot of a cluster in the vector, made if need be; 0: no memory. */
  function slotFor(
    p: StreamBlock,
    subject: RecordSubject,
    cluster: number,
    { actor, timeMs }: Addition,
  ): number {
    const { base, offset } = subject;
    const find = () => {
      const vector = base + m.item(base, offset, 'vector');
      return m.findSlot(vector, m.item(base, offset, 'vectorBits'), cluster);
    };
    const isEmpty = m.item(base, offset, 'vector') === 0;
    let slot = isEmpty ? 0 : find();
    if (!isEmpty && m.cluster(slot) !== 0) return slot;
    const numEntries = m.item(base, offset, 'numEntries') + 1;
    if (isEmpty || numEntries * 4 > 3 * 2 ** m.item(base, offset, 'vectorBits')) {
      const negligible = p.negligible / worthAt(m, p, base, timeMs);
      const [begin, end] = [actor, actor + 1].map((row) => m.u32[p.interestIndptr / 4 + row]);
      if (!items.growVector(p, subject, negligible, end - begin)) return 0;
      slot = find();
    }
    m.setSlot(slot, cluster, 0);
    m.setItem(base, offset, 'numEntries', m.item(base, offset, 'numEntries') + 1);
    m.setShard(base, 'numEntries', m.shard(base, 'numEntries') + 1);
    return slot;
  }

  function captureIfOvertaken(p: StreamBlock, subject: RecordSubject, addition: Addition): void {
    const { base, offset } = subject;
    const lastMs = m.itemF64(base, offset, 'lastMs');
    const worth = worthAt(m, p, base, Math.max(lastMs, addition.timeMs));
    const bar = (m.itemF64(base, offset, 'longestSquare') * MARGIN) / (worth * worth);
    let after = m.itemF64(base, offset, 'sumSquares');
    for (const [, more] of added(p, addition)) after += more * more;
    if (addition.scale > 0 && after > bar) return;
    const vector = base + m.item(base, offset, 'vector');
    const bits = m.item(base, offset, 'vectorBits');
    for (const [cluster, more] of added(p, addition)) {
      const slot = m.findSlot(vector, bits, cluster);
      if (m.cluster(slot) !== 0) after += 2 * m.value(slot) * more;
    }
    if (addition.scale > 0 && after > bar) return;
    writeRecord(m, p, subject, { reason: CAPTURE_LONGEST, timeMs: lastMs });
    m.setItem(base, offset, 'longestIsLive', 0);
  }

  function countUpdate(p: StreamBlock, subject: RecordSubject): void {
    const { base, offset } = subject;
    const numUpdates = m.item(base, offset, 'numUpdates') + 1;
    m.setItem(base, offset, 'numUpdates', numUpdates);
    const timeMs = m.itemF64(base, offset, 'lastMs');
    const worth = worthAt(m, p, base, timeMs);
    const square = m.itemF64(base, offset, 'sumSquares') * worth * worth;
    if (square > m.itemF64(base, offset, 'longestSquare')) {
      m.setItemF64(base, offset, 'longestSquare', square);
      m.setItem(base, offset, 'longestIsLive', 1);
    }
    if (numUpdates >= FIRST_POWER && (numUpdates & (numUpdates - 1)) === 0)
      writeRecord(m, p, subject, { reason: CAPTURE_POWER, timeMs });
  }

  const sweepItems = forShards('sweepItems', (p, base, shard, done) => {
    const { mask } = items.table(base);
    let left = done;
    for (; left > 0 && !isFull(m, p, shard); left--) {
      sweepPlace(p, base, shard);
      m.setShard(base, 'sweepAt', (m.shard(base, 'sweepAt') + 1) & mask);
    }
    return left;
  });

  function sweepPlace(p: StreamBlock, base: number, shard: number): void {
    const place = m.shard(base, 'sweepAt');
    const offset = m.u32[items.table(base).table + place];
    if (offset === 0) return;
    const worth = worthAt(m, p, base, p.nowMs);
    const age = p.nowMs - m.itemF64(base, offset, 'bornMs');
    const square = m.itemF64(base, offset, 'sumSquares') * worth * worth;
    if (kindOf(m.item(base, offset, 'idInfo')) === 0 && age >= p.maxAgeMs) {
      items.remove(p, { base, shard, place, counter: 'numExpired' });
    } else if (square < p.negligible * p.negligible) {
      items.remove(p, { base, shard, place, counter: 'numNegligible' });
    }
  }

  const rebaseItems = forShards('rebaseItems', (p, base, _shard, done) => {
    const scale = powerOfTwo(-EPOCH_HALF_LIVES * p.shift);
    const { table, mask } = items.table(base);
    for (let place = 0; place <= mask; place++) {
      const offset = m.u32[table + place];
      if (offset === 0) continue;
      const square = m.itemF64(base, offset, 'sumSquares');
      m.setItemF64(base, offset, 'sumSquares', square * (scale * scale));
      const vector = m.item(base, offset, 'vector');
      const bits = m.item(base, offset, 'vectorBits');
      for (const slot of vector === 0 ? [] : m.entries(base + vector, bits))
        m.setValue(slot, m.value(slot) * scale);
    }
    m.count(base, 'landmark', p.shift);
    return done;
  });

  const isRead = (p: StreamBlock, base: number, offset: number) =>
    kindOf(m.item(base, offset, 'idInfo')) !== 0 || p.nowMs - m.itemF64(base, offset, 'bornMs') < p.maxAgeMs;

  const exportItems = forShards('exportItems', (p, base, shard, done) => {
    const { table, mask } = items.table(base);
    let place = done;
    for (; place <= mask && !isFull(m, p, shard); place++) {
      const offset = m.u32[table + place];
      if (offset === 0 || !isRead(p, base, offset)) continue;
      writeRecord(m, p, { base, shard, offset }, { timeMs: p.nowMs, threshold: p.threshold, tag: place });
    }
    return place;
  });

  const readItems = forShards('readItems', (p, base, shard, done) => {
    let row = done;
    for (; row < p.numRows && !isFull(m, p, shard); row++) {
      if (!isOfShard(p, row, shard)) continue;
      const id = p.text + m.u32[p.idStarts / 4 + row];
      const place = items.find(base, m.u32[p.hashes / 4 + row], m.u32[p.idInfos / 4 + row], id);
      const offset = m.u32[items.table(base).table + place];
      if (offset === 0 || !isRead(p, base, offset)) continue;
      writeRecord(m, p, { base, shard, offset }, { timeMs: p.nowMs, threshold: p.threshold, tag: row });
    }
    return row;
  });

  /** Entries that count, in the order of the table. */
  function* entries(p: StreamBlock, base: number) {
    const worth = worthAt(m, p, base, p.nowMs);
    const { table, mask } = items.table(base);
    for (let place = 0; place <= mask; place++) {
      const offset = m.u32[table + place];
      if (offset === 0 || m.item(base, offset, 'vector') === 0) continue;
      const isWanted = ((p.kindMask >>> kindOf(m.item(base, offset, 'idInfo'))) & 1) !== 0;
      if (!isWanted || p.nowMs - m.itemF64(base, offset, 'bornMs') >= p.youngerMs) continue;
      const vector = m.item(base, offset, 'vector');
      const bits = m.item(base, offset, 'vectorBits');
      for (const slot of m.entries(base + vector, bits)) {
        const score = Math.fround(m.value(slot) * worth);
        if (score >= p.threshold) yield { place, cluster: m.cluster(slot), score };
      }
    }
  }

  const countEntries = forShards('countEntries', (p, base, shard, done) => {
    for (const { cluster } of entries(p, base)) m.u32[p.counts / 4 + shard * p.numClusters + cluster]++;
    return done;
  });

  const scatterEntries = forShards('scatterEntries', (p, base, shard, done) => {
    const numbers = p.itemNumbers / 4 + m.u32[p.itemStarts / 4 + shard];
    for (const { place, cluster, score } of entries(p, base)) {
      const at = m.u32[p.counts / 4 + shard * p.numClusters + cluster]++;
      m.u32[p.itemsOut / 4 + at] = m.u32[numbers + place];
      m.f32[p.scoresOut / 4 + at] = score;
    }
    return done;
  });

  return { applyEvents, sweepItems, rebaseItems, exportItems, readItems, countEntries, scatterEntries };
}
