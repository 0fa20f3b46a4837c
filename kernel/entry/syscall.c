// The system call door: a number in a7, arguments in a0 to a5, the result in a0.

#include "core/cpu.h"
#include "entry/sys.h"
#include "entry/trap.h"

static sysfn *const calls[] = {
#define X(name) [SYS_##name] = sys_##name,
  SYSCALLS(X)
#undef X
};

// Not inlined, also not by link-time optimisation: people set breakpoints here.
void __attribute__((noinline))
syscall(struct trapframe *tf)
{
  uint64 n = tf->a7 & ~(uint64)SYS_ERRNO;
  int want_errno = (tf->a7 & SYS_ERRNO) != 0;
  tf->epc += 4;  // behind the ecall
  int64 r = n < NELEM(calls) && calls[n] ? calls[n](&tf->a0) : -ENOSYS;
  if(r < 0 && !want_errno)
    r = -1;
  tf->a0 = r;
}
