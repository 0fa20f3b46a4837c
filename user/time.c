// time COMMAND [WORD...]: runs it, and says how long it took.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  int status = 1;
  if(argc < 2)
    usage("COMMAND [WORD...]");
  uint64 began = clock(CLOCK_BOOT);
  int pid = fork();
  if(pid < 0)
    die_errno("cannot fork");
  if(pid == 0)
    exec_or_exit(argv + 1);
  wait(&status);
  uint64 us = (clock(CLOCK_BOOT) - began) / 1000;
  fprintf(2, "real %lu.%06lu s\n", us / 1000000, us % 1000000);
  return status;
}
