/* The product of assembly/spgemm.ts and the selection of assembly/selection.ts in plain C, one thread, line by line, for
 * matrices of ones: what the kernels are measured against.
 * usage: spgemm GRAPH ROUNDS   (GRAPH as written by bench/similarity/speed.ts)
 * Prints seconds per round, then an FNV-1a hash of the result, which must be that of the kernels. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint32_t u32;
typedef uint64_t u64;

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
static void *read_array(FILE *file, size_t count) {
  void *array = malloc(count * 4 + 8);
  if (!array || fread(array, 4, count, file) != count) { fprintf(stderr, "short file\n"); exit(1); }
  return array;
}
static u32 bits_of(float value) { u32 bits; memcpy(&bits, &value, 4); return bits; }
static float float_of(u32 bits) { float value; memcpy(&value, &bits, 4); return value; }

static u32 partition(u64 *keys, u32 lo, u32 hi, u64 pivot) {
  u32 at = lo;
  for (u32 i = lo; i < hi; i++) {
    u64 key = keys[i];
    keys[i] = keys[at];
    keys[at] = key;
    at += key > pivot;
  }
  return at;
}
static u32 median_place(const u64 *keys, u32 lo, u32 hi) {
  u32 middle = (lo + hi) >> 1;
  u64 a = keys[lo], b = keys[middle], c = keys[hi - 1];
  if (a < b) return b < c ? middle : a < c ? hi - 1 : lo;
  return a < c ? lo : b < c ? hi - 1 : middle;
}
static void keep_largest(u64 *keys, u32 size, u32 k) {
  u32 lo = 0, hi = size;
  for (int round = 0; round < 32; round++) {
    u32 place = median_place(keys, lo, hi);
    u64 pivot = keys[place];
    keys[place] = keys[hi - 1];
    u32 at = partition(keys, lo, hi - 1, pivot);
    keys[hi - 1] = keys[at];
    keys[at] = pivot;
    if (at == k || at + 1 == k) return;
    if (at < k) lo = at + 1;
    else hi = at;
  }
  u64 least = 0, most = UINT64_MAX;
  for (;;) {
    u64 pivot = least + ((most - least) >> 1);
    u32 at = partition(keys, lo, hi, pivot);
    if (at == k) return;
    if (at < k) { lo = at; most = pivot; }
    else { hi = at; least = pivot + 1; }
  }
}
static float bar_below(const u64 *keys, u32 size) {
  u64 worst = UINT64_MAX;
  for (u32 i = 0; i < size; i++) if (keys[i] < worst) worst = keys[i];
  return float_of((u32)(worst >> 32) - 1);
}
static void store_by_index(u64 *keys, u32 size, u32 num_cols, u64 *spare, u32 *indices, u32 *data) {
  u64 *source = keys;
  if (size <= 32) {
    for (u32 i = 1; i < size; i++) {
      u64 key = keys[i];
      u32 at = i;
      for (; at > 0 && (u32)keys[at - 1] < (u32)key; at--) keys[at] = keys[at - 1];
      keys[at] = key;
    }
  } else {
    u64 *target = spare;
    u32 counts[256];
    for (u32 shift = 0; shift < 32 && (num_cols - 1) >> shift; shift += 8) {
      memset(counts, 0, sizeof counts);
      for (u32 i = 0; i < size; i++) counts[(~(u32)source[i] >> shift) & 255]++;
      u32 total = 0;
      for (int digit = 0; digit < 256; digit++) { u32 count = counts[digit]; counts[digit] = total; total += count; }
      for (u32 i = 0; i < size; i++) target[counts[(~(u32)source[i] >> shift) & 255]++] = source[i];
      u64 *swap = source; source = target; target = swap;
    }
  }
  for (u32 i = 0; i < size; i++) { indices[i] = ~(u32)source[i]; data[i] = (u32)(source[i] >> 32); }
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
  u32 capacity = 4ull * k < m ? 4 * k : m;
  u64 *keys = malloc(((size_t)capacity + 1) * 8), *spare = malloc((size_t)k * 8);
  u32 *counts = malloc((size_t)m * 4 + 4);
  u32 *indices = malloc((size_t)m * k * 4 + 4), *data = malloc((size_t)m * k * 4 + 4);
  for (int round = 0; round < atoi(argv[2]); round++) {
    double began = seconds();
    for (u32 row = 0; row < m; row++) {
      u32 num_touched = 0;
      for (u32 x = a_ptr[row]; x < a_ptr[row + 1]; x++) {
        u32 i = a[x];
        for (u32 y = b_ptr[i], end = b_ptr[i + 1]; y < end; y++) {
          u32 j = b[y], before = sums[j];
          touched[num_touched] = j;
          num_touched += before == 0;
          sums[j] = before + 1;
        }
      }
      sums[row] = 0;
      u32 size = 0;
      float bar = threshold;
      for (u32 t = 0; t < num_touched;) {
        u32 stop = num_touched - t < capacity - size ? num_touched : t + (capacity - size);
        for (; t < stop; t++) {
          u32 j = touched[t];
          float value = (float)(int32_t)sums[j] * (scale[row] * scale[j]);
          sums[j] = 0;
          keys[size] = (u64)bits_of(value) << 32 | (u32)~j;
          size += value > bar;
        }
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
      for (u32 row = 0; row < m; row++) hash = (hash ^ counts[row]) * 0x01000193u;
      for (size_t i = 0; i < total; i++) hash = (hash ^ out_indices[i]) * 0x01000193u;
      for (size_t i = 0; i < total; i++) hash = (hash ^ out_data[i]) * 0x01000193u;
      printf("hash %08x\n", hash);
    }
    free(out_indices);
    free(out_data);
  }
  return 0;
}
