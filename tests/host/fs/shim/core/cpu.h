#ifndef RXV_CORE_CPU_H
#define RXV_CORE_CPU_H
// On the host a thread stands for a process.

#include "core/types.h"

struct proc;

extern __thread struct proc *host_proc;

static inline struct proc *
myproc(void)
{
  return host_proc;
}

#endif
