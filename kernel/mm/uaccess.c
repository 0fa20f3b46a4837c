// Copies between the kernel and a process, a page at a time, through the direct map.

#include "core/cpu.h"
#include "core/lockorder.h"
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

int
copyout(uint64 dst, const void *src, uint64 n)
{
  lockorder_no_locks("copyout");
  return vm_copyout(uspace(), dst, src, n);
}

int
copyin(void *dst, uint64 src, uint64 n)
{
  struct vm *vm = uspace();
  char *d = dst;
  lockorder_no_locks("copyin");
  if(src + n < src)
    return -EFAULT;
  while(n){
    uint64 off = src % PGSIZE, m = MIN(n, PGSIZE - off);
    char *page = vm_page(vm, src, PTE_R);
    if(page == 0)
      return -EFAULT;
    memcpy(d, page + off, m);
    src += m, d += m, n -= m;
  }
  return 0;
}

int
copyinstr(char *dst, uint64 src, uint64 max)
{
  struct vm *vm = uspace();
  uint64 done = 0;
  lockorder_no_locks("copyinstr");
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
