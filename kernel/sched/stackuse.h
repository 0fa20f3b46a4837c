#ifndef RXV_SCHED_STACKUSE_H
#define RXV_SCHED_STACKUSE_H
// How deep kernel stacks get (debug build). A stack is painted before a thread first runs on it; what has lost its
// paint was used. The last STACK_SPARE bytes above the guard page must keep theirs: a look at each switch.

#include "core/types.h"

#ifdef DEBUG
#define STACK_SPARE 2048  // bytes

void stack_paint(void *lowest);          // nobody runs on it
uint stack_used(const void *lowest);     // bytes of its deepest use
void stack_check(const void *lowest, const char *name);
extern uint stack_deepest;               // bytes, of all processes that have ended
#else
#define stack_paint(lowest) ((void)0)
#define stack_check(lowest, name) ((void)0)
#endif

#endif
