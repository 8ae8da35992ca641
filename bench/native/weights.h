/* weightAt of assembly/access.ts: how weights of edges are held is settled when compiling. */
#ifndef WEIGHTS_H
#define WEIGHTS_H
#include "plain.h"

#define INLINE static inline __attribute__((always_inline))

/* None are held, every weight is 1; as they are; as multiples of a unit. */
typedef enum { ONES, FLOATS, MULTIPLES } Held;

INLINE float weight_at(Held held, const void *data, u32 i, float unit) {
  if (held == ONES) return 1;
  if (held == MULTIPLES) return (float)((const uint16_t *)data)[i] * unit;
  return ((const float *)data)[i];
}
/* The call, compiled for each way of holding weights. */
#define FOR_HELD(data, unit, call) \
  do { \
    if (!(data)) { const Held held = ONES; call; } \
    else if ((unit) == 0) { const Held held = FLOATS; call; } \
    else { const Held held = MULTIPLES; call; } \
  } while (0)
#endif
