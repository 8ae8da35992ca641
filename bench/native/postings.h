/* assembly/postings.ts: candidates from posting lists, and their exact scores. */
#include "memory.h"
#include "selection.h"

typedef struct {
  u32 num_items, table_bits, items, scores, norms, query_starts, list_starts, list_lengths, list_weights;
  u32 num_blocks, run_blocks, run_maxima, run_entries, list_runs, list_run_counts;
  u32 source_norms, first_items, end_items, excluded, candidate_norm;
  float threshold;
  u32 top_k, counts, slot_items, slot_scores;
} ScanPostings;
typedef struct { float dot, square; } Sum;

static const double SLACK = 1.0 - 1e-6;

static inline int is_zero(const Sum *sum) { u64 bits; memcpy(&bits, sum, 8); return bits == 0; }
static inline void add_score(Sum *sum, float score, float weight) {
  sum->dot += score * weight;
  sum->square += score * score;
}
static u32 sum_at_places(u8 *m, const ScanPostings *p, u32 q, Sum *sums, u32 *met) {
  const u32 *items = U32(p->items);
  const float *scores = F32(p->scores);
  u32 first = U32(p->first_items)[q], span = U32(p->end_items)[q] - first, num_met = 0;
  for (u32 list = U32(p->query_starts)[q]; list < U32(p->query_starts)[q + 1]; list++) {
    float weight = F32(p->list_weights)[list];
    u32 start = U32(p->list_starts)[list], end = start + U32(p->list_lengths)[list];
    for (u32 i = start; i < end; i++) {
      u32 item = items[i];
      if (item - first >= span) continue;
      met[num_met] = item;
      num_met += is_zero(sums + item);
      add_score(sums + item, scores[i], weight);
    }
  }
  return num_met;
}
static u32 sum_by_blocks(u8 *m, const ScanPostings *p, u32 q, double least, Sum *sums, u32 *met, float *bounds) {
  const u32 *items = U32(p->items), *blocks = U32(p->run_blocks), *entries = U32(p->run_entries);
  const float *scores = F32(p->scores), *maxima = F32(p->run_maxima);
  u32 first_list = U32(p->query_starts)[q], last_list = U32(p->query_starts)[q + 1];
  memset(bounds, 0, (size_t)p->num_blocks * 4);
  for (u32 list = first_list; list < last_list; list++) {
    float weight = F32(p->list_weights)[list];
    u32 run = U32(p->list_runs)[list], end = run + U32(p->list_run_counts)[list];
    for (; run < end; run++) bounds[blocks[run]] += maxima[run] * weight;
  }
  u32 first = U32(p->first_items)[q], span = U32(p->end_items)[q] - first, num_met = 0;
  for (u32 list = first_list; list < last_list; list++) {
    float weight = F32(p->list_weights)[list];
    u32 run = U32(p->list_runs)[list], end = run + U32(p->list_run_counts)[list];
    for (; run < end; run++) {
      if ((double)bounds[blocks[run]] <= least) continue;
      for (u32 i = entries[run]; i < entries[run + 1]; i++) {
        u32 item = items[i];
        if (item - first >= span) continue;
        met[num_met] = item;
        num_met += is_zero(sums + item);
        add_score(sums + item, scores[i], weight);
      }
    }
  }
  return num_met;
}
static u32 sum_by_table(u8 *m, const ScanPostings *p, u32 q, u32 *table, Sum *sums, u32 *met) {
  const u32 *items = U32(p->items);
  const float *scores = F32(p->scores);
  u32 first = U32(p->first_items)[q], span = U32(p->end_items)[q] - first, num_met = 0;
  u32 shift = 32 - p->table_bits, mask = (1u << p->table_bits) - 1;
  memset(table, 0, (size_t)4 << p->table_bits);
  for (u32 list = U32(p->query_starts)[q]; list < U32(p->query_starts)[q + 1]; list++) {
    float weight = F32(p->list_weights)[list];
    u32 start = U32(p->list_starts)[list], end = start + U32(p->list_lengths)[list];
    for (u32 i = start; i < end; i++) {
      u32 item = items[i];
      if (item - first >= span) continue;
      u32 place = item * 0x9e3779b1u >> shift, entry = table[place];
      while (entry != 0 && met[entry - 1] != item) entry = table[place = (place + 1) & mask];
      if (entry == 0) {
        met[num_met] = item;
        sums[num_met] = (Sum){0, 0};
        table[place] = entry = ++num_met;
      }
      add_score(sums + entry - 1, scores[i], weight);
    }
  }
  return num_met;
}

enum { LINE = 16, SAMPLED = 16 };

