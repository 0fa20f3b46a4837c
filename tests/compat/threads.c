// A program of several files, as courses have it: the parts are threads_switch.S, threads_list.c, and threads.S, which has
// the program's own name. threads_alone.c has a main() of its own and is another program; threads_alone_sum.c is its part.

#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"

extern uint64 threads_switch(uint64, uint64);
extern int threads_magic;
int threads_longest(const char **, int);

int
main(int argc, char *argv[])
{
  const char *names[] = { "a", "three", "no" };

  printf("%d %d %d\n", (int)threads_switch(40, 2), threads_longest(names, 3), threads_magic);
  exit(0);
}
