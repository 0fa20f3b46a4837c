// exec(): another program in this process. All that can fail is done on a new address space; only when nothing can
// go wrong any more does it take the old one's place.
//
//   0         text, data, bss    as the program's headers say
//   guard     one page where nothing may be
//   stack     USERSTACK pages; arguments in the highest ARGBYTES
//   heap      from here up, by sbrk()

#include "core/cpu.h"
#include "core/csr.h"
#include "core/elf.h"
#include "core/string.h"
#include "fs/inode.h"
#include "mm/kalloc.h"
#include "mm/uaccess.h"
#include "mm/vm.h"
#include "proc/process.h"

#define MAXPH 16

static int
read_exact(struct inode *ip, void *dst, uint64 off, uint n)
{
  if(off > 0xffffffffUL - n)
    return -ENOEXEC;
  for(uint done = 0; done < n;){
    int got = readi(ip, 0, (uint64)dst + done, off + done, n - done);
    if(got <= 0)
      return got < 0 ? got : -ENOEXEC;
    done += got;
  }
  return 0;
}

static int
segment_ok(const struct proghdr *ph)
{
  return ph->filesz <= ph->memsz && ph->vaddr % PGSIZE == 0 && ph->vaddr + ph->memsz >= ph->vaddr &&
         ph->vaddr + ph->memsz <= MAXVA - 2 * PGSIZE && !((ph->flags & ELF_W) && (ph->flags & ELF_X));
}

static int
load_segment(struct vm *vm, struct inode *ip, const struct proghdr *ph)
{
  int perm = PTE_R;  // no page is useful without
  if(ph->flags & ELF_W)
    perm |= PTE_W;
  if(ph->flags & ELF_X)
    perm |= PTE_X;
  if(!segment_ok(ph))
    return -ENOEXEC;
  int e = vm_add_zeros(vm, ph->vaddr, PGROUNDUP(ph->vaddr + ph->memsz), perm);
  if(e < 0)
    return -ENOEXEC;
  uint64 size = PGROUNDUP(ph->memsz);
  if(size / PGSIZE > kfree_pages())
    return -ENOMEM;
  // All of it is there from the start, as in xv6: what a program counts of free memory does not depend on what it touches.
  for(uint64 done = 0; done < size; done += PGSIZE){
    uint n = done < ph->filesz ? MIN(PGSIZE, ph->filesz - done) : 0;
    uint8 *page = vm_load_page(vm, ph->vaddr + done);
    if(page == 0)
      return -ENOMEM;
    if(n && (e = read_exact(ip, page, ph->off + done, n)) < 0)
      return e;
    memset(page + n, 0, PGSIZE - n);
  }
  vm->size = MAX(vm->size, ph->vaddr + ph->memsz);
  return 0;
}

// All segments of the program into vm. result: entry point in *entry.
static int
exec_load(struct vm *vm, struct inode *ip, uint64 *entry)
{
  struct elfhdr eh;
  struct proghdr ph;
  int e = read_exact(ip, &eh, 0, sizeof(eh));
  if(e < 0)
    return e;
  if(eh.magic != ELF_MAGIC || eh.class != ELF_CLASS64 || eh.data != ELF_LITTLE || eh.machine != ELF_RISCV ||
     eh.type != ELF_EXEC || eh.phentsize != sizeof(ph) || eh.phnum > MAXPH || eh.phoff > 0xffffffffUL)
    return -ENOEXEC;
  for(int i = 0; i < eh.phnum; i++){
    if((e = read_exact(ip, &ph, eh.phoff + i * sizeof(ph), sizeof(ph))) < 0)
      return e;
    if(ph.type != ELF_LOAD || ph.memsz == 0)
      continue;
    if((e = load_segment(vm, ip, &ph)) < 0)
      return e;
  }
  *entry = eh.entry;
  return eh.entry < vm->size ? 0 : -ENOEXEC;
}

// n bytes onto the new stack, 16-aligned, not below base. 0, -E2BIG, -ENOMEM.
static int
push(struct vm *vm, const void *bytes, uint64 n, uint64 *sp, uint64 base)
{
  if(n > *sp - base)
    return -E2BIG;
  *sp = (*sp - n) & ~15UL;
  return vm_copyout(vm, *sp, bytes, n) < 0 ? -ENOMEM : 0;
}

// Strings, then the array of pointers to them. result: argc, and where argv is in *sp.
static int
push_args(struct vm *vm, char **argv, uint64 *sp, uint64 base)
{
  uint64 ustack[MAXARG + 1];
  int argc = 0, e;
  for(; argv[argc]; argc++){
    if(argc == MAXARG)
      return -E2BIG;
    if((e = push(vm, argv[argc], strlen(argv[argc]) + 1, sp, base)) < 0)
      return e;
    ustack[argc] = *sp;
  }
  ustack[argc] = 0;
  e = push(vm, ustack, (argc + 1) * sizeof(uint64), sp, base);
  return e < 0 ? e : argc;
}

// The stack above the program, with its arguments. result: argc.
static int
make_stack(struct vm *vm, char **argv, uint64 *sp)
{
  uint64 base = PGROUNDUP(vm->size) + PGSIZE;
  uint64 top = base + USERSTACK * PGSIZE;
  if(vm_add_zeros(vm, base, top, PTE_R | PTE_W) < 0)
    return -ENOEXEC;
  vm->size = *sp = top;
  return push_args(vm, argv, sp, top - ARGBYTES);
}

static const char *
last_part(const char *path)
{
  const char *last = path;
  for(; *path; path++)
    if(*path == '/')
      last = path + 1;
  return last;
}

int
proc_exec(char *path, char **argv)
{
  struct proc *p = myproc();
  uint64 entry = 0, sp = 0;
  struct inode *ip;
  int e = fs_lookup(path, &ip);
  if(e < 0)
    return e;
  if((e = ilock(ip)) < 0){
    iput(ip);
    return e;
  }
  struct vm *vm = vm_create();
  e = vm == 0 ? -ENOMEM : ip->type != T_FILE ? -EPERM : exec_load(vm, ip, &entry);
  iunlockput(ip);
  if(e == 0)
    e = make_stack(vm, argv, &sp);  // its pages are made by faults
  if(e < 0){
    if(vm)
      vm_put(vm);
    return e;
  }
  safestrcpy(p->name, last_part(path), sizeof(p->name));
  memset(p->tf, 0, sizeof(*p->tf));  // nothing of the old program, or of the kernel, is left in a register
  p->tf->epc = entry;
  p->tf->sp = p->tf->a1 = sp;
  fence_i();  // text was written as data
  proc_set_vm(vm);
  return e;
}
