/* The product of assembly/spgemm.ts and the selection of assembly/selection.ts in plain C, one thread, line by line, for
 * matrices of ones, nothing left out but the diagonal: what the kernels are measured against.
 * usage: spgemm GRAPH ROUNDS   (GRAPH as written by bench/similarity/speed.ts)
 * Prints seconds per round, then an FNV-1a hash of the result, which must be that of the kernels. */
#include "spgemm.h"

static void *read_array(FILE *file, size_t count) {
  void *array = malloc(count * 4 + 8);
  if (!array || fread(array, 4, count, file) != count) { fprintf(stderr, "short file\n"); exit(1); }
  return array;
}
int main(int argc, char **argv) {
  if (argc < 3) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (!file) { perror(argv[1]); return 1; }
  u32 *head = read_array(file, 5); /* producers, consumers, entries, topK, bits of the threshold */
  u32 m = head[0], n = head[1], nnz = head[2], k = head[3];
  float threshold = float_of(head[4]);
  u32 *a_ptr = read_array(file, (size_t)m + 1), *a = read_array(file, nnz);
  u32 *b_ptr = read_array(file, (size_t)n + 1), *b = read_array(file, nnz);
  float *scale = read_array(file, m);
  u32 *sums = calloc(m, 4), *touched = malloc(((size_t)m + 1) * 4);
  u32 capacity = key_capacity(k, m);
  u64 *keys = malloc(((size_t)capacity + 1) * 8), *spare = malloc((size_t)k * 8);
  u32 *counts = malloc((size_t)m * 4 + 4);
  u32 *indices = malloc((size_t)m * k * 4 + 4), *data = malloc((size_t)m * k * 4 + 4);
  for (int round = 0; round < atoi(argv[2]); round++) {
    double began = seconds();
    for (u32 row = 0; row < m; row++) {
      u32 num_touched = 0;
      for (u32 x = a_ptr[row]; x < a_ptr[row + 1]; x++)
        num_touched = count_row(b + b_ptr[a[x]], b + b_ptr[a[x] + 1], sums, touched, num_touched);
      sums[row] = 0;
      u32 size = 0;
      float bar = threshold;
      for (u32 t = 0; t < num_touched;) {
        u32 stop = num_touched - t < capacity - size ? num_touched : t + (capacity - size);
        size = choose_scaled_counts(scale, scale[row], sums, touched, t, stop, keys, size, bar);
        t = stop;
        if (size == capacity && size > k) { keep_largest(keys, size, k); size = k; bar = bar_below(keys, size); }
      }
      if (size > k) { keep_largest(keys, size, k); size = k; }
      store_by_index(keys, size, m, spare, indices + (size_t)row * k, data + (size_t)row * k);
      counts[row] = size;
    }
    /* The compact rows, as the kernels hand them over. */
    size_t total = 0;
    for (u32 row = 0; row < m; row++) total += counts[row];
    u32 *out_indices = malloc(total * 4 + 4), *out_data = malloc(total * 4 + 4);
    size_t at = 0;
    for (u32 row = 0; row < m; row++) {
      memcpy(out_indices + at, indices + (size_t)row * k, (size_t)counts[row] * 4);
      memcpy(out_data + at, data + (size_t)row * k, (size_t)counts[row] * 4);
      at += counts[row];
    }
    printf("%.6f\n", seconds() - began);
    if (round + 1 == atoi(argv[2])) {
      u32 hash = 0x811c9dc5u;
      hash = hash_words(hash, counts, m);
      hash = hash_words(hash, out_indices, total);
      hash = hash_words(hash, out_data, total);
      printf("hash %08x\n", hash);
    }
    free(out_indices);
    free(out_data);
  }
  return 0;
}
