// A free page is full of poison, but for its link and who freed it. The poison is looked at when the page is handed out again.

#include "core/string.h"
#include "debug/debug.h"
#include "kernel/riscv.h"

struct corpse {
  void *link;  // the free list's (mm/kalloc.c)
  struct check_place freed_by;
  uint64 poison[];
};
#define NPOISON ((PGSIZE - sizeof(struct corpse)) / sizeof(uint64))

void
check_page_freed(void *page)
{
  struct corpse *c = page;
  place_note(&c->freed_by, 1);
  for(uint i = 0; i < NPOISON; i++)
    c->poison[i] = BYTES8(PAGE_POISON);
}

void
check_page_unwritten(void *page)
{
  char text[120];
  struct corpse *c = page;
  for(uint i = 0; i < NPOISON; i++)
    if(c->poison[i] != BYTES8(PAGE_POISON))
      panic("page %p was written to when it was free: 0x%lx at offset 0x%lx; freed by %s", page, c->poison[i],
            (uint64)&c->poison[i] - (uint64)page, place_text(&c->freed_by, text, sizeof(text)));
}

void
check_page_freed_twice(void *page)
{
  char text[120];
  struct corpse *c = page;
  panic("page %p is free already: freed by %s", page, place_text(&c->freed_by, text, sizeof(text)));
}

// Who gets it finds other poison.
void
check_page_taken(void *page)
{
  memset(page, PAGE_FRESH, PGSIZE);
}
