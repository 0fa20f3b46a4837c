#ifndef RXV_SCHED_SLEEPORDER_H
#define RXV_SCHED_SLEEPORDER_H
// The order in which a process takes what others sleep for. The debug build checks it: a process may take only what stands
// below all that it holds, so it never holds two of one kind, and it holds nothing when it returns to its program.

#include "core/types.h"

enum sleeporder {
  ORDER_NAMES,      // the right to change names (fs/names.c)
  ORDER_OPERATION,  // an operation of the log (begin_op)
  ORDER_INODE,      // an i-node (ilock)
  ORDER_BUFFER,     // a disk block's buffer (bget)
};

#ifdef DEBUG
void sleeporder_take(enum sleeporder what);   // before it waits for it
void sleeporder_drop(enum sleeporder what);
void sleeporder_none(const char *what);       // the caller is about to do this: it may hold nothing
#else
#define sleeporder_take(what) ((void)0)
#define sleeporder_drop(what) ((void)0)
#define sleeporder_none(what) ((void)0)
#endif

#endif
