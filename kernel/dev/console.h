#ifndef RXV_DEV_CONSOLE_H
#define RXV_DEV_CONSOLE_H
// The terminal: line editing for input, output for programs, debug keys.
//
// What is written and not ended by a newline, and what is being typed, is written again after a message of the kernel's.
//
// Cooked (the default): a read gets a line at the most. Backspace and DEL erase a character, ^W a word, ^U the line;
// ^D ends the input: alone on a line it makes the read return 0. Raw: characters come as typed, unechoed, '\r'
// for Enter; erasing and history are the reader's. In both, ^C calls console_interrupt (raw: and is read as 3),
// and the keys of core/debugkey.h print and are not read.

#include "core/types.h"

void console_init(void);                         // with uart_init(), before interrupts are on
int console_read(int user, uint64 dst, int n, int nonblock);   // bytes, 0: end of input, -EINTR, -EFAULT, -EAGAIN
int console_write(int user, uint64 src, int n);  // n, or -EINTR, -EFAULT if nothing was written
int console_ready(void);                         // 1: a read would not wait
// on: what has been typed so far can be read at once. off: what nobody has read is edited as if it were typed now.
void console_raw(int on);
extern void (*console_interrupt)(void);          // ^C was typed; set at boot (proc/ kills the foreground command)
extern void (*console_changed)(void);            // a read would not wait any more: for poll(). Set at boot. Both
                                                 // are called from the interrupt
struct waitq;
extern struct waitq console_readers;             // who waits in console_read()

#endif
