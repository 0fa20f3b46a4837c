// The floors below pkt/ and net/, on the host.

#include "shim/shim.h"
#include "core/cpu.h"
#include "core/debugkey.h"
#include "core/check.h"
#include "core/assert.h"
#include "debug/debug.h"
#include "core/printf.h"
#include "core/proctag.h"
#include "core/rand.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "mm/kalloc.h"
#include "mm/uaccess.h"
#include "sched/proc.h"
#include "sched/waitq.h"
#include "kernel/riscv.h"

struct proc procs[NSLOT] = { { .pid = 7, .name = "test" } };
struct cpu host_cpu = { .proc = &procs[0] };
struct lock_wait lock_waits[NCPU];
uint64 timer_csr_hz;
int ncpu = 1;

// --- panic ---

sigjmp_buf host_panic_jump;
int host_panic_caught;
char host_panic_text[200];

void
panic(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(host_panic_text, sizeof(host_panic_text), fmt, ap);
  va_end(ap);
  if(host_panic_caught)
    siglongjmp(host_panic_jump, 1);
  host_say("  panic: %s\n", host_panic_text);
  host_exit(1);
}

// --- locks ---

int host_locks;
static const char *other_waits;  // for this lock
static void (*other_hart)(void);

void
push_off(void)
{
  host_cpu.noff++;
}

void
pop_off(void)
{
  assert(host_cpu.noff > 0);
  host_cpu.noff--;
}

void
initlock(struct spinlock *lk, const char *name)
{
  *lk = (struct spinlock){ .name = name };
}

void
acquire_at(struct spinlock *lk, const char *file, int line)
{
  push_off();
  if(lk->locked)
    panic("lock %s acquired at %s:%d and again at %s:%d", lk->name, lk->check.file, lk->check.line, file, line);
  lk->locked = 1;
  lk->cpu = mycpu();
  lk->check.file = file;
  lk->check.line = line;
  host_locks++;
}

int
tryacquire(struct spinlock *lk)
{
  if(lk->locked)
    return 0;
  acquire_at(lk, "tryacquire", 0);
  return 1;
}

void
release(struct spinlock *lk)
{
  assert(lk->locked);
  lk->locked = 0;
  host_locks--;
  pop_off();
  if(other_hart && strcmp(lk->name, other_waits) == 0){
    void (*fn)(void) = other_hart;
    other_hart = 0;
    fn();
  }
}

void
host_when_released(const char *lock, void (*fn)(void))
{
  other_waits = lock;
  other_hart = fn;
}

uint64
timer_scaled(uint64 csr)
{
  return csr * TIMER_HZ / timer_csr_hz;
}

int
holding(struct spinlock *lk)
{
  return lk->locked;
}

void
check_no_locks(const char *what)
{
  if(host_locks)
    panic("%s with a lock held", what);
}

// --- pages: each in a slot with an unmapped neighbour, as far as the sanitizer is concerned ---

#define NPAGES 8192
#define SLOT (2 * PGSIZE)

static uint8 *arena;
static uint8 refs[NPAGES];
static uint hint, top;  // top: all those in use lie below
int host_pages_used, host_pages_left = -1;
uint8 host_junk = HOST_SECRET;

static uint
page_number(void *page)
{
  uint64 off = (uint8 *)page - arena;
  if(off % SLOT || off / SLOT >= NPAGES || refs[off / SLOT] == 0)
    panic("not a page: %p", page);
  return off / SLOT;
}

// Before main(): the tests are its children, and share what this fills.
static void __attribute__((constructor))
arena_init(void)
{
  arena = host_pages((uint64)NPAGES * SLOT);
  host_poison(arena, (uint64)NPAGES * SLOT);
}

void *
kalloc(void)
{
  if(host_pages_left == 0 || host_pages_used == NPAGES)
    return 0;
  if(host_pages_left > 0)
    host_pages_left--;
  while(refs[hint])
    hint = (hint + 1) % NPAGES;
  uint8 *page = arena + (uint64)hint * SLOT;
  refs[hint] = 1;
  top = MAX(top, hint + 1);
  host_pages_used++;
  host_unpoison(page, PGSIZE);
  memset(page, host_junk, PGSIZE);
  return page;
}

void *
kzalloc(void)
{
  void *page = kalloc();
  if(page)
    memset(page, 0, PGSIZE);
  return page;
}

uint64
ktotal_pages(void)
{
  return NPAGES;
}

uint64
kfree_pages(void)
{
  uint64 n = NPAGES - host_pages_used;
  return host_pages_left < 0 ? n : MIN(n, (uint64)host_pages_left);
}

