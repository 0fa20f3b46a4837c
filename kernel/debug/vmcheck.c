// Is every entry of a page table as it must be? What the boundary between a process and the kernel rests
// on is looked at here, in one place:
//
//   user half     a page is for user mode, there to be read, never writable and executable at once, never writable and
//                 somebody else's, too, unless its region is shared; some region allows what its entry does; as many are
//                 there as the process is charged for
//   kernel half   the same in every address space; nothing in it is for user mode, or writable and executable
//
// fork, exec and exit look, so every page that any process ever had is looked at, at the latest when it ends.

#include "core/check.h"
#include "mm/kalloc.h"
#include "mm/vm.h"


#define USERHALF 256  // entries of the root that are user memory
#define PERMISSIONS (PTE_R | PTE_W | PTE_X)

static uint64 *
below(uint64 pte)
{
  return pa2va(PTE2PA(pte));
}

static void
check_wx(uint64 va, uint64 pte)
{
  if((pte & PTE_W) && (pte & PTE_X))
    panic("page 0x%lx: entry 0x%lx is writable and executable", va, pte);
}

static void
check_user_page(const struct vm *vm, uint64 va, uint64 pte)
{
  const uint64 always = PTE_V | PTE_U | PTE_R | PTE_A | PTE_D;
  uint64 may = pte & PTE_COW ? PTE_W : pte & PTE_W;
  int i = 0, alone = (pte & PTE_W) && !(pte & PTE_SHARED);
  check_wx(va, pte);
  if((pte & always) != always || (pte & PTE_G) || ((pte & PTE_W) && (pte & PTE_COW)))
    panic("user page 0x%lx: entry 0x%lx", va, pte);
  if(krefs(below(pte)) < 1 || (alone && krefs(below(pte)) > 1))
    panic("user page 0x%lx: entry 0x%lx, and %d owners", va, pte, krefs(below(pte)));
  while(i < vm->nregion && vm->region[i].end <= va)
    i++;
  const struct region *r = &vm->region[i];
  if(i == vm->nregion || va < r->start || (may & ~r->perm) || (pte & PTE_X & ~r->perm) ||
     !(pte & PTE_SHARED) != !(r->flags & REGION_SHARED))
    panic("user page 0x%lx: entry 0x%lx is not what its region allows", va, pte);
}

// What hangs on n entries of a table of this level, from address va on. result: user pages.
static uint64
check_user(const struct vm *vm, const uint64 *table, int n, int level, uint64 va)
{
  uint64 pages = 0, step = (uint64)PGSIZE << 9 * level;
  for(int i = 0; i < n; i++, va += step){
    if((table[i] & PTE_V) == 0)
      continue;
    if(level == 0){
      check_user_page(vm, va, table[i]);
      pages++;
      continue;
    }
    if(table[i] & (PERMISSIONS | PTE_U))
      panic("user table for 0x%lx: entry 0x%lx", va, table[i]);
    pages += check_user(vm, below(table[i]), 512, level - 1, va);
  }
  return pages;
}

static void
check_kernel(const uint64 *table, int from, int level)
{
  for(int i = from; i < 512; i++){
    uint64 e = table[i];
    if((e & PTE_V) == 0)
      continue;
    if(e & PTE_U)
      panic("kernel's page table: entry 0x%lx is for user mode", e);
    check_wx(0, e);
    if(level > 0 && (e & PERMISSIONS) == 0)
      check_kernel(below(e), 0, level - 1);
  }
}

void
check_vm(struct vm *vm)
{
  for(int i = USERHALF; i < 512; i++)
    assert_op(vm->root[i], ==, kernel_root[i]);
  check_kernel(vm->root, USERHALF, 2);
  assert_op(check_user(vm, vm->root, USERHALF, 2, 0), ==, vm->resident);
}
