#ifndef RXV_DEV_NOTICE_H
#define RXV_DEV_NOTICE_H
// Notices (printf_notice): what the kernel says that is no error, such as "arp_rx: received an ARP packet". They wait until
// they do not fall into a program's output: until the shell is about to prompt, or somebody has been waiting for input for
// NOTICE_QUIET. Without room for one more, the first is printed at once.

#include "core/types.h"

void notice_init(void);
void notice_flush(void);         // the shell is about to prompt: print what waits
void notice_reader(int waits);   // 1: a reader of the terminal starts to wait, 0: it goes on
void notice_key(void);           // a key was pressed: somebody is typing

#endif
