// exec(): an input is arguments and a program's file. Nothing may be read from where it is not, no region may overlap
// another, no page may be lost; and what is loaded must be what the file says, with the arguments behind it.

#include "fuzz/net.h"
#include "core/cpu.h"
#include "core/elf.h"
#include "fs/inode.h"
#include "mm/kalloc.h"
#include "mm/uaccess.h"
#include "mm/vm.h"
#include "proc/process.h"
#include "sched/proc.h"

#define VM_PAGES 512

static struct inode file = { .type = T_FILE };
static const fuzz_byte *bytes;
static uint nbytes;
static int read_error;  // the disk fails at this read
static int nref;

// --- fs/ ---

int
fs_lookup(const char *path, struct inode **ip)
{
  if(strcmp(path, "none") == 0)
    return -ENOENT;
  *ip = &file;
  nref++;
  return 0;
}

int
ilock(struct inode *ip)
{
  if(read_error == 1)
    return -EIO;
  file.valid++;
  return 0;
}

void
iput(struct inode *ip)
{
  nref--;
}

void
iunlockput(struct inode *ip)
{
  file.valid--;
  nref--;
}

int
readi(struct inode *ip, int user, uint64 dst, uint off, uint n)
{
  MUST(file.valid == 1 && !user, "the file is read without its lock");
  if(read_error && --read_error == 0)
    return -EIO;
  if(off >= nbytes)
    return 0;
  n = MIN(n, nbytes - off);
  memcpy((void *)dst, bytes + off, n);
  return n;
}

// --- mm/ ---

static struct vm space;
static struct {
  uint64 va;
  uint8 *page;
} pages[VM_PAGES];
static int npages, alive;
static uint pages_left;

struct vm *
vm_create(void)
{
  if(pages_left == 0)
    return 0;
  alive++;
  return &space;
}

void
vm_put(struct vm *vm)
{
  while(npages > 0)
    kfree(pages[--npages].page);
  alive--;
}

int
vm_add_zeros(struct vm *vm, uint64 start, uint64 end, int perm)
{
  if(start % PGSIZE || end % PGSIZE || start >= end || end > MAXVA)
    return -EINVAL;
  MUST(!((perm & PTE_W) && (perm & PTE_X)), "a region that is written and executed");
  for(int i = 0; i < vm->nregion; i++)
    if(start < vm->region[i].end && vm->region[i].start < end)
      return -EINVAL;
  if(vm->nregion == NREGION)
    return -ENOMEM;
  vm->region[vm->nregion++] = (struct region){ .start = start, .end = end, .perm = perm };
  return 0;
}

void *
vm_load_page(struct vm *vm, uint64 va)
{
  for(int i = 0; i < npages; i++)
    if(pages[i].va == PGROUNDDOWN(va))
      return pages[i].page;
  int there = 0;
  for(int i = 0; i < vm->nregion; i++)
    there |= va >= vm->region[i].start && va < vm->region[i].end;
  if(!there || npages == VM_PAGES || pages_left == 0)
    return 0;
  pages_left--;
  pages[npages].va = PGROUNDDOWN(va);
  return pages[npages++].page = kzalloc();
}

int
vm_copyout(struct vm *vm, uint64 dst, const void *src, uint64 n)
{
  for(uint64 m; n > 0; n -= m, dst += m, src = (const uint8 *)src + m){
    uint8 *page = vm_load_page(vm, dst);
    m = MIN(n, PGSIZE - dst % PGSIZE);
    if(page == 0)
      return -EFAULT;
    memcpy(page + dst % PGSIZE, src, m);
  }
  return 0;
}

static int taken;

void
proc_set_vm(struct vm *vm)
{
  taken++;
}

// --- the target ---

static uint64
user_word(uint64 va)
{
  uint8 *page = vm_load_page(&space, va);
  MUST(page != 0 && va % 8 == 0, "no word at 0x%lx", (long)va);
  return *(uint64 *)(page + va % PGSIZE);
}

static void
check_segment(const struct proghdr *ph)
{
  for(uint64 i = 0; i < ph->filesz; i++){
    uint8 *page = vm_load_page(&space, ph->vaddr + i);
    MUST(page && ph->off + i < nbytes && page[(ph->vaddr + i) % PGSIZE] == bytes[ph->off + i], "a segment's byte differs");
  }
}

static void
check_loaded(struct proc *p, char **argv, int argc)
{
  struct elfhdr eh;
  MUST(taken == 1 && alive == 1 && p->tf->epc < space.size && p->tf->sp % 16 == 0, "it does not run, or anywhere");
  memcpy(&eh, bytes, sizeof(eh));
  for(int i = 0; i < eh.phnum; i++){
    struct proghdr ph;
    memcpy(&ph, bytes + eh.phoff + i * sizeof(ph), sizeof(ph));
    if(ph.type == ELF_LOAD && ph.memsz)
      check_segment(&ph);
  }
  for(int i = 0; i <= argc; i++){
    uint64 at = user_word(p->tf->sp + i * 8);
    MUST((at == 0) == (argv[i] == 0), "%d arguments", i);
    for(uint k = 0; argv[i] && k <= strlen(argv[i]); k++){
      uint8 *page = vm_load_page(&space, at + k);
      MUST(page && page[(at + k) % PGSIZE] == (uint8)argv[i][k], "argument %d differs", i);
    }
  }
}

FUZZ(exec, 0)
{
  static char text[MAXARG + 8][300];
  char *argv[MAXARG + 9] = { 0 };
  struct trapframe tf;
  struct proc *p = mycpu()->proc;
  uint argc = in8(in) % (MAXARG + 8), how = in8(in), size = in16(in);
  for(uint i = 0; i < argc; i++){
    memset(text[i], 'a' + i % 26, size % 300);
    argv[i] = text[i];
  }
  read_error = how & 1 ? how >> 4 : 0;
  pages_left = how & 2 ? how >> 3 : VM_PAGES;
  file.type = how & 4 ? T_DIR : T_FILE;
  p->tf = &tf;
  nbytes = in_bytes(in, 65536, &bytes);
  int used = host_pages_used, e = proc_exec("/bin/prog", argv);
  fuzz_digest_number(e);
  pages_left = VM_PAGES;
  if(e >= 0){
    MUST(e == (int)argc, "%d arguments instead of %d", e, argc);
    check_loaded(p, argv, argc);
    vm_put(&space);
  } else
    MUST(taken == 0 && alive == 0, "exec fails, and something is left");
  MUST(nref == 0 && file.valid == 0 && host_pages_used == used, "a page or a reference is lost");
}
