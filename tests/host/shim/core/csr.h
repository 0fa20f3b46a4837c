#ifndef RXV_CORE_CSR_H
#define RXV_CORE_CSR_H
// The host has none of these registers, and nothing to order. In place of kernel/core/csr.h. Every counter is the
// clock that the test turns.

#include "sched/timer.h"

#define csr_read(name) now()

static inline int
csr_counts_insns(void)
{
  return 0;
}

static inline void
fence_i(void)
{
}

static inline void
tlb_flush(void)
{
}

static inline void
tlb_flush_page(uint64 va)
{
}

#endif
