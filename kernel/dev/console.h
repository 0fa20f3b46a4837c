#ifndef RXV_DEV_CONSOLE_H
#define RXV_DEV_CONSOLE_H
// The terminal: line editing for input (backspace, ^U, ^D, ^C), output for programs, debug keys.

#include "core/types.h"

void console_init(void);
int console_read(int user, uint64 dst, int n, int nonblock);   // bytes, 0: end of input, -EINTR, -EFAULT, -EAGAIN
int console_write(int user, uint64 src, int n);  // bytes, or -E...
int console_ready(void);                         // 1: a read would not wait
extern void (*console_interrupt)(void);          // ^C was typed; set at boot (proc/ kills the foreground command)
// Raw input, for a shell that edits its own line: characters come as typed, no echo, no line editing.
void console_raw(int on);
struct waitq;
extern struct waitq console_readers;             // woken when input comes: for poll()

#endif
