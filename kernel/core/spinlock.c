// Spinlocks, and "interrupts off" of the debug build: the short ways of the release build are in the headers.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/irqoff.h"
#include "core/lockorder.h"
#include "core/panic.h"
#include "core/spinlock.h"

struct cpu cpus[NCPU];
struct lock_wait lock_waits[NCPU];
int ncpu = 1;
uint64 csr_time_hz = 10000000;

#ifdef DEBUG
void
mycpu_check(void)
{
  if(cpu_load(noff) == 0 && intr_get())
    panic("mycpu() with interrupts on: the thread may be moved before it uses the answer");
}

void
push_off(void)
{
  int depth = cpu_load(noff);
  if(depth == 0){
    int were_on = intr_off();
    cpu_store(intena, were_on);
    if(were_on)
      irqoff_begin();
  }
  cpu_store(noff, depth + 1);
}

void
pop_off(void)
{
  struct cpu *c = mycpu();
  debug_assert(c->noff > 0 && !intr_get());
  if(--c->noff == 0 && c->intena){
    irqoff_end();
    intr_on();
  }
}
#endif

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
  uint64 until = lockorder_patience();
  do {
    while(__atomic_load_n(&lk->locked, __ATOMIC_RELAXED)){
      if(panicked)
        panic_stop();
      lockorder_waits(lk, until);
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
  lockorder_push(lk, "tryacquire", 0);
  return 1;
}

#ifdef DEBUG
void
acquire_at(struct spinlock *lk, const char *file, int line)
{
  push_off();
  lockorder_check(lk, file, line);
  if(unlikely(!try(lk)))
    spinlock_wait(lk);
  lk->cpu = mycpu();
  lockorder_push(lk, file, line);
}

void
release(struct spinlock *lk)
{
  debug_assert(holding(lk));
  lockorder_pop(lk);
  lk->cpu = 0;
  __atomic_store_n(&lk->locked, 0, __ATOMIC_RELEASE);
  pop_off();
}
#endif
