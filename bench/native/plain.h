/* What the programs share: short names, a clock, the hash that results are compared by, exp and ln of assembly/math.ts. */
#ifndef PLAIN_H
#define PLAIN_H
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

static inline double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}
static inline u32 bits_of(float value) { u32 bits; memcpy(&bits, &value, 4); return bits; }
static inline float float_of(u32 bits) { float value; memcpy(&value, &bits, 4); return value; }
/* FNV-1a by words. */
static inline u32 hash_words(u32 hash, const u32 *words, size_t count) {
  for (size_t i = 0; i < count; i++) hash = (hash ^ words[i]) * 0x01000193u;
  return hash;
}
static inline u32 mix(u32 x) {
  x ^= x >> 16; x *= 0x7feb352du; x ^= x >> 15; x *= 0x846ca68bu; x ^= x >> 16;
  return x;
}
/* exp and ln of assembly/math.ts, so that not one decision differs. */
static inline double exp_portable(double x) {
  if (x < -708.0) return 0;
  if (x > 709.0) return INFINITY;
  double k = floor(x * 1.44269504088896338700 + 0.5);
  double high = x - k * 6.93147180369123816490e-1, low = k * 1.90821492927058770002e-10;
  double r = high - low, t = r * r;
  double c = r - t * (1.66666666666666019037e-1 + t * (-2.77777777770155933842e-3 + t * (6.61375632143793436117e-5
    + t * (-1.65339022054652515390e-6 + t * 4.13813679705723846039e-8))));
  double y = 1.0 - ((low - (r * c) / (2.0 - c)) - high);
  int64_t bits;
  memcpy(&bits, &y, 8);
  bits += (int64_t)k << 52;
  memcpy(&y, &bits, 8);
  return y;
}
static inline double ln_portable(double x) {
  if (x <= 0) return x == 0 ? -INFINITY : NAN;
  u64 bits;
  memcpy(&bits, &x, 8);
  u32 high = (u32)(bits >> 32) + (0x3ff00000 - 0x3fe6a09e);
  double k = (double)((int32_t)(high >> 20) - 0x3ff);
  u32 mantissa = (high & 0x000fffff) + 0x3fe6a09e;
  bits = ((u64)mantissa << 32) | (bits & 0xffffffff);
  double f;
  memcpy(&f, &bits, 8);
  f -= 1.0;
  double half_square = 0.5 * f * f, s = f / (2.0 + f), z = s * s, w = z * z;
  double even = w * (3.999999999940941908e-1 + w * (2.222219843214978396e-1 + w * 1.531383769920937332e-1));
  double odd = z * (6.666666666666735130e-1 + w * (2.857142874366239149e-1 + w * (1.818357216161805012e-1
    + w * 1.479819860511658591e-1)));
  return s * (half_square + (even + odd)) + k * 1.90821492927058770002e-10 - half_square + f + k * 6.93147180369123816490e-1;
}
#endif
