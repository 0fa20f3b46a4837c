#ifndef RXV_PROC_TREE_H
#define RXV_PROC_TREE_H
// Between the files of proc/ and the way out.

#include "core/spinlock.h"

// Guards who is whose child, and exit statuses.
extern struct spinlock tree_lock;

// Frees the slot of one orphan that has ended and that init has not waited for yet. 0: there is none.
int proc_reap_orphan(void);

// entry/vector.S: leave the kernel with the registers in the running process's trap frame.
void return_to_user(void) __attribute__((noreturn));

#endif
