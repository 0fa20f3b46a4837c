// The table of open files, and the way from a file to its kind's operations.

#include "core/list.h"
#include "core/assert.h"
#include "core/spinlock.h"
#include "dev/console.h"
#include "fs/file.h"
#include "kernel/socket.h"
#include "sched/timer.h"

// f lock
static struct {
  struct spinlock lock;
  struct file file[NFILE];
  struct list free;        // [f]
  uint nfree;              // [f]
} ftable = {.lock = SPINLOCK("file table")};

// p lock   a atomic
static struct {
  struct spinlock lock;
  struct waitq waiters;    // [p]
  uint64 seq;              // [p] changes so far, of those that a poller may have missed
  int pollers;             // [a]
} polls = {.lock = SPINLOCK("poll")};

void
file_init(void)
{
  list_init(&ftable.free);
  wq_init(&polls.waiters);
  for(int i = 0; i < NFILE; i++)
    list_add(&ftable.free, &ftable.file[i].free);
  ftable.nfree = NFILE;
  console_changed = file_changed;
}

struct file *
filealloc(void)
{
  acquire(&ftable.lock);
  struct list *l = list_pop(&ftable.free);
  if(l)
    ftable.nfree--;
  release(&ftable.lock);
  if(l == 0)
    return 0;
  struct file *f = container_of(l, struct file, free);
  *f = (struct file){.refs = 1};
  return f;
}

struct file *
filedup(struct file *f)
{
  int before = __atomic_fetch_add(&f->refs, 1, __ATOMIC_RELAXED);
  assert(before > 0);
  return f;
}

void
fileclose(struct file *f)
{
  int before = __atomic_fetch_sub(&f->refs, 1, __ATOMIC_ACQ_REL);
  assert(before > 0);
  if(before > 1)
    return;
  if(f->ops && f->ops->close)
    f->ops->close(f);
  acquire(&ftable.lock);
  list_push(&ftable.free, &f->free);
  ftable.nfree++;
  release(&ftable.lock);
}

int
fileread(struct file *f, uint64 uva, int n)
{
  if(!f->readable)
    return -EBADF;
  if(n < 0 || f->ops->read == 0)
    return -EINVAL;
  return f->ops->read(f, uva, n);
}

int
filewrite(struct file *f, uint64 uva, int n)
{
  if(!f->writable)
    return -EBADF;
  if(n < 0 || f->ops->write == 0)
    return -EINVAL;
  return f->ops->write(f, uva, n);
}

int
filestat(struct file *f, struct stat *st)
{
  *st = (struct stat){0};
  return f->ops->stat ? f->ops->stat(f, st) : -EINVAL;
}

int
filesync(struct file *f)
{
  return f->ops->sync ? f->ops->sync(f) : -EINVAL;
}

int
filepoll(struct file *f)
{
  if(f->ops->poll)
    return f->ops->poll(f);
  return (f->readable ? POLLIN : 0) | (f->writable ? POLLOUT : 0);
}

void
file_counts(uint32 *files, uint32 *files_free)
{
  acquire(&ftable.lock);
  *files = NFILE;
  *files_free = ftable.nfree;
  release(&ftable.lock);
}

// The fence is the one half of an agreement whose other half is in file_poll_begin(): either the change is seen by the
// poller that looks at its files, or the poller is seen here.
void
file_changed(void)
{
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  if(__atomic_load_n(&polls.pollers, __ATOMIC_RELAXED) == 0)
    return;
  acquire(&polls.lock);
  polls.seq++;
  wq_wake_all(&polls.waiters);
  release(&polls.lock);
}

uint64
file_poll_begin(void)
{
  __atomic_fetch_add(&polls.pollers, 1, __ATOMIC_SEQ_CST);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  acquire(&polls.lock);
  uint64 seq = polls.seq;
  release(&polls.lock);
  return seq;
}

int
file_poll_wait(uint64 *seq, uint64 when)
{
  int e = 0;
  acquire(&polls.lock);
  while(polls.seq == *seq && e == 0)
    e = wq_sleep_until(&polls.waiters, &polls.lock, when);
  *seq = polls.seq;
  release(&polls.lock);
  return e;
}

void
file_poll_end(void)
{
  __atomic_fetch_sub(&polls.pollers, 1, __ATOMIC_SEQ_CST);
}
