// The kernel's half of every page table (mm/layout.h has the picture). It is complete after boot: only kernel
// stacks are added later, in tables that all page tables share already.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/assert.h"
#include "core/spinlock.h"
#include "mm/kalloc.h"
#include "mm/vm.h"
#include "kernel/memlayout.h"

#define SATP_SV39 (8UL << 60)
#define ASID_SHIFT 44
#define ASID_MAX 0xffffUL
#define GIG (1UL << 30)
#define MEG2 (1UL << 21)
#define KPAGE (PTE_V | PTE_G | PTE_A)
#define KDATA (KPAGE | PTE_R | PTE_W | PTE_D)

extern char text_start[], text_end[], rodata_end[], kernel_end[];

uint64 *kernel_root;
static int few_asids;  // some hart cannot give each process a number of its own: all have 0
static struct spinlock kmap_lock = SPINLOCK("kmap");  // guards the tables of kernel stacks

static uint64
leaf(uint64 pa, uint64 bits)
{
  return PA2PTE(pa) | bits;
}

static uint64 *
table_at(uint64 *entry)
{
  if((*entry & PTE_V) == 0){
    void *t = kzalloc();
    if(t == 0)
      return 0;
    *entry = leaf(va2pa(t), PTE_V);
  }
  return pa2va(PTE2PA(*entry));
}

// What a page of the kernel's image may be used for.
static uint64
image_bits(uint64 pa)
{
  uint64 va = pa + KOFF;
  if(va >= (uint64)text_start && va < (uint64)text_end)
    return KPAGE | PTE_R | PTE_X;
  if(va < (uint64)rodata_end)  // constants, and the boot code, which is done
    return KPAGE | PTE_R;
  return KDATA;
}

// RAM's first gigabyte: by pages where the kernel's image lies, by 2 MB above it.
static void
map_first_gig(uint64 *l1)
{
  uint64 image_end = va2pa(kernel_end);
  for(int i = 0; i < 512; i++){
    uint64 pa = KERNBASE + i * MEG2;
    if(pa >= image_end){
      l1[i] = leaf(pa, KDATA);
      continue;
    }
    uint64 *l0 = table_at(&l1[i]);
    assert(l0);
    for(int j = 0; j < 512; j++)
      l0[j] = leaf(pa + j * PGSIZE, image_bits(pa + j * PGSIZE));
  }
}

void
vm_kernel_init(uint64 ram_end_pa)
{
  assert_op(ram_end_pa, <=, DIRECTMAX);
  kernel_root = kzalloc();
  assert(kernel_root);
  for(uint64 pa = 0; pa < DIRECTMAX; pa += GIG)
    kernel_root[PX(2, pa + KOFF)] = leaf(pa, KDATA);
  uint64 *entry = &kernel_root[PX(2, KERNBASE + KOFF)];
  *entry = 0;
  map_first_gig(table_at(entry));
  assert(table_at(&kernel_root[PX(2, KSTACKS)]));  // shared by all: stacks are added in it
}

static void *
map_kstack(int slot)
{
  uint64 *l1 = table_at(&kernel_root[PX(2, KSTACKS)]);
  for(int i = 0; i < KSTACK_PAGES; i++){
    uint64 va = KSTACK(slot) + i * PGSIZE;
    uint64 *l0 = table_at(&l1[PX(1, va)]);
    if(l0 == 0)
      return 0;
    if(l0[PX(0, va)] & PTE_V)
      continue;  // an earlier try ran out of memory after this one
    void *page = kalloc();
    if(page == 0)
      return 0;
    l0[PX(0, va)] = leaf(va2pa(page), KDATA);
  }
  tlb_flush();
  return (void *)KSTACK(slot);
}

void *
vm_map_kstack(int slot)
{
  acquire(&kmap_lock);
  void *stack = map_kstack(slot);
  release(&kmap_lock);
  return stack;
}

static uint64
satp_of(uint64 *root, uint64 asid)
{
  return SATP_SV39 | asid << ASID_SHIFT | va2pa(root) >> 12;
}

void
vm_hart_init(void)
{
  csr_write(satp, satp_of(kernel_root, ASID_MAX));
  uint64 bits = csr_read(satp) >> ASID_SHIFT & ASID_MAX;  // those that are there keep their ones (4.1.11)
  if(bits < NPROC)
    few_asids = 1;
  csr_write(satp, satp_of(kernel_root, 0));
  tlb_flush();
}

void
vm_switch(struct vm *vm, uint asid, int known)
{
  struct cpu *c = mycpu();
  struct vm *old = c->vm;
  if(vm)
    __atomic_fetch_add(&vm->refs, 1, __ATOMIC_RELAXED);
  if(few_asids)
    asid = known = 0;
  csr_write(satp, satp_of(vm ? vm->root : kernel_root, asid));
  if(!known){  // entries of the kernel are global and stay
    asm volatile("sfence.vma zero, %0" : : "r"((uint64)asid) : "memory");
    fence_i();  // another hart may have loaded the process's text
  }
  c->satp_writes++;
  c->vm = vm;
  if(old)
    vm_put(old);
}
