// See failpoint.h. One counter a kind: a test arms one at a time.

#include "core/failpoint.h"

#ifdef DEBUG
#include "core/proctag.h"

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
failpoint(int kind)
{
  if(__atomic_load_n(&points[kind].left, __ATOMIC_RELAXED) == 0 || !applies(kind))
    return 0;
  return __atomic_fetch_sub(&points[kind].left, 1, __ATOMIC_RELAXED) == 1;
}

int
failpoint_arm(int kind, int n, int pid)
{
  points[kind].pid = pid;
  int left = __atomic_exchange_n(&points[kind].left, n, __ATOMIC_SEQ_CST);
  return left > 0 ? left : 0;
}
#endif
