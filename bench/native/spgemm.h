/* assembly/spgemm.ts: the sparse product that keeps the best of each row. */
#include "memory.h"
#include "selection.h"

typedef struct {
  u32 num_cols, a_indptr, a_indices, a_data, b_indptr, b_indices, b_data, b_starts, inner_scale, row_scale, col_scale;
  u32 exclude_indptr, exclude_indices, exclude_diagonal;
  float threshold, max_value;
  u32 top_k, min_common, first_row, unit_starts, slot_starts, counts, slot_indices, slot_data;
} Spgemm;

static inline u32 count_row(const u32 *at, const u32 *end, u32 *counts, u32 *touched, u32 num_touched) {
  for (; at < end; at++) {
    u32 j = *at, before = counts[j];
    touched[num_touched] = j;
    num_touched += before == 0;
    counts[j] = before + 1;
  }
  return num_touched;
}
static inline u32 add_row(
  const u32 *at, const u32 *end, const float *data, double value, double scale, double *sums, u32 *touched, u32 num_touched
) {
  double weight = value * scale;
  for (; at < end; at++) {
    u32 j = *at;
    double before = sums[j], after = before + (data ? value * (double)*data++ * scale : weight);
    touched[num_touched] = j;
    num_touched += (before == 0) & (after != 0);
    sums[j] = after;
  }
  return num_touched;
}
static u32 count_products(u8 *m, const Spgemm *p, u32 row, u32 *counts, u32 *touched) {
  const u32 *a_indices = U32(p->a_indices), *b_indptr = U32(p->b_indptr), *b = U32(p->b_indices);
  const u32 *b_starts = p->b_starts ? U32(p->b_starts) : NULL;
  u32 num_touched = 0;
  for (u32 x = U32(p->a_indptr)[row], end = U32(p->a_indptr)[row + 1]; x < end; x++) {
    u32 i = a_indices[x], start = b_starts ? b_starts[x] : b_indptr[i];
    num_touched = count_row(b + start, b + b_indptr[i + 1], counts, touched, num_touched);
  }
  return num_touched;
}
static u32 add_products(u8 *m, const Spgemm *p, u32 row, double *sums, u32 *touched, u32 *common) {
  const u32 *a_indices = U32(p->a_indices), *b_indptr = U32(p->b_indptr), *b = U32(p->b_indices);
  const float *b_data = F32(p->b_data);
  u32 num_touched = 0;
  for (u32 x = U32(p->a_indptr)[row], end = U32(p->a_indptr)[row + 1]; x < end; x++) {
    u32 i = a_indices[x];
    const u32 *at = b + b_indptr[i], *last = b + b_indptr[i + 1];
    double value = p->a_data ? F32(p->a_data)[x] : 1, scale = p->inner_scale ? F32(p->inner_scale)[i] : 1;
    if (p->b_data) num_touched = add_row(at, last, b_data + b_indptr[i], value, scale, sums, touched, num_touched);
    else num_touched = add_row(at, last, NULL, value, scale, sums, touched, num_touched);
    if (p->min_common > 1) for (; at < last; at++) common[*at]++;
  }
  return num_touched;
}
static void clear_common(u8 *m, const Spgemm *p, u32 row, u32 *common) {
  for (u32 x = U32(p->a_indptr)[row], end = U32(p->a_indptr)[row + 1]; x < end; x++) {
    u32 i = U32(p->a_indices)[x];
    for (u32 y = U32(p->b_indptr)[i], last = U32(p->b_indptr)[i + 1]; y < last; y++) common[U32(p->b_indices)[y]] = 0;
  }
}
static inline void clear_sum(u8 *sums, u32 j, int is_count) {
  if (is_count) ((u32 *)sums)[j] = 0;
  else ((double *)sums)[j] = 0;
}
static void leave_out(u8 *m, const Spgemm *p, u32 row, u8 *sums, int is_count) {
  if (p->exclude_diagonal && row < p->num_cols) clear_sum(sums, row, is_count);
  if (p->exclude_indptr == 0) return;
  for (u32 e = U32(p->exclude_indptr)[row], last = U32(p->exclude_indptr)[row + 1]; e < last; e++)
    clear_sum(sums, U32(p->exclude_indices)[e], is_count);
}
static inline u32 choose_scaled_counts(
  const float *col_scale, float row_scale, u32 *counts, const u32 *touched, u32 from, u32 to, u64 *keys, u32 size, float bar
) {
  for (u32 t = from; t < to; t++) {
    u32 j = touched[t];
    float score = (float)(int32_t)counts[j] * (row_scale * col_scale[j]);
    counts[j] = 0;
    keys[size] = key_of(j, score);
    size += score > bar;
  }
  return size;
}
static u32 choose_counts(
  u8 *m, const Spgemm *p, float row_scale, u32 *counts, const u32 *touched, u32 from, u32 to, u64 *keys, u32 size, float bar
) {
  const float *col_scale = p->col_scale ? F32(p->col_scale) : NULL;
  u32 min_common = p->min_common;
  for (u32 t = from; t < to; t++) {
    u32 j = touched[t], count = counts[j];
    float score = (float)(int32_t)count * (col_scale ? row_scale * col_scale[j] : row_scale);
    counts[j] = 0;
    keys[size] = key_of(j, score);
    size += (score > bar) & (count >= min_common);
  }
  return size;
}
static u32 choose_sums(
  u8 *m, const Spgemm *p, float row_scale, double *sums, const u32 *common, const u32 *touched, u32 from, u32 to, u64 *keys,
  u32 size, float bar
) {
  const float *col_scale = p->col_scale ? F32(p->col_scale) : NULL;
  u32 min_common = p->min_common;
  for (u32 t = from; t < to; t++) {
    u32 j = touched[t];
    double scale = col_scale ? (double)row_scale * (double)col_scale[j] : (double)row_scale;
    float score = (float)(sums[j] * scale);
    sums[j] = 0;
    keys[size] = key_of(j, score);
    size += (score > bar) & (min_common <= 1 || common[j] >= min_common);
  }
  return size;
}

