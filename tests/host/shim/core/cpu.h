#ifndef RXV_CORE_CPU_H
#define RXV_CORE_CPU_H
// The host's one hart, in place of kernel/core/cpu.h.

#include "core/types.h"

struct proc;

struct cpu {
  struct proc *proc;
  int noff;
  uint32 id;
};

extern struct cpu host_cpu;
extern int ncpu;

static inline struct cpu *
mycpu(void)
{
  return &host_cpu;
}

static inline struct proc *
myproc(void)
{
  return host_cpu.proc;
}

void push_off(void);
void pop_off(void);

#endif
