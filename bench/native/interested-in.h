/* assembly/interested-in.ts: scores of clusters for each consumer. */
#include "memory.h"

typedef struct {
  u32 follow_indptr, follow_indices, fav_indptr, fav_indices, fav_data, known_for_indptr, known_for_clusters, known_for_scores;
  u32 inverse_follow_norm, inverse_fav_norm, num_clusters, social_proof, counts, indptr_out, clusters_out;
  u32 follow_score, follow_score_producer, fav_score, fav_score_producer, log_fav_score, num_followed, num_faved;
} InterestedIn;
typedef struct { double follow, follow_producer, fav, fav_producer, log_fav; u32 followed, faved, distinct; } Slot;

static u32 sum_neighbors(u8 *m, const InterestedIn *p, Slot *slots, u32 *touched, u32 row) {
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
      if (slot->distinct++ == 0) touched[num_touched++] = cluster;
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
  u32 *touched = (u32 *)(slots + p->num_clusters);
  for (u32 row = lo; row < hi; row++) {
    u32 num_touched = sum_neighbors(m, p, slots, touched, row), count = 0;
    for (u32 t = 0; t < num_touched; t++) {
      count += slots[touched[t]].distinct >= p->social_proof;
      memset(slots + touched[t], 0, sizeof(Slot));
    }
    U32(p->counts)[row] = count;
  }
}

static int ascending(const void *a, const void *b) {
  u32 x = *(const u32 *)a, y = *(const u32 *)b;
  return (x > y) - (x < y);
}
static void sort_touched(u32 *touched, u32 size) {
  if (size > 24) { qsort(touched, size, 4, ascending); return; }
  for (u32 i = 1; i < size; i++) {
    u32 cluster = touched[i], at = i;
    for (; at > 0 && touched[at - 1] > cluster; at--) touched[at] = touched[at - 1];
    touched[at] = cluster;
  }
}

KERNEL(sumInterests) {
  PARAMS(InterestedIn);
  Slot *slots = (Slot *)scratch;
  u32 *touched = (u32 *)(slots + p->num_clusters);
  for (u32 row = lo; row < hi; row++) {
    u32 num_touched = sum_neighbors(m, p, slots, touched, row), out = U32(p->indptr_out)[row];
    sort_touched(touched, num_touched);
    for (u32 t = 0; t < num_touched; t++) {
      Slot *slot = slots + touched[t];
      if (slot->distinct >= p->social_proof) {
        U32(p->clusters_out)[out] = touched[t];
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
