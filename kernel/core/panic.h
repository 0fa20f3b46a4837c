#ifndef RXV_CORE_PANIC_H
#define RXV_CORE_PANIC_H
// The machine's end, and how it got there. What a broken invariant calls is in assert.h.

#include "core/types.h"

// Something outside the kernel makes it impossible to go on (no disk, no memory): a sentence, and power off with
// status 1.
void give_up(const char *fmt, ...) __attribute__((noreturn));
extern void (*power_off)(int status);  // set at boot
extern void (*panic_others)(void);     // tells the other harts; set at boot

void backtrace(void);                  // of the caller
void backtrace_from(uint64 pc, uint64 fp);
// The function that holds address pc and the offset in it; "?" if none does.
const char *symbol_name(uint64 pc, uint64 *offset);

#endif
