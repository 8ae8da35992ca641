/* assembly/stream-memory.ts and stream-items.ts as far as events with room for all items need them: nothing is evicted. */
#include "rows.h"

typedef struct {
  u32 bytes, heap_next, heap, num_units, free, is_free, table, table_bits, num_items, num_entries, sweep_at, evictions_left;
  double landmark, used_bytes, num_applied, num_too_old, num_expired, num_negligible, num_evicted, num_refused, num_pruned;
} Shard;
typedef struct {
  u32 hash, id_info, long_id, vector, vector_bits, num_entries, num_favs, num_updates, longest_is_live;
  double born, last, sum_squares, longest_square;
} Item;
typedef struct { u32 cluster; double value; } __attribute__((packed)) VectorSlot;

enum { ITEM_BYTES = 96, INLINE_ID = 72, INLINE_ID_BYTES = 24, MIN_VECTOR_BITS = 3, UNIT = 96, ORDERS = 26, EVICTIONS_PER_ROW = 6, LARGE_BITS = 8 };

static void beyond(const char *what) { fprintf(stderr, "%s: not in C\n", what); exit(1); }
static inline u32 *words_at(u8 *base, u32 offset) { return (u32 *)(base + offset); }
static inline Item *item_at(u8 *base, u32 offset) { return (Item *)(base + offset); }
static inline VectorSlot *slots_at(u8 *base, u32 vector) { return (VectorSlot *)(base + vector); }
static inline u32 home_of(u32 cluster, u32 bits) { return cluster * 0x9e3779b1u >> (32 - bits); }
static inline u32 vector_bytes(u32 bits) { return 12u << bits; }
static inline u32 order_of(u32 bytes) { return bytes <= UNIT ? 0 : 32 - (u32)__builtin_clz((bytes - 1) / UNIT); }
static inline void flip(u8 *base, const Shard *s, u32 unit) { words_at(base, s->is_free)[unit >> 5] ^= 1u << (unit & 31); }
static void push_free(u8 *base, Shard *s, u32 unit, u32 order) {
  u32 block = s->heap + unit * UNIT, *links = words_at(base, block), *head = words_at(base, s->free) + order;
  links[0] = *head;
  links[1] = 0;
  links[2] = order;
  if (*head != 0) words_at(base, *head)[1] = block;
  *head = block;
  flip(base, s, unit);
}
static void unlink_free(u8 *base, Shard *s, u32 unit, u32 order) {
  const u32 *links = words_at(base, s->heap + unit * UNIT);
  if (links[1] != 0) words_at(base, links[1])[0] = links[0];
  else words_at(base, s->free)[order] = links[0];
  if (links[0] != 0) words_at(base, links[0])[1] = links[1];
  flip(base, s, unit);
}
static void join_free(u8 *base, Shard *s, u32 unit, u32 order) {
  u32 end = (s->heap_next - s->heap) / UNIT;
  for (; order + 1 < ORDERS; order++) {
    u32 other = unit ^ (1u << order);
    u32 is_free = other < end && words_at(base, s->is_free)[other >> 5] >> (other & 31) & 1;
    if (!is_free || words_at(base, s->heap + other * UNIT)[2] != order) break;
    unlink_free(base, s, other, order);
    unit &= ~(1u << order);
  }
  push_free(base, s, unit, order);
}
static u32 take_fresh(u8 *base, Shard *s, u32 order) {
  u32 unit = (s->heap_next - s->heap) / UNIT, start = (unit + (1u << order) - 1) >> order << order;
  if (start + (1u << order) > s->num_units) beyond("eviction");
  while (unit < start) {
    u32 gap = (u32)__builtin_ctz(unit);
    s->heap_next = s->heap + (unit + (1u << gap)) * UNIT;
    join_free(base, s, unit, gap);
    unit += 1u << gap;
  }
  s->heap_next = s->heap + (start + (1u << order)) * UNIT;
  s->used_bytes += UNIT << order;
  return s->heap + start * UNIT;
}
static u32 take_block(u8 *base, u32 bytes) {
  Shard *s = (Shard *)base;
  u32 order = order_of(bytes), found = order;
  while (found < ORDERS && words_at(base, s->free)[found] == 0) found++;
  if (found == ORDERS) return take_fresh(base, s, order);
  u32 block = words_at(base, s->free)[found], unit = (block - s->heap) / UNIT;
  unlink_free(base, s, unit, found);
  while (found > order) {
    found--;
    push_free(base, s, unit + (1u << found), found);
  }
  s->used_bytes += UNIT << order;
  return block;
}
static void give_block(u8 *base, u32 block, u32 bytes) {
  Shard *s = (Shard *)base;
  s->used_bytes -= UNIT << order_of(bytes);
  join_free(base, s, (block - s->heap) / UNIT, order_of(bytes));
}
static inline VectorSlot *find_slot(VectorSlot *slots, u32 bits, u32 cluster) {
  u32 mask = (1u << bits) - 1, at = home_of(cluster, bits);
  while (slots[at].cluster != cluster && slots[at].cluster != 0) at = (at + 1) & mask;
  return slots + at;
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
  VectorSlot *slots = slots_at(base, old);
  for (u32 i = 0; i < capacity; i++) num_kept += slots[i].cluster != 0 && fabs(slots[i].value) >= negligible;
  u32 new_bits = bits + (num_kept * 2 > capacity), fresh = 0;
  if (new_bits > bits && bits < LARGE_BITS) fresh = take_block(base, vector_bytes(new_bits + 1));
  new_bits += fresh != 0;
  if (fresh == 0) fresh = take_block(base, vector_bytes(new_bits));
  memset(base + fresh, 0, vector_bytes(new_bits));
  item->sum_squares = 0;
  for (u32 i = 0; i < capacity; i++) {
    if (slots[i].cluster == 0 || fabs(slots[i].value) < negligible) continue;
    *find_slot(slots_at(base, fresh), new_bits, slots[i].cluster) = slots[i];
    item->sum_squares += slots[i].value * slots[i].value;
  }
  give_block(base, old, vector_bytes(bits));
  s->num_entries -= item->num_entries - num_kept;
  item->vector = fresh;
  item->vector_bits = new_bits;
  item->num_entries = num_kept;
}
