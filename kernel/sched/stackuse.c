// See stackuse.h.

#include "sched/stackuse.h"

#ifdef DEBUG
#include "core/panic.h"
#include "core/string.h"
#include "mm/kalloc.h"
#include "mm/layout.h"

#define PAINT (PAGE_FRESH * 0x0101010101010101UL)  // a stack that is new is painted already

uint stack_deepest;

void
stack_paint(void *lowest)
{
  stack_deepest = MAX(stack_deepest, stack_used(lowest));
  memset(lowest, PAGE_FRESH, KSTACK_SIZE);
}

uint
stack_used(const void *lowest)
{
  const uint64 *word = lowest, *top = (const uint64 *)((uint64)lowest + KSTACK_SIZE);
  while(word < top && *word == PAINT)
    word++;
  return (uint64)top - (uint64)word;
}

// The words next to the line: whoever went beyond it by a frame has written some of them.
void
stack_check(const void *lowest, const char *name)
{
  const uint64 *line = (const uint64 *)((uint64)lowest + STACK_SPARE);
  for(int i = 1; i <= 16; i++)
    if(line[-i] != PAINT)
      panic("kernel stack of %s: %d bytes of %ld were used, less than %d are left", name, stack_used(lowest), KSTACK_SIZE,
            STACK_SPARE);
}
#endif
