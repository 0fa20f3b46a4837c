#ifndef HOST_H
#define HOST_H
// The few things that the shim needs from libc, so that no file needs both libc's headers and the kernel's.

#include "memory.h"
#include <setjmp.h>
#include <stdarg.h>

void host_write(const char *s, unsigned long n);
void host_say(const char *fmt, ...) __attribute__((format(__printf__, 1, 2)));
void host_vsay(const char *fmt, va_list ap);
void host_exit(int status) __attribute__((noreturn));

// A test registers itself before main() (fixture.h: TEST).
struct test {
  const char *name, *file;
  int line;
  void (*fn)(void);
  struct test *next;
};
void test_register(struct test *t);
void test_begin(void);  // fixture.c: a fresh machine
void test_end(void);    // ... nothing may be left over

#endif
