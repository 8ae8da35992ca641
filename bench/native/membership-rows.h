/* assembly/membership-rows.ts: rows of communities, and what is around a vertex. */
#ifndef MEMBERSHIP_ROWS_H
#define MEMBERSHIP_ROWS_H
#include "memory.h"
#include "metropolis.h"

enum { MAX_SUBSETS = 256 };

typedef struct {
  u32 order, indptr, indices, data;
  float weight_unit;
  u32 mean_weights, visits, num_communities, max_degree, width, rows, sizes, overlap_heads, overlap_next, overlap_previous, next;
  u32 outcomes, key0, key1, epoch;
  double wt_coeff, accept_scale;
  u32 exclude_self, proposal, max_memberships;
} Membership;

typedef struct { double weight, gain; u32 count, mark; } RowSlot;
typedef struct {
  const u32 *order, *indptr, *indices;
  const void *data;
  float weight_unit;
  const double *mean_weights;
  u32 num_communities, width, max_met, *rows, *sizes, *overlap_heads, *overlap_next, *overlap_previous, *next;
  u8 *outcomes;
  double wt_coeff, accept_scale;
  u32 excludes_self, proposal, max_memberships;
  /* Scratch: slots zero between vertices; candidates, their scores and weights; tables over subsets; two rows. */
  RowSlot *slots;
  u32 *candidates;
  double *scores, *weights, *counts, *subset_weights, *overlaps;
  u32 *proposed, *cover;
} Rows;

INLINE Rows rows_of(u8 *m, const Membership *p, u8 *scratch) {
  RowSlot *slots = (RowSlot *)scratch;
  const u32 max_met = p->max_degree * p->width + 2;
  u32 *candidates = (u32 *)(slots + p->num_communities + 1);
  double *scores = (double *)aligned((u8 *)(candidates + max_met)), *weights = scores + max_met + MAX_SUBSETS;
  double *tables = weights + max_met + MAX_SUBSETS;
  u32 *proposed = (u32 *)(tables + 3 * MAX_SUBSETS);
  return (Rows){
    .order = U32(p->order), .indptr = U32(p->indptr), .indices = U32(p->indices), .data = p->data ? m + p->data : NULL,
    .weight_unit = p->weight_unit, .mean_weights = p->mean_weights ? F64(p->mean_weights) : NULL,
    .num_communities = p->num_communities, .width = p->width, .max_met = max_met, .rows = U32(p->rows), .sizes = U32(p->sizes),
    .overlap_heads = U32(p->overlap_heads), .overlap_next = U32(p->overlap_next),
    .overlap_previous = U32(p->overlap_previous), .next = U32(p->next), .outcomes = m + p->outcomes, .wt_coeff = p->wt_coeff,
    .accept_scale = p->accept_scale, .excludes_self = p->exclude_self, .proposal = p->proposal,
    .max_memberships = p->max_memberships, .slots = slots, .candidates = candidates, .scores = scores, .weights = weights,
    .counts = tables, .subset_weights = tables + MAX_SUBSETS, .overlaps = tables + 2 * MAX_SUBSETS,
    .proposed = proposed, .cover = proposed + p->width,
  };
}
#define ROWS \
  const Membership *p = (const Membership *)(m + params); \
  const Rows rows = rows_of(m, p, scratch)

static inline u32 *row_of(const Rows *s, u32 v) { return s->rows + v * s->width; }
static inline u32 length_of(const Rows *s, const u32 *row) {
  u32 length = 0;
  while (length < s->width && row[length] != s->num_communities) length++;
  return length;
}
INLINE u32 gather_rows(Held held, const Rows *s, u32 begin, u32 end, u32 *met) {
  const u32 width = s->width, none = s->num_communities;
  u32 num_met = 0;
  for (u32 i = begin; i < end; i++) {
    const u32 *row = row_of(s, s->indices[i]);
    double weight = (double)weight_at(held, s->data, i, s->weight_unit);
    for (u32 j = 0; j < width; j++) {
      u32 community = row[j];
      if (community == none) break;
      RowSlot *slot = s->slots + community;
      if (slot->count == 0) met[num_met++] = community;
      slot->count++;
      slot->weight += weight;
    }
  }
  return num_met;
}
static inline u32 mask_of(const Rows *s, u32 v) {
  const u32 *row = row_of(s, v);
  u32 mask = 0;
  for (u32 j = 0; j < s->width; j++) {
    if (row[j] == s->num_communities) break;
    mask |= s->slots[row[j]].mark;
  }
  return mask;
}
static inline void insert(u32 *row, u32 length, u32 community) {
  u32 j = length;
  for (; j > 0 && row[j - 1] > community; j--) row[j] = row[j - 1];
  row[j] = community;
}
#endif
