/* assembly/stream-memory.ts: memory of a shard of the streaming state. */
#ifndef STREAM_MEMORY_H
#define STREAM_MEMORY_H
#include "memory.h"

typedef struct {
  u32 bytes, heap_next, heap, num_units, free, is_free, table, table_bits, num_items, num_entries, sweep_at, evictions_left;
  double landmark, used_bytes, num_applied, num_too_old, num_expired, num_negligible, num_evicted, num_refused, num_pruned;
} Shard;
typedef struct {
  u32 hash, id_info, long_id, vector, vector_bits, num_entries, num_favs, num_updates, longest_is_live;
  double born, last, sum_squares, longest_square;
} Item;
typedef struct { u32 cluster; double value; } __attribute__((packed)) VectorSlot;

enum { ITEM_BYTES = 96, INLINE_ID = 72, INLINE_ID_BYTES = 24, MIN_VECTOR_BITS = 3, UNIT = 96, ORDERS = 26 };

static inline u32 *words_at(u8 *base, u32 offset) { return (u32 *)(base + offset); }
static inline Item *item_at(u8 *base, u32 offset) { return (Item *)(base + offset); }
static inline VectorSlot *slots_at(u8 *base, u32 vector) { return (VectorSlot *)(base + vector); }
static inline u32 home_of(u32 cluster, u32 bits) { return cluster * 0x9e3779b1u >> (32 - bits); }
static inline u32 kind_of_item(u32 info) { return info >> 16; }
static inline u32 id_length(u32 info) { return info & 0xffff; }
static inline int is_long_id(u32 info) { return id_length(info) > INLINE_ID_BYTES; }
static inline u8 *id_of(u8 *base, u32 offset) {
  u32 long_id = item_at(base, offset)->long_id;
  return base + (long_id != 0 ? long_id : offset + INLINE_ID);
}
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
  if (order >= ORDERS || start + (1u << order) > s->num_units) return 0;
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
#endif
