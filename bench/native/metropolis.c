/* The sweep of assembly/metropolis.ts in plain C, one thread, line by line: what the kernels are measured against.
 * usage: metropolis GRAPH EPOCHS   (GRAPH as written by bench/communities.ts)
 * Prints seconds per epoch, then an FNV-1a hash of the assignment, which must be that of the kernels. */
#include "plain.h"

typedef struct { u32 count; float weight; } Slot;

static double uniform(u32 stream, u32 draw) {
  return ((double)mix(stream ^ mix(draw + 0x6a09e667u)) + 0.5) * (1.0 / 4294967296.0);
}
static void *read_array(FILE *file, size_t count, size_t width) {
  void *array = malloc(count * width + 8);
  if (!array || fread(array, width, count, file) != count) { fprintf(stderr, "short file\n"); exit(1); }
  return array;
}
static u32 draw(const double *scores, double *weights, u32 count, double best, double u) {
  double total = 0;
  for (u32 i = 0; i < count; i++) {
    double difference = scores[i] - best;
    weights[i] = difference < -40 ? 0 : exp_portable(difference);
    total += weights[i];
  }
  double rest = u * total;
  u32 last = 0;
  for (u32 i = 0; i < count; i++) {
    if (weights[i] == 0) continue;
    last = i;
    rest -= weights[i];
    if (rest < 0) break;
  }
  return last;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) return 1;
  u32 *header = read_array(file, 10, 4);
  u32 n = header[0], entries = header[1], k = header[2], num_phases = header[3], is_weighted = header[4];
  u32 key0 = header[5], key1 = header[6], max_degree = header[7], epochs_in_file = header[8];
  double *coefficients = read_array(file, 2, 8);
  double wt_coeff = coefficients[0], accept_scale = coefficients[1];
  u32 *order = read_array(file, n, 4);
  u32 *indptr = read_array(file, n + 1, 4);
  u32 *indices = read_array(file, entries, 4);
  float *data = is_weighted ? read_array(file, entries, 4) : NULL;
  double *mean_weights = is_weighted ? read_array(file, n, 8) : NULL;
  u32 *starts = read_array(file, num_phases + 1, 4);
  u32 *assignment = read_array(file, n, 4);
  u32 *visits = read_array(file, (size_t)num_phases * epochs_in_file, 4);
  fclose(file);
  u32 epochs = (u32)atoi(argv[2]);
  if (epochs > epochs_in_file) epochs = epochs_in_file;

  u32 *sizes = calloc(k + 1, 4);
  for (u32 v = 0; v < n; v++) sizes[assignment[v]]++;
  u32 *next = malloc(4 * (size_t)n);
  unsigned char *outcomes = malloc(n);
  u32 *counts = calloc(k + 1, 4);
  Slot *slots = calloc(k + 1, sizeof(Slot));
  u32 *candidates = malloc(4 * ((size_t)max_degree + 2));
  double *scores = malloc(8 * ((size_t)max_degree + 2));
  double *weights = malloc(8 * ((size_t)max_degree + 2));

  for (u32 epoch = 1; epoch <= epochs; epoch++) {
    double began = seconds();
    u32 key = mix(mix(key0 + epoch * 0x9e3779b9u) ^ key1);
    for (u32 t = 0; t < num_phases; t++) {
      u32 phase = visits[(size_t)(epoch - 1) * num_phases + t];
      u32 lo = starts[phase], hi = starts[phase + 1];
      for (u32 place = lo; place < hi; place++) {
        u32 v = order[place], current = assignment[v], begin = indptr[place], end = indptr[place + 1];
        u32 num_met = 0;
        u32 *met = candidates + 1;
        if (data) {
          for (u32 i = begin; i < end; i++) {
            u32 c = assignment[indices[i]];
            met[num_met] = c;
            num_met += slots[c].count == 0;
            slots[c].count++;
            slots[c].weight += data[i];
          }
        } else {
          for (u32 i = begin; i < end; i++) {
            u32 c = assignment[indices[i]], count = counts[c];
            met[num_met] = c;
            num_met += count == 0;
            counts[c] = count + 1;
          }
        }
#define COUNT(c) (data ? slots[c].count : counts[c])
#define SCORE(c) (wt_coeff * (data ? (double)slots[c].weight : (double)counts[c]) + ((double)COUNT(c) - (double)sizes[c]) * mean)
        if (current == k && (num_met == 0 || (num_met == 1 && met[0] == k))) {
          if (data) slots[k] = (Slot){0, 0}; else counts[k] = 0;
          outcomes[place] = 3;
          next[place] = k;
          continue;
        }
        double mean = mean_weights ? mean_weights[place] : 1;
        double current_score = current == k ? 0 : SCORE(current);
        u32 num_candidates = 1;
        double best = 0, second = -INFINITY;
        u32 leader = 0;
        for (u32 m = 0; m < num_met; m++) {
          u32 c = met[m];
          if (c != k && c != current) {
            double score = SCORE(c);
            if (score > best - 40) {
              candidates[num_candidates] = c;
              scores[num_candidates] = score;
              if (score > best) { second = best; best = score; leader = num_candidates; }
              else if (score > second) second = score;
              num_candidates++;
            }
          }
          if (data) slots[c] = (Slot){0, 0}; else counts[c] = 0;
        }
        candidates[0] = k;
        scores[0] = 0;
        u32 stream = mix(key + v), chosen = leader;
        if (num_candidates > 1) {
          double u = uniform(stream, 0);
          if (best - second < 8 || num_candidates > 29 || u < 0.01 || u > 0.99)
            chosen = draw(scores, weights, num_candidates, best, u);
        }
        u32 proposal = candidates[chosen], result = current;
        unsigned char outcome = chosen == 0;
        if (proposal == current) outcome |= 2;
        else {
          double gain = accept_scale * (scores[chosen] - current_score);
          if (gain >= 0 || (gain > -23 && ln_portable(uniform(stream, 1)) < gain)) { result = proposal; outcome |= 4; }
        }
        outcomes[place] = outcome;
        next[place] = result;
      }
      for (u32 place = lo; place < hi; place++) {
        u32 v = order[place], to = next[place], from = assignment[v];
        if (to == from) continue;
        sizes[from]--;
        sizes[to]++;
        assignment[v] = to;
      }
    }
    printf("%.6f\n", seconds() - began);
  }
  u32 hash = 0x811c9dc5u;
  for (u32 v = 0; v < n; v++) hash = (hash ^ assignment[v]) * 0x01000193u;
  printf("hash %08x\n", hash);
  return 0;
}
