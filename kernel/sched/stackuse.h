#ifndef RXV_SCHED_STACKUSE_H
#define RXV_SCHED_STACKUSE_H
// How deep kernel stacks get (debug build). A stack is painted before a thread first runs on it; what has lost its
// paint was used. The last STACK_SPARE bytes above the guard page must keep theirs: a look at each switch.

#include "sched/proc.h"

#ifdef DEBUG
#define STACK_SPARE 2048  // bytes

void stack_paint(struct proc *p);        // nobody runs on it; p still has the name of who did
void stack_check(const struct proc *p);  // panics if p went too deep
void stack_dump(void);                   // the deepest use of each, on the console
#else
#define stack_paint(p) ((void)0)
#define stack_check(p) ((void)0)
#endif

#endif
