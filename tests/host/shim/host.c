// The shim's side that looks at libc.

#include "host.h"
#include <stdio.h>
#include <unistd.h>

void
host_write(const char *s, unsigned long n)
{
  fwrite(s, 1, n, stdout);
}

void
host_vsay(const char *fmt, va_list ap)
{
  vprintf(fmt, ap);
}

void
host_say(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  host_vsay(fmt, ap);
  va_end(ap);
}

#ifdef COVERAGE
void __gcov_dump(void);
#define SAVE_COUNTS() __gcov_dump()
#else
#define SAVE_COUNTS() ((void)0)
#endif

void
host_exit(int status)
{
  fflush(stdout);
  SAVE_COUNTS();
  _exit(status);
}
