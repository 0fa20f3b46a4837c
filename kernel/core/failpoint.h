#ifndef RXV_CORE_FAILPOINT_H
#define RXV_CORE_FAILPOINT_H
// Failures on purpose (debug build): the n-th allocation of a kind, from when it is armed, finds nothing. A test
// arms it with 1, 2, 3... until its scenario gets through, and so has walked every way out of "no memory".

#include "core/types.h"
#include "kernel/failalloc.h"

#ifdef DEBUG
// Arm: fail the n-th from now on, once; 0: disarm. Pages: only those of process pid.
// result: what was left to count; 0: it has fired, or was not armed.
int failpoint_arm(int kind, int n, int pid);
int failpoint(int kind);  // 1: this allocation fails
#else
#define failpoint(kind) 0
#endif

#endif
