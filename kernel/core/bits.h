#ifndef RXV_CORE_BITS_H
#define RXV_CORE_BITS_H
// Bits. The kernel is linked without the compiler's library, so __builtin_ctz and the like are not to be had.

#include "core/types.h"

// Number of the lowest bit that is set; v is not 0.
static inline int
lowest_bit(uint64 v)
{
  int n = 0;
  for(int step = 32; step; step /= 2)
    if((v & ((1UL << step) - 1)) == 0)
      v >>= step, n += step;
  return n;
}

#endif
