// Address spaces of processes.
//
// A region says what may be at a range of addresses; the page table says what is there. A page that a region
// allows comes, zeroed, when it is touched. fork() shares all pages: writable ones lose PTE_W and get PTE_COW in
// both tables, and whoever writes first gets a copy, or the page itself once nobody else has it.
//
// Locks: none. A process's address space is touched by itself alone, or by its parent before it first runs.

#include "core/check.h"
#include "core/csr.h"
#include "core/string.h"
#include "mm/kalloc.h"
#include "mm/vm.h"

#define USERHALF 256  // entries of the root that are user memory
#define UPAGE (PTE_V | PTE_U | PTE_A | PTE_D)
#define SPAN(level) ((uint64)PGSIZE << 9 * (level))  // bytes that one entry of a table of this level covers

static inline void *
page_of(uint64 pte)
{
  return pa2va(PTE2PA(pte));
}

static inline uint64
pte_of(const void *page, uint64 bits)
{
  return PA2PTE(va2pa(page)) | bits;
}

// A mapping has changed, or will.
static void
forget_hits(struct vm *vm)
{
  for(int i = 0; i < NVMHIT; i++)
    vm->hit[i].tag = 0;
}

// The entry for va at the lowest level. make: build the tables on the way. result: 0: there is no table, or no memory.
static uint64 *
vm_walk(uint64 *root, uint64 va, int make)
{
  uint64 *table = root;
  for(int level = 2; level > 0; level--){
    uint64 *e = &table[PX(level, va)];
    if((*e & PTE_V) == 0){
      void *t = make ? kzalloc() : 0;
      if(t == 0)
        return 0;
      *e = pte_of(t, PTE_V);
    }
    table = page_of(*e);
  }
  return &table[PX(0, va)];
}

// The same for an address that may be anything. 0: it has no table, or is not the process's.
static uint64 *
entry_of(struct vm *vm, uint64 va)
{
  return va < MAXVA ? vm_walk(vm->root, va, 0) : 0;
}

struct vm *
vm_create(void)
{
  struct vm *vm = kalloc();
  uint64 *root = vm ? kalloc() : 0;
  if(root == 0){
    if(vm)
      kfree(vm);
    return 0;
  }
  *vm = (struct vm){.refs = 1, .root = root};
  memset(root, 0, USERHALF * sizeof(uint64));
  memcpy(root + USERHALF, kernel_root + USERHALF, USERHALF * sizeof(uint64));
  return vm;
}

// Give back what hangs on the first entries of a table of this level, as many as cover `bytes`, and the tables below it.
static void
free_entries(uint64 *table, int level, uint64 bytes)
{
  for(uint64 at = 0; at < bytes; at += SPAN(level), table++){
    if((*table & PTE_V) == 0)
      continue;
    if(level > 0)
      free_entries(page_of(*table), level - 1, MIN(bytes - at, SPAN(level)));
    kfree(page_of(*table));
    *table = 0;
  }
}

void
vmobject_put(struct vmobject *o)
{
  if(__atomic_fetch_sub(&o->refs, 1, __ATOMIC_ACQ_REL) == 1)
    o->end(o);
}

static void
region_get(const struct region *r)
{
  if(r->object)
    __atomic_fetch_add(&r->object->refs, 1, __ATOMIC_RELAXED);
}

static void
region_put(const struct region *r)
{
  if(r->object)
    vmobject_put(r->object);
}

// The caller no longer runs in it, or will never touch user memory again: other harts that still hold the root
// look at its kernel half only.
void
vm_clear(struct vm *vm)
{
  forget_hits(vm);
  free_entries(vm->root, 2, vm->top);
  while(vm->nregion > 0)
    region_put(&vm->region[--vm->nregion]);
  vm->size = vm->top = vm->resident = 0;
}

void
vm_put(struct vm *vm)
{
  if(__atomic_fetch_sub(&vm->refs, 1, __ATOMIC_ACQ_REL) > 1)
    return;
  vm_clear(vm);
  kfree(vm->root);
  kfree(vm);
}

// Does the process have something in [start, end)?
static int
overlaps(const struct vm *vm, uint64 start, uint64 end)
{
  for(int i = 0; i < vm->nregion; i++)
    if(vm->region[i].start < end && start < vm->region[i].end)
      return 1;
  return 0;
}

int
vm_add(struct vm *vm, const struct region *r)
{
  if(r->start % PGSIZE || r->end % PGSIZE || r->offset % PGSIZE || r->start >= r->end || r->end > MAXVA)
    return -EINVAL;
  if(((r->perm & PTE_W) && (r->perm & PTE_X)) || overlaps(vm, r->start, r->end))
    return -EINVAL;
  if(vm->nregion == NREGION)
    return -ENOMEM;
  int i = vm->nregion++;
  for(; i > 0 && vm->region[i - 1].start > r->start; i--)
    vm->region[i] = vm->region[i - 1];
  vm->region[i] = *r;
  region_get(r);
  return 0;
}