void
kref(void *page)
{
  refs[page_number(page)]++;
}

int
krefs(void *page)
{
  return refs[page_number(page)];
}

void
kfree(void *page)
{
  uint i = page_number(page);
  if(--refs[i] == 0){
    host_pages_used--;
    host_poison(page, PGSIZE);
  }
}

void
host_each_page(void (*fn)(void *page, unsigned long bytes))
{
  for(uint i = 0; i < top; i++)
    if(refs[i])
      fn(arena + (uint64)i * SLOT, PGSIZE);
}

// --- the clock ---

uint64 fake_now = 1000 * SEC;
static LIST(timers);

void
timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
  *t = (struct timer){ .fn = fn, .arg = arg };
}

void
timer_set(struct timer *t, uint64 when)
{
  if(t->set)
    list_del(&t->link);
  t->when = when;
  t->set = 1;
  list_add(&timers, &t->link);
}

int
timer_cancel(struct timer *t)
{
  int was = t->set;
  if(was)
    list_del(&t->link);
  t->set = 0;
  return was;
}

int
host_timers(void)
{
  int n = 0;
  list_each(l, &timers)
    n++;
  return n;
}

static struct timer *
earliest(void)
{
  struct timer *first = 0;
  list_each(l, &timers){
    struct timer *t = container_of(l, struct timer, link);
    if(first == 0 || t->when < first->when)
      first = t;
  }
  return first;
}

void
host_advance(uint64 ticks)
{
  uint64 end = fake_now + ticks;
  struct timer *t;
  assert(host_locks == 0);
  while((t = earliest()) != 0 && t->when <= end){
    fake_now = MAX(fake_now, t->when);
    timer_cancel(t);
    t->fn(t->arg);
    assert(host_locks == 0);
  }
  fake_now = end;
}

// --- waiting ---

void (*host_on_sleep)(void);
int host_wakeups;

void
wq_init(struct waitq *q)
{
  list_init(&q->waiters);
}

static int
sleep_on(struct spinlock *lk, uint64 until)
{
  void (*fn)(void) = host_on_sleep;
  assert(lk->locked && host_locks == 1);
  host_on_sleep = 0;
  release(lk);
  if(fn)
    fn();
  else if(until != FOREVER)
    host_advance(until > fake_now ? until - fake_now : 0);
  acquire(lk);
  return fn ? 0 : until == FOREVER ? -EINTR : -ETIMEDOUT;
}

int
wq_sleep(struct waitq *q, struct spinlock *lk)
{
  return sleep_on(lk, FOREVER);
}

int
wq_sleep_until(struct waitq *q, struct spinlock *lk, uint64 when)
{
  return sleep_on(lk, when);
}

void
wq_wake_one(struct waitq *q)
{
  host_wakeups++;
}

void
wq_wake_all(struct waitq *q)
{
  host_wakeups++;
}

// --- the process ---

uint8 host_user[UPAGES * PGSIZE];

static uint8 *
user_bytes(uint64 uva, uint64 n, int write)
{
  assert(host_locks == 0);
  uint64 end = write ? UREADONLY : UBASE + UPAGES * PGSIZE;
  if(uva < UBASE || uva > end || n > end - uva)
    return 0;
  return host_user + (uva - UBASE);
}

int
copyin(void *dst, uint64 src_uva, uint64 n)
{
  uint8 *b = user_bytes(src_uva, n, 0);
  if(b == 0)
    return -EFAULT;
  memcpy(dst, b, n);
  return 0;
}

int
copyout(uint64 dst_uva, const void *src, uint64 n)
{
  uint8 *b = user_bytes(dst_uva, n, 1);
  if(b == 0)
    return -EFAULT;
  memcpy(b, src, n);
  return 0;
}

// --- odds and ends ---

void (*proc_tag)(int *pid, const char **name);

void
rand_bytes(void *buf, uint n)
{
  static uint64 x = 88172645463325252UL;  // xorshift: the same numbers in every run
  for(uint i = 0; i < n; i++){
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    ((uint8 *)buf)[i] = x >> 24;
  }
}

uint32
rand32(void)
{
  uint32 v;
  rand_bytes(&v, sizeof(v));
  return v;
}

void
debugkey_register(int key, const char *what, void (*dump)(void))
{
}

void
place_note(struct check_place *at, int skip)
{
}

char *
place_text(const struct check_place *at, char *buf, uint size)
{
  return safestrcpy(buf, "a test", size);
}
