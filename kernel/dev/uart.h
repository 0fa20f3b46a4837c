#ifndef RXV_DEV_UART_H
#define RXV_DEV_UART_H
// The 16550 UART. Output is polled when the kernel prints, queued and driven by interrupts for programs.

#include "core/types.h"

void uart_early_init(uint64 base);   // virtual address; so that printf works: before interrupts
void uart_init(void);                // the rest: interrupts, input
// The kernel's own messages: waits for room, for a bounded time; any context, also when panicked.
void uart_putc_sync(int c);
void uart_hold(int on);              // 1, 0: round characters that belong together (printf_hold)
void uart_echo(int c);               // a key; the line that a message of the kernel's has ended is written again first
// A line ends with CR LF. 1: with LF alone, for a terminal that adds the CR itself (QEMU's standard output; boot argument
// "console=lf").
extern int uart_lf;
// Queue n bytes as one piece: what the kernel prints comes before or after them. n is at most UART_PIECE.
// Process context: sleeps while there is no room. n, or -EINTR (killed; nothing was queued).
int uart_write(const char *s, int n);
#define UART_PIECE 256

// Where received characters go: the console, from the interrupt, no lock held. uart_room says whether it takes another
// one; if not, they wait in the line (whoever types them is held up, nothing is lost) until uart_resume().
extern void (*uart_input)(int c);
extern int (*uart_room)(void);
void uart_resume(void);

#endif
