// ps: processes.

#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

static const char *const states[] = { "unused", "new", "ready", "runs", "waits", "dead" };

int
main(int argc, char **argv)
{
  struct kstat_proc *p;
  if(argc != 1)
    usage("");
  int n = kstat_all(KSTAT_PROC, (void **)&p, sizeof(*p));
  if(n < 0)
    die_errno("kstat");
  printf("%5s %5s %-6s %4s %9s %9s %10s  %s\n", "PID", "PPID", "STATE", "HART", "SIZE K", "THERE K", "CPU ms", "NAME");
  for(int i = 0; i < n; i++){
    const char *state = (uint)p[i].state < 6 ? states[p[i].state] : "?";
    printf("%5d %5d %-6s %4d %9lu %9lu %6lu.%03lu  %.16s\n", p[i].pid, p[i].ppid, state, p[i].hart,
           p[i].size / 1024, p[i].resident / 1024, p[i].cpu_ns / 1000000, p[i].cpu_ns / 1000 % 1000, p[i].name);
  }
  return 0;
}
