/** A drawn stream: favs of items that come and go, as JSON lines. */
import { idTableFromStrings } from '../../src/core/ids.ts';
import { randomKey } from '../../src/core/rng.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import type { EngineOptions, Interests } from '../../src/stream/engine.ts';
import { drawUsers } from '../retrieval/spaces.ts';

export const START_MS = 1_700_000_000_000;
export const NUM_ACTORS = 20_000;
/** Favs of an item, on average. */
const FAVS_PER_ITEM = 20;
/** Items between the youngest and the one faved: exponential, with this mean. */
const MEAN_DISTANCE = 20_000;

/** @returns actors × 10,000 clusters, 3-50 each, 19 on average */
export async function drawInterests(kernels: Kernels): Promise<Interests> {
  const { interest } = await drawUsers(kernels, randomKey('bench', 'stream'), NUM_ACTORS);
  const actors = idTableFromStrings(Array.from({ length: NUM_ACTORS }, (_, i) => `u${i}`));
  return { actors, scores: interest };
}

/** @param minFavs  from which on embeddings are kept on disk, for good */
export const engineOptions = (budgetBytes: number, minFavs = 8): EngineOptions => ({
  state: { budgetBytes, minFavs },
  verbs: { fav: ['fav'], undo: [] },
  latenessMs: 600_000,
  maxFutureMs: 3_600_000,
  snowflakeIds: false,
});

/** Event i, drawn by its number alone. */
export interface Drawn {
  timeMs: number;
  actor: number;
  item: number;
}

export class EventDrawer {
  readonly #msPerEvent: number;

  /** @param msPerEvent  of the time that events carry: what makes items come and go */
  constructor(msPerEvent: number) {
    this.#msPerEvent = msPerEvent;
  }

  draw(i: number, into: Drawn): void {
    const a = mixed(i);
    const b = mixed(a ^ 0x5851f42d);
    const youngest = i / FAVS_PER_ITEM;
    into.timeMs = Math.floor(START_MS + i * this.#msPerEvent);
    into.actor = a % NUM_ACTORS;
    into.item = Math.max(0, Math.floor(youngest + Math.log((b + 1) / 2 ** 32) * MEAN_DISTANCE));
  }

  /** Events from..from+count as JSON lines, 65-75 bytes each. */
  lines(from: number, count: number): Buffer {
    const drawn: Drawn = { timeMs: 0, actor: 0, item: 0 };
    const parts: string[] = [];
    for (let i = from; i < from + count; i++) {
      this.draw(i, drawn);
      parts.push(`{"eventTimeMs":${drawn.timeMs},"actorId":"u${drawn.actor}","objectId":"t${drawn.item}"}\n`);
    }
    return Buffer.from(parts.join(''), 'latin1');
  }
}

function mixed(x: number): number {
  let h = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
