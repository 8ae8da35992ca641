/* assembly/stream-memory.ts and stream-items.ts as far as events with room for all items need them: nothing is evicted. */
#include "rows.h"

typedef struct {
  u32 bytes, heap_next, free, table, table_bits, num_items, num_entries, sweep_at;
  double landmark, used_bytes, num_applied, num_too_old, num_expired, num_negligible, num_evicted, num_refused;
} Shard;
typedef struct {
  u32 hash, id_info, long_id, vector, vector_bits, num_entries, num_favs, num_updates, longest_is_live;
  double born, last, sum_squares, longest_square;
} Item;

enum { ITEM_BYTES = 96, INLINE_ID = 72, INLINE_ID_BYTES = 24, MIN_VECTOR_BITS = 3 };

static void beyond(const char *what) { fprintf(stderr, "%s: not in C\n", what); exit(1); }
static inline u32 *words_at(u8 *base, u32 offset) { return (u32 *)(base + offset); }
static inline Item *item_at(u8 *base, u32 offset) { return (Item *)(base + offset); }
static inline double *values_of(u8 *base, const Item *item) { return (double *)(base + item->vector + (4u << item->vector_bits)); }
static inline u32 home_of(u32 cluster, u32 bits) { return cluster * 0x9e3779b1u >> (32 - bits); }
static inline u32 vector_bytes(u32 bits) { return 12u << bits; }
static u32 size_class(u32 bytes) {
  u32 bits = 32 - (u32)__builtin_clz((bytes > 16 ? bytes : 16) - 1);
  return bytes <= 3u << (bits - 2) ? 2 * bits - 1 : 2 * bits;
}
static u32 class_bytes(u32 size_of) {
  u32 bits = (size_of + 1) >> 1;
  return size_of & 1 ? 3u << (bits - 2) : 1u << bits;
}
static u32 take_block(u8 *base, u32 bytes) {
  Shard *s = (Shard *)base;
  u32 size_of = size_class(bytes), size = class_bytes(size_of), *head = words_at(base, s->free) + size_of, block = *head;
  if (block != 0) *head = *words_at(base, block);
  else {
    if (size > s->bytes - s->heap_next) beyond("eviction");
    block = s->heap_next;
    s->heap_next += size;
  }
  s->used_bytes += size;
  return block;
}
static void give_block(u8 *base, u32 block, u32 bytes) {
  Shard *s = (Shard *)base;
  u32 size_of = size_class(bytes), *head = words_at(base, s->free) + size_of;
  *words_at(base, block) = *head;
  *head = block;
  s->used_bytes -= class_bytes(size_of);
}
static inline u32 find_cluster(const u32 *clusters, u32 bits, u32 cluster) {
  u32 mask = (1u << bits) - 1, at = home_of(cluster, bits);
  while (clusters[at] != cluster && clusters[at] != 0) at = (at + 1) & mask;
  return at;
}
static double power_of_two(double k) {
  if (k < -1022) return 0;
  if (k > 1023) return INFINITY;
  u64 bits = (u64)((int64_t)k + 1023) << 52;
  double power;
  memcpy(&power, &bits, 8);
  return power;
}
static u32 find_item(u8 *base, u32 hash, u32 info, const u8 *id) {
  Shard *s = (Shard *)base;
  const u32 *table = words_at(base, s->table);
  u32 mask = (1u << s->table_bits) - 1, at = hash & mask;
  for (; table[at] != 0; at = (at + 1) & mask) {
    const Item *item = item_at(base, table[at]);
    if (item->hash == hash && item->id_info == info && memcmp(base + table[at] + INLINE_ID, id, info & 0xffff) == 0) break;
  }
  return at;
}
static void grow_table(u8 *base) {
  Shard *s = (Shard *)base;
  u32 old = s->table, places = 1u << s->table_bits, mask = 2 * places - 1, larger = take_block(base, 8u << s->table_bits);
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
}
static u32 make_item(u8 *base, u32 hash, u32 info, const u8 *id, double born) {
  Shard *s = (Shard *)base;
  if (s->num_items * 2 >= 1u << s->table_bits) grow_table(base);
  if ((info & 0xffff) > INLINE_ID_BYTES) beyond("long ids");
  u32 offset = take_block(base, ITEM_BYTES);
  Item *item = item_at(base, offset);
  memset(item, 0, ITEM_BYTES);
  item->hash = hash;
  item->id_info = info;
  item->born = born;
  item->last = -INFINITY;
  memcpy(base + offset + INLINE_ID, id, info & 0xffff);
  words_at(base, s->table)[find_item(base, hash, info, id)] = offset;
  s->num_items++;
  return offset;
}
static void grow_vector(u8 *base, Item *item, double negligible, u32 num_first) {
  Shard *s = (Shard *)base;
  if (item->vector == 0) {
    u32 bits = MIN_VECTOR_BITS;
    while (num_first * 4 > 3u << bits) bits++;
    item->vector = take_block(base, vector_bytes(bits));
    item->vector_bits = bits;
    memset(base + item->vector, 0, vector_bytes(bits));
    return;
  }
  u32 old = item->vector, bits = item->vector_bits, capacity = 1u << bits, num_kept = 0;
  const u32 *keys = words_at(base, old);
  const double *values = values_of(base, item);
  for (u32 i = 0; i < capacity; i++) num_kept += keys[i] != 0 && fabs(values[i]) >= negligible;
  u32 new_bits = num_kept * 2 > capacity ? bits + 1 : bits, fresh = take_block(base, vector_bytes(new_bits));
  memset(base + fresh, 0, vector_bytes(new_bits));
  for (u32 i = 0; i < capacity; i++) {
    if (keys[i] == 0 || !(fabs(values[i]) >= negligible)) continue;
    u32 at = find_cluster(words_at(base, fresh), new_bits, keys[i]);
    words_at(base, fresh)[at] = keys[i];
    ((double *)(base + fresh + (4u << new_bits)))[at] = values[i];
  }
  give_block(base, old, vector_bytes(bits));
  s->num_entries -= item->num_entries - num_kept;
  item->vector = fresh;
  item->vector_bits = new_bits;
  item->num_entries = num_kept;
}
