// What the file system expects from the floors below it, on the host. Threads stand for processes; spinlocks really spin;
// the disk answers from a thread of its own, in any order.

#include "core/cpu.h"
#include "core/list.h"
#include "core/assert.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "dev/virtio_blk.h"
#include "host.h"
#include "kernel/fs.h"
#include "kshim.h"
#include "mm/kalloc.h"
#include "mm/uaccess.h"
#include "sched/proc.h"
#include "sched/sleeplock.h"
#include "sched/timer.h"

struct proc procs[NSLOT];
static int nprocs;

static void put_char(int c);

struct proc *
become_process(void)
{
  int i = __atomic_fetch_add(&nprocs, 1, __ATOMIC_SEQ_CST);
  assert(i < NPROC - 1);
  if(i == 0)
    printf_putc = put_char;
  host_proc = &procs[i];
  host_proc->pid = i + 1;
  return host_proc;
}

// ---- core

// Now and then let others run where a hart could be interrupted, so that threads meet in narrow places.
static void
stumble(uint one_in)
{
  static __thread uint seed;
  if(next_random(&seed) % one_in == 0)
    host_pause();
}

void
acquire(struct spinlock *lk)
{
  stumble(8);
  while(__atomic_exchange_n(&lk->locked, 1, __ATOMIC_ACQUIRE))
    host_pause();
}

void
release(struct spinlock *lk)
{
  assert(__atomic_load_n(&lk->locked, __ATOMIC_RELAXED));
  __atomic_store_n(&lk->locked, 0, __ATOMIC_RELEASE);
}

void
panic(const char *fmt, ...)
{
  char text[300];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  host_fail("panic: %s", text);
}

static void
put_char(int c)
{
  char b = c;
  host_write(&b, 1);
}

// ---- mm: a program's address is the host's; small ones are bad pointers

void *
kalloc(void)
{
  return host_page();
}

void
kfree(void *page)
{
  host_free(page);
}

int
copyin(void *dst, uint64 src, uint64 n)
{
  stumble(2);
  if(n && src < 4096)
    return -EFAULT;
  memcpy(dst, (void *)src, n);
  return 0;
}

int
copyout(uint64 dst, const void *src, uint64 n)
{
  stumble(2);
  if(n && dst < 4096)
    return -EFAULT;
  memcpy((void *)dst, src, n);
  return 0;
}

// ---- sched

static struct spinlock wait_lock;

int
wq_sleep_until(struct waitq *q, struct spinlock *lk, uint64 when)
{
  struct proc *p = myproc();
  int slot = p - procs, result = 0;
  acquire(&wait_lock);
  p->wq = q;
  list_add(&q->waiters, &p->link);
  release(&wait_lock);
  release(lk);
  if(when == FOREVER)
    host_wait(slot);
  else if(host_wait_until(slot, when / HURRY * 100)){
    acquire(&wait_lock);
    int gone = p->wq == 0;
    if(!gone)
      list_del(&p->link);
    p->wq = 0;
    release(&wait_lock);
    if(gone)
      host_wait(slot);
    else
      result = -ETIMEDOUT;
  }
  acquire(lk);
  return result;
}

void
wq_wake_one(struct waitq *q)
{
  acquire(&wait_lock);
  struct list *l = list_pop(&q->waiters);
  struct proc *p = l ? container_of(l, struct proc, link) : 0;
  if(p)
    p->wq = 0;
  release(&wait_lock);
  if(p)
    host_wake(p - procs);
}

void
wq_wake_all(struct waitq *q)
{
  for(int more = 1; more;){
    acquire(&wait_lock);
    more = !list_empty(&q->waiters);
    release(&wait_lock);
    if(more)
      wq_wake_one(q);
  }
}

struct kstart {
  void (*fn)(void *);
  void *arg;
};

static void
kthread(void *arg)
{
  struct kstart s = *(struct kstart *)arg;
  become_process();
  s.fn(s.arg);
}

