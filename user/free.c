// free: memory, and the other things there is a limited number of.

#include "user/rxv.h"
#include "user/user.h"

static void
row(const char *what, uint64 total, uint64 left, const char *unit)
{
  printf("%-8s %10lu %10lu %10lu %s\n", what, total, total - left, left, unit);
}

int
main(int argc, char **argv)
{
  struct kstat_mem m;
  if(argc != 1)
    usage("");
  if(kstat(KSTAT_MEM, &m, sizeof(m)) < 0)
    die_errno("kstat");
  printf("%-8s %10s %10s %10s\n", "", "total", "used", "free");
  row("memory", m.total / 1024, m.free / 1024, "K");
  row("packets", m.packets, m.packets_free, "");
  row("files", m.files, m.files_free, "");
  row("inodes", m.inodes, m.inodes_free, "");
  row("procs", m.procs, m.procs_free, "");
  row("sockets", m.socks, m.socks_free, "");
  return 0;
}
