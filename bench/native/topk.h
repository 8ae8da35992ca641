/* assembly/topk.ts: pairs of index and score as keys that are greater for the better pair. */
#ifndef TOPK_H
#define TOPK_H
#include "memory.h"

typedef u64 Pair;

static inline Pair pair_of(u32 index, float score) {
  u32 bits = bits_of(score + 0);
  return (u64)(bits ^ ((u32)((int32_t)bits >> 31) | 0x80000000u)) << 32 | (u32)~index;
}
static inline u32 pair_index(Pair pair) { return ~(u32)pair; }
static inline float pair_score(Pair pair) {
  u32 flipped = (u32)(pair >> 32);
  return float_of(flipped ^ (~(u32)((int32_t)flipped >> 31) | 0x80000000u));
}
static inline void sink_worst(Pair *pairs, u32 place, u32 size, Pair pair) {
  u32 at = place;
  for (;;) {
    u32 child = at * 2 + 1;
    if (child >= size) break;
    Pair worse = pairs[child];
    if (child + 1 < size) {
      Pair other = pairs[child + 1];
      child += other < worse;
      worse = other < worse ? other : worse;
    }
    if (worse >= pair) break;
    pairs[at] = worse;
    at = child;
  }
  pairs[at] = pair;
}
static inline u32 offer_pair(Pair *pairs, u32 size, u32 k, Pair pair) {
  if (size < k) {
    pairs[size] = pair;
    if (size + 1 == k) for (u32 i = k >> 1; i > 0; i--) sink_worst(pairs, i - 1, k, pairs[i - 1]);
    return size + 1;
  }
  if (pairs[0] < pair) sink_worst(pairs, 0, k, pair);
  return size;
}
static void sort_by_score(Pair *pairs, u32 size) {
  for (u32 i = size >> 1; i > 0; i--) sink_worst(pairs, i - 1, size, pairs[i - 1]);
  for (u32 last = size; last > 1; last--) {
    Pair pair = pairs[last - 1];
    pairs[last - 1] = pairs[0];
    sink_worst(pairs, 0, last - 1, pair);
  }
}
static inline void sink_largest_index(Pair *pairs, u32 place, u32 size, Pair pair) {
  u32 at = place;
  for (;;) {
    u32 child = at * 2 + 1;
    if (child >= size) break;
    if (child + 1 < size && (u32)pairs[child + 1] < (u32)pairs[child]) child++;
    if ((u32)pairs[child] >= (u32)pair) break;
    pairs[at] = pairs[child];
    at = child;
  }
  pairs[at] = pair;
}
static void sort_by_index(Pair *pairs, u32 size) {
  if (size <= 24) {
    for (u32 i = 1; i < size; i++) {
      Pair pair = pairs[i];
      u32 at = i;
      for (; at > 0 && (u32)pairs[at - 1] < (u32)pair; at--) pairs[at] = pairs[at - 1];
      pairs[at] = pair;
    }
    return;
  }
  for (u32 i = size >> 1; i > 0; i--) sink_largest_index(pairs, i - 1, size, pairs[i - 1]);
  for (u32 last = size; last > 1; last--) {
    Pair pair = pairs[last - 1];
    pairs[last - 1] = pairs[0];
    sink_largest_index(pairs, 0, last - 1, pair);
  }
}
static inline void store_pairs(const Pair *pairs, u32 size, u32 *indices, float *data) {
  for (u32 i = 0; i < size; i++) {
    indices[i] = pair_index(pairs[i]);
    data[i] = pair_score(pairs[i]);
  }
}

typedef struct { u32 indptr, indices, data; float threshold; u32 top_k, counts, slot_indices, slot_data; } TopKRows;

KERNEL(topKRows) {
  PARAMS(TopKRows);
  const u32 *indptr = U32(p->indptr), *indices = U32(p->indices);
  const float *data = F32(p->data);
  Pair *pairs = (Pair *)scratch;
  for (u32 row = lo; row < hi; row++) {
    u32 size = 0;
    for (u32 i = indptr[row]; i < indptr[row + 1]; i++)
      if (data[i] > p->threshold) size = offer_pair(pairs, size, p->top_k, pair_of(indices[i], data[i]));
    sort_by_score(pairs, size);
    size_t slot = (size_t)row * p->top_k;
    store_pairs(pairs, size, U32(p->slot_indices) + slot, F32(p->slot_data) + slot);
    U32(p->counts)[row] = size;
  }
}
#endif
