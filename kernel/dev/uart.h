#ifndef RXV_DEV_UART_H
#define RXV_DEV_UART_H
// The 16550 UART. Output is polled when the kernel prints, queued and driven by interrupts for programs.

#include "core/types.h"

void uart_early_init(uint64 base);   // so that printf works: before interrupts
void uart_init(void);                // the rest: interrupts, input
void uart_putc_sync(int c);          // waits for room; any context, also when panicked
int uart_write(const char *s, int n);  // process context: may sleep while the queue is full; n, or -EINTR
extern void (*uart_input)(int c);    // where received characters go: the console

#endif
