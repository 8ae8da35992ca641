/* assembly/stream.ts: events into the streaming state. Without the loads that ask for what later rows need: the compiler would drop them. */
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

static const double LN_2 = 0.6931471805599453, EPOCH = 8, UNITS = 17179869184.0, MARGIN = 1.000000001;

static double worth_at(const Shard *s, const Stream *p, double time) {
  return exp_portable((s->landmark * EPOCH - time / p->half_life) * LN_2) / UNITS;
}
static void write_record(u8 *m, const Stream *p, u8 *base, u32 shard, Pair *pairs, u32 offset, u32 reason, double time) {
  const Item *item = item_at(base, offset);
  double worth = worth_at((Shard *)base, p, time);
  u32 size = 0;
  for (u32 i = 0; item->vector != 0 && i < 1u << item->vector_bits; i++) {
    const VectorSlot *slot = slots_at(base, item->vector) + i;
    float score = (float)(slot->value * worth);
    if (slot->cluster != 0 && score > 0) size = offer_pair(pairs, size, p->clusters_per_item, (Pair){slot->cluster, score});
  }
  sort_by_score(pairs, size);
  u32 used = U32(p->words_used)[shard], id_bytes = item->id_info & 0xffff, id_words = (id_bytes + 3) >> 2;
  u32 *at = U32(p->records) + (size_t)shard * p->record_words + used, words = (12 + id_words + 2 * size + 1) & ~1u;
  at[0] = words;
  at[1] = reason | item->id_info >> 16 << 8;
  at[2] = id_bytes;
  at[3] = item->num_updates;
  at[4] = item->num_favs;
  at[5] = size;
  memcpy(at + 6, &time, 8);
  memcpy(at + 8, &item->born, 8);
  at[10] = at[11] = 0;
  memcpy(at + 12, base + offset + INLINE_ID, id_bytes);
  for (u32 i = 0; i < size; i++) {
    at[12 + id_words + i] = pairs[i].index;
    at[12 + id_words + size + i] = bits_of(pairs[i].score);
  }
  U32(p->words_used)[shard] = used + words;
}
static u32 item_of_row(u8 *m, const Stream *p, u8 *base, u32 row, double time) {
  Shard *s = (Shard *)base;
  u32 info = U32(p->id_infos)[row], hash = U32(p->hashes)[row], is_tweet = info >> 16 == 0;
  const u8 *id = m + p->text + U32(p->id_starts)[row];
  double given = F64(p->born)[row];
  u32 is_known = given == given, offset = words_at(base, s->table)[find_item(base, hash, info, id)];
  double born = is_known ? given : time;
  if (offset != 0) {
    double before = item_at(base, offset)->born;
    item_at(base, offset)->born = born = is_known ? given : before < time ? before : time;
  } else if (is_tweet && !is_known && !p->born_by_first_event) born = -INFINITY;
  if (is_tweet && time - born >= p->max_age) { s->num_too_old++; return 0; }
  return offset != 0 ? offset : make_item(base, hash, info, id, born);
}
static void capture_if_overtaken(
  u8 *m, const Stream *p, u8 *base, u32 shard, Pair *pairs, u32 offset, u32 row, double factor, double scale
) {
  Item *item = item_at(base, offset);
  double time = F64(p->times)[row], worth = worth_at((Shard *)base, p, item->last > time ? item->last : time);
  double bar = item->longest_square * MARGIN / (worth * worth), after = item->sum_squares;
  u32 actor = U32(p->actors)[row], begin = U32(p->interest_indptr)[actor], end = U32(p->interest_indptr)[actor + 1];
  const float *scores = F32(p->interest_scores);
  for (u32 i = begin; i < end; i++) {
    double added = floor(scores[i] * factor + 0.5) * scale;
    after += added * added;
  }
  if (scale > 0 && after > bar) return;
  for (u32 i = begin; i < end; i++) {
    const VectorSlot *slot = find_slot(slots_at(base, item->vector), item->vector_bits, U32(p->interest_clusters)[i]);
    if (slot->cluster != 0) after += 2 * slot->value * (floor(scores[i] * factor + 0.5) * scale);
  }
  if (scale > 0 && after > bar) return;
  write_record(m, p, base, shard, pairs, offset, 2, item->last);
  item->longest_is_live = 0;
}
static void add_interests(u8 *m, const Stream *p, u8 *base, Item *item, u32 row, double factor, double scale) {
  Shard *s = (Shard *)base;
  u32 actor = U32(p->actors)[row], begin = U32(p->interest_indptr)[actor], end = U32(p->interest_indptr)[actor + 1];
  double sum_squares = item->sum_squares;
  for (u32 i = begin; i < end; i++) {
    u32 cluster = U32(p->interest_clusters)[i], bits = item->vector_bits;
    double added = floor(F32(p->interest_scores)[i] * factor + 0.5) * scale;
    VectorSlot *slot = bits == 0 ? NULL : find_slot(slots_at(base, item->vector), bits, cluster);
    if (bits == 0 || slot->cluster == 0) {
      if (bits == 0 || (item->num_entries + 1) * 4 > 3u << bits) {
        item->sum_squares = sum_squares;
        grow_vector(base, item, p->negligible / worth_at(s, p, F64(p->times)[row]), end - begin);
        sum_squares = item->sum_squares;
        slot = find_slot(slots_at(base, item->vector), item->vector_bits, cluster);
      }
      *slot = (VectorSlot){cluster, 0};
      item->num_entries++;
      s->num_entries++;
    }
    double before = slot->value;
    slot->value = before + added;
    sum_squares += added * (before + (before + added));
  }
  item->sum_squares = sum_squares;
}
static void apply_row(u8 *m, const Stream *p, u8 *base, u32 shard, Pair *pairs, u32 row) {
  Shard *s = (Shard *)base;
  double time = F64(p->times)[row];
  s->evictions_left = EVICTIONS_PER_ROW;
  u32 offset = item_of_row(m, p, base, row, time);
  if (offset == 0) return;
  Item *item = item_at(base, offset);
  u32 is_undo = U32(p->kinds)[row] & 1, is_tweet = item->id_info >> 16 == 0, known = U32(p->num_favs)[row];
  double epoch = floor(time / (p->half_life * EPOCH));
  double factor = exp_portable((time / p->half_life - epoch * EPOCH) * LN_2) * UNITS;
  double scale = power_of_two(EPOCH * (epoch - s->landmark)) * (is_undo ? -1.0 : 1.0);
  if (item->longest_is_live) capture_if_overtaken(m, p, base, shard, pairs, offset, row, factor, scale);
  add_interests(m, p, base, item, row, factor, scale);
  s->num_applied++;
  item->num_favs = is_undo ? (item->num_favs > 1 ? item->num_favs : 1) - 1 : item->num_favs + 1;
  if (known > item->num_favs) item->num_favs = known;
  if (is_undo) return;
  if (time > item->last) item->last = time;
  if (!is_tweet || item->num_favs < p->min_favs) return;
  item->num_updates++;
  double worth = worth_at(s, p, item->last), square = item->sum_squares * worth * worth;
  if (square > item->longest_square) { item->longest_square = square; item->longest_is_live = 1; }
  if (item->num_updates >= 8 && (item->num_updates & (item->num_updates - 1)) == 0)
    write_record(m, p, base, shard, pairs, offset, 1, item->last);
}

KERNEL(applyEvents) {
  PARAMS(Stream);
  u32 most = (2 + EVICTIONS_PER_ROW) * (12 + 256 + 2 * p->clusters_per_item + 1);
  for (u32 shard = lo; shard < hi; shard++) {
    u8 *base = m + p->shards + (size_t)shard * p->shard_bytes;
    u32 row = U32(p->rows_done)[shard];
    for (;; row++) {
      while (row < p->num_rows && (U32(p->hashes)[row] >> 20 & (p->num_shards - 1)) != shard) row++;
      if (row >= p->num_rows || U32(p->words_used)[shard] + most > p->record_words) break;
      apply_row(m, p, base, shard, (Pair *)scratch, row);
    }
    U32(p->rows_done)[shard] = row;
  }
}
