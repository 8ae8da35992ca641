/** Twins of assembly/columns.ts and assembly/decay.ts. */
import { exp } from '../../core/math.ts';
import { actionKind, type Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

export function columnTwins(memory: TwinMemory) {
  const columnSquareSums: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('columnSquareSums', params);
    const indices = memory.u32(p.indices);
    const data = memory.f32(p.data);
    const partials = memory.f64(p.partials);
    for (let block = lo; block < hi; block++) {
      const end = Math.floor((p.numValues * (block + 1)) / p.numBlocks);
      for (let i = Math.floor((p.numValues * block) / p.numBlocks); i < end; i++) {
        partials[block * p.numCols + indices[i]] += data[i] * data[i];
      }
    }
  };

  const scaleColumns: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('scaleColumns', params);
    const indices = memory.u32(p.indices);
    const data = memory.f32(p.data);
    const scale = memory.f32(p.scale);
    const dataOut = memory.f32(p.dataOut);
    for (let i = lo; i < hi; i++) dataOut[i] = data[i] * scale[indices[i]];
  };

  const decayValues: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('decayValues', params);
    const timesMs = memory.f64(p.timesMs);
    const values = memory.f32(p.values);
    const decayed = memory.f32(p.decayed);
    for (let i = lo; i < hi; i++) decayed[i] = values[i] * exp((timesMs[i] - p.nowMs) * p.decayPerMs);
  };

  const lastStates: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('lastStates', params);
    const indptr = memory.u32(p.indptr);
    const events = memory.u32(p.events);
    const itemOf = memory.u32(p.itemOf);
    const kindOf = memory.u32(p.kindOf);
    const contribution = memory.f32(p.contribution);
    for (let user = lo; user < hi; user++) {
      const states = new Map<number, { hadFav: boolean; state: number; decidedBy: number }>();
      for (const event of events.subarray(indptr[user], indptr[user + 1])) {
        const item = states.get(itemOf[event]) ?? { hadFav: false, state: 0, decidedBy: event };
        states.set(itemOf[event], item);
        if (kindOf[event] === actionKind.fav)
          Object.assign(item, { hadFav: true, state: 1, decidedBy: event });
        else if (kindOf[event] === actionKind.unfav)
          Object.assign(item, { state: item.hadFav ? 0 : -1, decidedBy: event });
      }
      for (const { state, decidedBy } of states.values()) contribution[decidedBy] = state;
    }
  };

  return { columnSquareSums, scaleColumns, decayValues, lastStates };
}
