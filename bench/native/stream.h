/* assembly/stream.ts: the streaming state. Without the loads that ask for what later rows need: the compiler would drop them. */
#include "stream-items.h"

enum { ROW_UNDO = 1, MAX_ID_BYTES = 1024, EVICTIONS_PER_ROW = 6, RECORDS_PER_ROW = 2 + EVICTIONS_PER_ROW, FIRST_POWER = 8 };
static const double MARGIN = 1.000000001;

static inline int is_full(u8 *m, const Stream *p, u32 shard) {
  return U32(p->words_used)[shard] + RECORDS_PER_ROW * max_record_words(p, MAX_ID_BYTES) > p->record_words;
}
static u32 item_of_row(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 row, double time) {
  Shard *s = (Shard *)base;
  u32 info = U32(p->id_infos)[row], hash = U32(p->hashes)[row], is_tweet = kind_of_item(info) == 0;
  const u8 *id = m + p->text + U32(p->id_starts)[row];
  double given = F64(p->born)[row];
  u32 is_known = given == given, offset = words_at(base, s->table)[find_item(base, hash, info, id)];
  double born = is_known ? given : time;
  if (offset != 0) {
    double before = item_at(base, offset)->born;
    item_at(base, offset)->born = born = is_known ? given : before < time ? before : time;
  } else if (is_tweet && !is_known && !p->born_by_first_event) born = -INFINITY;
  if (is_tweet && time - born >= p->max_age) { s->num_too_old++; return 0; }
  if (offset != 0) return offset;
  u32 made = make_item(m, p, base, shard, keys, hash, info, id, born);
  if (made == 0) s->num_refused++;
  return made;
}
static void capture_if_overtaken(
  u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 offset, u32 row, double factor, double scale
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
  write_record(m, p, base, shard, keys, offset, CAPTURE_LONGEST, item->last, 0, 0);
  item->longest_is_live = 0;
}
static void add_interests(
  u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 offset, u32 row, double factor, double scale
) {
  Shard *s = (Shard *)base;
  Item *item = item_at(base, offset);
  u32 actor = U32(p->actors)[row], begin = U32(p->interest_indptr)[actor], end = U32(p->interest_indptr)[actor + 1];
  double sum_squares = item->sum_squares;
  for (u32 i = begin; i < end; i++) {
    u32 cluster = U32(p->interest_clusters)[i], bits = item->vector_bits;
    double added = floor(F32(p->interest_scores)[i] * factor + 0.5) * scale;
    VectorSlot *slot = bits == 0 ? NULL : find_slot(slots_at(base, item->vector), bits, cluster);
    if (bits == 0 || slot->cluster == 0) {
      if (bits == 0 || (item->num_entries + 1) * 4 > 3u << bits) {
        item->sum_squares = sum_squares;
        double negligible = p->negligible / worth_at(s, p, F64(p->times)[row]);
        if (!grow_vector(m, p, base, shard, keys, offset, negligible, end - begin)) {
          s->num_refused++;
          break;
        }
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
static void apply_row(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 row) {
  Shard *s = (Shard *)base;
  double time = F64(p->times)[row];
  s->evictions_left = EVICTIONS_PER_ROW;
  u32 offset = item_of_row(m, p, base, shard, keys, row, time);
  if (offset == 0) return;
  Item *item = item_at(base, offset);
  u32 is_undo = U32(p->kinds)[row] & ROW_UNDO, is_tweet = kind_of_item(item->id_info) == 0, known = U32(p->num_favs)[row];
  double epoch = floor(time / (p->half_life * EPOCH));
  double factor = exp_portable((time / p->half_life - epoch * EPOCH) * LN_2) * UNITS;
  double scale = power_of_two(EPOCH * (epoch - s->landmark)) * (is_undo ? -1.0 : 1.0);
  if (item->longest_is_live) capture_if_overtaken(m, p, base, shard, keys, offset, row, factor, scale);
  add_interests(m, p, base, shard, keys, offset, row, factor, scale);
  s->num_applied++;
  item->num_favs = is_undo ? (item->num_favs > 1 ? item->num_favs : 1) - 1 : item->num_favs + 1;
  if (known > item->num_favs) item->num_favs = known;
  if (is_undo) return;
  if (time > item->last) item->last = time;
  if (!is_tweet || item->num_favs < p->min_favs) return;
  item->num_updates++;
  double worth = worth_at(s, p, item->last), square = item->sum_squares * worth * worth;
  if (square > item->longest_square) { item->longest_square = square; item->longest_is_live = 1; }
  if (item->num_updates >= FIRST_POWER && (item->num_updates & (item->num_updates - 1)) == 0)
    write_record(m, p, base, shard, keys, offset, CAPTURE_POWER, item->last, 0, 0);
}

KERNEL(applyEvents) {
  PARAMS(Stream);
  for (u32 shard = lo; shard < hi; shard++) {
    u8 *base = shard_of(m, p, shard);
    u32 row = U32(p->rows_done)[shard];
    for (;; row++) {
      while (row < p->num_rows && (U32(p->hashes)[row] >> 20 & (p->num_shards - 1)) != shard) row++;
      if (row >= p->num_rows || is_full(m, p, shard)) break;
      apply_row(m, p, base, shard, (u64 *)scratch, row);
    }
    U32(p->rows_done)[shard] = row;
  }
}

static void sweep_place(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, double worth) {
  Shard *s = (Shard *)base;
  u32 offset = words_at(base, s->table)[s->sweep_at];
  if (offset == 0) return;
  const Item *item = item_at(base, offset);
  if (kind_of_item(item->id_info) == 0 && p->now - item->born >= p->max_age)
    remove_item(m, p, base, shard, keys, s->sweep_at, DEAD_OF_AGE);
  else if (item->sum_squares * worth * worth < p->negligible * p->negligible)
    remove_item(m, p, base, shard, keys, s->sweep_at, DEAD_OF_VALUE);
}

KERNEL(sweepItems) {
  PARAMS(Stream);
  for (u32 shard = lo; shard < hi; shard++) {
    u8 *base = shard_of(m, p, shard);
    Shard *s = (Shard *)base;
    u32 mask = (1u << s->table_bits) - 1, left = U32(p->rows_done)[shard];
    double worth = worth_at(s, p, p->now);
    for (; left > 0 && !is_full(m, p, shard); left--) {
      sweep_place(m, p, base, shard, (u64 *)scratch, worth);
      s->sweep_at = (s->sweep_at + 1) & mask;
    }
    U32(p->rows_done)[shard] = left;
  }
}

static void rebase_item(u8 *base, Item *item, double scale) {
  item->sum_squares *= scale * scale;
  if (item->vector == 0) return;
  VectorSlot *slots = slots_at(base, item->vector);
  for (u32 i = 0; i < 1u << item->vector_bits; i++) if (slots[i].cluster != 0) slots[i].value *= scale;
}

KERNEL(rebaseItems) {
  PARAMS(Stream);
  double scale = power_of_two(-EPOCH * p->shift);
  for (u32 shard = lo; shard < hi; shard++) {
    u8 *base = shard_of(m, p, shard);
    Shard *s = (Shard *)base;
    for (u32 place = 0; place < 1u << s->table_bits; place++) {
      u32 offset = words_at(base, s->table)[place];
      if (offset != 0) rebase_item(base, item_at(base, offset), scale);
    }
    s->landmark += p->shift;
  }
}

static int is_read(const Stream *p, u8 *base, u32 offset) {
  const Item *item = item_at(base, offset);
  return kind_of_item(item->id_info) != 0 || p->now - item->born < p->max_age;
}

KERNEL(exportItems) {
  PARAMS(Stream);
  for (u32 shard = lo; shard < hi; shard++) {
    u8 *base = shard_of(m, p, shard);
    const Shard *s = (const Shard *)base;
    u32 place = U32(p->rows_done)[shard];
    for (; place < 1u << s->table_bits && !is_full(m, p, shard); place++) {
      u32 offset = words_at(base, s->table)[place];
      if (offset != 0 && is_read(p, base, offset))
        write_record(m, p, base, shard, (u64 *)scratch, offset, 0, p->now, p->threshold, place);
    }
    U32(p->rows_done)[shard] = place;
  }
}
KERNEL(readItems) {
  PARAMS(Stream);
  for (u32 shard = lo; shard < hi; shard++) {
    u8 *base = shard_of(m, p, shard);
    const Shard *s = (const Shard *)base;
    u32 row = U32(p->rows_done)[shard];
    for (; row < p->num_rows && !is_full(m, p, shard); row++) {
      u32 hash = U32(p->hashes)[row];
      if ((hash >> 20 & (p->num_shards - 1)) != shard) continue;
      u32 place = find_item(base, hash, U32(p->id_infos)[row], m + p->text + U32(p->id_starts)[row]);
      u32 offset = words_at(base, s->table)[place];
      if (offset != 0 && is_read(p, base, offset))
        write_record(m, p, base, shard, (u64 *)scratch, offset, 0, p->now, p->threshold, row);
    }
    U32(p->rows_done)[shard] = row;
  }
}

static void scan_entries(u8 *m, const Stream *p, u8 *base, u32 shard, int is_scatter) {
  const Shard *s = (const Shard *)base;
  u32 *counts = U32(p->counts) + (size_t)shard * p->num_clusters;
  const u32 *numbers = U32(p->item_numbers) + U32(p->item_starts)[shard];
  double worth = worth_at(s, p, p->now);
  for (u32 place = 0; place < 1u << s->table_bits; place++) {
    u32 offset = words_at(base, s->table)[place];
    if (offset == 0) continue;
    const Item *item = item_at(base, offset);
    u32 is_wanted = p->kind_mask >> kind_of_item(item->id_info) & 1;
    if (!is_wanted || p->now - item->born >= p->younger || item->vector == 0) continue;
    const VectorSlot *slots = slots_at(base, item->vector);
    for (u32 i = 0; i < 1u << item->vector_bits; i++) {
      u32 cluster = slots[i].cluster;
      if (cluster == 0) continue;
      float score = (float)(slots[i].value * worth);
      if ((double)score < p->threshold) continue;
      u32 at = counts[cluster]++;
      if (!is_scatter) continue;
      U32(p->items_out)[at] = numbers[place];
      F32(p->scores_out)[at] = score;
    }
  }
}

KERNEL(countEntries) {
  PARAMS(Stream);
  for (u32 shard = lo; shard < hi; shard++) scan_entries(m, p, shard_of(m, p, shard), shard, 0);
}
KERNEL(scatterEntries) {
  PARAMS(Stream);
  for (u32 shard = lo; shard < hi; shard++) scan_entries(m, p, shard_of(m, p, shard), shard, 1);
}
