/* assembly/csr.ts: sorts, merges, unions and copies of sparse rows. */
#include "memory.h"

typedef struct { u32 keys, num_items, num_keys, num_blocks, cursors, indptr, values, data, values_out, data_out; } SortByKey;

static inline u32 block_start(const SortByKey *p, u32 block) { return (u32)((u64)p->num_items * block / p->num_blocks); }

KERNEL(countKeys) {
  PARAMS(SortByKey);
  const u32 *keys = U32(p->keys);
  for (u32 block = lo; block < hi; block++) {
    u32 *counts = U32(p->cursors) + (size_t)block * p->num_keys;
    for (u32 i = block_start(p, block), end = block_start(p, block + 1); i < end; i++) counts[keys[i]]++;
  }
}
KERNEL(prefixKeys) {
  PARAMS(SortByKey);
  u32 *cursors = U32(p->cursors), *indptr = U32(p->indptr), total = 0;
  (void)lo; (void)hi;
  for (u32 key = 0; key < p->num_keys; key++) {
    indptr[key] = total;
    for (u32 block = 0; block < p->num_blocks; block++) {
      u32 *at = cursors + (size_t)block * p->num_keys + key, count = *at;
      *at = total;
      total += count;
    }
  }
  indptr[p->num_keys] = total;
}
KERNEL(scatterByKey) {
  PARAMS(SortByKey);
  const u32 *keys = U32(p->keys), *values = U32(p->values);
  u32 *values_out = U32(p->values_out);
  const float *data = p->data ? F32(p->data) : NULL;
  float *data_out = F32(p->data_out);
  for (u32 block = lo; block < hi; block++) {
    u32 *cursors = U32(p->cursors) + (size_t)block * p->num_keys;
    for (u32 i = block_start(p, block), end = block_start(p, block + 1); i < end; i++) {
      u32 place = cursors[keys[i]]++;
      values_out[place] = values[i];
      if (data) data_out[place] = data[i];
    }
  }
}

typedef struct { u32 indptr, row_of; } ExpandRows;

KERNEL(expandRows) {
  PARAMS(ExpandRows);
  const u32 *indptr = U32(p->indptr);
  u32 *row_of = U32(p->row_of);
  for (u32 row = lo; row < hi; row++) for (u32 i = indptr[row]; i < indptr[row + 1]; i++) row_of[i] = row;
}

typedef struct { u32 indptr, indices, data, sum, counts, indptr_out, indices_out, data_out; } MergeDuplicates;

KERNEL(countDistinct) {
  PARAMS(MergeDuplicates);
  const u32 *indptr = U32(p->indptr), *indices = U32(p->indices);
  for (u32 row = lo; row < hi; row++) {
    u32 begin = indptr[row], end = indptr[row + 1], distinct = end > begin;
    for (u32 i = begin + 1; i < end; i++) distinct += indices[i] != indices[i - 1];
    U32(p->counts)[row] = distinct;
  }
}
KERNEL(mergeDuplicates) {
  PARAMS(MergeDuplicates);
  const u32 *indptr = U32(p->indptr), *indices = U32(p->indices);
  const float *data = F32(p->data);
  for (u32 row = lo; row < hi; row++) {
    u32 out = U32(p->indptr_out)[row];
    for (u32 i = indptr[row], end = indptr[row + 1]; i < end; out++) {
      u32 index = indices[i];
      double merged = p->data ? data[i] : 1;
      for (i++; i < end && indices[i] == index; i++) {
        if (!p->data) continue;
        double value = data[i];
        merged = p->sum ? merged + value : merged > value ? merged : value;
      }
      U32(p->indices_out)[out] = index;
      if (p->data) F32(p->data_out)[out] = (float)merged;
    }
  }
}

typedef struct { u32 a_indptr, a_indices, a_data, b_indptr, b_indices, b_data, counts, indptr_out, indices_out, data_out; } Union;

KERNEL(countUnion) {
  PARAMS(Union);
  const u32 *as = U32(p->a_indices), *bs = U32(p->b_indices);
  for (u32 row = lo; row < hi; row++) {
    u32 a = U32(p->a_indptr)[row], a_end = U32(p->a_indptr)[row + 1];
    u32 b = U32(p->b_indptr)[row], b_end = U32(p->b_indptr)[row + 1], count = 0;
    while (a < a_end && b < b_end) {
      u32 left = as[a], right = bs[b];
      a += left <= right;
      b += right <= left;
      count++;
    }
    U32(p->counts)[row] = count + (a_end - a) + (b_end - b);
  }
}
KERNEL(unionMax) {
  PARAMS(Union);
  const u32 *as = U32(p->a_indices), *bs = U32(p->b_indices);
  for (u32 row = lo; row < hi; row++) {
    u32 a = U32(p->a_indptr)[row], a_end = U32(p->a_indptr)[row + 1];
    u32 b = U32(p->b_indptr)[row], b_end = U32(p->b_indptr)[row + 1], out = U32(p->indptr_out)[row];
    while (a < a_end || b < b_end) {
      u32 left = a < a_end ? as[a] : UINT32_MAX, right = b < b_end ? bs[b] : UINT32_MAX;
      float value = -INFINITY;
      if (left <= right) value = F32(p->a_data)[a++];
      if (right <= left) { float other = F32(p->b_data)[b++]; value = value > other ? value : other; }
      U32(p->indices_out)[out] = left < right ? left : right;
      F32(p->data_out)[out++] = value;
    }
  }
}

typedef struct { u32 slots, slot_starts, slot_indices, slot_data, indptr_out, indices_out, data_out; } CompactRows;

KERNEL(compactRows) {
  PARAMS(CompactRows);
  for (u32 row = lo; row < hi; row++) {
    size_t from = p->slot_starts ? U32(p->slot_starts)[row] : (size_t)row * p->slots;
    u32 to = U32(p->indptr_out)[row], count = U32(p->indptr_out)[row + 1] - to;
    memcpy(U32(p->indices_out) + to, U32(p->slot_indices) + from, (size_t)count * 4);
    memcpy(U32(p->data_out) + to, U32(p->slot_data) + from, (size_t)count * 4);
  }
}

typedef struct { u32 source, places, target; } Gather;

KERNEL(gather32) {
  PARAMS(Gather);
  const u32 *source = U32(p->source), *places = U32(p->places);
  u32 *target = U32(p->target);
  for (u32 i = lo; i < hi; i++) target[i] = source[places[i]];
}

typedef struct { u32 order, indptr, indices, data, indptr_out, indices_out, data_out; double unit; } PermuteRows;

KERNEL(permuteRows) {
  PARAMS(PermuteRows);
  for (u32 row = lo; row < hi; row++) {
    u32 source = U32(p->order)[row], from = U32(p->indptr)[source], to = U32(p->indptr_out)[row];
    u32 count = U32(p->indptr)[source + 1] - from;
    memcpy(U32(p->indices_out) + to, U32(p->indices) + from, (size_t)count * 4);
    if (!p->data) continue;
    if (p->unit == 0) { memcpy(F32(p->data_out) + to, F32(p->data) + from, (size_t)count * 4); continue; }
    for (u32 i = 0; i < count; i++) {
      double multiple = floor(F32(p->data)[from + i] / p->unit + 0.5);
      ((uint16_t *)(m + p->data_out))[to + i] = (uint16_t)(u32)(multiple > 1 ? multiple : 1);
    }
  }
}
