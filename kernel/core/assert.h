#ifndef RXV_CORE_ASSERT_H
#define RXV_CORE_ASSERT_H
// The kernel's own invariant is broken: say where, with a backtrace by name, and stop the machine (panic.c).
// Never for something that a program, a packet or a device did.

#include "core/types.h"

void panic(const char *fmt, ...) __attribute__((noreturn));
extern volatile int panicked;                     // a hart has panicked: the others stop when they see it
void panic_stop(void) __attribute__((noreturn));  // for the harts that did not panic: stay here

// Holds, or both values are printed and the kernel panics.
#define assert(e)                                                 \
  do {                                                            \
    if(unlikely(!(e)))                                            \
      panic("%s:%d: assert: %s", __FILE__, __LINE__, #e);         \
  } while(0)
#define assert_op(a, op, b)                                                                             \
  do {                                                                                                  \
    uint64 a_ = (uint64)(a), b_ = (uint64)(b);                                                          \
    if(unlikely(!(a_ op b_)))                                                                           \
      panic("%s:%d: assert: %s %s %s: 0x%lx, 0x%lx", __FILE__, __LINE__, #a, #op, #b, a_, b_);          \
  } while(0)

#endif
