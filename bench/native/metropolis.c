/* The sweep of assembly/metropolis.ts in plain C, one thread, line by line: what the kernels are measured against.
 * usage: metropolis GRAPH EPOCHS   (GRAPH as written by bench/communities.ts)
 * Prints seconds per epoch, then an FNV-1a hash of the assignment, which must be that of the kernels. */
#include "metropolis.h"

static void *read_array(FILE *file, size_t count, size_t width) {
  void *array = malloc(count * width + 8);
  if (!array || fread(array, width, count, file) != count) { fprintf(stderr, "short file\n"); exit(1); }
  return array;
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
  const size_t room = (size_t)max_degree + 2;
  const Sweep sweep = {
    .order = order, .indptr = indptr, .indices = indices, .data = data, .mean_weights = mean_weights, .num_communities = k,
    .assignment = assignment, .sizes = sizes, .next = malloc(4 * (size_t)n), .outcomes = malloc(n), .wt_coeff = wt_coeff,
    .accept_scale = accept_scale, .slots = calloc((size_t)k + 1, sizeof(Around)), .candidates = malloc(4 * room),
    .scores = malloc(8 * room), .weights = malloc(8 * room),
  };

  for (u32 epoch = 1; epoch <= epochs; epoch++) {
    double began = seconds();
    u32 key = epoch_key(key0, key1, epoch);
    for (u32 t = 0; t < num_phases; t++) {
      u32 phase = visits[(size_t)(epoch - 1) * num_phases + t], lo = starts[phase], hi = starts[phase + 1];
      FOR_HELD(data, 0, propose_all(held, &sweep, key, lo, hi));
      apply_all(&sweep, lo, hi);
    }
    printf("%.6f\n", seconds() - began);
  }
  u32 hash = 0x811c9dc5u;
  for (u32 v = 0; v < n; v++) hash = (hash ^ assignment[v]) * 0x01000193u;
  printf("hash %08x\n", hash);
  return 0;
}
