/* proposeMoves, applyMoves and moveAtOnce of assembly/metropolis.ts on kernel memory. */
#include "memory.h"
#include "metropolis.h"

typedef struct {
  u32 order, indptr, indices, data;
  float weight_unit;
  u32 mean_weights, visits, num_communities, max_degree, assignment, sizes, next, outcomes, key0, key1, epoch;
  double wt_coeff, accept_scale;
  u32 exclude_self, hastings, anchors;
  double anchor_coeff;
} Metropolis;

INLINE Sweep sweep_of(u8 *m, const Metropolis *p, u8 *scratch) {
  u32 *candidates = (u32 *)(scratch + ((size_t)p->num_communities + 1) * 8);
  double *scores = (double *)aligned((u8 *)(candidates + p->max_degree + 2));
  return (Sweep){
    .order = U32(p->order), .indptr = U32(p->indptr), .indices = U32(p->indices), .data = p->data ? m + p->data : NULL,
    .weight_unit = p->weight_unit, .mean_weights = p->mean_weights ? F64(p->mean_weights) : NULL,
    .num_communities = p->num_communities, .assignment = U32(p->assignment), .sizes = U32(p->sizes), .next = U32(p->next),
    .outcomes = m + p->outcomes, .wt_coeff = p->wt_coeff, .accept_scale = p->accept_scale, .anchor_coeff = p->anchor_coeff,
    .excludes_self = p->exclude_self, .is_hastings = p->hastings, .anchors = p->anchors ? U32(p->anchors) : NULL,
    .slots = scratch, .candidates = candidates, .scores = scores, .weights = scores + p->max_degree + 2,
  };
}

#define SWEEP \
  const Metropolis *p = (const Metropolis *)(m + params); \
  const Sweep sweep = sweep_of(m, p, scratch); \
  const u32 key = epoch_key(p->key0, p->key1, p->epoch)

KERNEL(proposeMoves) {
  SWEEP;
  FOR_HELD(sweep.data, sweep.weight_unit, propose_all(held, &sweep, key, lo, hi));
}
KERNEL(applyMoves) {
  SWEEP;
  (void)key;
  apply_all(&sweep, lo, hi);
}
KERNEL(moveAtOnce) {
  SWEEP;
  FOR_HELD(sweep.data, sweep.weight_unit, move_all_at_once(held, &sweep, U32(p->visits), key, lo, hi));
}
