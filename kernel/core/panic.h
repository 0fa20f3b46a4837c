#ifndef RXV_CORE_PANIC_H
#define RXV_CORE_PANIC_H
// The kernel's own invariant is broken: say where, with a backtrace by name, and stop the machine.
// Never for something that a program, a packet or a device did.

#include "core/types.h"

void panic(const char *fmt, ...) __attribute__((noreturn));
// Something outside the kernel makes it impossible to go on (no disk, no memory): a sentence, and power off with
// status 1.
void give_up(const char *fmt, ...) __attribute__((noreturn));
extern void (*power_off)(int status);  // set at boot
extern volatile int panicked;         // a hart has panicked: the others stop when they see it
void panic_stop(void) __attribute__((noreturn));  // for the harts that did not panic: stay here
extern void (*panic_others)(void);    // tells the other harts; set at boot

void backtrace(void);                 // of the caller
void backtrace_from(uint64 pc, uint64 fp);
// The function that holds address pc and the offset in it; "?" if none does.
const char *symbol_name(uint64 pc, uint64 *offset);

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
