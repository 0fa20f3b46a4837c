// Lock ranks (debug build only). The table is the one place where the order is written.

#include "core/lockorder.h"

#ifdef DEBUG
#include "core/cpu.h"
#include "core/csr.h"
#include "core/irqoff.h"
#include "core/panic.h"
#include "core/printf.h"
#include "core/string.h"

// Outermost first. A lock that is not named here may be taken under any other, and nothing may be taken under it.
static const char *const order[] = {
  "pause", "proctree", "file table", "inode table", "pipe", "log", "bcache", "sleeplock", "console", "uart",
  "netconfig", "socktab", "sock", "frag", "arp", "route", "icmp", "ipq", "filter", "gate", "netthread", "txlock",
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
lockorder_check(struct spinlock *lk, const char *file, int line)
{
  int c = mycpu()->id, r = rank_of(lk->name);
  for(int i = 0; i < stack[c].n; i++){
    struct spinlock *h = stack[c].held[i];
    if(h == lk)
      panic("lock %s acquired at %s:%d and again at %s:%d", lk->name, lk->file, lk->line, file, line);
    if(h->rank >= r)
      panic("lock order: %s (%s:%d) is held, %s wanted at %s:%d", h->name, h->file, h->line, lk->name, file, line);
  }
}

void
lockorder_push(struct spinlock *lk, const char *file, int line)
{
  int c = mycpu()->id;
  lk->rank = rank_of(lk->name);
  lk->file = file;
  lk->line = line;
  assert(stack[c].n < DEPTH);
  stack[c].held[stack[c].n++] = lk;
}

void
lockorder_pop(struct spinlock *lk)
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
lockorder_dump(void)
{
  for(int c = 0; c < ncpu; c++)
    for(int i = 0; i < stack[c].n && i < DEPTH; i++)
      printf("hart %d holds %s (%s:%d)\n", c, stack[c].held[i]->name, stack[c].held[i]->file, stack[c].held[i]->line);
}

// None but lk may be held.
static void
only(struct spinlock *lk, const char *what)
{
  int c = mycpu()->id;
  for(int i = 0; i < stack[c].n; i++){
    struct spinlock *h = stack[c].held[i];
    if(h != lk)
      panic("%s with lock %s held (%s:%d)", what, h->name, h->file, h->line);
  }
}

void
lockorder_no_locks(const char *what)
{
  push_off();
  only(0, what);
  pop_off();
}

void
lockorder_may_sleep(struct spinlock *lk, const char *what)
{
  char text[120];
  push_off();
  only(lk, what);
  struct cpu *c = mycpu();
  if(c->noff != 1 + (lk != 0))
    panic("%s with interrupts off, by %s", what, place_text(&irqoffs[c->id].place, text, sizeof(text)));
  pop_off();
}

uint64
lockorder_patience(void)
{
  return csr_read(time) + lockorder_wait_max * csr_time_hz;
}

void
lockorder_waits(struct spinlock *lk, uint64 until)
{
  struct cpu *holder = lk->cpu;
  if(csr_read(time) > until)
    panic("lock %s waited for too long; hart %d holds it (%s:%d)", lk->name, holder ? (int)holder->id : -1, lk->file, lk->line);
}
#endif
