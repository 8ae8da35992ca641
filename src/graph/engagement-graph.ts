/**
 * The engagement graph: how strongly each consumer favoured each producer's items, decayed to now.
 *   fav(u, p) = sum over items of p of  state(u, item) * 0.5^((now - time) / halfLife)
 * state: +1 a fav that stands, -1 an unfav whose fav lies before the log, 0 a fav undone within it
 * (the last-state semantics of UserUserFavGraph). Sums below `minScoreToKeep` are dropped.
 */
import type { Csr } from '../core/csr.ts';
import { LN2 } from '../core/math.ts';
import type { Arena } from '../kernels/arena.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { buildCsr, sortByKey } from '../kernels/sparse.ts';

/** Events in order of time; indices as the caller numbers them. */
export interface TimedActions {
  readonly timesMs: Float64Array;
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  /** `actionKind` of each event. */
  readonly kinds: Uint32Array;
}

export interface EngagementGraphOptions {
  readonly halfLifeMs: number;
  readonly nowMs: number;
  readonly minScoreToKeep: number;
}

/**
 * @param producerOf  producer of each event's item; events of other producers must have been left out
 * @returns consumers × producers, f32 decayed sums, all > 0 and ≥ minScoreToKeep
 */
export async function buildEngagementGraph(
  kernels: Kernels,
  actions: TimedActions,
  producerOf: Uint32Array,
  numConsumers: number,
  numProducers: number,
  { halfLifeMs, nowMs, minScoreToKeep }: EngagementGraphOptions,
): Promise<Csr> {
  const states = await lastStates(kernels, actions, numConsumers);
  const decayed = await decayValues(kernels, actions.timesMs, states, nowMs, halfLifeMs);
  const triplets = { rows: actions.users, cols: producerOf, data: decayed };
  const sums = await buildCsr(kernels, triplets, numConsumers, numProducers, 'sum');
  return keepFrom(sums, minScoreToKeep);
}

/** value · 0.5^((now − time) / halfLife), f32. */
export async function decayValues(
  kernels: Kernels,
  timesMs: Float64Array,
  values: Float32Array,
  nowMs: number,
  halfLifeMs: number,
): Promise<Float32Array> {
  return kernels.scope(async (arena) => {
    const decayed = arena.f32(values.length);
    const params = kernels.block('decayValues', {
      timesMs: arena.put(timesMs),
      values: arena.put(values),
      nowMs,
      decayPerMs: LN2 / halfLifeMs,
      decayed,
    });
    await kernels.run([kernels.step('decayValues', params, values.length)]);
    return decayed.slice();
  });
}

/** What each event leaves behind; see lastStates in assembly/decay.ts. f32 by event. */
async function lastStates(kernels: Kernels, actions: TimedActions, numUsers: number): Promise<Float32Array> {
  return kernels.scope(async (arena) => {
    const { indptr, events } = await groupByUserAndItem(kernels, arena, actions, numUsers);
    const contribution = arena.f32(actions.users.length);
    contribution.fill(0);
    const params = kernels.block('lastStates', {
      indptr,
      events,
      itemOf: arena.put(actions.items),
      kindOf: arena.put(actions.kinds),
      contribution,
    });
    await kernels.run([kernels.step('lastStates', params, numUsers)]);
    return contribution.slice();
  });
}

/** Events of each user, ordered by item and, within an item, by time: two stable sorts. */
async function groupByUserAndItem(
  kernels: Kernels,
  arena: Arena,
  { users, items }: TimedActions,
  numUsers: number,
) {
  const numItems = items.reduce((max, item) => Math.max(max, item + 1), 0);
  const inOrder = Uint32Array.from(users.keys());
  const byItem = await sortByKey(kernels, arena, numItems, { keys: items, values: inOrder });
  const userOf = arena.u32(users.length);
  const params = kernels.block('gather32', {
    source: arena.put(users),
    places: byItem.values,
    target: userOf,
  });
  await kernels.run([kernels.step('gather32', params, users.length)]);
  const byUser = await sortByKey(kernels, arena, numUsers, { keys: userOf, values: byItem.values });
  return { indptr: byUser.indptr, events: byUser.values };
}

function keepFrom(matrix: Csr, minimum: number): Csr {
  const data = matrix.data as Float32Array;
  const indptr = new Uint32Array(matrix.numRows + 1);
  let out = 0;
  for (let row = 0; row < matrix.numRows; row++) {
    for (let i = matrix.indptr[row]; i < matrix.indptr[row + 1]; i++) {
      if (!(data[i] >= minimum && data[i] > 0)) continue;
      matrix.indices[out] = matrix.indices[i];
      data[out++] = data[i];
    }
    indptr[row + 1] = out;
  }
  return { ...matrix, indptr, indices: matrix.indices.slice(0, out), data: data.slice(0, out) };
}
