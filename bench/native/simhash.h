/* assembly/simhash.ts, with the vectors of gcc and clang: sketches, and the distances between them. */
#ifndef SIMHASH_H
#define SIMHASH_H
#include "memory.h"

typedef u32 V __attribute__((vector_size(16)));
typedef float Sums __attribute__((vector_size(16)));
typedef struct { u32 rows, indptr, indices, data, inner_scale, num_bits, max_row, key0, key1, sketches; } Simhash;

static inline V all(u32 x) { return (V){x, x, x, x}; }
static inline V mix4(V x) {
  x ^= x >> 16; x *= all(0x7feb352du); x ^= x >> 15; x *= all(0x846ca68bu);
  return x ^ (x >> 16);
}
static inline V majority(V a, V b, V c) { return (c & (a ^ b)) | (a & ~(a ^ b)); }
static inline int any(V x) { return (x[0] | x[1] | x[2] | x[3]) != 0; }
static inline void add_plane(V *planes, u32 level, V carry) {
  for (V *at = planes + level; any(carry); at++) {
    V held = *at;
    *at = held ^ carry;
    carry &= held;
  }
}
static V count_block(const u32 *streams, u32 size, V words) {
  V planes[32] = {0}, ones = all(0), twos = all(0), fours = all(0);
  u32 whole = size & ~7u;
#define SIGNS(i) mix4(all(streams[i]) ^ words)
  for (u32 i = 0; i < whole; i += 8) {
    V a = SIGNS(i), b = SIGNS(i + 1), c = SIGNS(i + 2), d = SIGNS(i + 3);
    V e = SIGNS(i + 4), f = SIGNS(i + 5), g = SIGNS(i + 6), h = SIGNS(i + 7);
    V twos_a = majority(ones, a, b); ones ^= a ^ b;
    V twos_b = majority(ones, c, d); ones ^= c ^ d;
    V fours_a = majority(twos, twos_a, twos_b); twos ^= twos_a ^ twos_b;
    V twos_c = majority(ones, e, f); ones ^= e ^ f;
    V twos_d = majority(ones, g, h); ones ^= g ^ h;
    V fours_b = majority(twos, twos_c, twos_d); twos ^= twos_c ^ twos_d;
    V eights = majority(fours, fours_a, fours_b); fours ^= fours_a ^ fours_b;
    add_plane(planes, 3, eights);
  }
  planes[0] = ones; planes[1] = twos; planes[2] = fours;
  for (u32 i = whole; i < size; i++) add_plane(planes, 0, SIGNS(i));
  u32 limit = (size + 1) >> 1;
  V above = all(0), equal = all(~0u);
  for (int i = 31; i >= 0; i--) {
    if (limit >> i & 1) equal &= planes[i];
    else { above |= equal & planes[i]; equal &= ~planes[i]; }
  }
  return above | equal;
}
static V sum_block(u8 *m, const Simhash *p, const u32 *streams, u32 begin, u32 size, V words) {
  Sums sums[32] = {0};
  for (u32 i = 0; i < size; i++) {
    float weight = p->data ? F32(p->data)[begin + i] : 1;
    if (p->inner_scale) weight *= F32(p->inner_scale)[U32(p->indices)[begin + i]];
    V value = all(bits_of(weight)), minus = ~SIGNS(i);
    for (int at = 31; at >= 0; at--, minus <<= 1) sums[at] += (Sums)(value ^ (minus & all(0x80000000u)));
  }
  V bits = all(0);
  for (int at = 31; at >= 0; at--) bits = bits << 1 | (V)(sums[at] >= 0) >> 31;
  return bits;
}

KERNEL(simhashRows) {
  PARAMS(Simhash);
  const int is_count = p->data == 0 && p->inner_scale == 0;
  const u32 *indptr = U32(p->indptr), *indices = U32(p->indices);
  u32 *streams = (u32 *)scratch, key = mix(mix(p->key0) ^ p->key1);
  for (u32 item = lo; item < hi; item++) {
    u32 row = U32(p->rows)[item], begin = indptr[row], size = indptr[row + 1] - begin;
    for (u32 i = 0; i < size; i++) streams[i] = mix(key + indices[begin + i]);
    u32 *out = U32(p->sketches) + (size_t)item * (p->num_bits >> 5);
    for (u32 w = 0; w < p->num_bits >> 5; w += 4) {
      V words = mix4(all(w + 0x6a09e667u) + (V){0, 1, 2, 3});
      V bits = is_count ? count_block(streams, size, words) : sum_block(m, p, streams, begin, size, words);
      memcpy(out + w, &bits, 16);
    }
  }
}

static inline u32 hamming_distance(const u64 *a, const u64 *b, u32 num_words) {
  u32 sum = 0;
  for (u32 w = 0; w < num_words; w++) sum += (u32)__builtin_popcountll(a[w] ^ b[w]);
  return sum;
}

typedef struct { u32 left, right, sketches, num_bits, distances; } Hamming;

KERNEL(hammingPairs) {
  PARAMS(Hamming);
  u32 num_words = p->num_bits >> 6;
  for (u32 i = lo; i < hi; i++) {
    const u64 *a = (const u64 *)(m + p->sketches) + (size_t)U32(p->left)[i] * num_words;
    const u64 *b = (const u64 *)(m + p->sketches) + (size_t)U32(p->right)[i] * num_words;
    U32(p->distances)[i] = hamming_distance(a, b, num_words);
  }
}
#endif
