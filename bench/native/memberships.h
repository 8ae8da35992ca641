/* assembly/memberships.ts and membership-rows.ts: moves of rows of communities. */
#ifndef MEMBERSHIPS_H
#define MEMBERSHIPS_H
#include "membership-scores.h"
#include "overlap-lists.h"

enum { MULTIPLE = 1, FRACTION, FRACTION_AND_CLUSTER, RANDOM, FIRST_DRAW = 2 };

INLINE double propose_by_softmax(Held held, const Rows *s, u32 place, const u32 *row, u32 length, u32 num_met, double mean, double u) {
  u32 *met = s->candidates, *proposed = s->proposed, *cover = s->cover, num_candidates = 1, cover_length = 0;
  double *scores = s->scores, best = 0;
  scores[0] = 0;
  if (s->proposal == MULTIPLE) {
    cover_length = cover_neighbors(held, s, place, met, num_met, cover);
    score_subsets(held, s, place, cover, cover_length, mean);
    for (u32 j = 0; j < cover_length; j++) s->slots[cover[j]].mark = 0;
  }
  for (u32 i = 0; i < num_met; i++) {
    u32 community = met[i];
    if (length == 1 && community == row[0]) continue;
    double score = score_one(s, community, mean);
    met[num_candidates - 1] = community;
    scores[num_candidates++] = score;
    if (score > best) best = score;
  }
  const u32 num_singles = num_candidates;
  const double *subset_scores = scores + s->max_met;
  double *sets = s->counts;
  for (u32 set = 0; set < 1u << cover_length; set++) {
    if (__builtin_popcount(set) < 2 || is_row(cover, set, cover_length, row, length)) continue;
    double score = subset_scores[set];
    sets[num_candidates - num_singles] = (double)set;
    scores[num_candidates++] = score;
    if (score > best) best = score;
  }
  u32 chosen = num_candidates == 1 ? 0 : draw_softmax(scores, s->weights, num_candidates, best, u);
  for (u32 j = 0; j < s->width; j++) proposed[j] = s->num_communities;
  if (chosen >= num_singles) {
    u32 set = (u32)sets[chosen - num_singles];
    for (u32 j = 0, at = 0; j < cover_length; j++) if (set & (1u << j)) proposed[at++] = cover[j];
  } else if (chosen > 0) proposed[0] = met[chosen - 1];
  return scores[chosen];
}
static inline double probability_of(const Rows *s, u32 community, double weighted_degree) {
  if (s->proposal == RANDOM) return 0.5;
  double weight = s->slots[community].weight;
  if (s->proposal == FRACTION) return weight / weighted_degree;
  double count = (double)s->slots[community].count;
  return weight / (weighted_degree + (weight / count) * ((double)s->sizes[community] - count));
}
static void propose_independently(const Rows *s, u32 num_met, double weighted_degree, u32 stream) {
  const RowSlot *slots = s->slots;
  u32 *proposed = s->proposed, num_drawn = s->proposal == RANDOM ? s->num_communities : num_met, length = 0;
  for (u32 i = 0; i < num_drawn; i++) {
    u32 community = s->proposal == RANDOM ? i : s->candidates[i];
    if (uniform(stream, FIRST_DRAW + community) >= probability_of(s, community, weighted_degree)) continue;
    if (length == s->max_memberships) {
      u32 lightest = 0;
      for (u32 j = 1; j < length; j++) if (slots[proposed[j]].weight <= slots[proposed[lightest]].weight) lightest = j;
      u32 held = proposed[lightest];
      double held_weight = slots[held].weight, weight = slots[community].weight;
      if (weight < held_weight || (weight == held_weight && community > held)) continue;
      for (u32 j = lightest; j + 1 < length; j++) proposed[j] = proposed[j + 1];
      length--;
    }
    insert(proposed, length++, community);
  }
  for (u32 j = length; j < s->width; j++) proposed[j] = s->num_communities;
}

INLINE int decide_row(Held held, const Rows *s, u32 place, u32 key) {
  const u32 v = s->order[place], begin = s->indptr[place], end = s->indptr[place + 1], width = s->width, none = s->num_communities;
  const u32 *row = row_of(s, v), length = length_of(s, row), stream = mix(key + v);
  const double mean = s->mean_weights ? s->mean_weights[place] : 1;
  u32 *proposed = s->proposed, num_met = gather_rows(held, s, begin, end, s->candidates);
  double current_score = length == 1 ? score_one(s, row[0], mean) : score_row(held, s, place, row, length, mean), score;
  if (s->excludes_self && length > 0) current_score += mean;
  if (s->proposal >= FRACTION) {
    propose_independently(s, num_met, mean * (double)(end - begin), stream);
    score = score_row(held, s, place, proposed, length_of(s, proposed), mean);
  } else score = propose_by_softmax(held, s, place, row, length, num_met, mean, uniform(stream, 0));
  for (u32 i = begin; i < end; i++) {
    const u32 *its = row_of(s, s->indices[i]);
    for (u32 j = 0; j < width && its[j] != none; j++) s->slots[its[j]] = (RowSlot){0, 0, 0, 0};
  }
  int is_same = 1, is_accepted = 0;
  for (u32 j = 0; j < width; j++) is_same = is_same && row[j] == proposed[j];
  u8 outcome = proposed[0] == none ? PROPOSED_EMPTY : 0;
  if (is_same) outcome |= PROPOSED_SAME;
  else {
    double gain = s->accept_scale * (score - current_score);
    is_accepted = gain >= 0 || ln_portable(uniform(stream, 1)) < gain;
    if (is_accepted) outcome |= ACCEPTED;
  }
  memcpy(s->next + place * width, is_accepted ? proposed : row, (size_t)width * 4);
  s->outcomes[place] = outcome;
  return is_accepted;
}
INLINE void propose_all_rows(Held held, const Rows *s, u32 key, u32 lo, u32 hi) {
  for (u32 place = lo; place < hi; place++) decide_row(held, s, place, key);
}
INLINE void move_all_rows_at_once(Held held, const Rows *s, const u32 *visits, u32 key, u32 lo, u32 hi) {
  for (u32 visit = lo; visit < hi; visit++) if (decide_row(held, s, visits[visit], key)) move_row(s, visits[visit]);
}

KERNEL(proposeRows) {
  ROWS;
  FOR_HELD(rows.data, rows.weight_unit, propose_all_rows(held, &rows, epoch_key(p->key0, p->key1, p->epoch), lo, hi));
}
KERNEL(applyRows) {
  ROWS;
  for (u32 place = lo; place < hi; place++) if (rows.outcomes[place] & ACCEPTED) move_row(&rows, place);
}
KERNEL(moveRowsAtOnce) {
  ROWS;
  const u32 key = epoch_key(p->key0, p->key1, p->epoch);
  FOR_HELD(rows.data, rows.weight_unit, move_all_rows_at_once(held, &rows, U32(p->visits), key, lo, hi));
}
#endif