struct proc *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
  static struct kstart start[NPROC];
  static int n;
  struct kstart *s = &start[__atomic_fetch_add(&n, 1, __ATOMIC_SEQ_CST)];
  *s = (struct kstart){fn, arg};
  host_thread(kthread, s);
  return &procs[0];
}

// ---- dev

static struct spinlock disk_lock;
static struct blkreq *pending;
static int npending, disk_started;
static uint disk_seed = 1;
static int fail_reads_permille, fail_writes_permille;

void
fail_transfers(int reads_permille, int writes_permille)
{
  __atomic_store_n(&fail_reads_permille, reads_permille, __ATOMIC_RELAXED);
  __atomic_store_n(&fail_writes_permille, writes_permille, __ATOMIC_RELAXED);
}

uint
next_random(uint *seed)
{
  *seed = *seed * 1664525 + 1013904223;
  return *seed >> 8;
}

static void
record(int kind, uint block, const void *data)
{
  if(!trace->on || trace->n == MAXEVENTS)
    return;
  struct event *e = &trace->event[trace->n];
  e->kind = kind;
  e->block = block;
  if(data)
    memcpy(e->data, data, BSIZE);
  trace->n++;
}

static void
serve(struct blkreq *r)
{
  acquire(&disk_lock);
  int permille = __atomic_load_n(r->write ? &fail_writes_permille : &fail_reads_permille, __ATOMIC_RELAXED);
  int error = r->blockno + r->more >= disk_blocks;
  for(uint i = 0; i <= r->more && r->blockno + i < disk_blocks; i++){
    uint8 *data = (uint8 *)r->data + i * BSIZE, *there = disk + (uint64)(r->blockno + i) * BSIZE;
    int fails = (int)(next_random(&disk_seed) % 1000) < permille;
    if(r->write && (!fails || next_random(&disk_seed) % 2)){  // what fails may yet be done
      memcpy(there, data, BSIZE);
      record(EVENT_WRITE, r->blockno + i, data);
    } else if(!r->write && !fails)
      memcpy(data, there, BSIZE);
    error |= fails;
  }
  release(&disk_lock);
  r->error = error ? -EIO : 0;
  r->done = 1;
  r->end(r);
}

// Takes pending requests out in any order.
static void
disk_thread(void *arg)
{
  for(;;){
    acquire(&disk_lock);
    struct blkreq **at = &pending, *r = 0;
    if(npending){
      for(uint skip = next_random(&disk_seed) % npending; skip; skip--)
        at = &(*at)->next;
      r = *at;
      *at = r->next;
      npending--;
    }
    release(&disk_lock);
    if(r)
      serve(r);
    else
      host_wait(NPROC - 1);
  }
}

void
virtio_blk_submit(struct blkreq *r)
{
  acquire(&disk_lock);
  for(struct blkreq *next; r; r = next){
    next = r->next;
    r->next = pending;
    pending = r;
    npending++;
  }
  int start = !disk_started;
  disk_started = 1;
  release(&disk_lock);
  if(start)
    host_thread(disk_thread, 0);
  host_wake(NPROC - 1);
}

int
virtio_blk_flush(void)
{
  acquire(&disk_lock);
  int error = (int)(next_random(&disk_seed) % 1000) < __atomic_load_n(&fail_writes_permille, __ATOMIC_RELAXED);
  if(!error)
    record(EVENT_FLUSH, 0, 0);
  release(&disk_lock);
  return error ? -EIO : 0;
}

uint64
virtio_blk_blocks(void)
{
  return disk_blocks;
}

void
record_synced(uint version, uint records)
{
  acquire(&disk_lock);
  if(trace->on && trace->n < MAXEVENTS)
    trace->event[trace->n++] = (struct event){.kind = EVENT_SYNCED, .version = version, .records = records};
  release(&disk_lock);
}
