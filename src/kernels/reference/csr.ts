/** Twins of assembly/csr.ts. */
import type { Kernel } from '../abi.ts';
import type { TwinMemory } from './memory.ts';

/** First item of a block when `numItems` items are cut into `numBlocks`. */
function blockStart(numItems: number, numBlocks: number, block: number): number {
  return Math.floor((numItems * block) / numBlocks);
}

export function csrTwins(memory: TwinMemory) {
  const countKeys: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('countKeys', params);
    const keys = memory.u32(p.keys);
    const cursors = memory.u32(p.cursors);
    for (let block = lo; block < hi; block++) {
      const end = blockStart(p.numItems, p.numBlocks, block + 1);
      for (let i = blockStart(p.numItems, p.numBlocks, block); i < end; i++)
        cursors[block * p.numKeys + keys[i]]++;
    }
  };

  const prefixKeys: Kernel = (params) => {
    const p = memory.block('prefixKeys', params);
    const cursors = memory.u32(p.cursors);
    const indptr = memory.u32(p.indptr);
    let total = 0;
    for (let key = 0; key < p.numKeys; key++) {
      indptr[key] = total;
      for (let block = 0; block < p.numBlocks; block++) {
        const count = cursors[block * p.numKeys + key];
        cursors[block * p.numKeys + key] = total;
        total += count;
      }
    }
    indptr[p.numKeys] = total;
  };

  const scatterByKey: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('scatterByKey', params);
    const keys = memory.u32(p.keys);
    const values = memory.u32(p.values);
    const data = memory.optionalF32(p.data);
    const cursors = memory.u32(p.cursors);
    const valuesOut = memory.u32(p.valuesOut);
    const dataOut = memory.f32(p.dataOut);
    for (let block = lo; block < hi; block++) {
      const end = blockStart(p.numItems, p.numBlocks, block + 1);
      for (let i = blockStart(p.numItems, p.numBlocks, block); i < end; i++) {
        const place = cursors[block * p.numKeys + keys[i]]++;
        valuesOut[place] = values[i];
        if (data) dataOut[place] = data[i];
      }
    }
  };

  const expandRows: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('expandRows', params);
    const indptr = memory.u32(p.indptr);
    const rowOf = memory.u32(p.rowOf);
    for (let row = lo; row < hi; row++) rowOf.fill(row, indptr[row], indptr[row + 1]);
  };

  const countDistinct: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('countDistinct', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const counts = memory.u32(p.counts);
    for (let row = lo; row < hi; row++) {
      let distinct = 0;
      for (let i = indptr[row]; i < indptr[row + 1]; i++) {
        if (i === indptr[row] || indices[i] !== indices[i - 1]) distinct++;
      }
      counts[row] = distinct;
    }
  };

  const mergeDuplicates: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('mergeDuplicates', params);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.optionalF32(p.data);
    const indptrOut = memory.u32(p.indptrOut);
    const indicesOut = memory.u32(p.indicesOut);
    const dataOut = memory.f32(p.dataOut);
    for (let row = lo; row < hi; row++) {
      let out = indptrOut[row];
      for (let i = indptr[row]; i < indptr[row + 1]; out++) {
        const index = indices[i];
        let merged = data ? data[i] : 1;
        for (i++; i < indptr[row + 1] && indices[i] === index; i++) {
          if (data) merged = p.sum ? merged + data[i] : Math.max(merged, data[i]);
        }
        indicesOut[out] = index;
        if (data) dataOut[out] = merged;
      }
    }
  };

  const countUnion: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('countUnion', params);
    const counts = memory.u32(p.counts);
    const a = { indptr: memory.u32(p.aIndptr), indices: memory.u32(p.aIndices) };
    const b = { indptr: memory.u32(p.bIndptr), indices: memory.u32(p.bIndices) };
    for (let row = lo; row < hi; row++) {
      const columns = new Set(a.indices.subarray(a.indptr[row], a.indptr[row + 1]));
      for (let i = b.indptr[row]; i < b.indptr[row + 1]; i++) columns.add(b.indices[i]);
      counts[row] = columns.size;
    }
  };

  const unionMax: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('unionMax', params);
    const aIndptr = memory.u32(p.aIndptr);
    const aIndices = memory.u32(p.aIndices);
    const aData = memory.f32(p.aData);
    const bIndptr = memory.u32(p.bIndptr);
    const bIndices = memory.u32(p.bIndices);
    const bData = memory.f32(p.bData);
    const indptrOut = memory.u32(p.indptrOut);
    const indicesOut = memory.u32(p.indicesOut);
    const dataOut = memory.f32(p.dataOut);
    for (let row = lo; row < hi; row++) {
      let a = aIndptr[row];
      let b = bIndptr[row];
      for (let out = indptrOut[row]; out < indptrOut[row + 1]; out++) {
        const left = a < aIndptr[row + 1] ? aIndices[a] : Number.POSITIVE_INFINITY;
        const right = b < bIndptr[row + 1] ? bIndices[b] : Number.POSITIVE_INFINITY;
        let value = Number.NEGATIVE_INFINITY;
        if (left <= right) value = aData[a++];
        if (right <= left) value = Math.max(value, bData[b++]);
        indicesOut[out] = Math.min(left, right);
        dataOut[out] = value;
      }
    }
  };

  const compactRows: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('compactRows', params);
    const slotIndices = memory.u32(p.slotIndices);
    const slotData = memory.u32(p.slotData);
    const indptrOut = memory.u32(p.indptrOut);
    const indicesOut = memory.u32(p.indicesOut);
    const dataOut = memory.u32(p.dataOut);
    const slotStarts = memory.optionalU32(p.slotStarts);
    for (let row = lo; row < hi; row++) {
      const size = indptrOut[row + 1] - indptrOut[row];
      const from = slotStarts ? slotStarts[row] : row * p.slots;
      for (let i = 0; i < size; i++) {
        indicesOut[indptrOut[row] + i] = slotIndices[from + i];
        dataOut[indptrOut[row] + i] = slotData[from + i];
      }
    }
  };

  const gather32: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('gather32', params);
    const source = memory.u32(p.source);
    const places = memory.u32(p.places);
    const target = memory.u32(p.target);
    for (let i = lo; i < hi; i++) target[i] = source[places[i]];
  };

  const permuteRows: Kernel = (params, _scratch, lo, hi) => {
    const p = memory.block('permuteRows', params);
    const order = memory.u32(p.order);
    const indptr = memory.u32(p.indptr);
    const indices = memory.u32(p.indices);
    const data = memory.optionalF32(p.data);
    const indptrOut = memory.u32(p.indptrOut);
    const indicesOut = memory.u32(p.indicesOut);
    const dataOut = p.unit === 0 ? memory.f32(p.dataOut) : memory.u16(p.dataOut);
    for (let row = lo; row < hi; row++) {
      let out = indptrOut[row];
      for (let i = indptr[order[row]]; i < indptr[order[row] + 1]; i++, out++) {
        indicesOut[out] = indices[i];
        if (data) dataOut[out] = p.unit === 0 ? data[i] : Math.max(1, Math.floor(data[i] / p.unit + 0.5));
      }
    }
  };

  return {
    countKeys,
    prefixKeys,
    scatterByKey,
    expandRows,
    countDistinct,
    mergeDuplicates,
    countUnion,
    unionMax,
    compactRows,
    gather32,
    permuteRows,
  };
}
