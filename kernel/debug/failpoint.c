// Allocations that fail on purpose: the n-th of a kind, from when it is armed, finds nothing. A test arms it with 1, 2, 3... until
// its scenario gets through, and so has walked every way out of "no memory". One counter a kind: a test arms one at a time.

#include "core/proctag.h"
#include "debug/debug.h"
#include "kernel/failalloc.h"

static struct {
  int left;  // [a] allocations until the one that fails; 0: not armed
  int pid;
} points[NFAIL];

static int
applies(int kind)
{
  int pid = 0;
  const char *name;
  if(kind != FAIL_PAGE)
    return 1;
  if(proc_tag)
    proc_tag(&pid, &name);
  return pid == points[kind].pid;
}

int
check_alloc_fails(int kind)
{
  if(__atomic_load_n(&points[kind].left, __ATOMIC_RELAXED) == 0 || !applies(kind))
    return 0;
  return __atomic_fetch_sub(&points[kind].left, 1, __ATOMIC_RELAXED) == 1;
}

// Arm: fail the n-th from now on, once; 0: disarm. Pages: only those of process pid.
// result: what was left to count; 0: it has fired, or was not armed.
int
check_fail_nth(uint64 kind, uint64 n, int pid)
{
  if(kind >= NFAIL || n > 1000000)
    return -EINVAL;
  points[kind].pid = pid;
  int left = __atomic_exchange_n(&points[kind].left, n, __ATOMIC_SEQ_CST);
  return left > 0 ? left : 0;
}
