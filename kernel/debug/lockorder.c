// The order in which spinlocks nest: a lock may be acquired only while all that the hart holds stand before it in the table
// below, the one place where the order is written. A wait of a minute is reported as a deadlock. Who sleeps may hold no spinlock
// but that of the condition.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "debug/debug.h"

// Outermost first. A lock that is not named here may be taken under any other, and nothing may be taken under it.
static const char *const order[] = {
  "pause", "proctree", "file table", "inode table", "pipe", "log", "bcache", "sleeplock", "console", "uart",
  "netconfig", "socktab", "sockmem", "sock", "frag", "arp", "route", "icmp", "ipq", "filter", "gate", "netthread", "txlock",
  "faulty", "loopback",
  "poll", "virtio", "pktpool", "tap", "rand", "plic", "kmap", "notices", "timerset", "timer", "sched", "procs", "kalloc", "printf",
};

uint lockorder_wait_max = 60;  // no lock is held so long, however slow the host

#define DEPTH 8
// Each the hart's own; others only look, to print it.
static struct {
  struct spinlock *held[DEPTH];
  int n;
} stack[NCPU];

static int
rank_of(const char *name)
{
  for(uint i = 0; i < NELEM(order); i++)
    if(strcmp(order[i], name) == 0)
      return i;
  return NELEM(order);
}

void
check_acquire(struct spinlock *lk, const char *file, int line)
{
  int c = mycpu()->id, r = rank_of(lk->name);
  for(int i = 0; i < stack[c].n; i++){
    struct spinlock *h = stack[c].held[i];
    if(h == lk)
      panic("lock %s acquired at %s:%d and again at %s:%d", lk->name, lk->check.file, lk->check.line, file, line);
    if(h->check.rank >= r)
      panic("lock order: %s (%s:%d) is held, %s wanted at %s:%d", h->name, h->check.file, h->check.line, lk->name, file, line);
  }
}

void
check_acquired(struct spinlock *lk, const char *file, int line)
{
  int c = mycpu()->id;
  lk->check = (struct check_lock){ rank_of(lk->name), file, line };
  assert(stack[c].n < DEPTH);
  stack[c].held[stack[c].n++] = lk;
}

void
check_release(struct spinlock *lk)
{
  int c = mycpu()->id, i = stack[c].n - 1;
  while(i >= 0 && stack[c].held[i] != lk)
    i--;
  assert(i >= 0);
  for(; i + 1 < stack[c].n; i++)
    stack[c].held[i] = stack[c].held[i + 1];
  stack[c].n--;
}

void
check_show_locks(void)
{
  for(int c = 0; c < ncpu; c++)
    for(int i = 0; i < stack[c].n && i < DEPTH; i++)
      printf("hart %d holds %s (%s:%d)\n", c, stack[c].held[i]->name, stack[c].held[i]->check.file, stack[c].held[i]->check.line);
}

// None but lk may be held.
static void
only(struct spinlock *lk, const char *what)
{
  int c = mycpu()->id;
  for(int i = 0; i < stack[c].n; i++){
    struct spinlock *h = stack[c].held[i];
    if(h != lk)
      panic("%s with lock %s held (%s:%d)", what, h->name, h->check.file, h->check.line);
  }
}

void
check_no_locks(const char *what)
{
  push_off();
  only(0, what);
  pop_off();
}

void
check_may_sleep(struct spinlock *lk, const char *what)
{
  char text[120];
  push_off();
  only(lk, what);
  struct cpu *c = mycpu();
  if(c->noff != 1 + (lk != 0))
    panic("%s with interrupts off, by %s", what, place_text(irqoff_place(), text, sizeof(text)));
  pop_off();
}

void
check_waiting(struct spinlock *lk, uint64 since)
{
  struct cpu *holder = lk->cpu;
  if(csr_read(time) - since > lockorder_wait_max * csr_time_hz)
    panic("lock %s waited for too long; hart %d holds it (%s:%d)", lk->name, holder ? (int)holder->id : -1, lk->check.file,
          lk->check.line);
}
