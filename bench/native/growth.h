/* assembly/growth.ts. */
#include "memory.h"
#include "metropolis.h"

typedef struct {
  u32 order, indptr, indices, data, vertex_sizes, within, num_vertices, max_degree, assignment, sizes, next, outcomes, free, num_free;
  u32 key0, key1, epoch;
  double pair_cost, inverse_temperature;
} Growth;

static inline u32 gather_weights(u8 *m, const Growth *p, u32 v, u32 begin, u32 end, float *slots, u32 *met) {
  const u32 *indices = U32(p->indices), *assignment = U32(p->assignment), *within = p->within ? U32(p->within) : NULL;
  const float *data = p->data ? F32(p->data) : NULL;
  u32 num_met = 0;
  for (u32 i = begin; i < end; i++) {
    u32 u = indices[i];
    if (u == v || (within && within[u] != within[v])) continue;
    u32 community = assignment[u];
    float weight = slots[community];
    met[num_met] = community;
    num_met += weight == 0;
    slots[community] = weight + (data ? data[i] : 1);
  }
  return num_met;
}
static inline u32 best_of(const double *scores, u32 count) {
  u32 best = 0;
  for (u32 i = 1; i < count; i++) if (scores[i] > scores[best]) best = i;
  return best;
}

KERNEL(proposeGrowth) {
  PARAMS(Growth);
  const u32 key = epoch_key(p->key0, p->key1, p->epoch), num_vertices = p->num_vertices;
  const u32 *order = U32(p->order), *indptr = U32(p->indptr), *assignment = U32(p->assignment), *sizes = U32(p->sizes);
  const u32 *vertex_sizes = p->vertex_sizes ? U32(p->vertex_sizes) : NULL;
  const double scale = p->inverse_temperature;
  const int is_greedy = scale == INFINITY;
  float *slots = (float *)scratch;
  u32 *candidates = (u32 *)(slots + num_vertices), *next_of = U32(p->next);
  double *scores = (double *)aligned((u8 *)(candidates + p->max_degree + 2)), *weights = scores + p->max_degree + 2;
  for (u32 place = lo; place < hi; place++) {
    u32 v = order[place], current = assignment[v], size = vertex_sizes ? vertex_sizes[v] : 1;
    double cost = p->pair_cost * (double)size;
    u32 num_met = gather_weights(m, p, v, indptr[place], indptr[place + 1], slots, candidates + 2), num_candidates = 2;
    double stay_score = (double)slots[current] - cost * (double)(sizes[current] - size), best = stay_score > 0 ? stay_score : 0;
    scores[0] = stay_score;
    scores[1] = 0;
    for (u32 i = 2; i < num_met + 2; i++) {
      u32 community = candidates[i];
      float weight = slots[community];
      slots[community] = 0;
      if (community == current) continue;
      double score = (double)weight - cost * (double)sizes[community];
      candidates[num_candidates] = community;
      scores[num_candidates] = score;
      if (score > best) best = score;
      num_candidates++;
    }
    int is_alone = sizes[current] == size;
    u32 chosen, next = current;
    if (is_greedy) chosen = best_of(scores, num_candidates);
    else {
      if (is_alone) scores[1] = -INFINITY;
      for (u32 i = 0; i < num_candidates; i++) scores[i] = scale * scores[i];
      chosen = draw_softmax(scores, weights, num_candidates, scale * best, uniform(mix(key + v), 0));
    }
    if (chosen == 1 && !is_alone) next = num_vertices;
    if (chosen > 1) next = candidates[chosen];
    next_of[place] = next;
    m[p->outcomes + place] = (next == num_vertices ? PROPOSED_EMPTY : 0) | (next != current ? ACCEPTED : 0);
  }
}
KERNEL(applyGrowth) {
  PARAMS(Growth);
  u32 *assignment = U32(p->assignment), *sizes = U32(p->sizes), *free_ids = U32(p->free), num_free = *U32(p->num_free);
  for (u32 place = lo; place < hi; place++) {
    u32 v = U32(p->order)[place], current = assignment[v], next = U32(p->next)[place];
    if (next == current) continue;
    u32 size = p->vertex_sizes ? U32(p->vertex_sizes)[v] : 1, left = sizes[current] - size;
    if (next == p->num_vertices) {
      if (left == 0) continue;
      next = free_ids[--num_free];
    }
    sizes[current] = left;
    if (left == 0) free_ids[num_free++] = current;
    sizes[next] += size;
    assignment[v] = next;
  }
  *U32(p->num_free) = num_free;
}
