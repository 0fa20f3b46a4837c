#ifndef RXV_CORE_SPINLOCK_H
#define RXV_CORE_SPINLOCK_H
// Mutual exclusion among harts, for short work. Interrupts are off while one is held; no sleep, no copyin or
// copyout under it. The order in which locks nest is the table in debug/lockorder.c; the debug build checks it.

#include "core/check.h"
#include "core/cpu.h"
#include "core/types.h"

struct spinlock {
  uint32 locked;      // [a] 1: held
  struct cpu *cpu;    // holder, 0: free
  const char *name;   // [I] of the class: its place in the order is looked up by it
  struct check_lock check;
};

#define SPINLOCK(n) {.name = (n)}  // a static one

void initlock(struct spinlock *lk, const char *name);
int holding(struct spinlock *lk);     // by this hart
int tryacquire(struct spinlock *lk);  // 1: have it; 0: somebody else has

// What each hart waits for, 0: for nothing, and since when (the time CSR itself: core/ has no other clock): for whoever asks
// why nothing goes on, also from outside.
struct lock_wait {
  struct spinlock *lock;
  uint64 since;
};
extern struct lock_wait lock_waits[NCPU];

void spinlock_wait(struct spinlock *lk);  // acquire()'s slow half: another hart has it

// A packet passes half a dozen locks that nobody else wants: taking one in place is half of what a call costs.
static inline void
acquire_at(struct spinlock *lk, const char *file, int line)
{
  push_off();
  check_acquire(lk, file, line);
  if(unlikely(__atomic_exchange_n(&lk->locked, 1, __ATOMIC_ACQUIRE) != 0))
    spinlock_wait(lk);
  lk->cpu = mycpu();
  check_acquired(lk, file, line);
}
#define acquire(lk) acquire_at((lk), __FILE__, __LINE__)

static inline void
release(struct spinlock *lk)
{
  debug_assert(holding(lk));
  check_release(lk);
  lk->cpu = 0;
  __atomic_store_n(&lk->locked, 0, __ATOMIC_RELEASE);
  pop_off();
}

#endif
