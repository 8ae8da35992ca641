/* The moves of assembly/metropolis.ts, vertex by vertex: batches made C no faster. Their arrays may lie in kernel memory
 * (sweeps.h) or in a program's own (metropolis.c). */
#ifndef METROPOLIS_H
#define METROPOLIS_H
#include "plain.h"
#include "weights.h"

#define NEGLIGIBLE (-40.0)
#define LOWEST_LN (-23.0)
/* e^-i, rounded up. */
static const double WEIGHT_BELOW[] = {1, 0.36788, 0.13534, 0.04979, 0.01832, 0.00674, 0.00248, 0.00092, 0.00034};
enum { PROPOSED_EMPTY = 1, PROPOSED_SAME = 2, ACCEPTED = 4 };

typedef struct { u32 count; float weight; } Around;
typedef struct {
  const u32 *order, *indptr, *indices;
  const void *data;
  float weight_unit;
  const double *mean_weights;
  u32 num_communities, *assignment, *sizes, *next;
  u8 *outcomes;
  double wt_coeff, accept_scale, anchor_coeff;
  u32 excludes_self, is_hastings;
  const u32 *anchors;
  /* Scratch: u32[k + 1] or, with weights, Around[k + 1], zero between vertices; room for maxDegree + 2 candidates. */
  void *slots;
  u32 *candidates;
  double *scores, *weights;
} Sweep;

static inline u32 epoch_key(u32 key0, u32 key1, u32 epoch) { return mix(mix(key0 + epoch * 0x9e3779b9u) ^ key1); }
static inline double uniform(u32 stream, u32 draw) {
  return ((double)mix(stream ^ mix(draw + 0x6a09e667u)) + 0.5) * (1.0 / 4294967296.0);
}
static u32 draw_softmax(const double *scores, double *weights, u32 count, double best, double u) {
  double total = 0;
  for (u32 i = 0; i < count; i++) {
    double difference = scores[i] - best;
    weights[i] = difference < NEGLIGIBLE ? 0 : difference == 0 ? 1 : exp_portable(difference);
    total += weights[i];
  }
  double rest = u * total;
  u32 last = 0;
  for (u32 i = 0; i < count; i++) {
    if (weights[i] == 0) continue;
    last = i;
    rest -= weights[i];
    if (rest < 0) break;
  }
  return last;
}
static double ln_sum_exp(const double *scores, u32 count, u32 left, double added) {
  double best = added;
  for (u32 i = 0; i < count; i++) if (i != left && scores[i] > best) best = scores[i];
  double sum = exp_portable(added - best);
  for (u32 i = 0; i < count; i++) if (i != left) sum += exp_portable(scores[i] - best);
  return best + ln_portable(sum);
}
static double hastings(const double *scores, u32 count, u32 chosen, int is_old_added, double old_score) {
  double forward = ln_sum_exp(scores, count, count, -INFINITY);
  double backward = ln_sum_exp(scores, count, chosen == 0 ? count : chosen, is_old_added ? old_score : -INFINITY);
  return old_score - backward - (scores[chosen] - forward);
}

INLINE u32 *count_of(Held held, const Sweep *s, u32 community) {
  return held == ONES ? (u32 *)s->slots + community : &((Around *)s->slots)[community].count;
}
INLINE float *weight_of(const Sweep *s, u32 community) { return &((Around *)s->slots)[community].weight; }
INLINE void clear_slot(Held held, const Sweep *s, u32 community) {
  *count_of(held, s, community) = 0;
  if (held != ONES) *weight_of(s, community) = 0;
}
INLINE u32 gather_around(Held held, const Sweep *s, u32 place, u32 *met) {
  u32 num_met = 0;
  for (u32 i = s->indptr[place], end = s->indptr[place + 1]; i < end; i++) {
    u32 community = s->assignment[s->indices[i]], *slot = count_of(held, s, community), count = *slot;
    met[num_met] = community;
    num_met += count == 0;
    *slot = count + 1;
    if (held != ONES) *weight_of(s, community) += weight_at(held, s->data, i, s->weight_unit);
  }
  return num_met;
}
INLINE double score_of(Held held, const Sweep *s, u32 community, double mean) {
  u32 count = *count_of(held, s, community);
  double weight = held == ONES ? (double)count : (double)*weight_of(s, community);
  return s->wt_coeff * weight + (double)(int32_t)(count - s->sizes[community]) * mean;
}