static float floor_f32(double bound) {
  float nearest = (float)bound;
  if (!((double)nearest > bound)) return nearest;
  u32 bits;
  memcpy(&bits, &nearest, 4);
  bits--;
  memcpy(&nearest, &bits, 4);
  return nearest;
}
static float largest_of_line(const float *line) {
  float largest = 0;
  for (u32 i = 0; i < LINE; i++) largest = line[i] > largest ? line[i] : largest;
  return largest;
}
static u32 list_lines(float *dots, u32 from, u32 end, float limit, u32 *lines) {
  u32 num = 0;
  for (u32 first = from; first < end; first += LINE) {
    float *line = dots + first;
    u32 is_above = largest_of_line(line) > limit;
    lines[num] = first;
    for (u32 i = 0; i < LINE; i++) line[i] = is_above ? line[i] : 0;
    num += is_above;
  }
  return num;
}
static u32 keep_above(u8 *m, const ScanPostings *p, u32 q, float *dots, u32 *lines, u64 *keys, float bar) {
  double source_norm = F64(p->source_norms)[q];
  u32 first = U32(p->first_items)[q], end = U32(p->end_items)[q], top_k = p->top_k, size = 0;
  u32 capacity = key_capacity(top_k, p->num_items);
  float limit = floor_f32((double)bar * source_norm * SLACK);
  u32 num_lines = list_lines(dots, first & ~(u32)(LINE - 1), end, limit, lines);
  for (u32 l = 0; l < num_lines; l++) {
    float *line = dots + lines[l];
    u32 above = 0;
    for (u32 i = 0; i < LINE; i++) above |= (u32)(line[i] > limit) << i;
    for (; above; above &= above - 1) {
      u32 item = lines[l] + __builtin_ctz(above);
      float score = (float)((double)dots[item] / source_norm);
      if (item < first || item >= end || !(score > bar)) continue;
      keys[size++] = key_of(item, score);
      if (size == capacity && capacity > top_k) {
        keep_largest(keys, size, top_k);
        size = top_k;
        float worst = bar_below(keys, size);
        if (worst > bar) bar = worst;
        limit = floor_f32((double)bar * source_norm * SLACK);
      }
    }
    memset(line, 0, LINE * sizeof *line);
  }
  return size;
}
static float guess_bar(u8 *m, const ScanPostings *p, u32 q, const float *dots, u64 *keys) {
  u32 first = U32(p->first_items)[q], end = U32(p->end_items)[q], kept = (p->top_k << 1) / SAMPLED + 4, size = 0;
  if (end - first < p->top_k << 2) return p->threshold;
  for (u32 start = first & ~(u32)(LINE - 1); start < end; start += LINE * SAMPLED) {
    float largest = largest_of_line(dots + start);
    keys[size] = key_of(start, largest);
    size += largest > 0;
  }
  if (size <= kept) return p->threshold;
  keep_largest(keys, size, kept);
  float bar = (float)((double)bar_below(keys, kept) / F64(p->source_norms)[q]);
  return bar > p->threshold ? bar : p->threshold;
}
static void sum_dots(u8 *m, const ScanPostings *p, u32 q, float *dots) {
  for (u32 list = U32(p->query_starts)[q]; list < U32(p->query_starts)[q + 1]; list++) {
    float weight = F32(p->list_weights)[list];
    u32 start = U32(p->list_starts)[list], end = start + U32(p->list_lengths)[list];
    const u32 *items = U32(p->items);
    const float *scores = F32(p->scores);
    for (u32 i = start; i < end; i++) dots[items[i]] += scores[i] * weight;
  }
  if (U32(p->excluded)[q] < p->num_items) dots[U32(p->excluded)[q]] = 0;
}
static u32 keep_dots(u8 *m, const ScanPostings *p, u32 q, float *dots, void *spare, u64 *keys) {
  sum_dots(m, p, q, dots);
  float guess = guess_bar(m, p, q, dots, spare);
  u32 size = keep_above(m, p, q, dots, spare, keys, guess);
  if (size < p->top_k && guess > p->threshold) {
    sum_dots(m, p, q, dots);
    size = keep_above(m, p, q, dots, spare, keys, p->threshold);
  }
  u32 first = U32(p->first_items)[q] & ~(u32)(LINE - 1), end = (U32(p->end_items)[q] + LINE - 1) & ~(u32)(LINE - 1);
  memset(dots, 0, (size_t)first * 4);
  if (end < p->num_items) memset(dots + end, 0, (size_t)(p->num_items - end) * 4);
  return size;
}
static u32 keep_sums(u8 *m, const ScanPostings *p, u32 q, u32 *table, Sum *sums, float *bounds, u32 *met, u64 *keys) {
  u32 top_k = p->top_k, capacity = (u64)top_k << 2 < p->num_items ? top_k << 2 : p->num_items, size = 0;
  double source_norm = F64(p->source_norms)[q];
  float bar = p->threshold;
  double least = (double)bar * source_norm * SLACK;
  u32 num_met = p->table_bits ? sum_by_table(m, p, q, table, sums, met)
    : p->num_blocks ? sum_by_blocks(m, p, q, least, sums, met, bounds)
    : sum_at_places(m, p, q, sums, met);
  for (u32 i = 0; i < num_met; i++) {
    u32 item = met[i];
    Sum *sum = sums + (p->table_bits ? i : item);
    double dot = sum->dot, n = sum->square, divisor = source_norm;
    if (!p->table_bits) *sum = (Sum){0, 0};
    if (p->norms) { double norm = F32(p->norms)[item]; n = norm * norm; }
    if (p->candidate_norm == 1) {
      if (dot * dot <= least * least * n) continue;
      divisor *= sqrt(n);
    } else if (p->candidate_norm == 2) divisor *= ln_portable(1.0 + n);
    else if (dot <= least) continue;
    float score = (float)(dot / divisor);
    if (!(score > bar) || item == U32(p->excluded)[q] || !(divisor > 0)) continue;
    keys[size++] = key_of(item, score);
    if (size == capacity && capacity > top_k) {
      keep_largest(keys, size, top_k);
      size = top_k;
      float worst = bar_below(keys, size);
      if (worst > bar) bar = worst;
      least = (double)bar * source_norm * SLACK;
    }
  }
  return size;
}

