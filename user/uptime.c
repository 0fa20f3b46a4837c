// uptime: time since boot, and what the harts did with it.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  struct kstat_hart *h;
  uint64 ns = clock(CLOCK_BOOT), idle = 0;
  if(argc != 1)
    usage("");
  int n = kstat_all(KSTAT_HART, (void **)&h, sizeof(*h));
  for(int i = 0; i < n; i++)
    idle += h[i].idle_ns;
  uint64 s = ns / 1000000000;
  printf("up %lu:%02lu:%02lu.%lu", s / 3600, s / 60 % 60, s % 60, ns / 100000000 % 10);
  if(n > 0)
    printf(", %d hart%s, %lu%% idle", n, n > 1 ? "s" : "", idle / n >= ns ? 100 : idle / n * 100 / ns);
  printf("\n");
  return 0;
}
