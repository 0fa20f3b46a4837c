#ifndef RXV_USER_ERRNO_H
#define RXV_USER_ERRNO_H
// Why the last call that returned -1 did so. One for each process; a call that succeeds leaves it alone.

#include "kernel/errno.h"

extern int errno;

const char *strerror(int err);  // in words, also for numbers that are none
void perror(const char *what);  // "what: words" on standard error

#endif
