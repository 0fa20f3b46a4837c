#ifndef RXV_RISCV_H
#define RXV_RISCV_H
// The part of the machine's architecture that programs may name. The kernel's own is in core/csr.h.

#include "kernel/types.h"

#define PGSIZE 4096
#define PGSHIFT 12
#define PGROUNDUP(n) (((n) + PGSIZE - 1) & ~(PGSIZE - 1))
#define PGROUNDDOWN(a) ((a) & ~(PGSIZE - 1))

// One past the highest user address: Sv39's lower half (privileged ISA 4.4).
#define MAXVA (1L << 38)

#ifdef __riscv
static inline uint64
r_sp(void)
{
  uint64 x;
  asm volatile("mv %0, sp" : "=r"(x));
  return x;
}

static inline uint64
r_time(void)
{
  uint64 x;
  asm volatile("rdtime %0" : "=r"(x));
  return x;
}
#endif

#endif
