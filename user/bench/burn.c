// burn SECONDS    computes for so long, and says how much of a hart it had: what is left of the machine for programs

#include "kernel/kstat.h"
#include "kernel/param.h"
#include "user/rxv.h"
#include "user/user.h"

// Nanoseconds that this process has had of harts, but for the time slice that goes on.
static uint64
cpu_time(void)
{
  static struct kstat_proc procs[NPROC + NKTHREAD];
  int n = kstat(KSTAT_PROC, procs, sizeof(procs)), me = getpid();
  for(int i = 0; i < n; i++)
    if(procs[i].pid == me)
      return procs[i].cpu_ns;
  die_errno("kstat");
}

int
main(int argc, char **argv)
{
  uint64 secs, now;
  volatile uint64 x = 1;
  if(argc != 2 || parse_uint(argv[1], 3600, &secs) < 0 || secs == 0)
    usage("SECONDS");
  uint64 start = clock(CLOCK_BOOT), used = cpu_time();
  do {
    for(int i = 0; i < 10000; i++)
      x = x * 6364136223846793005 + 1442695040888963407;
    now = clock(CLOCK_BOOT);
  } while(now - start < secs * 1000000000);
  used = cpu_time() - used;
  printf("burn: %lu %% of a hart\n", used * 100 / (now - start));
  return 0;
}
