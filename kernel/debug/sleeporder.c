// See sleeporder.h.

#include "sched/sleeporder.h"

#ifdef DEBUG
#include "core/cpu.h"
#include "core/panic.h"
#include "sched/proc.h"

static const char *const names[] = {"names", "log operation", "i-node", "buffer"};

// The innermost thing that p holds.
static const char *
held(const struct proc *p)
{
  int i = ORDER_BUFFER;
  while(i > 0 && (p->sleeporder >> i) == 0)
    i--;
  return names[i];
}

void
sleeporder_take(enum sleeporder what)
{
  struct proc *p = myproc();
  if(p->sleeporder >> what)
    panic("order of sleep locks: %s is held, %s wanted", held(p), names[what]);
  p->sleeporder |= 1 << what;
}

void
sleeporder_drop(enum sleeporder what)
{
  struct proc *p = myproc();
  if((p->sleeporder & 1 << what) == 0)
    panic("%s is let go by a process that does not hold it", names[what]);
  p->sleeporder &= ~(1 << what);
}

void
sleeporder_none(const char *what)
{
  struct proc *p = myproc();
  if(p->sleeporder)
    panic("%s with %s held", what, held(p));
}
#endif