INLINE u32 decide(Held held, const Sweep *s, u32 place, u32 v, u32 current, u32 key) {
  const u32 none = s->num_communities;
  u32 *candidates = s->candidates, *met = candidates + 1, num_met = gather_around(held, s, place, met);
  double *scores = s->scores;
  if (current == none && (num_met == 0 || (num_met == 1 && met[0] == none))) {
    clear_slot(held, s, none);
    s->outcomes[place] = PROPOSED_EMPTY | PROPOSED_SAME;
    return none;
  }
  const double mean = s->mean_weights ? s->mean_weights[place] : 1;
  const u32 anchor = s->anchors ? s->anchors[v] : none;
  const double anchor_bonus = s->anchor_coeff * s->wt_coeff * mean;
  double current_score = 0;
  int is_current_met = current == none;
  if (current != none) {
    is_current_met = *count_of(held, s, current) > 0;
    current_score = score_of(held, s, current, mean);
    if (s->excludes_self) current_score += mean;
    if (current == anchor) current_score += anchor_bonus;
  }
  u32 num_candidates = 1, leader = 0;
  double best = 0, second = -INFINITY;
  for (u32 i = 0; i < num_met; i++) {
    u32 community = met[i];
    if (community != none && community != current) {
      double score = score_of(held, s, community, mean);
      if (community == anchor) score += anchor_bonus;
      if (s->is_hastings || score > best + NEGLIGIBLE) {
        candidates[num_candidates] = community;
        scores[num_candidates] = score;
        if (score > best) { second = best; best = score; leader = num_candidates; }
        else if (score > second) second = score;
        num_candidates++;
      }
    }
    clear_slot(held, s, community);
  }
  candidates[0] = none;
  scores[0] = 0;

  u32 stream = mix(key + v), chosen = leader;
  if (num_candidates > 1) {
    double u = uniform(stream, 0), lead = best - second;
    double share = (num_candidates - 1) * WEIGHT_BELOW[lead < 8 ? (int)lead : 8];
    if (u <= share || u >= 1 - share)
      chosen = draw_softmax(scores, s->weights, num_candidates, best, u);
  }
  u32 proposal = candidates[chosen], next = current;
  u8 outcome = chosen == 0 ? PROPOSED_EMPTY : 0;
  if (proposal == current) outcome |= PROPOSED_SAME;
  else {
    double gain = s->accept_scale * (scores[chosen] - current_score);
    if (s->is_hastings && is_current_met) gain += hastings(scores, num_candidates, chosen, current != none, current_score);
    if (gain >= 0 || (gain > LOWEST_LN && ln_portable(uniform(stream, 1)) < gain)) { next = proposal; outcome |= ACCEPTED; }
  }
  s->outcomes[place] = outcome;
  return next;
}
INLINE void propose_all(Held held, const Sweep *s, u32 key, u32 lo, u32 hi) {
  for (u32 place = lo; place < hi; place++) {
    u32 v = s->order[place];
    s->next[place] = decide(held, s, place, v, s->assignment[v], key);
  }
}
INLINE void move(const Sweep *s, u32 v, u32 current, u32 next) {
  s->sizes[current]--;
  s->sizes[next]++;
  s->assignment[v] = next;
}
INLINE void apply_all(const Sweep *s, u32 lo, u32 hi) {
  for (u32 place = lo; place < hi; place++) {
    if (!(s->outcomes[place] & ACCEPTED)) continue;
    u32 v = s->order[place];
    move(s, v, s->assignment[v], s->next[place]);
  }
}
INLINE void move_all_at_once(Held held, const Sweep *s, const u32 *visits, u32 key, u32 lo, u32 hi) {
  for (u32 visit = lo; visit < hi; visit++) {
    u32 place = visits[visit], v = s->order[place], current = s->assignment[v];
    s->next[place] = decide(held, s, place, v, current, key);
    if (s->outcomes[place] & ACCEPTED) move(s, v, current, s->next[place]);
  }
}
#endif
