#ifndef RXV_SCHED_SLEEPLOCK_H
#define RXV_SCHED_SLEEPLOCK_H
// A lock for long work, such as a disk transfer: who finds it taken sleeps. Not from interrupts.

#include "core/spinlock.h"
#include "sched/waitq.h"

struct sleeplock {
  struct spinlock lk;  // guards what follows
  int locked;
  int pid;             // holder
  struct waitq waiters;
  const char *name;
};

void initsleeplock(struct sleeplock *lk, const char *name);
void acquiresleep(struct sleeplock *lk);
void releasesleep(struct sleeplock *lk);

#endif
