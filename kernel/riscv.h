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

// Entries of Sv39's page tables, and the way through them (privileged ISA 4.4).
typedef uint64 pte_t;
typedef uint64 *pagetable_t;  // 512 entries

#define PTE_V (1L << 0)  // there is something
#define PTE_R (1L << 1)  // may be read; without R, W and X: the next table
#define PTE_W (1L << 2)
#define PTE_X (1L << 3)
#define PTE_U (1L << 4)  // by programs
#define PTE_FLAGS(pte) ((pte) & 0x3FF)
#define PTE2PA(pte) (((pte) >> 10) << 12)
#define PA2PTE(pa) ((((uint64)(pa)) >> 12) << 10)
#define PXMASK 0x1FF
#define PXSHIFT(level) (PGSHIFT + 9 * (level))
#define PX(level, va) ((((uint64)(va)) >> PXSHIFT(level)) & PXMASK)  // index in the table of this level, 2 is the root

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
