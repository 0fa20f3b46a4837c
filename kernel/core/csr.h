#ifndef RXV_CORE_CSR_H
#define RXV_CORE_CSR_H
// RISC-V control and status registers (privileged ISA, chapters 2 to 4). Each access costs as much as 150
// plain instructions on QEMU: the trap, switch and lock paths count them.

#include "core/types.h"

#define csr_read(name)                                    \
  ({                                                      \
    uint64 v_;                                            \
    asm volatile("csrr %0, " #name : "=r"(v_) : : "memory"); \
    v_;                                                   \
  })
#define csr_write(name, v) asm volatile("csrw " #name ", %0" : : "rK"((uint64)(v)) : "memory")
#define csr_set(name, v) asm volatile("csrs " #name ", %0" : : "rK"((uint64)(v)) : "memory")
#define csr_clear(name, v) asm volatile("csrc " #name ", %0" : : "rK"((uint64)(v)) : "memory")
// Clear bits, and have the value from before.
#define csr_fetch_clear(name, v)                                                  \
  ({                                                                              \
    uint64 v_;                                                                    \
    asm volatile("csrrc %0, " #name ", %1" : "=r"(v_) : "rK"((uint64)(v)) : "memory"); \
    v_;                                                                           \
  })

// Counts of the time CSR in a second, as the device tree says. now() is the clock for all above core/, and always counts at
// TIMER_HZ; core/ cannot ask it, and reads the CSR.
extern uint64 csr_time_hz;

// Does instret count instructions? QEMU's does with -icount only, and else goes by the host's clock.
static inline int
csr_counts_insns(void)
{
  uint64 before = csr_read(instret), n = 1000;
  asm volatile("1: addi %0, %0, -1; bnez %0, 1b" : "+r"(n));
  uint64 d = csr_read(instret) - before;
  return d >= 2000 && d < 2020;
}

// sstatus (4.1.1)
#define SSTATUS_SIE (1UL << 1)   // interrupts are on
#define SSTATUS_SPIE (1UL << 5)  // ... were, before the trap
#define SSTATUS_SPP (1UL << 8)   // 1: the trap came from the kernel
#define SSTATUS_SUM (1UL << 18)  // kernel may touch user pages: never set here

// sie, sip (4.1.3)
#define SIE_SSIE (1UL << 1)  // software: another hart calls
#define SIE_STIE (1UL << 5)  // timer
#define SIE_SEIE (1UL << 9)  // external: a device

// scause (4.1.9)
#define SCAUSE_INTERRUPT (1UL << 63)
#define SCAUSE_SOFT (SCAUSE_INTERRUPT | 1)
#define SCAUSE_TIMER (SCAUSE_INTERRUPT | 5)
#define SCAUSE_EXTERNAL (SCAUSE_INTERRUPT | 9)
#define SCAUSE_ECALL_U 8
#define SCAUSE_FETCH_PAGE 12
#define SCAUSE_LOAD_PAGE 13
#define SCAUSE_STORE_PAGE 15

// This hart fetches what was stored before.
static inline void
fence_i(void)
{
  asm volatile("fence.i" ::: "memory");
}

// This hart walks the page table anew: for all addresses, or for one.
static inline void
tlb_flush(void)
{
  asm volatile("sfence.vma" ::: "memory");
}

static inline void
tlb_flush_page(uint64 va)
{
  asm volatile("sfence.vma %0" : : "r"(va) : "memory");
}

// Interrupts of this hart.
static inline void
intr_on(void)
{
  csr_set(sstatus, SSTATUS_SIE);
}

// Off; result: were they on?
static inline int
intr_off(void)
{
  return (csr_fetch_clear(sstatus, SSTATUS_SIE) & SSTATUS_SIE) != 0;
}

static inline int
intr_get(void)
{
  return (csr_read(sstatus) & SSTATUS_SIE) != 0;
}

#endif
