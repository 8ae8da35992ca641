/** Twin of assembly/stream-records.ts: the records in which items leave the state. */
import { exp } from '../../core/math.ts';
import type { BlockNumbers, layouts } from '../abi.ts';
import { idLength, type StreamMemory } from './stream-memory.ts';

export type StreamBlock = BlockNumbers<(typeof layouts)['StreamParams']>;

export const EPOCH_HALF_LIVES = 8;
export const UNITS = 2 ** 34;
const HEADER_WORDS = 12;
export const EVICTIONS_PER_ROW = 6;
const RECORDS_PER_ROW = 2 + EVICTIONS_PER_ROW;
const MAX_ID_BYTES = 1024;

export function worthAt(m: StreamMemory, p: StreamBlock, base: number, timeMs: number): number {
  return exp((m.landmark(base) * EPOCH_HALF_LIVES - timeMs / p.halfLifeMs) * Math.LN2) / UNITS;
}

export function isFull(m: StreamMemory, p: StreamBlock, shard: number): boolean {
  const most = HEADER_WORDS + MAX_ID_BYTES / 4 + 2 * p.clustersPerItem + 1;
  return m.u32[p.wordsUsed / 4 + shard] + RECORDS_PER_ROW * most > p.recordWords;
}

/** What a record is about. */
export interface RecordSubject {
  readonly base: number;
  readonly shard: number;
  readonly offset: number;
}

export function writeRecord(
  m: StreamMemory,
  p: StreamBlock,
  { base, shard, offset }: RecordSubject,
  { reason = 0, timeMs = 0, threshold = 0, tag = 0 },
): void {
  const worth = worthAt(m, p, base, timeMs);
  const found: { cluster: number; score: number }[] = [];
  const vector = m.item(base, offset, 'vector');
  const bits = m.item(base, offset, 'vectorBits');
  for (const slot of vector === 0 ? [] : m.entries(base + vector, bits)) {
    const score = Math.fround(m.value(slot) * worth);
    if (score > 0 && score >= threshold) found.push({ cluster: m.cluster(slot), score });
  }
  const best = found.sort((a, b) => b.score - a.score || a.cluster - b.cluster).slice(0, p.clustersPerItem);
  const used = m.u32[p.wordsUsed / 4 + shard];
  const at = p.records / 4 + shard * p.recordWords + used;
  const info = m.item(base, offset, 'idInfo');
  const length = idLength(info);
  const words = (HEADER_WORDS + Math.ceil(length / 4) + 2 * best.length + 1) & ~1;
  m.u32.set(
    [
      words,
      reason | ((info >>> 16) << 8),
      length,
      m.item(base, offset, 'numUpdates'),
      m.item(base, offset, 'numFavs'),
      best.length,
    ],
    at,
  );
  m.f64[at / 2 + 3] = timeMs;
  m.f64[at / 2 + 4] = m.itemF64(base, offset, 'bornMs');
  m.u32.set([tag, 0], at + 10);
  const id = m.idOf(base, offset);
  m.u8.copyWithin((at + HEADER_WORDS) * 4, id, id + length);
  const clusters = at + HEADER_WORDS + Math.ceil(length / 4);
  best.forEach(({ cluster, score }, i) => {
    m.u32[clusters + i] = cluster;
    m.f32[clusters + best.length + i] = score;
  });
  m.u32[p.wordsUsed / 4 + shard] = used + words;
}
