/* assembly/stream-records.ts: parameters of the streaming kernels, and the records in which items leave the state. */
#ifndef STREAM_RECORDS_H
#define STREAM_RECORDS_H
#include "selection.h"
#include "stream-memory.h"

typedef struct {
  u32 shards, shard_bytes, num_shards, num_rows, times, actors, kinds, hashes, id_infos, id_starts, born, num_favs, text;
  u32 interest_indptr, interest_clusters, interest_scores, rows_done, records, record_words, words_used;
  u32 clusters_per_item, min_favs, born_by_first_event;
  double half_life, max_age, threshold, negligible, now;
  u32 sweep_share;
  double shift;
  u32 kind_mask;
  double younger;
  u32 counts, num_clusters, item_numbers, item_starts, items_out, scores_out;
} Stream;

enum { CAPTURE_POWER = 1, CAPTURE_LONGEST = 2, CAPTURE_LATEST = 4, BUFFERED = 4, HEADER_WORDS = 12 };
static const double LN_2 = 0.6931471805599453, EPOCH = 8, UNITS = 17179869184.0;

static inline u8 *shard_of(u8 *m, const Stream *p, u32 shard) { return m + p->shards + (size_t)shard * p->shard_bytes; }
static double worth_at(const Shard *s, const Stream *p, double time) {
  return exp_portable((s->landmark * EPOCH - time / p->half_life) * LN_2) / UNITS;
}
static inline u32 max_record_words(const Stream *p, u32 id_bytes) {
  return HEADER_WORDS + ((id_bytes + 3) >> 2) + 2 * p->clusters_per_item + 1;
}
static void write_record(
  u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 offset, u32 reason, double time, double threshold, u32 tag
) {
  const Item *item = item_at(base, offset);
  double worth = worth_at((Shard *)base, p, time);
  const VectorSlot *slots = slots_at(base, item->vector);
  const u32 k = p->clusters_per_item, capacity = k * BUFFERED, places = item->vector != 0 ? 1u << item->vector_bits : 0;
  u32 size = 0;
  float bar = 0;
  for (u32 i = 0; i < places; i++) {
    float score = (float)(slots[i].value * worth);
    keys[size] = key_of(slots[i].cluster, score);
    size += (score > bar) & ((double)score >= threshold);
    if (size < capacity) continue;
    keep_largest(keys, size, k);
    size = k;
    bar = bar_below(keys, size);
  }
  if (size > k) { keep_largest(keys, size, k); size = k; }
  u32 used = U32(p->words_used)[shard], id_bytes = id_length(item->id_info), id_words = (id_bytes + 3) >> 2;
  u32 *at = U32(p->records) + (size_t)shard * p->record_words + used;
  u32 words = (HEADER_WORDS + id_words + 2 * size + 1) & ~1u;
  at[0] = words;
  at[1] = reason | item->id_info >> 16 << 8;
  at[2] = id_bytes;
  at[3] = item->num_updates;
  at[4] = item->num_favs;
  at[5] = size;
  memcpy(at + 6, &time, 8);
  memcpy(at + 8, &item->born, 8);
  at[10] = tag;
  at[11] = 0;
  memcpy(at + HEADER_WORDS, id_of(base, offset), id_bytes);
  u32 *clusters = at + HEADER_WORDS + id_words;
  store_by_score(keys, size, clusters, clusters + size);
  U32(p->words_used)[shard] = used + words;
}
static void capture_item(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 offset) {
  const Item *item = item_at(base, offset);
  u32 reason = CAPTURE_LATEST | (item->longest_is_live != 0 ? CAPTURE_LONGEST : 0);
  write_record(m, p, base, shard, keys, offset, reason, item->last, 0, 0);
}
#endif
