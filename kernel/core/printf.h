#ifndef RXV_CORE_PRINTF_H
#define RXV_CORE_PRINTF_H
// Formatted output to the console, from any context: never sleeps.
// Conversions: %d %i %u %x %X %p %c %s %% with 0, -, width, and l or ll; %I an IPv4 address (uint32, host
// order); %M a MAC address (const uint8 *).

#include <stdarg.h>
#include "core/types.h"

int printf(const char *fmt, ...);                             // a whole call at a time, among harts
int snprintf(char *buf, uint64 size, const char *fmt, ...);   // always zero-ended (size > 0); bytes it wants
int vsnprintf(char *buf, uint64 size, const char *fmt, va_list ap);

// The same for what is no error and can wait: not in the middle of a program's output. A line with its newline, at most
// 127 characters.
void printf_notice(const char *fmt, ...);
extern void (*printf_notice_sink)(const char *line, int n);   // 0: nobody keeps it, it is printed at once

// Where characters go: set by the UART driver at boot. Called with a lock held and interrupts off.
extern void (*printf_putc)(int c);
// Round the characters of one call: nobody else's come between them. 0: nothing else is printed anyway.
extern void (*printf_hold)(int on);
// 1: a program, or the echo of a key, has left the cursor in the middle of a line. The UART driver keeps it; a message
// of the kernel's then starts on a line of its own.
extern volatile int printf_midline;
// From now on print without taking locks: the machine is going down.
void printf_panicked(void);

#endif