KERNEL(scanPostings) {
  PARAMS(ScanPostings);
  u32 top_k = p->top_k, most = p->table_bits ? 1u << (p->table_bits - 1) : p->num_items;
  u8 *at = scratch + (p->table_bits ? (size_t)most << 3 : 0);
  Sum *sums = (Sum *)at;
  float *bounds = (float *)(at += most < 8 ? 64 : (size_t)most << 3);
  u32 *met = (u32 *)(at += (size_t)((p->num_blocks + 1) >> 1) << 3);
  u64 *keys = (u64 *)(at + ((size_t)((most + 1) >> 1) << 3));
  int is_dot_alone = p->candidate_norm == 0 && !p->table_bits && !p->num_blocks;
  for (u32 q = lo; q < hi; q++) {
    u32 size = is_dot_alone ? keep_dots(m, p, q, (float *)sums, met, keys)
      : keep_sums(m, p, q, (u32 *)scratch, sums, bounds, met, keys);
    if (size > top_k) { keep_largest(keys, size, top_k); size = top_k; }
    store_by_score(keys, size, U32(p->slot_items) + (size_t)q * top_k, U32(p->slot_scores) + (size_t)q * top_k);
    U32(p->counts)[q] = size;
  }
}

typedef struct {
  u32 num_clusters, vector_starts, vector_clusters, vector_scores, source_starts, source_clusters, source_scores, source_norms;
  u32 max_candidates, candidate_counts, candidates, candidate_norm;
  float threshold;
  u32 top_k, counts, slot_items, slot_scores;
} RescoreItems;

KERNEL(rescoreItems) {
  PARAMS(RescoreItems);
  float *source = (float *)scratch;
  u64 *keys = (u64 *)(scratch + ((size_t)((p->num_clusters + 1) >> 1) << 3));
  const u32 *starts = U32(p->vector_starts), *clusters = U32(p->vector_clusters), *own = U32(p->source_clusters);
  const float *scores = F32(p->vector_scores);
  for (u32 q = lo; q < hi; q++) {
    u32 begin = U32(p->source_starts)[q], end = U32(p->source_starts)[q + 1], size = 0, top_k = p->top_k;
    for (u32 i = begin; i < end; i++) source[own[i]] = F32(p->source_scores)[i];
    for (u32 c = 0; c < U32(p->candidate_counts)[q]; c++) {
      u32 item = U32(p->candidates)[(size_t)q * p->max_candidates + c];
      double dot = 0, n = 0, divisor = F64(p->source_norms)[q];
      for (u32 i = starts[item]; i < starts[item + 1]; i++) {
        double value = scores[i];
        dot += value * (double)source[clusters[i]];
        n += value * value;
      }
      if (p->candidate_norm == 1) divisor *= sqrt(n);
      else if (p->candidate_norm == 2) divisor *= ln_portable(1.0 + n);
      float score = (float)(dot / divisor);
      if (score > p->threshold && divisor > 0) keys[size++] = key_of(item, score);
    }
    for (u32 i = begin; i < end; i++) source[own[i]] = 0;
    if (size > top_k) { keep_largest(keys, size, top_k); size = top_k; }
    store_by_score(keys, size, U32(p->slot_items) + (size_t)q * top_k, U32(p->slot_scores) + (size_t)q * top_k);
    U32(p->counts)[q] = size;
  }
}
