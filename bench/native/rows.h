/* assembly/columns.ts, decay.ts, sharpen.ts and coloring.ts. */
#include "memory.h"

typedef struct { u32 indices, data, num_values, num_cols, num_blocks, partials, scale, data_out; } Column;

KERNEL(columnSquareSums) {
  PARAMS(Column);
  for (u32 block = lo; block < hi; block++) {
    double *sums = F64(p->partials) + (size_t)block * p->num_cols;
    u32 end = (u32)((u64)p->num_values * (block + 1) / p->num_blocks);
    for (u32 i = (u32)((u64)p->num_values * block / p->num_blocks); i < end; i++) {
      double value = F32(p->data)[i];
      sums[U32(p->indices)[i]] += value * value;
    }
  }
}
KERNEL(scaleColumns) {
  PARAMS(Column);
  const u32 *indices = U32(p->indices);
  const float *data = F32(p->data), *scale = F32(p->scale);
  float *data_out = F32(p->data_out);
  for (u32 i = lo; i < hi; i++) data_out[i] = data[i] * scale[indices[i]];
}

typedef struct { u32 times, values; double now, decay_per_ms; u32 decayed; } Decay;

KERNEL(decayValues) {
  PARAMS(Decay);
  for (u32 i = lo; i < hi; i++)
    F32(p->decayed)[i] = (float)(F32(p->values)[i] * exp_portable((F64(p->times)[i] - p->now) * p->decay_per_ms));
}

typedef struct { u32 indptr, events, item_of, kind_of, contribution; } LastState;

KERNEL(lastStates) {
  PARAMS(LastState);
  const u32 *events = U32(p->events), *item_of = U32(p->item_of), *kind_of = U32(p->kind_of);
  for (u32 user = lo; user < hi; user++) {
    for (u32 i = U32(p->indptr)[user], end = U32(p->indptr)[user + 1]; i < end;) {
      u32 item = item_of[events[i]], had_fav = 0, decided_by = events[i];
      float state = 0;
      for (; i < end && item_of[events[i]] == item; i++) {
        u32 event = events[i];
        if (kind_of[event] == 1) { state = 1; had_fav = 1; decided_by = event; }
        else if (kind_of[event] == 2) { state = had_fav ? 0 : -1; decided_by = event; }
      }
      F32(p->contribution)[decided_by] = state;
    }
  }
}

typedef struct { u32 indptr, indices, data, blur_indptr, blur_indices, blur_data; float strength; u32 data_out; } Sharpen;

KERNEL(sharpenRows) {
  PARAMS(Sharpen);
  const u32 *indptr = U32(p->indptr), *indices = U32(p->indices), *blur_indptr = U32(p->blur_indptr), *blur = U32(p->blur_indices);
  const float *data = F32(p->data), *blur_data = F32(p->blur_data), strength = p->strength;
  float *sums = (float *)scratch;
  for (u32 row = lo; row < hi; row++) {
    u32 begin = indptr[row], end = indptr[row + 1];
    for (u32 e = begin; e < end; e++) {
      float weight = data[e];
      for (u32 i = blur_indptr[indices[e]]; i < blur_indptr[indices[e] + 1]; i++) sums[blur[i]] += weight * blur_data[i];
    }
    for (u32 e = begin; e < end; e++) {
      float value = data[e] - strength * sums[indices[e]];
      F32(p->data_out)[e] = value > 0 ? value : 0;
    }
    for (u32 e = begin; e < end; e++)
      for (u32 i = blur_indptr[indices[e]]; i < blur_indptr[indices[e] + 1]; i++) sums[blur[i]] = 0;
  }
}

typedef struct { u32 indptr, indices, colors, seen_by; } ColorGraph;

KERNEL(colorGraph) {
  PARAMS(ColorGraph);
  const u32 *indptr = U32(p->indptr), *indices = U32(p->indices);
  u32 *colors = U32(p->colors), *seen_by = U32(p->seen_by);
  for (u32 v = lo; v < hi; v++) {
    u32 begin = indptr[v], end = indptr[v + 1], color = 0;
    for (u32 i = begin; i < end; i++) {
      u32 u = indices[i];
      if (u < v && colors[u] <= end - begin) seen_by[colors[u]] = v + 1;
    }
    while (seen_by[color] == v + 1) color++;
    colors[v] = color;
  }
}
