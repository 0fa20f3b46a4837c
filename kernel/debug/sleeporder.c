// The order in which a process takes what others sleep for (core/check.h): it may take only what stands below all that it
// holds, so it never holds two of one kind, and it holds nothing when it returns to its program.

#include "core/check.h"
#include "core/cpu.h"
#include "core/assert.h"
#include "sched/proc.h"

static const char *const names[] = {"names", "log operation", "i-node", "buffer"};

// The innermost thing that p holds.
static const char *
held(const struct proc *p)
{
  int i = ORDER_BUFFER;
  while(i > 0 && (p->check.order >> i) == 0)
    i--;
  return names[i];
}

void
check_order_take(enum sleeporder what)
{
  struct proc *p = myproc();
  if(p->check.order >> what)
    panic("order of sleep locks: %s is held, %s wanted", held(p), names[what]);
  p->check.order |= 1 << what;
}

void
check_order_drop(enum sleeporder what)
{
  struct proc *p = myproc();
  if((p->check.order & 1 << what) == 0)
    panic("%s is let go by a process that does not hold it", names[what]);
  p->check.order &= ~(1 << what);
}

void
check_order_none(const char *what)
{
  struct proc *p = myproc();
  if(p->check.order)
    panic("%s with %s held", what, held(p));
}