KERNEL(spgemmTopK) {
  PARAMS(Spgemm);
  const u32 num_cols = p->num_cols, k = p->top_k, capacity = key_capacity(k, num_cols);
  const int is_count = p->a_data == 0 && p->b_data == 0 && p->inner_scale == 0;
  const int is_scaled_count = is_count && p->col_scale != 0 && p->min_common <= 1;
  double *sums = (double *)scratch;
  u32 *counts = (u32 *)scratch, *common = (u32 *)(sums + num_cols), *touched = common + num_cols;
  u64 *keys = (u64 *)(((uintptr_t)(touched + num_cols + 1) + 7) & ~(uintptr_t)7), *spare = keys + capacity + 1;
  const float lowest_bar = p->threshold < p->max_value ? p->threshold : INFINITY;
  for (u32 panel_row = U32(p->unit_starts)[lo], last_row = U32(p->unit_starts)[hi]; panel_row < last_row; panel_row++) {
    u32 row = p->first_row + panel_row, size = 0;
    u32 num_touched = is_count ? count_products(m, p, row, counts, touched) : add_products(m, p, row, sums, touched, common);
    leave_out(m, p, row, scratch, is_count);
    float row_scale = p->row_scale ? F32(p->row_scale)[row] : 1, bar = lowest_bar;
    for (u32 t = 0; t < num_touched;) {
      u32 stop = num_touched - t < capacity - size ? num_touched : t + (capacity - size), before = size;
      if (is_scaled_count)
        size = choose_scaled_counts(F32(p->col_scale), row_scale, counts, touched, t, stop, keys, size, bar);
      else if (is_count) size = choose_counts(m, p, row_scale, counts, touched, t, stop, keys, size, bar);
      else size = choose_sums(m, p, row_scale, sums, common, touched, t, stop, keys, size, bar);
      limit_scores(keys, before, size, p->max_value);
      t = stop;
      if (size == capacity && size > k) { keep_largest(keys, size, k); size = k; bar = bar_below(keys, size); }
    }
    if (!is_count && p->min_common > 1) clear_common(m, p, row, common);
    if (size > k) { keep_largest(keys, size, k); size = k; }
    u32 slot = U32(p->slot_starts)[panel_row];
    store_by_index(keys, size, num_cols, spare, U32(p->slot_indices) + slot, U32(p->slot_data) + slot);
    U32(p->counts)[panel_row] = size;
  }
}
