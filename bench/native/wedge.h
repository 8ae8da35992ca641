/* assembly/wedge.ts: alias tables, and similar pairs sampled by them. */
#include "simhash.h"
#include "topk.h"

typedef struct { u32 indptr, indices, data, scale, inner_scale, max_row, table, masses; } WedgeTables;

KERNEL(wedgeTables) {
  PARAMS(WedgeTables);
  double *shares = (double *)scratch;
  u32 *places = (u32 *)(shares + p->max_row);
  for (u32 user = lo; user < hi; user++) {
    u32 begin = U32(p->indptr)[user], size = U32(p->indptr)[user + 1] - begin, num_small = 0, first_large = size;
    const u32 *indices = U32(p->indices) + begin;
    u32 *table = U32(p->table) + 2 * (size_t)begin;
    double total = 0;
    for (u32 i = 0; i < size; i++) {
      shares[i] = (p->data ? (double)F32(p->data)[begin + i] : 1.0) * (double)F32(p->scale)[indices[i]];
      total += shares[i];
    }
    F64(p->masses)[user] = p->inner_scale ? total * (double)F32(p->inner_scale)[user] : total;
    double factor = total > 0 ? (double)size / total : 0;
    for (u32 i = 0; i < size; i++) {
      shares[i] *= factor;
      if (shares[i] < 1) places[num_small++] = i;
      else places[--first_large] = i;
    }
    while (num_small > 0 && first_large < size) {
      u32 small = places[--num_small], large = places[first_large++];
      double share = shares[small], rest = shares[large] - (1 - share);
      table[2 * small] = (u32)(share * 4294967296.0);
      table[2 * small + 1] = indices[large];
      shares[large] = rest;
      if (rest < 1) places[num_small++] = large;
      else places[--first_large] = large;
    }
    while (num_small > 0) { u32 i = places[--num_small]; table[2 * i] = UINT32_MAX; table[2 * i + 1] = indices[i]; }
    while (first_large < size) { u32 i = places[first_large++]; table[2 * i] = UINT32_MAX; table[2 * i + 1] = indices[i]; }
  }
}

typedef struct {
  u32 num_producers, num_users, indptr, indices, data, user_indptr, user_indices, inner_scale, scale, table, masses, is_exact;
  double samples;
  u32 draw_cost, key0, key1, sketches, sketch_of, sketch_bytes, ask_from, max_distance, estimates, norms;
  float threshold;
  u32 min_common, units, first_row, slot_starts, counts, slot_indices, slot_data, num_looked, num_distinct, num_survivors;
} Wedge;

enum { DRAWS = 256 };

