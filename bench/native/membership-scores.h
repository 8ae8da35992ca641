/* assembly/membership-scores.ts: scores of a row, of one community, of all subsets of a cover. */
#ifndef MEMBERSHIP_SCORES_H
#define MEMBERSHIP_SCORES_H
#include "membership-rows.h"
#include "overlap-lists.h"

static u32 union_size(const Rows *s, const u32 *row, u32 length) {
  const u32 none = s->num_communities, width = s->width;
  u32 size = 0;
  for (u32 j = 0; j < length; j++) {
    size += s->sizes[row[j]];
    s->slots[row[j]].mark = 1;
  }
  for (u32 j = 0; j < length && length > 1; j++) {
    u32 community = row[j];
    for (u32 slot = s->overlap_heads[community]; slot != END; slot = s->overlap_next[slot]) {
      const u32 *its = row_of(s, slot / width);
      u32 first = none, shared = 0;
      for (u32 i = 0; i < width && its[i] != none; i++) {
        if (!s->slots[its[i]].mark) continue;
        if (shared++ == 0) first = its[i];
      }
      if (first == community) size -= shared - 1;
    }
  }
  for (u32 j = 0; j < length; j++) s->slots[row[j]].mark = 0;
  return size;
}
INLINE double score_row(Held held, const Rows *s, u32 place, const u32 *row, u32 length, double mean) {
  if (length == 0) return 0;
  for (u32 j = 0; j < length; j++) s->slots[row[j]].mark = 1;
  u32 count = 0;
  double weight = 0;
  for (u32 i = s->indptr[place], end = s->indptr[place + 1]; i < end; i++) {
    if (!mask_of(s, s->indices[i])) continue;
    count++;
    weight += (double)weight_at(held, s->data, i, s->weight_unit);
  }
  for (u32 j = 0; j < length; j++) s->slots[row[j]].mark = 0;
  return s->wt_coeff * weight + ((double)count - (double)union_size(s, row, length)) * mean;
}
static inline double score_one(const Rows *s, u32 community, double mean) {
  const RowSlot *slot = s->slots + community;
  return s->wt_coeff * slot->weight + ((double)slot->count - (double)s->sizes[community]) * mean;
}
INLINE u32 cover_neighbors(Held held, const Rows *s, u32 place, const u32 *met, u32 num_met, u32 *cover) {
  const u32 end = s->indptr[place + 1], none = s->num_communities, width = s->width;
  RowSlot *slots = s->slots;
  u32 length = 0;
  while (length < s->max_memberships && length < num_met) {
    for (u32 i = 0; i < num_met; i++) slots[met[i]].gain = 0;
    for (u32 i = s->indptr[place]; i < end; i++) {
      u32 u = s->indices[i];
      if (mask_of(s, u)) continue;
      const u32 *row = row_of(s, u);
      double weight = (double)weight_at(held, s->data, i, s->weight_unit);
      for (u32 j = 0; j < width && row[j] != none; j++) slots[row[j]].gain += weight;
    }
    u32 best = none;
    double best_gain = 0;
    for (u32 i = 0; i < num_met; i++) {
      double gain = slots[met[i]].gain;
      if (gain > best_gain || (gain == best_gain && gain > 0 && met[i] < best)) { best = met[i]; best_gain = gain; }
    }
    if (best_gain == 0) break;
    insert(cover, length++, best);
    slots[best].mark = 1;
  }
  for (u32 j = 0; j < length; j++) slots[cover[j]].mark = 1u << j;
  return length;
}
static void sum_subsets(double *table, u32 num_bits) {
  for (u32 bit = 0; bit < num_bits; bit++)
    for (u32 set = 0; set < 1u << num_bits; set++) if (set & (1u << bit)) table[set] += table[set ^ (1u << bit)];
}
INLINE void score_subsets(Held held, const Rows *s, u32 place, const u32 *cover, u32 length, double mean) {
  const u32 num_sets = 1u << length, all = num_sets - 1;
  double *counts = s->counts, *weights = s->subset_weights, *overlaps = s->overlaps, *gains = s->weights;
  memset(counts, 0, MAX_SUBSETS * 3 * sizeof(double));
  for (u32 i = s->indptr[place], end = s->indptr[place + 1]; i < end; i++) {
    u32 mask = mask_of(s, s->indices[i]);
    counts[mask] += 1;
    weights[mask] += (double)weight_at(held, s->data, i, s->weight_unit);
  }
  for (u32 j = 0; j < length; j++) {
    for (u32 slot = s->overlap_heads[cover[j]]; slot != END; slot = s->overlap_next[slot]) {
      u32 mask = mask_of(s, slot / s->width);
      if ((mask & (1u << j)) && (mask & ((1u << j) - 1)) == 0) overlaps[mask] += 1;
    }
  }
  for (u32 j = 0; j < length; j++) {
    double listed = 0;
    for (u32 mask = 0; mask < num_sets; mask++) if (mask & (1u << j)) listed += overlaps[mask];
    gains[j] = (double)s->sizes[cover[j]] - listed;
  }
  sum_subsets(counts, length);
  sum_subsets(weights, length);
  sum_subsets(overlaps, length);
  double *scores = s->scores + s->max_met;
  for (u32 set = 0; set < num_sets; set++) {
    u32 outside = all ^ set;
    double size = overlaps[all] - overlaps[outside];
    for (u32 j = 0; j < length; j++) if (set & (1u << j)) size += gains[j];
    double count = counts[all] - counts[outside], weight = weights[all] - weights[outside];
    scores[set] = s->wt_coeff * weight + (count - size) * mean;
  }
}
static inline int is_row(const u32 *cover, u32 set, u32 length, const u32 *row, u32 row_length) {
  if ((u32)__builtin_popcount(set) != row_length) return 0;
  for (u32 j = 0, at = 0; j < length; j++) if ((set & (1u << j)) && cover[j] != row[at++]) return 0;
  return 1;
}
#endif
