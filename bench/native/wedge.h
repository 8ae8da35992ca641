/* assembly/wedge.ts: alias tables. */
#include "memory.h"

typedef struct { u32 indptr, indices, data, scale, inner_scale, max_row, table, masses; } WedgeTables;

KERNEL(wedgeTables) {
  PARAMS(WedgeTables);
  double *shares = (double *)scratch;
  u32 *places = (u32 *)(shares + p->max_row);
  for (u32 user = lo; user < hi; user++) {
    u32 begin = U32(p->indptr)[user], size = U32(p->indptr)[user + 1] - begin, num_small = 0, first_large = size;
    const u32 *indices = U32(p->indices) + begin;
    u32 *table = U32(p->table) + 2 * (size_t)begin;
    double total = 0;
    for (u32 i = 0; i < size; i++) {
      shares[i] = (p->data ? (double)F32(p->data)[begin + i] : 1.0) * (double)F32(p->scale)[indices[i]];
      total += shares[i];
    }
    F64(p->masses)[user] = p->inner_scale ? total * (double)F32(p->inner_scale)[user] : total;
    double factor = total > 0 ? (double)size / total : 0;
    for (u32 i = 0; i < size; i++) {
      shares[i] *= factor;
      if (shares[i] < 1) places[num_small++] = i;
      else places[--first_large] = i;
    }
    while (num_small > 0 && first_large < size) {
      u32 small = places[--num_small], large = places[first_large++];
      double share = shares[small], rest = shares[large] - (1 - share);
      table[2 * small] = (u32)(share * 4294967296.0);
      table[2 * small + 1] = indices[large];
      shares[large] = rest;
      if (rest < 1) places[num_small++] = large;
      else places[--first_large] = large;
    }
    while (num_small > 0) { u32 i = places[--num_small]; table[2 * i] = UINT32_MAX; table[2 * i + 1] = indices[i]; }
    while (first_large < size) { u32 i = places[first_large++]; table[2 * i] = UINT32_MAX; table[2 * i + 1] = indices[i]; }
  }
}