static inline u32 row_size(u8 *m, u32 indptr, u32 row) { return U32(indptr)[row + 1] - U32(indptr)[row]; }
static inline int is_of_ones(const Wedge *p) { return p->data == 0 && p->inner_scale == 0; }
static inline u32 bits_of_draw(u32 stream, u32 draw) { return mix(stream + draw * 0x9e3779b9u); }
static inline double place_draw(u32 bits, u32 draw) { return (double)draw + (double)bits * (1.0 / 4294967296.0); }
static inline u32 note(u32 other, u8 *seen, u32 *touched, u32 n) {
  touched[n] = other;
  u8 before = seen[other];
  seen[other] = 1;
  return n + (before == 0);
}
static u32 take_draws(u8 *m, const Wedge *p, const u32 *places, u32 num_draws, u8 *seen, u32 *touched, u32 n) {
  const u32 *rolls = places + DRAWS, *table = U32(p->table), *producers = U32(p->user_indices);
  for (u32 d = 0; d < num_draws; d++) {
    size_t place = places[d];
    u32 own = producers[place], other = table[2 * place + 1];
    n = note(rolls[d] < table[2 * place] ? own : other, seen, touched, n);
  }
  return n;
}
static u32 sample_wedges(u8 *m, const Wedge *p, u32 row, u8 *seen, u32 *touched, u32 *places, double *looked) {
  const u32 *producers = U32(p->user_indices);
  u32 *rolls = places + DRAWS, stream = mix(mix(mix(p->key0) ^ p->key1) + row), n = 0, waiting = 0, draw = 0;
  double factor = p->samples * (double)F32(p->scale)[row], mass = 0, num_read = 0;
  u32 bits = bits_of_draw(stream, 0);
  double next = place_draw(bits, 0);
  for (u32 i = U32(p->indptr)[row], end = U32(p->indptr)[row + 1]; i < end; i++) {
    u32 user = U32(p->indices)[i], begin = U32(p->user_indptr)[user], size = U32(p->user_indptr)[user + 1] - begin;
    double share = factor * (p->data ? (double)F32(p->data)[i] : 1.0) * F64(p->masses)[user];
    if (share * (double)p->draw_cost >= (double)size) {
      for (u32 j = begin; j < begin + size; j++) n = note(producers[j], seen, touched, n);
      num_read += (double)size;
      continue;
    }
    mass += share;
    while (next < mass) {
      u32 chosen = mix(bits ^ 0x5851f42du);
      places[waiting] = begin + (u32)(((u64)chosen * size) >> 32);
      rolls[waiting] = mix(chosen ^ 0x6a09e667u);
      if (++waiting == DRAWS) {
        n = take_draws(m, p, places, waiting, seen, touched, n);
        waiting = 0;
      }
      bits = bits_of_draw(stream, ++draw);
      next = place_draw(bits, draw);
    }
  }
  *looked = num_read + (double)draw;
  return take_draws(m, p, places, waiting, seen, touched, n);
}
static void mark_users(u8 *m, const Wedge *p, u32 row, u8 *marks, int is_on) {
  float *weights = (float *)marks;
  u32 *words = (u32 *)marks;
  for (u32 i = U32(p->indptr)[row], end = U32(p->indptr)[row + 1]; i < end; i++) {
    u32 user = U32(p->indices)[i];
    if (!is_of_ones(p)) weights[user] = !is_on ? 0 : p->data ? F32(p->data)[i] : F32(p->inner_scale)[user];
    else if (is_on) words[user >> 5] |= 1u << (user & 31);
    else words[user >> 5] = 0;
  }
}
static double common_weight(u8 *m, const Wedge *p, u32 other, const float *marks) {
  double sum = 0;
  for (u32 i = U32(p->indptr)[other], end = U32(p->indptr)[other + 1]; i < end; i++) {
    u32 user = U32(p->indices)[i];
    double mark = marks[user];
    if (p->data == 0) sum += mark;
    else sum += mark * (double)F32(p->data)[i] * (p->inner_scale ? (double)F32(p->inner_scale)[user] : 1);
  }
  return sum;
}
static u32 search_common(u8 *m, const Wedge *p, u32 row, u32 other) {
  const u32 *users = U32(p->indices);
  u32 at = U32(p->indptr)[other], last = U32(p->indptr)[other + 1], count = 0;
  for (u32 i = U32(p->indptr)[row], end = U32(p->indptr)[row + 1]; i < end; i++) {
    u32 user = users[i], high = last;
    while (at < high) {
      u32 middle = at + ((high - at) >> 1);
      if (users[middle] < user) at = middle + 1;
      else high = middle;
    }
    if (at == last) break;
    count += users[at] == user;
  }
  return count;
}
static u32 count_common(u8 *m, const Wedge *p, u32 row, u32 other, const u32 *marks) {
  if (row_size(m, p->indptr, other) > row_size(m, p->indptr, row) << 4) return search_common(m, p, row, other);
  u32 count = 0;
  for (u32 i = U32(p->indptr)[other], end = U32(p->indptr)[other + 1]; i < end; i++) {
    u32 user = U32(p->indices)[i];
    count += marks[user >> 5] >> (user & 31) & 1;
  }
  return count;
}
static float similarity_of(u8 *m, const Wedge *p, u32 row, u32 other, const u8 *marks) {
  float scale = F32(p->scale)[row], other_scale = F32(p->scale)[other];
  if (is_of_ones(p)) return (float)count_common(m, p, row, other, (const u32 *)marks) * (scale * other_scale);
  return (float)(common_weight(m, p, other, (const float *)marks) * ((double)scale * (double)other_scale));
}
static int has_common(u8 *m, const Wedge *p, u32 row, u32 other) {
  const u32 *users = U32(p->indices);
  u32 i = U32(p->indptr)[row], end = U32(p->indptr)[row + 1], j = U32(p->indptr)[other], last = U32(p->indptr)[other + 1];
  for (u32 count = 0; i < end && j < last;) {
    u32 mine = users[i], theirs = users[j];
    count += mine == theirs;
    if (count == p->min_common) return 1;
    i += mine <= theirs;
    j += theirs <= mine;
  }
  return 0;
}
static inline const u64 *sketch_at(u8 *m, const Wedge *p, u32 number) {
  return (const u64 *)(m + p->sketches + (size_t)(number - 1) * p->sketch_bytes);
}
static void sample_row(u8 *m, const Wedge *p, u32 row, u8 *marks) {
  u8 *seen = marks + (((size_t)p->num_users + 31) << 2);
  u32 *touched = (u32 *)(seen + (((size_t)p->num_producers + 3) & ~(size_t)3)), *places = touched + p->num_producers + 1;
  Pair *pairs = (Pair *)(((uintptr_t)(places + 2 * DRAWS) + 7) & ~(uintptr_t)7);
  u32 place = row - p->first_row, size = 0, num_distinct = 0, num_survivors = 0;
  double *looked = F64(p->num_looked) + place;
  const float *scale = F32(p->scale);
  const u8 *is_exact = m + p->is_exact;
  *looked = 0;
  if (scale[row] != 0 && !is_exact[row]) {
    u32 num_seen = sample_wedges(m, p, row, seen, touched, places, looked);
    if (!p->estimates) mark_users(m, p, row, marks, 1);
    u32 mine = row_size(m, p->indptr, row), number = p->sketches ? U32(p->sketch_of)[row] : 0;
    for (u32 t = 0; t < num_seen; t++) {
      u32 other = touched[t];
      seen[other] = 0;
      if (other == row || scale[other] == 0 || is_exact[other]) continue;
      num_distinct++;
      u32 distance = 0, theirs = row_size(m, p->indptr, other);
      if (number && (mine < theirs ? mine : theirs) >= p->ask_from) {
        const u64 *sketch = sketch_at(m, p, U32(p->sketch_of)[other]);
        distance = hamming_distance(sketch_at(m, p, number), sketch, p->sketch_bytes >> 3);
        if (distance > p->max_distance) continue;
      }
      num_survivors++;
      float similarity = p->estimates
        ? F32(p->estimates)[distance] * F32(p->norms)[row] * F32(p->norms)[other]
        : similarity_of(m, p, row, other, marks);
      float value = similarity < 1 ? similarity : 1;
      if (value > p->threshold && (p->min_common <= 1 || has_common(m, p, row, other))) pairs[size++] = pair_of(other, value);
    }
    if (!p->estimates) mark_users(m, p, row, marks, 0);
  }
  sort_by_index(pairs, size);
  u32 slot = U32(p->slot_starts)[place];
  store_pairs(pairs, size, U32(p->slot_indices) + slot, F32(p->slot_data) + slot);
  U32(p->counts)[place] = size;
  U32(p->num_distinct)[place] = num_distinct;
  U32(p->num_survivors)[place] = num_survivors;
}

KERNEL(samplePairs) {
  PARAMS(Wedge);
  for (u32 row = U32(p->units)[lo], end = U32(p->units)[hi]; row < end; row++) sample_row(m, p, row, scratch);
}
