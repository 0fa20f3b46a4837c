#ifndef RXV_ENTRY_TRAP_H
#define RXV_ENTRY_TRAP_H
// Between vector.S, trap.c and syscall.c.

#include "core/types.h"
#include "mm/uspace.h"
#include "sched/proc.h"

void trap_user(struct trapframe *tf, uint64 cause);   // interrupts are off; may be on at the end
void trap_kernel(uint64 cause);
void kernel_fault(uint64 cause, uint64 pc, uint64 addr, uint64 fp, uint64 sp) __attribute__((noreturn));
void syscall(struct trapframe *tf);

extern char trap_vector[];

#endif
