// burn SECONDS    computes for so long, and says how much it got done: what is left of the machine for programs

#include "kernel/kstat.h"
#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  uint64 secs, rounds = 0;
  volatile uint64 x = 1;
  if(argc != 2 || parse_uint(argv[1], 3600, &secs) < 0)
    usage("SECONDS");
  for(uint64 end = clock(CLOCK_BOOT) + secs * 1000000000; (uint64)clock(CLOCK_BOOT) < end; rounds++)
    for(int i = 0; i < 10000; i++)
      x = x * 6364136223846793005 + 1442695040888963407;
  printf("burn: %lu rounds\n", rounds);
  return 0;
}
