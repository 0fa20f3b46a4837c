// Copies between the kernel and a process, a page at a time, through the direct map.

#include "core/check.h"
#include "core/cpu.h"
#include "core/string.h"
#include "mm/uaccess.h"
#include "mm/uspace.h"
#include "mm/vm.h"

int
vm_copyout(struct vm *vm, uint64 dst, const void *src, uint64 n)
{
  const char *s = src;
  if(dst + n < dst)
    return -EFAULT;
  while(n){
    uint64 off = dst % PGSIZE, m = MIN(n, PGSIZE - off);
    char *page = vm_page(vm, dst, PTE_W);
    if(page == 0)
      return -EFAULT;
    memcpy(page + off, s, m);
    dst += m, s += m, n -= m;
  }
  return 0;
}

static int __attribute__((noinline))
copyin_pages(struct vm *vm, char *dst, uint64 src, uint64 n)
{
  if(src + n < src)
    return -EFAULT;
  while(n){
    uint64 off = src % PGSIZE, m = MIN(n, PGSIZE - off);
    char *page = vm_page(vm, src, PTE_R);
    if(page == 0)
      return -EFAULT;
    memcpy(dst, page + off, m);
    src += m, dst += m, n -= m;
  }
  return 0;
}

// Most copies lie within one page.
static inline int
in_one_page(uint64 uva, uint64 n)
{
  return n - 1 < PGSIZE && uva % PGSIZE + n <= PGSIZE;
}

int
copyout(uint64 dst, const void *src, uint64 n)
{
  check_no_locks("copyout");
  if(unlikely(!in_one_page(dst, n)))
    return vm_copyout(uspace(), dst, src, n);
  char *page = vm_page(uspace(), dst, PTE_W);
  if(unlikely(page == 0))
    return -EFAULT;
  memcpy(page + dst % PGSIZE, src, n);
  return 0;
}

int
copyin(void *dst, uint64 src, uint64 n)
{
  check_no_locks("copyin");
  if(unlikely(!in_one_page(src, n)))
    return copyin_pages(uspace(), dst, src, n);
  char *page = vm_page(uspace(), src, PTE_R);
  if(unlikely(page == 0))
    return -EFAULT;
  memcpy(dst, page + src % PGSIZE, n);
  return 0;
}

// Have all pages of a range there, for this access.
static int
fault_in(uint64 uva, uint64 n, int access)
{
  uint64 end = uva + n;
  if(end < uva)
    return -EFAULT;
  for(; uva < end; uva = PGROUNDDOWN(uva) + PGSIZE)
    if(vm_page(uspace(), uva, access) == 0)
      return -EFAULT;
  return 0;
}

int
user_readable(uint64 src, uint64 n)
{
  check_no_locks("user_readable");
  return fault_in(src, n, PTE_R);
}

int
user_writable(uint64 dst, uint64 n)
{
  check_no_locks("user_writable");
  return fault_in(dst, n, PTE_W);
}

int
user_present(uint64 dst, uint64 n)
{
  uint64 end = dst + n;
  if(end < dst)
    return 0;
  for(; dst < end; dst = PGROUNDDOWN(dst) + PGSIZE)
    if(!vm_present(uspace(), dst, PTE_W))
      return 0;
  return 1;
}

int
copyinstr(char *dst, uint64 src, uint64 max)
{
  struct vm *vm = uspace();
  uint64 done = 0;
  check_no_locks("copyinstr");
  while(done < max){
    uint64 off = src % PGSIZE, m = MIN(max - done, PGSIZE - off);
    char *page = vm_page(vm, src, PTE_R);
    if(page == 0)
      return -EFAULT;
    for(uint64 i = 0; i < m; i++)
      if((dst[done + i] = page[off + i]) == 0)
        return done + i;
    done += m, src += m;
  }
  return -ENAMETOOLONG;
}

int
copy_to(int user, uint64 dst, const void *src, uint64 n)
{
  if(user)
    return copyout(dst, src, n);
  memmove((void *)dst, src, n);
  return 0;
}

int
copy_from(void *dst, int user, uint64 src, uint64 n)
{
  if(user)
    return copyin(dst, src, n);
  memmove(dst, (void *)src, n);
  return 0;
}
