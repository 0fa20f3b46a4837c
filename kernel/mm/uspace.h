#ifndef RXV_MM_USPACE_H
#define RXV_MM_USPACE_H
// The address space of the running process. sched/ knows processes and sits above; it keeps the pointer in
// struct cpu up to date, so that mm/ can ask without knowing them.

#include "core/cpu.h"

// 16 is the offset of uvm in struct cpu. One load, so right even if the thread is moved between harts.
static inline struct vm *
uspace(void)
{
  struct vm *vm;
  asm volatile("ld %0, 16(tp)" : "=r"(vm));
  return vm;
}

#endif
