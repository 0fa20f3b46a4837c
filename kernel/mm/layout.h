#ifndef RXV_MM_LAYOUT_H
#define RXV_MM_LAYOUT_H
// The address space, one for all: Sv39 (privileged ISA 4.4), 39 bits, sign-extended.
//
//   0x0000000000000000  user memory of the process that this page table belongs to
//   0x0000003fffffffff  MAXVA - 1
//   ...                 no addresses here
//   0xffffffc000000000  KOFF: the direct map. Physical address pa is at KOFF + pa: devices and PCI windows
//                       RW, kernel text R-X, kernel constants R--, all other RAM RW-; all global
//   0xffffffe000000000  KOFF + DIRECTMAX
//   0xfffffff000000000  KSTACKS: kernel stacks, an unmapped guard page under each
//
// The upper half is the same in every page table: a trap changes none.

#include "kernel/riscv.h"
#include "core/check.h"
#include "core/types.h"

#define KOFF 0xffffffc000000000UL
#define DIRECTMAX (1UL << 37)  // physical memory beyond 128 GB is not reached
#define KSTACKS 0xfffffff000000000UL
#define KSTACK_PAGES (2 + CHECK_STACK_PAGES)
#define KSTACK_SIZE (KSTACK_PAGES * PGSIZE)
#define KSTACK(slot) (KSTACKS + (uint64)(slot) * (KSTACK_SIZE + PGSIZE) + PGSIZE)  // lowest byte

static inline void *
pa2va(uint64 pa)
{
  return (void *)(pa + KOFF);
}

// Of an address in the direct map.
static inline uint64
va2pa(const void *va)
{
  return (uint64)va - KOFF;
}

#endif
