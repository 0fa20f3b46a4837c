#ifndef RXV_MM_VM_H
#define RXV_MM_VM_H
// Address spaces of processes: page tables, regions, copy-on-write, page faults.

#include "mm/layout.h"
#include "core/types.h"

// Bits of a page table entry that programs do not name (the others: kernel/riscv.h). A and D are set from the start:
// QEMU sets them itself, other machines may trap.
#define PTE_G (1L << 5)
#define PTE_A (1L << 6)
#define PTE_D (1L << 7)
#define PTE_COW (1L << 8)     // ours: readable now, writable after a copy
#define PTE_SHARED (1L << 9)  // ours: of a shared region: fork() leaves it writable

#define NREGION 12

// What a region shows if it is not zeros: the content of a file, say. Its maker has a reference, and each region.
struct vmobject {
  int refs;  // [a]
  // The page at this offset, with an owner more, for the caller; 0: there is none, or no memory. It may sleep.
  void *(*page)(struct vmobject *o, uint64 offset);
  void (*end)(struct vmobject *o);  // the last reference is gone. It may sleep
};

#define REGION_SHARED 1  // writes go to the object's pages; without it, to a copy

// A range of user memory with one protection. Pages that are not there come when touched, from the object, or zeroed.
struct region {
  uint64 start, end;  // page-aligned; start < end
  uint8 perm;         // PTE_R, PTE_W, PTE_X; never W and X together
  uint8 flags;        // REGION_...
  struct vmobject *object;  // 0: zeros
  uint64 offset;      // of start in the object, page-aligned
};

// A page that was found a moment ago. Copies between kernel and process mostly go to the same few pages, and a
// walk through three tables costs ten times as much as a look here. Emptied when any mapping changes.
struct vmhit {
  uint64 tag;   // address of the page, with bit 0 set; 0: empty
  void *page;   // in the direct map
  uint64 pte;   // what may be done with it
};

#define NVMHIT 4

// One process runs in it at a time; only refs is touched by others.
// refs: the process, and each hart whose satp holds root (an idle hart keeps the last one).
struct vm {
  int refs;          // [a]
  uint64 *root;      // [I] page table; its upper half is the kernel's
  uint64 size;       // top of the heap: sbrk(0)
  uint64 top;        // no page, and no table for one, was ever put at or above it: nobody needs to look there
  uint64 resident;   // user pages that are there
  int dead;          // [a] its process is gone: a hart that holds root lets go of it before it sleeps
  struct vmhit hit[NVMHIT];  // by page number
  int nregion;
  struct region region[NREGION];  // in ascending order, apart
};

extern uint64 *kernel_root;  // the kernel's page table: no user half

void vm_kernel_init(uint64 ram_end_pa);            // builds kernel_root
void vm_hart_init(void);                           // turns this hart to it
void *vm_map_kstack(int slot);                     // stack pages of a slot: lowest byte; 0: no memory. At boot, before
                                                   // other harts turn to this page table
struct vm *vm_create(void);                        // an empty one; 0: no memory
void vm_clear(struct vm *vm);                      // gives back all user pages
void vm_put(struct vm *vm);                        // one reference less; the last one frees it
struct vm *vm_fork(struct vm *vm);                 // a copy-on-write copy of the running process's; 0: no memory
int vm_add(struct vm *vm, const struct region *r);  // with a reference to its object; 0, -ENOMEM, -EINVAL: it cannot be there
int vm_add_zeros(struct vm *vm, uint64 start, uint64 end, int perm);  // one without an object
void vmobject_put(struct vmobject *o);             // one reference less
// Change the heap's top by n bytes. result: the old top, or (uint64)-1 and nothing changed. More bytes less than there are:
// nothing changes either, as in xv6. What was added above the heap stays, and bounds it.
uint64 vm_sbrk(struct vm *vm, int64 n, int eager);
// Make the page at va there, and writable or executable if asked: the one way for faults, copyin and copyout.
// access: PTE_R, PTE_W or PTE_X. result: the page's address in the direct map, 0: not allowed or no memory.
static inline void *vm_page(struct vm *vm, uint64 va, int access);
static inline int vm_present(struct vm *vm, uint64 va, int access);  // 1: vm_page() would find it there, and make nothing
// A page fault: 1 if the access may be tried again, 0 if it is not allowed, or there is no memory.
int vm_fault(struct vm *vm, uint64 va, int access);
// For exec: a page at va, where none is yet, whatever the region's protection. Its content is anything: the caller sets all
// of it. 0: no region there, or no memory.
void *vm_load_page(struct vm *vm, uint64 va);
// This hart's satp; vm 0: the kernel's own, whose asid is 0. asid: the process's number, 1 to NPROC. known: what the hart
// remembers under this number is still right, because this process was the last to use it, and used it on no other hart since.
void vm_switch(struct vm *vm, uint asid, int known);
// vm_page() and vm_present() of a page that was not found a moment ago.
void *vm_find_page(struct vm *vm, uint64 va, int access);
int vm_find_present(struct vm *vm, uint64 va, int access);

// A page that was found a moment ago; 0: it was not.
static inline void *
vm_hit(struct vm *vm, uint64 va, int access)
{
  struct vmhit *h = &vm->hit[(va >> PGSHIFT) % NVMHIT];
  return likely(h->tag == (PGROUNDDOWN(va) | 1) && (h->pte & access)) ? h->page : 0;
}

static inline void *
vm_page(struct vm *vm, uint64 va, int access)
{
  void *page = vm_hit(vm, va, access);
  return likely(page != 0) ? page : vm_find_page(vm, va, access);
}

static inline int
vm_present(struct vm *vm, uint64 va, int access)
{
  return vm_hit(vm, va, access) != 0 || vm_find_present(vm, va, access);
}

#endif
