// ntstat: the kernel's counters as lines "name number", for scripts: free memory, packets, sockets, and every drop
// and named counter that is not 0.

#include "kernel/types.h"
#include "kernel/kstat.h"
#include "user/user.h"
#include "user/rxv.h"

static void
print_counters(int what)
{
  struct kstat_drop *d;
  int n = kstat_all(what, (void **)&d, sizeof(*d));

  if(n < 0)
    die_errno("kstat");
  for(int i = 0; i < n; i++)
    if(d[i].count)
      printf("%s %lu\n", d[i].name, d[i].count);
  free(d);
}

static void
print_interfaces(void)
{
  struct kstat_if *nif;
  int n = kstat_all(KSTAT_IF, (void **)&nif, sizeof(*nif));

  if(n < 0)
    die_errno("kstat");
  for(int i = 0; i < n; i++){
    const struct kstat_if *f = &nif[i];
    printf("%s.up %d\n%s.link %d\n", f->name, f->up, f->name, f->link);
    printf("%s.rx_frames %lu\n%s.tx_frames %lu\n", f->name, f->rx_frames, f->name, f->tx_frames);
    printf("%s.rx_drops %lu\n%s.tx_drops %lu\n", f->name, f->rx_drops, f->name, f->tx_drops);
    printf("%s.irqs %lu\n%s.link_changes %lu\n", f->name, f->irqs, f->name, f->link_changes);
    printf("%s.resets %lu\n", f->name, f->resets);
  }
  free(nif);
}

int
main(void)
{
  struct kstat_mem m;

  if(kstat(KSTAT_MEM, &m, sizeof(m)) < 0)
    die_errno("kstat");
  printf("mem.total %lu\nmem.free %lu\n", m.total, m.free);
  printf("clock.boot %lu\nclock.wall %lu\n", clock(CLOCK_BOOT), clock(CLOCK_WALL));
  printf("packets.made %u\npackets.free %u\n", m.packets_made, m.packets_free);
  printf("socks.all %u\nsocks.free %u\nsocks.pages %u\n", m.socks, m.socks_free, m.sock_pages);
  printf("procs.free %u\nfiles.free %u\ninodes.free %u\n", m.procs_free, m.files_free, m.inodes_free);
  print_interfaces();
  print_counters(KSTAT_DROP);
  print_counters(KSTAT_NET);
  return 0;
}
