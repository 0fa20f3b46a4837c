// Pages of physical memory.
//
// A page is in one of three places: given out (its count of owners is above 0), on the free list (linked through
// its first word), or above `fresh`, where no page has been used yet. The last saves boot from touching all RAM.

#include "core/check.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "kernel/failalloc.h"

// I constant after boot   k lock   a atomic
static struct {
  struct spinlock lock;
  uint64 base, end;    // [I] physical
  uint64 fresh;        // [k] pages from here to end have never been used
  struct link {
    struct link *next;
  } *free;             // [k]
  uint64 nfree;        // [k]
  uint32 *owners;      // [a] by page number from base
} mem = {.lock = SPINLOCK("kalloc")};

void
kalloc_init(uint64 from_pa, uint64 to_pa)
{
  mem.base = PGROUNDUP(from_pa);
  mem.end = PGROUNDDOWN(to_pa);
  assert_op(mem.base, <, mem.end);
  uint64 pages = (mem.end - mem.base) / PGSIZE;
  mem.owners = pa2va(mem.base);
  memset(mem.owners, 0, pages * sizeof(*mem.owners));
  mem.fresh = PGROUNDUP(mem.base + pages * sizeof(*mem.owners));
  mem.base = mem.fresh;
  mem.nfree = (mem.end - mem.base) / PGSIZE;
}

static uint32 *
owners(void *page)
{
  uint64 pa = va2pa(page);
  assert((pa & (PGSIZE - 1)) == 0 && pa >= mem.base && pa < mem.end);
  return &mem.owners[(pa - mem.base) / PGSIZE];
}

void *
kalloc(void)
{
  void *page = 0;
  if(check_alloc_fails(FAIL_PAGE))
    return 0;
  acquire(&mem.lock);
  if(mem.free){
    page = mem.free;
    mem.free = mem.free->next;
    mem.nfree--;
    check_page_unwritten(page);
  } else if(mem.fresh < mem.end){
    page = pa2va(mem.fresh);
    mem.fresh += PGSIZE;
    mem.nfree--;
  }
  release(&mem.lock);
  if(page){
    debug_assert(*owners(page) == 0);
    *owners(page) = 1;
    check_page_taken(page);
  }
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

void
kref(void *page)
{
  uint32 was = __atomic_fetch_add(owners(page), 1, __ATOMIC_RELAXED);
  assert(was > 0);
}

int
krefs(void *page)
{
  return __atomic_load_n(owners(page), __ATOMIC_ACQUIRE);
}

void
kfree(void *page)
{
  uint32 was = __atomic_fetch_sub(owners(page), 1, __ATOMIC_ACQ_REL);
  if(unlikely(was == 0))
    check_page_freed_twice(page);
  assert(was > 0);
  if(was > 1)
    return;
  check_page_freed(page);
  acquire(&mem.lock);
  ((struct link *)page)->next = mem.free;
  mem.free = page;
  mem.nfree++;
  release(&mem.lock);
}

uint64
kfree_pages(void)
{
  return mem.nfree;
}

uint64
ktotal_pages(void)
{
  return (mem.end - mem.base) / PGSIZE;
}
