#ifndef RXV_SCHED_WAITQ_H
#define RXV_SCHED_WAITQ_H
// Wait queues: the one way to wait for something. The condition and its queue are guarded by one lock of the
// caller's (the "condition lock"); look at the condition under it, in a loop:
//
//   acquire(&s->lock);
//   while(s->nrx == 0)
//     if((e = wq_sleep(&s->readers, &s->lock)) < 0) { release(&s->lock); return e; }
//
// A wake-up under the same lock cannot be lost: the sleeper is on the queue before the lock is let go.

#include "core/list.h"
#include "core/spinlock.h"
#include "core/types.h"

struct waitq {
  struct list waiters;  // [s] procs by link, oldest first
};

#define WAITQ(name) struct waitq name = {{&(name).waiters, &(name).waiters}}
#define FOREVER (~0UL)

void wq_init(struct waitq *q);
// Let go of lk, sleep, take lk again. result: 0 woken; -EINTR the process was killed.
int wq_sleep(struct waitq *q, struct spinlock *lk);
// The same until `when` (now()); -ETIMEDOUT then.
int wq_sleep_until(struct waitq *q, struct spinlock *lk, uint64 when);
// The same, but a kill does not end it (disk I/O: a buffer must not be left half done).
void wq_sleep_hard(struct waitq *q, struct spinlock *lk);
// The condition lock is held by the caller. Costs a load when nobody waits.
void wq_wake_one(struct waitq *q);
void wq_wake_all(struct waitq *q);

#endif
