/* assembly/selection.ts: the k best of many keys, score above, complement of the index below. */
#ifndef SELECTION_H
#define SELECTION_H
#include "plain.h"

static inline u64 key_of(u32 index, float score) { return (u64)bits_of(score) << 32 | (u32)~index; }
static inline u32 key_capacity(u32 k, u32 num_cols) { return 4ull * k < num_cols ? 4 * k : num_cols; }
static inline void limit_scores(u64 *keys, u32 from, u32 to, float limit) {
  u64 most = (u64)bits_of(limit) << 32 | UINT32_MAX;
  for (u32 i = from; i < to; i++) if (keys[i] > most) keys[i] = most >> 32 << 32 | (u32)keys[i];
}
static inline u32 partition(u64 *keys, u32 lo, u32 hi, u64 pivot) {
  u32 at = lo;
  for (u32 i = lo; i < hi; i++) {
    u64 key = keys[i];
    keys[i] = keys[at];
    keys[at] = key;
    at += key > pivot;
  }
  return at;
}
static inline u32 median_place(const u64 *keys, u32 lo, u32 hi) {
  u32 middle = (lo + hi) >> 1;
  u64 a = keys[lo], b = keys[middle], c = keys[hi - 1];
  if (a < b) return b < c ? middle : a < c ? hi - 1 : lo;
  return a < c ? lo : b < c ? hi - 1 : middle;
}
static inline void keep_largest(u64 *keys, u32 size, u32 k) {
  u32 lo = 0, hi = size;
  for (int round = 0; round < 32; round++) {
    u32 place = median_place(keys, lo, hi);
    u64 pivot = keys[place];
    keys[place] = keys[hi - 1];
    u32 at = partition(keys, lo, hi - 1, pivot);
    keys[hi - 1] = keys[at];
    keys[at] = pivot;
    if (at == k || at + 1 == k) return;
    if (at < k) lo = at + 1;
    else hi = at;
  }
  u64 least = 0, most = UINT64_MAX;
  for (;;) {
    u64 pivot = least + ((most - least) >> 1);
    u32 at = partition(keys, lo, hi, pivot);
    if (at == k) return;
    if (at < k) { lo = at; most = pivot; }
    else { hi = at; least = pivot + 1; }
  }
}
static inline float bar_below(const u64 *keys, u32 size) {
  u64 worst = UINT64_MAX;
  for (u32 i = 0; i < size; i++) if (keys[i] < worst) worst = keys[i];
  return float_of((u32)(worst >> 32) - 1);
}
static inline void store_by_index(u64 *keys, u32 size, u32 num_cols, u64 *spare, u32 *indices, u32 *data) {
  u64 *source = keys;
  if (size <= 32) {
    for (u32 i = 1; i < size; i++) {
      u64 key = keys[i];
      u32 at = i;
      for (; at > 0 && (u32)keys[at - 1] < (u32)key; at--) keys[at] = keys[at - 1];
      keys[at] = key;
    }
  } else {
    u64 *target = spare;
    u32 counts[256];
    for (u32 shift = 0; shift < 32 && (num_cols - 1) >> shift; shift += 8) {
      memset(counts, 0, sizeof counts);
      for (u32 i = 0; i < size; i++) counts[(~(u32)source[i] >> shift) & 255]++;
      u32 total = 0;
      for (int digit = 0; digit < 256; digit++) { u32 count = counts[digit]; counts[digit] = total; total += count; }
      for (u32 i = 0; i < size; i++) target[counts[(~(u32)source[i] >> shift) & 255]++] = source[i];
      u64 *swap = source; source = target; target = swap;
    }
  }
  for (u32 i = 0; i < size; i++) { indices[i] = ~(u32)source[i]; data[i] = (u32)(source[i] >> 32); }
}
static inline void sink_least(u64 *keys, u32 place, u32 size, u64 key) {
  u32 at = place;
  for (;;) {
    u32 child = at * 2 + 1;
    if (child >= size) break;
    if (child + 1 < size && keys[child + 1] < keys[child]) child++;
    if (keys[child] >= key) break;
    keys[at] = keys[child];
    at = child;
  }
  keys[at] = key;
}
static inline void heap_sort(u64 *keys, u32 size) {
  for (u32 i = size >> 1; i > 0; i--) sink_least(keys, i - 1, size, keys[i - 1]);
  for (u32 last = size - 1; last > 0; last--) {
    u64 key = keys[last];
    keys[last] = keys[0];
    sink_least(keys, 0, last, key);
  }
}
static void sort_keys(u64 *keys, u32 from, u32 hi, u32 rounds) {
  while (hi - from > 12) {
    if (rounds-- == 0) { heap_sort(keys + from, hi - from); return; }
    u32 place = median_place(keys, from, hi);
    u64 pivot = keys[place];
    keys[place] = keys[hi - 1];
    u32 at = partition(keys, from, hi - 1, pivot);
    keys[hi - 1] = keys[at];
    keys[at] = pivot;
    sort_keys(keys, from, at, rounds);
    from = at + 1;
  }
  for (u32 i = from + 1; i < hi; i++) {
    u64 key = keys[i];
    u32 at = i;
    for (; at > from && keys[at - 1] < key; at--) keys[at] = keys[at - 1];
    keys[at] = key;
  }
}
static inline void store_by_score(u64 *keys, u32 size, u32 *indices, u32 *data) {
  if (size > 1) sort_keys(keys, 0, size, 2 * (32 - __builtin_clz(size)));
  for (u32 i = 0; i < size; i++) { indices[i] = ~(u32)keys[i]; data[i] = (u32)(keys[i] >> 32); }
}
#endif
