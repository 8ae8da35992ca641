/* assembly/communities.ts. */
#include "memory.h"
#include "weights.h"

typedef struct {
  u32 order, indptr, indices, data;
  float weight_unit;
  u32 width, rows, num_communities, sizes;
  double mean_weight;
  u32 degrees, weighted_degrees, mean_weights, affiliation, inside_counts, inside_weights, inside_means;
  u32 member_indptr, members, pair_counts, pair_means;
} Community;

#define COMMUNITY \
  PARAMS(Community); \
  const u32 *order = U32(p->order), *indptr = U32(p->indptr), *indices = U32(p->indices), *rows = U32(p->rows); \
  const void *data = m + p->data; \
  const Held held = !p->data ? ONES : p->weight_unit == 0 ? FLOATS : MULTIPLES; \
  (void)order; (void)indptr; (void)indices; (void)rows; (void)data; (void)held

static inline u32 lowest_shared(const Community *p, const u32 *rows, u32 u, u32 v) {
  const u32 none = p->num_communities, width = p->width;
  if (width == 1) return rows[u] == rows[v] ? rows[u] : none;
  const u32 *a = rows + (size_t)u * width, *b = rows + (size_t)v * width;
  for (u32 i = 0, j = 0; i < width && j < width;) {
    u32 left = a[i], right = b[j];
    if (left == none || right == none) break;
    if (left == right) return left;
    i += left < right;
    j += right < left;
  }
  return none;
}
static inline double pair_mean(u8 *m, const Community *p, u32 u, u32 v) {
  u32 degrees = U32(p->degrees)[u] + U32(p->degrees)[v];
  return degrees == 0 ? 0 : (F64(p->weighted_degrees)[u] + F64(p->weighted_degrees)[v]) / (double)degrees;
}

KERNEL(vertexWeights) {
  COMMUNITY;
  for (u32 place = lo; place < hi; place++) {
    u32 begin = indptr[place], end = indptr[place + 1], v = order[place];
    double sum = 0;
    for (u32 i = begin; i < end; i++) sum += (double)weight_at(held, data, i, p->weight_unit);
    U32(p->degrees)[v] = end - begin;
    F64(p->weighted_degrees)[v] = sum;
    F64(p->mean_weights)[place] = end > begin ? sum / (double)(end - begin) : 0;
  }
}
KERNEL(affiliationScores) {
  COMMUNITY;
  for (u32 place = lo; place < hi; place++) {
    for (u32 j = 0; j < p->width; j++) {
      u32 slot = order[place] * p->width + j, community = rows[slot], num_inside = 0;
      float score = 0;
      if (community != p->num_communities) {
        u32 others = U32(p->sizes)[community] - 1;
        double inside = 0, weighted_degree = 0;
        for (u32 i = indptr[place]; others > 0 && i < indptr[place + 1]; i++) {
          double weight = (double)weight_at(held, data, i, p->weight_unit);
          const u32 *row = rows + (size_t)indices[i] * p->width;
          u32 is_inside = 0;
          for (u32 k = 0; k < p->width; k++) is_inside |= row[k] == community;
          weighted_degree += weight;
          if (!is_inside) continue;
          inside += weight;
          num_inside++;
        }
        double denominator = weighted_degree + p->mean_weight * (double)(others - num_inside);
        score = others == 0 ? 1 : denominator == 0 ? 0 : (float)(inside / denominator);
      }
      F32(p->affiliation)[slot] = score;
    }
  }
}
KERNEL(edgeStatistics) {
  COMMUNITY;
  for (u32 place = lo; place < hi; place++) {
    u32 v = order[place], count = 0;
    double inside = 0, means = 0;
    if (rows[(size_t)v * p->width] != p->num_communities) {
      for (u32 i = indptr[place]; i < indptr[place + 1]; i++) {
        if (lowest_shared(p, rows, indices[i], v) == p->num_communities) continue;
        count++;
        inside += (double)weight_at(held, data, i, p->weight_unit);
        if (p->data) means += pair_mean(m, p, indices[i], v);
      }
    }
    U32(p->inside_counts)[v] = count;
    F64(p->inside_weights)[v] = inside;
    if (p->data) F64(p->inside_means)[v] = means;
  }
}
KERNEL(pairStatistics) {
  COMMUNITY;
  for (u32 v = lo; v < hi; v++) {
    u32 count = 0;
    double means = 0;
    for (u32 j = 0; j < p->width && rows[v * p->width + j] != p->num_communities; j++) {
      u32 community = rows[v * p->width + j];
      for (u32 i = U32(p->member_indptr)[community]; i < U32(p->member_indptr)[community + 1]; i++) {
        u32 u = U32(p->members)[i];
        if (u <= v || (p->width > 1 && lowest_shared(p, rows, u, v) != community)) continue;
        count++;
        means += pair_mean(m, p, u, v);
      }
    }
    U32(p->pair_counts)[v] = count;
    F64(p->pair_means)[v] = means;
  }
}
