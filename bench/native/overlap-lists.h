/* assembly/overlap-lists.ts. */
#ifndef OVERLAP_LISTS_H
#define OVERLAP_LISTS_H
#include "membership-rows.h"

static const u32 END = UINT32_MAX;

static inline void unlink_slot(const Rows *s, u32 community, u32 slot) {
  u32 after = s->overlap_next[slot], before = s->overlap_previous[slot];
  if (before == END) s->overlap_heads[community] = after;
  else s->overlap_next[before] = after;
  if (after != END) s->overlap_previous[after] = before;
}
static inline void link_slot(const Rows *s, u32 community, u32 slot) {
  u32 head = s->overlap_heads[community];
  s->overlap_next[slot] = head;
  s->overlap_previous[slot] = END;
  if (head != END) s->overlap_previous[head] = slot;
  s->overlap_heads[community] = slot;
}
static inline void move_row(const Rows *s, u32 place) {
  const u32 v = s->order[place], width = s->width, first_slot = v * width;
  u32 *row = row_of(s, v), old_length = length_of(s, row);
  for (u32 j = 0; j < old_length; j++) {
    s->sizes[row[j]]--;
    if (old_length > 1) unlink_slot(s, row[j], first_slot + j);
  }
  memcpy(row, s->next + place * width, (size_t)width * 4);
  u32 new_length = length_of(s, row);
  for (u32 j = 0; j < new_length; j++) {
    s->sizes[row[j]]++;
    if (new_length > 1) link_slot(s, row[j], first_slot + j);
  }
}
#endif
