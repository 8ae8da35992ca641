/* assembly/interested-in.ts: scores of clusters for each consumer, and the best of them by five keys. */
#include "topk.h"

typedef struct {
  u32 follow_indptr, follow_indices, fav_indptr, fav_indices, fav_data, known_for_indptr, known_for_clusters, known_for_scores;
  u32 inverse_follow_norm, inverse_fav_norm, num_clusters, social_proof, counts, indptr_out, clusters_out;
  u32 follow_score, follow_score_producer, fav_score, fav_score_producer, log_fav_score, num_followed, num_faved;
} InterestedIn;
typedef struct { double follow, follow_producer, fav, fav_producer, log_fav; u32 followed, faved, distinct; } Slot;

static u32 sum_neighbors(u8 *m, const InterestedIn *p, Slot *slots, Pair *touched, u32 row) {
  u32 follow = U32(p->follow_indptr)[row], follow_end = U32(p->follow_indptr)[row + 1];
  u32 fav = p->fav_indptr ? U32(p->fav_indptr)[row] : 0, fav_end = p->fav_indptr ? U32(p->fav_indptr)[row + 1] : 0;
  u32 num_touched = 0;
  while (follow < follow_end || fav < fav_end) {
    u32 followed = follow < follow_end ? U32(p->follow_indices)[follow] : UINT32_MAX;
    u32 faved = fav < fav_end ? U32(p->fav_indices)[fav] : UINT32_MAX;
    u32 producer = followed < faved ? followed : faved;
    double weight = faved <= followed ? F32(p->fav_data)[fav] : 0;
    for (u32 i = U32(p->known_for_indptr)[producer]; i < U32(p->known_for_indptr)[producer + 1]; i++) {
      u32 cluster = U32(p->known_for_clusters)[i];
      double known_for = F32(p->known_for_scores)[i];
      if (known_for < 0) known_for = 0;
      Slot *slot = slots + cluster;
      if (slot->distinct++ == 0) touched[num_touched++] = pair_of(cluster, 0);
      if (followed <= faved) {
        slot->followed++;
        slot->follow += known_for;
        slot->follow_producer += (double)F32(p->inverse_follow_norm)[producer] * known_for;
      }
      if (weight > 0) {
        slot->faved++;
        slot->fav += weight * known_for;
        slot->fav_producer += weight * (double)F32(p->inverse_fav_norm)[producer] * known_for;
        slot->log_fav += ln_portable(1 + weight) * 0.43429448190325182765 * known_for;
      }
    }
    follow += followed <= faved;
    fav += faved <= followed;
  }
  return num_touched;
}

KERNEL(countInterests) {
  PARAMS(InterestedIn);
  Slot *slots = (Slot *)scratch;
  Pair *touched = (Pair *)(slots + p->num_clusters);
  for (u32 row = lo; row < hi; row++) {
    u32 num_touched = sum_neighbors(m, p, slots, touched, row), count = 0;
    for (u32 t = 0; t < num_touched; t++) {
      Slot *slot = slots + pair_index(touched[t]);
      count += slot->distinct >= p->social_proof;
      memset(slot, 0, sizeof(Slot));
    }
    U32(p->counts)[row] = count;
  }
}

KERNEL(sumInterests) {
  PARAMS(InterestedIn);
  Slot *slots = (Slot *)scratch;
  Pair *touched = (Pair *)(slots + p->num_clusters);
  for (u32 row = lo; row < hi; row++) {
    u32 num_touched = sum_neighbors(m, p, slots, touched, row), out = U32(p->indptr_out)[row];
    sort_by_index(touched, num_touched);
    for (u32 t = 0; t < num_touched; t++) {
      u32 cluster = pair_index(touched[t]);
      Slot *slot = slots + cluster;
      if (slot->distinct >= p->social_proof) {
        U32(p->clusters_out)[out] = cluster;
        F32(p->follow_score)[out] = (float)slot->follow;
        F32(p->follow_score_producer)[out] = (float)slot->follow_producer;
        F32(p->fav_score)[out] = (float)slot->fav;
        F32(p->fav_score_producer)[out] = (float)slot->fav_producer;
        F32(p->log_fav_score)[out] = (float)slot->log_fav;
        U32(p->num_followed)[out] = slot->followed;
        U32(p->num_faved)[out++] = slot->faved;
      }
      memset(slot, 0, sizeof(Slot));
    }
  }
}

typedef struct {
  u32 indptr, fav_score, log_fav_score, follow_score, log_fav_score_cluster, follow_score_producer;
  u32 max_clusters, indptr_out, places_out;
} CutInterests;

static int ranks_after(u8 *m, const CutInterests *p, u32 a, u32 b) {
  float difference = F32(p->fav_score)[a] - F32(p->fav_score)[b];
  if (difference == 0) difference = F32(p->log_fav_score)[a] - F32(p->log_fav_score)[b];
  if (difference == 0) difference = F32(p->follow_score)[a] - F32(p->follow_score)[b];
  if (difference == 0) difference = F32(p->log_fav_score_cluster)[a] - F32(p->log_fav_score_cluster)[b];
  if (difference == 0) difference = F32(p->follow_score_producer)[a] - F32(p->follow_score_producer)[b];
  return difference == 0 ? a > b : difference < 0;
}
static void sink_last(u8 *m, const CutInterests *p, u32 *heap, u32 from, u32 size, u32 entry) {
  u32 at = from;
  for (;;) {
    u32 child = at * 2 + 1;
    if (child >= size) break;
    if (child + 1 < size && ranks_after(m, p, heap[child + 1], heap[child])) child++;
    if (!ranks_after(m, p, heap[child], entry)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = entry;
}

KERNEL(cutInterests) {
  PARAMS(CutInterests);
  u32 limit = p->max_clusters, *heap = (u32 *)scratch;
  Pair *pairs = (Pair *)(((uintptr_t)(heap + limit) + 7) & ~(uintptr_t)7);
  for (u32 row = lo; row < hi; row++) {
    u32 begin = U32(p->indptr)[row], end = U32(p->indptr)[row + 1], *out = U32(p->places_out) + U32(p->indptr_out)[row];
    if (end - begin <= limit) {
      for (u32 i = begin; i < end; i++) out[i - begin] = i;
      continue;
    }
    for (u32 i = 0; i < limit; i++) heap[i] = begin + i;
    for (u32 i = limit >> 1; i > 0; i--) sink_last(m, p, heap, i - 1, limit, heap[i - 1]);
    for (u32 i = begin + limit; i < end; i++) if (ranks_after(m, p, heap[0], i)) sink_last(m, p, heap, 0, limit, i);
    for (u32 i = 0; i < limit; i++) pairs[i] = pair_of(heap[i], 0);
    sort_by_index(pairs, limit);
    for (u32 i = 0; i < limit; i++) out[i] = pair_index(pairs[i]);
  }
}
