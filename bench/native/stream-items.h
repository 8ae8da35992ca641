/* assembly/stream-items.ts: items of a shard, found by id, made, grown, removed. */
#include "stream-records.h"

typedef enum { DEAD_OF_AGE, DEAD_OF_VALUE, DEAD_OF_MEMORY } Death;
enum { EVICTION_SAMPLE = 16, EVICTION_LIMIT = 256, LARGE_BITS = 8, CUT_STEPS = 60 };

static u32 find_item(u8 *base, u32 hash, u32 info, const u8 *id) {
  Shard *s = (Shard *)base;
  const u32 *table = words_at(base, s->table);
  u32 mask = (1u << s->table_bits) - 1, at = hash & mask;
  for (; table[at] != 0; at = (at + 1) & mask) {
    const Item *item = item_at(base, table[at]);
    if (item->hash == hash && item->id_info == info && memcmp(id_of(base, table[at]), id, id_length(info)) == 0) break;
  }
  return at;
}
static int grow_table(u8 *base) {
  Shard *s = (Shard *)base;
  u32 old = s->table, places = 1u << s->table_bits, mask = 2 * places - 1, larger = take_block(base, 8u << s->table_bits);
  if (larger == 0) return s->num_items < places - (places >> 3);
  u32 *to = words_at(base, larger);
  memset(to, 0, (size_t)8 << s->table_bits);
  for (u32 i = 0; i < places; i++) {
    u32 offset = words_at(base, old)[i];
    if (offset == 0) continue;
    u32 at = item_at(base, offset)->hash & mask;
    while (to[at] != 0) at = (at + 1) & mask;
    to[at] = offset;
  }
  give_block(base, old, 4u << s->table_bits);
  s->table = larger;
  s->table_bits++;
  s->sweep_at = 0;
  return 1;
}
static void close_gap(u8 *base, u32 place) {
  Shard *s = (Shard *)base;
  u32 *table = words_at(base, s->table), mask = (1u << s->table_bits) - 1, gap = place;
  for (u32 at = (place + 1) & mask; table[at] != 0; at = (at + 1) & mask) {
    u32 home = item_at(base, table[at])->hash & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    table[gap] = table[at];
    gap = at;
  }
  table[gap] = 0;
}
static void remove_item(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 place, Death reason) {
  Shard *s = (Shard *)base;
  u32 offset = words_at(base, s->table)[place];
  Item *item = item_at(base, offset);
  if (item->num_updates > 0) capture_item(m, p, base, shard, keys, offset);
  if (item->vector != 0) give_block(base, item->vector, vector_bytes(item->vector_bits));
  s->num_entries -= item->num_entries;
  if (item->long_id != 0) give_block(base, item->long_id, id_length(item->id_info));
  close_gap(base, place);
  s->num_items--;
  give_block(base, offset, ITEM_BYTES);
  if (reason == DEAD_OF_AGE) s->num_expired++;
  else if (reason == DEAD_OF_VALUE) s->num_negligible++;
  else s->num_evicted++;
}
static int evict_one(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 bytes, u32 keep) {
  Shard *s = (Shard *)base;
  u32 mask = (1u << s->table_bits) - 1, least_at = mask + 1, least_large_at = mask + 1, num_seen = 0;
  double least = INFINITY, least_large = keep != 0 ? item_at(base, keep)->sum_squares : INFINITY;
  for (u32 i = 0; i < EVICTION_LIMIT && num_seen < EVICTION_SAMPLE; i++) {
    s->sweep_at = (s->sweep_at + 1) & mask;
    u32 offset = words_at(base, s->table)[s->sweep_at];
    if (offset == 0 || offset == keep) continue;
    num_seen++;
    const Item *item = item_at(base, offset);
    if (item->sum_squares < least) { least = item->sum_squares; least_at = s->sweep_at; }
    if (item->sum_squares < least_large && item->vector != 0 && vector_bytes(item->vector_bits) >= bytes) {
      least_large = item->sum_squares;
      least_large_at = s->sweep_at;
    }
  }
  u32 victim_at = least_large_at <= mask ? least_large_at : least_at;
  if (victim_at > mask) return 0;
  remove_item(m, p, base, shard, keys, victim_at, DEAD_OF_MEMORY);
  return 1;
}
static u32 take_or_evict(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 bytes, u32 keep) {
  Shard *s = (Shard *)base;
  u32 block = take_block(base, bytes);
  while (block == 0 && s->evictions_left > 0 && evict_one(m, p, base, shard, keys, bytes, keep)) {
    s->evictions_left--;
    block = take_block(base, bytes);
  }
  return block;
}
static u32 make_item(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 hash, u32 info, const u8 *id, double born) {
  Shard *s = (Shard *)base;
  if (s->num_items * 2 >= 1u << s->table_bits && !grow_table(base)) return 0;
  u32 length = id_length(info), offset = take_or_evict(m, p, base, shard, keys, ITEM_BYTES, 0);
  if (offset == 0) return 0;
  u32 long_id = is_long_id(info) ? take_or_evict(m, p, base, shard, keys, length, 0) : 0;
  if (is_long_id(info) && long_id == 0) {
    give_block(base, offset, ITEM_BYTES);
    return 0;
  }
  Item *item = item_at(base, offset);
  memset(item, 0, ITEM_BYTES);
  item->hash = hash;
  item->id_info = info;
  item->long_id = long_id;
  item->born = born;
  item->last = -INFINITY;
  memcpy(id_of(base, offset), id, length);
  words_at(base, s->table)[find_item(base, hash, info, id)] = offset;
  s->num_items++;
  return offset;
}
static u32 count_from(u8 *base, const Item *item, double least) {
  u32 count = 0;
  const VectorSlot *slots = slots_at(base, item->vector);
  for (u32 i = 0; i < 1u << item->vector_bits; i++) count += (slots[i].cluster != 0) & (fabs(slots[i].value) >= least);
  return count;
}
static double largest_value(u8 *base, const Item *item) {
  double largest = 0;
  const VectorSlot *slots = slots_at(base, item->vector);
  for (u32 i = 0; i < 1u << item->vector_bits; i++)
    if (slots[i].cluster != 0 && fabs(slots[i].value) > largest) largest = fabs(slots[i].value);
  return largest;
}
static void close_slot(VectorSlot *slots, u32 bits, u32 place) {
  u32 mask = (1u << bits) - 1, gap = place;
  for (u32 at = (place + 1) & mask; slots[at].cluster != 0; at = (at + 1) & mask) {
    if (((at - home_of(slots[at].cluster, bits)) & mask) < ((at - gap) & mask)) continue;
    slots[gap] = slots[at];
    gap = at;
  }
  slots[gap] = (VectorSlot){0, 0};
}
static void prune_vector(u8 *base, Item *item) {
  Shard *s = (Shard *)base;
  VectorSlot *slots = slots_at(base, item->vector);
  u32 wanted = 1u << (item->vector_bits - 1);
  double low = 0, high = largest_value(base, item) * 2 + 1;
  for (u32 step = 0; step < CUT_STEPS && low < high; step++) {
    double middle = low + (high - low) * 0.5;
    u32 count = count_from(base, item, middle);
    if (count >= wanted) low = middle;
    if (count <= wanted) high = middle;
  }
  u32 num_equal = count_from(base, item, low) - wanted;
  for (u32 i = 0; i < 1u << item->vector_bits; i++) {
    while (slots[i].cluster != 0) {
      double size = fabs(slots[i].value);
      if (size >= high || (size >= low && num_equal == 0)) break;
      if (size >= low) num_equal--;
      close_slot(slots, item->vector_bits, i);
      item->num_entries--;
      s->num_entries--;
      s->num_pruned++;
    }
  }
  item->sum_squares = 0;
  for (u32 i = 0; i < 1u << item->vector_bits; i++)
    if (slots[i].cluster != 0) item->sum_squares += slots[i].value * slots[i].value;
}
static int start_vector(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 offset, u32 num_first) {
  u32 bits = MIN_VECTOR_BITS;
  while (num_first * 4 > 3u << bits) bits++;
  u32 first = take_or_evict(m, p, base, shard, keys, vector_bytes(bits), offset);
  while (first == 0 && bits > MIN_VECTOR_BITS) first = take_block(base, vector_bytes(--bits));
  if (first == 0) return 0;
  memset(base + first, 0, vector_bytes(bits));
  item_at(base, offset)->vector = first;
  item_at(base, offset)->vector_bits = bits;
  return 1;
}
static int grow_vector(u8 *m, const Stream *p, u8 *base, u32 shard, u64 *keys, u32 offset, double negligible, u32 num_first) {
  Item *item = item_at(base, offset);
  if (item->vector == 0) return start_vector(m, p, base, shard, keys, offset, num_first);
  u32 capacity = 1u << item->vector_bits, num_kept = count_from(base, item, negligible);
  u32 new_bits = item->vector_bits + (num_kept * 2 > capacity), fresh = 0;
  if (new_bits > item->vector_bits && item->vector_bits < LARGE_BITS) {
    fresh = take_block(base, vector_bytes(new_bits + 1));
    new_bits += fresh != 0;
  }
  if (fresh == 0) fresh = take_or_evict(m, p, base, shard, keys, vector_bytes(new_bits), offset);
  if (fresh == 0) {
    prune_vector(base, item);
    return 1;
  }
  u32 old = item->vector, bits = item->vector_bits;
  const VectorSlot *slots = slots_at(base, old);
  memset(base + fresh, 0, vector_bytes(new_bits));
  item->sum_squares = 0;
  for (u32 i = 0; i < capacity; i++) {
    double value = slots[i].value;
    if (slots[i].cluster == 0 || !(fabs(value) >= negligible)) continue;
    *find_slot(slots_at(base, fresh), new_bits, slots[i].cluster) = slots[i];
    item->sum_squares += value * value;
  }
  give_block(base, old, vector_bytes(bits));
  ((Shard *)base)->num_entries -= item->num_entries - num_kept;
  item->vector = fresh;
  item->vector_bits = new_bits;
  item->num_entries = num_kept;
  return 1;
}
