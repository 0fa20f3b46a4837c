// Sleeping and waking: what waitq.h declares.

#include "core/check.h"
#include "core/cpu.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/timer.h"
#include "sched/waitq.h"

void
wq_init(struct waitq *q)
{
  list_init(&q->waiters);
}

// lk is held; the sleeper is on the queue before lk is let go, so no wake-up under lk is missed.
static int
wait(struct waitq *q, struct spinlock *lk, int hard)
{
  struct proc *p = myproc();
  check_may_sleep(lk, "sleep");
  acquire(&sched_lock);
  if(p->killed && !hard){
    sched_release();
    return -EINTR;
  }
  p->state = PS_WAITING;
  p->wq = q;
  p->hard_wait = hard;
  p->wake_result = 0;
  list_add(&q->waiters, &p->link);
  release(lk);
  sched_switch();
  int result = p->wake_result;
  sched_release();
  acquire(lk);
  return result;
}

int
wq_sleep(struct waitq *q, struct spinlock *lk)
{
  return wait(q, lk, 0);
}

void
wq_sleep_hard(struct waitq *q, struct spinlock *lk)
{
  wait(q, lk, 1);
}

// A waiter's time is up.
struct alarm {
  struct timer timer;
  struct proc *p;
  struct waitq *q;
};

static void
wq_timeout(void *arg)
{
  struct alarm *a = arg;
  acquire(&sched_lock);
  if(a->p->state == PS_WAITING && a->p->wq == a->q){
    list_del(&a->p->link);
    a->p->wake_result = -ETIMEDOUT;
    sched_ready(a->p);
  }
  sched_release();
}

int
wq_sleep_until(struct waitq *q, struct spinlock *lk, uint64 when)
{
  struct alarm a = {.p = myproc(), .q = q};
  if(when == FOREVER)
    return wait(q, lk, 0);
  if(now() >= when)
    return -ETIMEDOUT;
  timer_init(&a.timer, wq_timeout, &a);
  timer_set(&a.timer, when);
  int result = wait(q, lk, 0);
  timer_cancel_wait(&a.timer);  // the alarm is on this stack; wq_timeout() takes no lock of ours, so the wait is short
  return result;
}

static void
wake(struct list *l)
{
  struct proc *p = container_of(l, struct proc, link);
  sched_ready(p);
}

void
wq_wake_one(struct waitq *q)
{
  if(list_empty(&q->waiters))
    return;
  acquire(&sched_lock);
  struct list *l = list_pop(&q->waiters);
  if(l)
    wake(l);
  sched_release();
}

void
wq_wake_all(struct waitq *q)
{
  if(list_empty(&q->waiters))
    return;
  acquire(&sched_lock);
  for(struct list *l; (l = list_pop(&q->waiters));)
    wake(l);
  sched_release();
}
