// How deep kernel stacks get. A stack is painted before a thread first runs on it; what has lost its paint was used. The last
// STACK_SPARE bytes above the guard page must keep theirs: each switch looks.

#include "core/cpu.h"
#include "core/printf.h"
#include "core/string.h"
#include "debug/debug.h"
#include "mm/layout.h"
#include "sched/proc.h"

#define PAINT BYTES8(PAGE_FRESH)  // a stack that is new is painted already

static struct {
  uint bytes;
  char name[16];
} deepest;  // of the threads that have ended; a look without a lock: two at once may cost one of them

static uint
used(const struct proc *p)
{
  const uint64 *word = p->kstack, *top = (const uint64 *)((uint64)word + KSTACK_SIZE);
  while(word < top && *word == PAINT)
    word++;
  return (uint64)top - (uint64)word;
}

void
check_stack_new(struct proc *p)
{
  uint n = used(p);
  if(n > deepest.bytes){
    deepest.bytes = n;
    safestrcpy(deepest.name, p->name, sizeof(deepest.name));
  }
  memset(p->kstack, PAGE_FRESH, KSTACK_SIZE);
}

// The words next to the line: whoever went beyond it by a frame or two has written some of them.
void
check_stack(const struct proc *p)
{
  const uint64 *line = (const uint64 *)((uint64)p->kstack + STACK_SPARE);
  for(int i = 1; i <= 64; i++)
    if(line[-i] != PAINT)
      panic("kernel stack of %s: %d bytes of %ld were used; %d should always be left", p->name, used(p), KSTACK_SIZE,
            STACK_SPARE);
}

void
stack_dump(void)
{
  for(struct proc *p = procs; p < procs + NSLOT; p++)
    if(p->pid && p->state != PS_UNUSED && p->kstack)
      printf("kernel stack of %d %s: %d bytes of %ld at most\n", p->pid, p->name, used(p), KSTACK_SIZE);
  for(int i = 0; i < ncpu; i++)
    printf("kernel stack of hart %d: %d bytes of %ld at most\n", i, used(cpus[i].idle_thread), KSTACK_SIZE);
  printf("kernel stack of all that have ended: %d bytes of %ld at most, by %s\n", deepest.bytes, KSTACK_SIZE, deepest.name);
}
