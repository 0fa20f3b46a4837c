// What both shims of the file system (kshim.c: threads; fuzz_kernel.c: one after the other) do in the same way.

#include "core/check.h"
#include "core/rand.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "dev/console.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "mm/uaccess.h"
#include "sched/proc.h"
#include "sched/timer.h"

__thread struct proc *host_proc;
void (*console_changed)(void);

void
initlock(struct spinlock *lk, const char *name)
{
  *lk = (struct spinlock){ .name = name };
}

// That no spinlock is held while a process sleeps is for the guest's debug kernel to check.
void
check_may_sleep(struct spinlock *lk, const char *what)
{
}

void
rand_bytes(void *buf, uint n)
{
  memset(buf, 7, n);
}

void *
kzalloc(void)
{
  void *page = kalloc();
  return page ? memset(page, 0, PGSIZE) : 0;
}

int
copy_to(int user, uint64 dst, const void *src, uint64 n)
{
  return copyout(dst, src, n);
}

int
user_readable(uint64 src, uint64 n)
{
  return n && src < 4096 ? -EFAULT : 0;
}

// Pages are there for one look after they were asked for, so that every read finds them missing at first.
static __thread int asked;

int
user_writable(uint64 dst, uint64 n)
{
  asked = 1;
  return user_readable(dst, n);
}

int
user_present(uint64 dst, uint64 n)
{
  int there = n == 0 || asked;
  asked = 0;
  return there;
}

int
copy_from(void *dst, int user, uint64 src, uint64 n)
{
  return copyin(dst, src, n);
}

void
wq_init(struct waitq *q)
{
  list_init(&q->waiters);
}

int
wq_sleep(struct waitq *q, struct spinlock *lk)
{
  return wq_sleep_until(q, lk, FOREVER);
}

void
wq_sleep_hard(struct waitq *q, struct spinlock *lk)
{
  wq_sleep_until(q, lk, FOREVER);
}

int
console_read(int user, uint64 dst, int n, int nonblock)
{
  return 0;
}

int
console_write(int user, uint64 src, int n)
{
  return n;
}

int
console_ready(void)
{
  return 0;
}