int
vm_add_zeros(struct vm *vm, uint64 start, uint64 end, int perm)
{
  return vm_add(vm, &(struct region){.start = start, .end = end, .perm = perm});
}

static struct region *
region_at(struct vm *vm, uint64 va)
{
  for(int i = vm->nregion - 1; i >= 0; i--)
    if(va >= vm->region[i].start)
      return va < vm->region[i].end ? &vm->region[i] : 0;
  return 0;
}

// ----- pages on demand -----

// A shared page is about to be written: have it for ourselves.
static void *
break_cow(struct vm *vm, uint64 *pte, uint64 va)
{
  void *old = page_of(*pte), *page = old;
  uint64 bits = (PTE_FLAGS(*pte) | PTE_W) & ~PTE_COW;
  if(krefs(page) > 1){
    void *copy = kalloc();
    if(copy == 0)
      return 0;
    memcpy(copy, page, PGSIZE);
    kfree(page);
    page = copy;
  }
  forget_hits(vm);
  *pte = pte_of(page, bits);
  if(page != old)
    tlb_flush_page(va);  // who remembers the same page as read-only is put right by vm_fault(), if he ever asks
  return page;
}

// Put a page at va. pte: its entry, 0: there is no table yet. page: 0: there was no memory; ours from now on.
static void *
fill(struct vm *vm, uint64 va, uint64 *pte, uint64 perm, TAKES void *page)
{
  if(page == 0)
    return 0;
  vm->top = MAX(vm->top, PGROUNDDOWN(va) + PGSIZE);  // also when only a table is made
  if(pte == 0 && (pte = vm_walk(vm->root, va, 1)) == 0){
    kfree(page);
    return 0;
  }
  *pte = pte_of(page, UPAGE | perm);
  vm->resident++;
  return page;
}

// The page that a region shows at va, put there. What is not shared is the object's own until somebody writes to it.
static void *
fill_region(struct vm *vm, uint64 va, uint64 *pte, const struct region *r, int access)
{
  if(r->object == 0)
    return fill(vm, va, pte, r->perm, kzalloc());
  uint64 perm = r->perm;
  if(r->flags & REGION_SHARED)
    perm |= PTE_SHARED;
  else if(perm & PTE_W)
    perm = (perm & ~PTE_W) | PTE_COW;
  void *page = fill(vm, va, pte, perm, r->object->page(r->object, r->offset + PGROUNDDOWN(va) - r->start));
  if(page && access == PTE_W && (perm & PTE_COW))
    return break_cow(vm, vm_walk(vm->root, va, 0), va);
  return page;
}

// The page at va, whose entry is pte (0: it has no table), if it is there and allows this access.
static void *
present(struct vm *vm, uint64 va, uint64 *pte, int access)
{
  if(pte == 0 || (*pte & PTE_V) == 0 || (*pte & access) == 0)
    return 0;
  vm->hit[(va >> PGSHIFT) % NVMHIT] = (struct vmhit){PGROUNDDOWN(va) | 1, page_of(*pte), *pte};
  return page_of(*pte);
}

int
vm_find_present(struct vm *vm, uint64 va, int access)
{
  return present(vm, va, entry_of(vm, va), access) != 0;
}

// The page at va, whose entry is pte (0: it has no table), for this access: made, or copied, if need be.
static void *
find_page(struct vm *vm, uint64 va, uint64 *pte, int access)
{
  void *page = present(vm, va, pte, access);
  if(page)
    return page;
  check_may_sleep(0, "a page fault");  // a page's content may have to come from a file: that waits, and takes locks
  check_order_none("a page fault");
  if(pte && (*pte & PTE_V))
    return access == PTE_W && (*pte & PTE_COW) ? break_cow(vm, pte, va) : 0;
  struct region *r = region_at(vm, va);
  if(r == 0 || (r->perm & access) == 0)
    return 0;
  return fill_region(vm, va, pte, r, access);
}

void *
vm_find_page(struct vm *vm, uint64 va, int access)
{
  return find_page(vm, va, entry_of(vm, va), access);
}

int
vm_fault(struct vm *vm, uint64 va, int access)
{
  uint64 *pte = entry_of(vm, va);
  if(pte && (*pte & PTE_V) && (*pte & access)){
    tlb_flush_page(va);  // it was there all the time: this hart had remembered that it was not (privileged ISA 4.2.1)
    return 1;
  }
  return find_page(vm, va, pte, access) != 0;
}

void *
vm_load_page(struct vm *vm, uint64 va)
{
  struct region *r = region_at(vm, va);
  return r ? fill(vm, va, vm_walk(vm->root, va, 0), r->perm, kalloc()) : 0;
}

// ----- sbrk -----

