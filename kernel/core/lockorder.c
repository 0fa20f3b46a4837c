// Lock ranks (debug build only). The table is the one place where the order is written.

#include "core/lockorder.h"

#ifdef DEBUG
#include "core/cpu.h"
#include "core/panic.h"
#include "core/printf.h"
#include "core/string.h"

// Outermost first. A lock that is not named here may be taken under any other, and nothing may be taken under it.
static const char *const order[] = {
  "pause", "proctree", "file table", "inode table", "pipe", "log", "bcache", "sleeplock", "console", "uart",
  "netconfig", "socktab", "sock", "frag", "arp", "route", "icmp", "ipq", "netthread", "txlock", "loopback",
  "poll", "virtio", "pktpool", "tap", "rand", "plic", "kmap", "timer", "sched", "procs", "kalloc", "printf",
};

#define DEPTH 8
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

void
lockorder_no_locks(const char *what)
{
  push_off();
  int c = mycpu()->id;
  if(stack[c].n)
    panic("%s with lock %s held (%s:%d)", what, stack[c].held[0]->name, stack[c].held[0]->file, stack[c].held[0]->line);
  pop_off();
}
#endif
