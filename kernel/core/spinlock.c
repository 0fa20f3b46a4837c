// Spinlocks: what is not in the header, because it is long or rare.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/assert.h"
#include "core/spinlock.h"

struct cpu cpus[NCPU];
struct lock_wait lock_waits[NCPU];
int ncpu = 1;
uint64 csr_time_hz = 10000000;

void
initlock(struct spinlock *lk, const char *name)
{
  *lk = (struct spinlock){.name = name};
}

int
holding(struct spinlock *lk)
{
  return cpu_load(noff) > 0 && lk->locked && lk->cpu == mycpu();  // whoever holds a lock cannot be moved
}

static inline int
try(struct spinlock *lk)
{
  return __atomic_exchange_n(&lk->locked, 1, __ATOMIC_ACQUIRE) == 0;
}

// Another hart has it. Only read until it looks free, so that the holder keeps its cache line.
void __attribute__((noinline))
spinlock_wait(struct spinlock *lk)
{
  if(lk->cpu == mycpu())
    panic("lock %s: this hart holds it already", lk->name);
  struct lock_wait *w = &lock_waits[mycpu()->id];
  *w = (struct lock_wait){ lk, csr_read(time) };
  do {
    while(__atomic_load_n(&lk->locked, __ATOMIC_RELAXED)){
      if(panicked)
        panic_stop();
      check_waiting(lk, w->since);
    }
  } while(!try(lk));
  w->lock = 0;
}

int
tryacquire(struct spinlock *lk)
{
  push_off();
  if(!try(lk)){
    pop_off();
    return 0;
  }
  lk->cpu = mycpu();
  check_acquired(lk, "tryacquire", 0);
  return 1;
}