// Give back the pages of [start, end). Empty stretches are passed over by whole tables.
static void
unmap(struct vm *vm, uint64 start, uint64 end)
{
  forget_hits(vm);
  for(uint64 va = start; va < end;){
    uint64 l2 = vm->root[PX(2, va)];
    if((l2 & PTE_V) == 0){
      va = (va | ((1UL << 30) - 1)) + 1;
      continue;
    }
    uint64 l1 = ((uint64 *)page_of(l2))[PX(1, va)];
    if((l1 & PTE_V) == 0){
      va = (va | ((1UL << 21) - 1)) + 1;
      continue;
    }
    uint64 *pte = &((uint64 *)page_of(l1))[PX(0, va)];
    if(*pte & PTE_V){
      kfree(page_of(*pte));
      *pte = 0;
      vm->resident--;
    }
    va += PGSIZE;
  }
  tlb_flush();
}

// Nothing of the process's memory is to be in [from, to) any more. No region reaches beyond `to`.
static void
cut_regions(struct vm *vm, uint64 from, uint64 to)
{
  int left = 0;
  for(int i = 0; i < vm->nregion; i++){
    struct region r = vm->region[i];
    if(r.start >= from && r.end <= to){
      region_put(&r);
      continue;
    }
    if(r.start < from && r.end > from)
      r.end = from;
    vm->region[left++] = r;
  }
  vm->nregion = left;
}

static uint64
shrink(struct vm *vm, uint64 n)
{
  uint64 old = vm->size;
  if(n > old)
    return old;  // as xv6 has it: no error, and nothing changes
  uint64 top = PGROUNDUP(old - n);
  if(top < PGROUNDUP(old)){
    unmap(vm, top, PGROUNDUP(old));
    cut_regions(vm, top, PGROUNDUP(old));
  }
  vm->size = old - n;
  return old;
}

// The heap reaches up to `to` now: the region that ends where new memory begins, if it is like new memory, or one more.
static int
extend(struct vm *vm, uint64 from, uint64 to)
{
  if(overlaps(vm, from, to))
    return -ENOMEM;
  for(int i = 0; i < vm->nregion; i++){
    struct region *r = &vm->region[i];
    if(r->end == from && r->perm == (PTE_R | PTE_W) && r->object == 0){
      r->end = to;
      return 0;
    }
  }
  return vm_add_zeros(vm, from, to, PTE_R | PTE_W);
}

// Pages that eager growth leaves alone: whoever took all the rest can still copy the page in which it notes that
// there are no more, and the shell can still start a program that frees some.
#define RESERVE 64

uint64
vm_sbrk(struct vm *vm, int64 n, int eager)
{
  uint64 old = vm->size, from = PGROUNDUP(old), to = PGROUNDUP(old + n);
  if(n <= 0)
    return shrink(vm, -(uint64)n);
  if(old + n < old || old + n > MAXVA - 2 * PGSIZE)
    return -1;
  if(eager && (to - from) / PGSIZE + RESERVE > kfree_pages())
    return -1;
  if(to > from && extend(vm, from, to) < 0)
    return -1;
  vm->size = old + n;
  for(uint64 va = from; eager && va < to; va += PGSIZE)
    if(fill(vm, va, vm_walk(vm->root, va, 0), PTE_R | PTE_W, kzalloc()) == 0){
      shrink(vm, n);
      return -1;
    }
  return old;
}

// ----- fork -----

// Copy what hangs on the first `bytes` of a table of the running process into its child's, sharing the pages.
// result: 0; -ENOMEM: the copy is incomplete, but may be cleared.
static int
share_entries(uint64 *from, uint64 *to, int level, uint64 bytes)
{
  for(uint64 at = 0; at < bytes; at += SPAN(level), from++, to++){
    uint64 e = *from;
    if((e & PTE_V) == 0)
      continue;
    if(level == 0){
      if((e & (PTE_W | PTE_SHARED)) == PTE_W)
        *from = e = (e & ~PTE_W) | PTE_COW;
      kref(page_of(e));
      *to = e;
      continue;
    }
    void *t = kzalloc();
    if(t == 0)
      return -ENOMEM;
    *to = pte_of(t, PTE_V);
    if(share_entries(page_of(e), t, level - 1, MIN(bytes - at, SPAN(level))) < 0)
      return -ENOMEM;
  }
  return 0;
}

struct vm *
vm_fork(struct vm *vm)
{
  struct vm *child = vm_create();
  if(child == 0)
    return 0;
  forget_hits(vm);
  child->top = vm->top;
  int e = share_entries(vm->root, child->root, 2, vm->top);
  tlb_flush();  // what was writable no longer is
  if(e < 0){
    vm_put(child);
    return 0;
  }
  child->size = vm->size;
  child->resident = vm->resident;
  child->nregion = vm->nregion;
  memcpy(child->region, vm->region, sizeof(vm->region));
  for(int i = 0; i < child->nregion; i++)
    region_get(&child->region[i]);
  check_vm(vm);
  check_vm(child);
  return child;
}
