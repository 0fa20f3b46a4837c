// printf and fprintf of programs that include user/user.h alone: as in xv6 %x and %p print capitals, and those who read the
// output of such programs expect that. With user/rxv.h the same source names have other link names (printf.c).

#include "user/lib/print.h"
#include "user/user.h"

static const char capitals[] = "0123456789ABCDEF";

void
fprintf(int fd, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  print(fd, capitals, fmt, ap);
  va_end(ap);
}

void
printf(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  print(1, capitals, fmt, ap);
  va_end(ap);
}
