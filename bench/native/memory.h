/* Kernel memory in C: addresses are bytes from its beginning, parameter blocks as src/kernels/abi.ts lays them out. */
#ifndef MEMORY_H
#define MEMORY_H
#include "plain.h"

typedef void Kernel(u8 *m, u32 params, u8 *scratch, u32 lo, u32 hi);

#define KERNEL(name) static void name(u8 *m, u32 params, u8 *scratch, u32 lo, u32 hi)
#define PARAMS(type) const type *p = (const type *)(m + params); (void)scratch
#define U32(address) ((u32 *)(m + (address)))
#define F32(address) ((float *)(m + (address)))
#define F64(address) ((double *)(m + (address)))
/* The next multiple of 8, from which doubles in scratch lie. */
static inline u8 *aligned(u8 *address) { return (u8 *)(((uintptr_t)address + 7) & ~(uintptr_t)7); }
#endif
