#ifndef RXV_CORE_SPINLOCK_H
#define RXV_CORE_SPINLOCK_H
// On the host a lock is what kshim.c makes of it: nothing is taken in place, as in the release kernel.

#include "core/cpu.h"
#include "core/types.h"

struct spinlock {
  uint32 locked;     // [a] 1: held
  const char *name;  // [I]
};

#define SPINLOCK(n) {.name = (n)}

void initlock(struct spinlock *lk, const char *name);
int holding(struct spinlock *lk);
void acquire(struct spinlock *lk);
void release(struct spinlock *lk);

#endif
