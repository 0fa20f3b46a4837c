#ifndef RXV_CORE_SPINLOCK_H
#define RXV_CORE_SPINLOCK_H
// Mutual exclusion among harts, for short work. Interrupts are off while one is held; no sleep, no copyin or
// copyout under it. The order in which locks nest is the table in core/lockorder.c; the debug build checks it.

#include "core/types.h"

struct cpu;

struct spinlock {
  uint32 locked;      // [a] 1: held
  struct cpu *cpu;    // holder, 0: free
  const char *name;   // [I] of the class: its place in the order is looked up by it
#ifdef DEBUG
  int rank;           // [I] from the table
  const char *file;   // where it was acquired
  int line;
#endif
};

#define SPINLOCK(n) {.name = (n)}  // a static one

void initlock(struct spinlock *lk, const char *name);
void release(struct spinlock *lk);
int holding(struct spinlock *lk);  // by this hart

#ifdef DEBUG
void acquire_at(struct spinlock *lk, const char *file, int line);
#define acquire(lk) acquire_at((lk), __FILE__, __LINE__)
#else
void acquire(struct spinlock *lk);
#endif
int tryacquire(struct spinlock *lk);  // 1: have it; 0: somebody else has

#endif
