/* assembly/candidate-text.ts, and the decimals of assembly/decimal.ts. */
#ifndef CANDIDATE_TEXT_H
#define CANDIDATE_TEXT_H
#include "memory.h"

static const double TENS[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12};
static const u8 SCALES[] = {12, 12, 12, 12, 11, 11, 11, 10, 10, 10, 9, 9, 9, 9, 8, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 5, 4, 4, 4, 3, 3, 3, 2};
static const u64 ASCII_ZEROS = 0x3030303030303030u;

static inline u8 *put(u8 *at, const void *bytes, u32 count) { memcpy(at, bytes, count); return at + count; }
static inline int is_plain_decimal(float value) {
  return (double)value >= 1e-4 && value < 1e6f && (bits_of(value) & 0x7fffff) != 0;
}
static inline u64 digits_of(u32 value) {
  u32 high = value / 10000;
  u64 fours = high | (u64)(value - high * 10000) << 32;
  u64 hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007fu;
  u64 twos = hundreds + ((fours - 100 * hundreds) << 16);
  u64 tens = ((twos * 103) >> 10) & 0x000f000f000f000fu;
  return tens + ((twos - 10 * tens) << 8);
}
static inline u32 without_zeros(u64 digits) { return digits ? 8 - ((u32)__builtin_clzll(digits) >> 3) : 0; }
static inline void put_digits(u8 *at, u64 digits) { digits |= ASCII_ZEROS; memcpy(at, &digits, 8); }
static inline u32 rounded(double scaled, double inverse, u32 unit, double half, u32 otherwise) {
  u32 multiple = (u32)(scaled * inverse + 0.5);
  return fabs((double)multiple * unit - scaled) < half ? multiple * unit : otherwise;
}
static inline u8 *put_decimal(u8 *at, float value) {
  u32 exponent = bits_of(value) >> 23, scale = SCALES[exponent - 113];
  scale += (double)value * TENS[scale] < 1e8;
  u64 half_bits = (u64)(exponent + 1023 - 151) << 52;
  double scaled = (double)value * TENS[scale], half;
  memcpy(&half, &half_bits, 8);
  half *= TENS[scale];
  u32 nine = (u32)(scaled + 0.5);
  nine = rounded(scaled, 0.1, 10, half, nine);
  nine = rounded(scaled, 0.01, 100, half, nine);
  nine = rounded(scaled, 0.001, 1000, half, nine);
  if (nine == 1000000000) { nine = 100000000; scale--; }
  if (scale >= 9) {
    put(at, "0.000000", 8);
    u8 *first = at + 2 + scale - 9;
    u32 leading = nine / 100000000;
    u64 digits = digits_of(nine - leading * 100000000);
    *first = (u8)(48 + leading);
    put_digits(first + 1, digits);
    return first + 1 + without_zeros(digits);
  }
  u32 power = (u32)TENS[scale], whole = nine / power, num_before = 9 - scale;
  u64 rest = digits_of((nine - whole * power) * (u32)TENS[8 - scale]);
  put_digits(at, digits_of(whole * (u32)TENS[scale - 1]));
  if (rest == 0) return at + num_before;
  at[num_before] = '.';
  put_digits(at + num_before + 1, rest);
  return at + num_before + 1 + without_zeros(rest);
}
static inline u8 *put_string(u8 *at, const u8 *from, u32 length) {
  static const char letters[] = "btnvfr";
  for (u32 i = 0; i < length; i++) {
    u8 byte = from[i];
    if (byte >= 32 && byte != '"' && byte != '\\') { *at++ = byte; continue; }
    *at++ = '\\';
    if (byte >= 32) *at++ = byte;
    else if (byte >= 8 && byte <= 13 && byte != 11) *at++ = (u8)letters[byte - 8];
    else {
      at = put(at, "u00", 3);
      *at++ = "0123456789abcdef"[byte >> 4];
      *at++ = "0123456789abcdef"[byte & 15];
    }
  }
  return at;
}

typedef struct { u32 id_starts, id_bytes, row_of, items, scores, text, room, progress; } WriteCandidates;

KERNEL(writeCandidates) {
  PARAMS(WriteCandidates);
  u32 *found = (u32 *)scratch, i = lo;
  for (u32 c = lo; c < hi; c++) {
    u32 item = U32(p->items)[c], row = p->row_of ? U32(p->row_of)[item] : item, start = U32(p->id_starts)[row];
    found[(c - lo) * 2] = start;
    found[(c - lo) * 2 + 1] = U32(p->id_starts)[row + 1] - start;
  }
  u8 *text = m + p->text, *at = text;
  for (; i < hi; i++) {
    u32 length = found[(i - lo) * 2 + 1];
    float score = F32(p->scores)[i];
    if ((u64)(at - text) + 8 + 10 + 15 + 1 + 16 + (u64)length * 6 > p->room || !is_plain_decimal(score)) break;
    at = put_string(put(at, ",{\"id\":\"", 8), m + p->id_bytes + found[(i - lo) * 2], length);
    at = put_decimal(put(at, "\",\"score\":", 10), score);
    *at++ = '}';
  }
  if (i != lo) memset(at, 0, 16);
  U32(p->progress)[0] = i;
  U32(p->progress)[1] = (u32)(at - text);
}
#endif
