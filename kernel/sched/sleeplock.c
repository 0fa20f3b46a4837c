// Sleep locks: see sleeplock.h.

#include "core/check.h"
#include "core/cpu.h"
#include "sched/proc.h"
#include "sched/sleeplock.h"

void
initsleeplock(struct sleeplock *lk, const char *name)
{
  initlock(&lk->lk, "sleeplock");
  wq_init(&lk->waiters);
  lk->name = name;
  lk->locked = 0;
  lk->pid = 0;
}

void
acquiresleep(struct sleeplock *lk)
{
  check_may_sleep(0, "acquiresleep");
  acquire(&lk->lk);
  while(lk->locked)
    wq_sleep_hard(&lk->waiters, &lk->lk);
  lk->locked = 1;
  lk->pid = myproc()->pid;
  release(&lk->lk);
}

void
releasesleep(struct sleeplock *lk)
{
  acquire(&lk->lk);
  lk->locked = 0;
  lk->pid = 0;
  wq_wake_one(&lk->waiters);
  release(&lk->lk);
}
