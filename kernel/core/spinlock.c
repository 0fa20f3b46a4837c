// Spinlocks and "interrupts off".
//
// Turning interrupts off costs a CSR access, which on QEMU is as dear as 150 plain instructions. So only the
// outermost push pays: while noff is above 0 they are off, and noff is this hart's own.
// Reading noff is safe even with interrupts on: then it is 0 on every hart, wherever this thread is moved.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/irqoff.h"
#include "core/lockorder.h"
#include "core/panic.h"
#include "core/spinlock.h"

struct cpu cpus[NCPU];
int ncpu = 1;

// How deep push_off() is nested on this hart: right even with interrupts on, for it is one load. With two, a thread that was
// moved between them saw its old hart's depth, left interrupts on, and broke the new one's count.
static inline int
depth(void)
{
  long n;
  asm volatile("lw %0, %1(tp)" : "=r"(n) : "i"(__builtin_offsetof(struct cpu, noff)) : "memory");
  return n;
}

void
push_off(void)
{
  if(depth() == 0){
    int were_on = intr_off();
    mycpu()->intena = were_on;
    if(were_on)
      irqoff_begin();
  }
  mycpu()->noff++;
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

void
initlock(struct spinlock *lk, const char *name)
{
  *lk = (struct spinlock){.name = name};
}

int
holding(struct spinlock *lk)
{
  return lk->locked && lk->cpu == mycpu();
}

static inline int
try(struct spinlock *lk)
{
  return __atomic_exchange_n(&lk->locked, 1, __ATOMIC_ACQUIRE) == 0;
}

// Another hart has it. Only read until it looks free, so that the holder keeps its cache line.
static void __attribute__((noinline))
spin(struct spinlock *lk)
{
  if(lk->cpu == mycpu())
    panic("lock %s: this hart holds it already", lk->name);
  uint64 until = lockorder_patience();
  do {
    while(__atomic_load_n(&lk->locked, __ATOMIC_RELAXED)){
      if(panicked)
        panic_stop();
      lockorder_waits(lk, until);
    }
  } while(!try(lk));
}

#ifdef DEBUG
void
acquire_at(struct spinlock *lk, const char *file, int line)
#else
void
acquire(struct spinlock *lk)
#endif
{
  push_off();
  lockorder_check(lk, file, line);
  if(unlikely(!try(lk)))
    spin(lk);
  lk->cpu = mycpu();
  lockorder_push(lk, file, line);
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

void
release(struct spinlock *lk)
{
  debug_assert(holding(lk));
  lockorder_pop(lk);
  lk->cpu = 0;
  __atomic_store_n(&lk->locked, 0, __ATOMIC_RELEASE);
  pop_off();
}
