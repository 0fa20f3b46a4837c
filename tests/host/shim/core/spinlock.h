#ifndef RXV_CORE_SPINLOCK_H
#define RXV_CORE_SPINLOCK_H
// The locks of a machine with one hart, in place of kernel/core/spinlock.h: a lock that is taken twice is a panic.

#include "core/check.h"
#include "core/cpu.h"
#include "core/types.h"

struct spinlock {
  uint32 locked;
  struct cpu *cpu;
  const char *name;
  struct check_lock check;
};

#define SPINLOCK(n) {.name = (n)}

struct lock_wait {
  struct spinlock *lock;
  uint64 since;
};
extern struct lock_wait lock_waits[NCPU];

void initlock(struct spinlock *lk, const char *name);
int holding(struct spinlock *lk);
int tryacquire(struct spinlock *lk);
void acquire_at(struct spinlock *lk, const char *file, int line);
void release(struct spinlock *lk);
#define acquire(lk) acquire_at((lk), __FILE__, __LINE__)

#endif
