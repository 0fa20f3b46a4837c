// What the network tells about itself.

#include "net/netstat.h"
#include "core/printf.h"
#include "core/string.h"
#include "net/arptab.h"
#include "net/count.h"
#include "net/diagnose.h"
#include "net/frag.h"
#include "net/route.h"
#include "net/sockpriv.h"
#include "pkt/drop.h"
#include "pkt/netif.h"
#include "pkt/trace.h"
#include "pkt/tune.h"

// Record i of each kind (struct kstat_kind).
static int
if_record(int i, void *rec)
{
  struct kstat_if *r = rec;
  if(i >= nnetif)
    return -1;
  struct netif *nif = netifs[i];
  *r = (struct kstat_if){
    .up = nif->up, .link = nif->link, .mtu = nif->mtu, .irq = nif->irqno, .addr = nif->addr, .mask = nif->mask,
    .rx_frames = nif->stat.rx_frames, .rx_bytes = nif->stat.rx_bytes,
    .rx_drops = nif->stat.rx_drops, .rx_errors = nif->stat.rx_errors,
    .tx_frames = nif->stat.tx_frames, .tx_bytes = nif->stat.tx_bytes, .tx_drops = nif->stat.tx_drops,
    .irqs = nif->stat.irqs, .polls = nif->stat.polls, .link_changes = nif->stat.link_changes,
    .tx_full = nif->stat.tx_full, .resets = nif->stat.resets,
  };
  safestrcpy(r->name, nif->name, sizeof(r->name));
  safestrcpy(r->driver, nif->driver, sizeof(r->driver));
  memcpy(r->mac, nif->mac, sizeof(r->mac));
  return 1;
}

// Record i: rings are counted over all interfaces, receive before transmit.
static int
ring_record(int i, void *rec)
{
  struct kstat_ring *r = rec;
  for(int n = 0; n < nnetif; n++){
    struct netif *nif = netifs[n];
    int rings = nif->nqueue * 2;
    if(i >= rings){
      i -= rings;
      continue;
    }
    memset(r, 0, sizeof(*r));
    safestrcpy(r->ifname, nif->name, sizeof(r->ifname));
    r->queue = i / 2;
    r->is_tx = i % 2;
    nif->ops->ring(nif, r->queue, r->is_tx, r);
    r->most = nif->loopback ? r->size : r->is_tx ? nif->txmost : nif->rxmost;
    return r->size != 0;
  }
  return -1;
}

static int
counter(int i, struct kstat_drop *r, const char *const *name, const uint64 *count, int n)
{
  if(i >= n)
    return -1;
  memset(r, 0, sizeof(*r));
  safestrcpy(r->name, name[i], sizeof(r->name));
  r->count = count_get(&count[i]);
  return 1;
}

static int
drop_record(int i, void *rec)
{
  return counter(i, rec, drop_names, drop_counts, NDROP);
}

static int
count_record(int i, void *rec)
{
  return counter(i, rec, net_count_names, net_counts, NNET);
}

static const struct kstat_kind kinds[] = {
  KSTAT_KIND(IF, kstat_if, if_record),
  KSTAT_KIND(RING, kstat_ring, ring_record),
  KSTAT_KIND(SOCK, kstat_sock, sock_record),
  KSTAT_KIND(ARP, kstat_arp, arp_record),
  KSTAT_KIND(ROUTE, kstat_route, route_record),
  KSTAT_KIND(DROP, kstat_drop, drop_record),
  KSTAT_KIND(NET, kstat_drop, count_record),
  KSTAT_KIND(TRACE, kstat_trace, trace_record),
  KSTAT_KIND(TUNE, kstat_tune, tune_record),
  KSTAT_KIND(FINDING, kstat_finding, diagnose_record),
};

int
kstat_fill(const struct kstat_kind *k, int i, void *rec)
{
  if(k->record == 0)
    return NETSTAT_END;
  assert(k->size <= NETSTAT_RECMAX);
  int there = k->record(i, rec);
  return there > 0 ? (int)k->size : there < 0 ? NETSTAT_END : 0;
}

int
netstat_record(int what, int i, void *rec)
{
  return i < 0 || what < 0 || what >= NELEM(kinds) ? NETSTAT_END : kstat_fill(&kinds[what], i, rec);
}

void
netstat_socks(struct kstat_mem *m)
{
  sock_memory(&m->socks, &m->sock_pages);
  m->socks_free = m->socks - sock_count();
}

// --- the console's ^N ---

static void
dump_rings(struct netif *nif)
{
  for(int q = 0; q < nif->nqueue; q++)
    for(int tx = 0; tx < 2; tx++){
      struct kstat_ring r = { 0 };
      nif->ops->ring(nif, q, tx, &r);
      if(r.size)
        printf("   %s%d: %d descriptors, head %d, tail %d, done %d, the card's %d, doorbells %ld\n", tx ? "tx" : "rx", q,
               r.size, r.head, r.tail, r.done, r.owned, r.doorbells);
    }
}

static void
print_finding(const char *text, void *arg)
{
  printf("diagnosis: %s\n", text);
}

void
netstat_dump(void)
{
  uint datagrams, pieces;
  for(int i = 0; i < nnetif; i++){
    struct netif *nif = netifs[i];
    printf("%s: %s %s %M %I mask %I: rx %ld frames, %ld drops; tx %ld frames, %ld drops; %ld irqs, %ld polls\n", nif->name,
           nif->up ? "up" : "down", nif->link ? "link" : "no-link", nif->mac, nif->addr, nif->mask, nif->stat.rx_frames,
           nif->stat.rx_drops, nif->stat.tx_frames, nif->stat.tx_drops, nif->stat.irqs, nif->stat.polls);
    dump_rings(nif);
  }
  printf("packets: %d in use, %d made, %d at most; sockets: %d\n", pkt_in_use(), pkt_made(), pkt_total(), sock_count());
  frag_counts(&datagrams, &pieces);
  if(datagrams)
    printf("fragments: %d pieces of %d datagrams wait\n", pieces, datagrams);
  sock_dump();
  for(int i = 0; i < NDROP; i++)
    if(drop_counts[i])
      printf("   %s %ld: %s\n", drop_names[i], drop_counts[i], drop_texts[i]);
  int n = diagnose(print_finding, 0);
  if(n <= 0)
    printf("diagnosis: %s\n", n == 0 ? "nothing is wrong" : "another look is under way");
}
