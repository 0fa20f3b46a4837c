// seq [FIRST [STEP]] LAST: numbers, one a line.

#include "user/rxv.h"
#include "user/user.h"

static long
number(const char *s)
{
  uint64 v;
  int minus = *s == '-';
  if(parse_uint(s + minus, ~0ul >> 2, &v) < 0)
    die("%s is not a number", s);
  return minus ? -(long)v : (long)v;
}

int
main(int argc, char **argv)
{
  if(argc < 2 || argc > 4)
    usage("[FIRST [STEP]] LAST");
  long first = argc > 2 ? number(argv[1]) : 1;
  long step = argc > 3 ? number(argv[2]) : 1;
  long last = number(argv[argc - 1]);
  if(step == 0)
    die("a step of 0 never ends");
  // Written in large pieces; the first that nobody takes is the last.
  static char buf[4096];
  uint n = 0;
  for(long i = first; step > 0 ? i <= last : i >= last; i += step){
    n += snprintf(buf + n, sizeof(buf) - n, "%ld\n", i);
    if(n > sizeof(buf) - 32){
      output(buf, n);
      n = 0;
    }
  }
  output(buf, n);
  return 0;
}
