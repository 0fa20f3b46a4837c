// What the network tells about itself, and how it is changed.

#include "net/netstat.h"
#include "core/printf.h"
#include "core/string.h"
#include "net/arptab.h"
#include "net/count.h"
#include "net/diagnose.h"
#include "net/frag.h"
#include "net/generation.h"
#include "net/route.h"
#include "net/sockpriv.h"
#include "pkt/drop.h"
#include "pkt/netif.h"
#include "pkt/path.h"
#include "pkt/tap.h"
#include "pkt/tune.h"

_Static_assert(sizeof(struct kstat_if) <= NETSTAT_RECMAX, "NETSTAT_RECMAX");
_Static_assert(sizeof(struct kstat_tap) <= NETSTAT_RECMAX, "NETSTAT_RECMAX");
_Static_assert(sizeof(struct kstat_path) <= NETSTAT_RECMAX, "NETSTAT_RECMAX");
_Static_assert(sizeof(struct kstat_tune) <= NETSTAT_RECMAX, "NETSTAT_RECMAX");
_Static_assert(sizeof(struct kstat_finding) <= NETSTAT_RECMAX, "NETSTAT_RECMAX");

static int
if_record(int i, struct kstat_if *r)
{
  if(i >= nnetif)
    return NETSTAT_END;
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
  return sizeof(*r);
}

// Record i: rings are counted over all interfaces, receive before transmit.
static int
ring_record(int i, struct kstat_ring *r)
{
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
    return r->size ? (int)sizeof(*r) : 0;
  }
  return NETSTAT_END;
}

static int
counter_record(int i, struct kstat_drop *r, const char *const *name, const uint64 *count, int n)
{
  if(i >= n)
    return NETSTAT_END;
  memset(r, 0, sizeof(*r));
  safestrcpy(r->name, name[i], sizeof(r->name));
  r->count = count_get(&count[i]);
  return sizeof(*r);
}

// 1: there is one of n bytes; 0: this number is empty; below: no such number.
static int
size_if(int there, int n)
{
  return there > 0 ? n : there;
}

int
netstat_record(int what, int i, void *rec)
{
  if(i < 0)
    return NETSTAT_END;
  switch(what){
  case KSTAT_IF:
    return if_record(i, rec);
  case KSTAT_RING:
    return ring_record(i, rec);
  case KSTAT_SOCK:
    return size_if(sock_record(i, rec), sizeof(struct kstat_sock));
  case KSTAT_ARP:
    return size_if(arp_record(i, rec), sizeof(struct kstat_arp));
  case KSTAT_ROUTE:
    return size_if(route_record(i, rec), sizeof(struct kstat_route));
  case KSTAT_DROP:
    return counter_record(i, rec, drop_names, drop_counts, NDROP);
  case KSTAT_NET:
    return counter_record(i, rec, net_count_names, net_counts, NNET);
  case KSTAT_TAP:
    if(i >= TAP_N)
      return NETSTAT_END;
    return size_if(tap_read(i, rec), sizeof(struct kstat_tap));
  case KSTAT_PATH:
    return size_if(path_record(i, rec), sizeof(struct kstat_path));
  case KSTAT_TUNE:
    return size_if(tune_record(i, rec), sizeof(struct kstat_tune));
  case KSTAT_FINDING:
    return size_if(diagnose_record(i, rec), sizeof(struct kstat_finding));
  }
  return NETSTAT_END;
}

void
netstat_socks(uint32 *socks, uint32 *socks_free)
{
  *socks = NSOCK;
  *socks_free = NSOCK - sock_count();
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
  if(diagnose(print_finding, 0) == 0)
    printf("diagnosis: nothing is wrong\n");
}

// --- netctl() ---

uint
netctl_size(int op)
{
  switch(op){
  case NETCTL_ADDR:
    return sizeof(struct netctl_addr);
  case NETCTL_ROUTE_ADD:
  case NETCTL_ROUTE_DEL:
    return sizeof(struct netctl_route);
  case NETCTL_ARP_ADD:
  case NETCTL_ARP_DEL:
    return sizeof(struct netctl_arp);
  case NETCTL_ARP_FLUSH:
    return 0;
  case NETCTL_MTU:
    return sizeof(struct netctl_mtu);
  case NETCTL_TUNE:
    return sizeof(struct netctl_tune);
  case NETCTL_PATH:
    return sizeof(struct netctl_path);
  }
  return ~0u;
}

static int
set_address(const struct netctl_addr *a)
{
  struct netif *nif = netif_find(a->ifname);
  if(nif == 0)
    return -ENODEV;
  return netif_config(nif, a->addr, a->mask, a->up);
}

static int
set_mtu(const struct netctl_mtu *m)
{
  struct netif *nif = netif_find(m->ifname);
  if(nif == 0)
    return -ENODEV;
  int err = netif_set_mtu(nif, m->mtu);
  net_changed();
  return err;
}

// The interface whose net addr is on.
static struct netif *
on_link(uint32 addr)
{
  for(int i = 0; i < nnetif; i++)
    if(netif_net_has(netif_net(netifs[i]), addr))
      return netifs[i];
  return 0;
}

static int
add_route(const struct netctl_route *r)
{
  struct netif *nif = r->ifname[0] ? netif_find(r->ifname) : on_link(r->gateway);
  if(nif == 0)
    return r->ifname[0] ? -ENODEV : -ENETUNREACH;
  return route_add(r->dest, r->mask, r->gateway, nif);
}

static int
delete_route(const struct netctl_route *r)
{
  return route_delete(r->dest, r->mask, r->gateway);
}

static int
add_arp(const struct netctl_arp *a)
{
  struct netif *nif = a->ifname[0] ? netif_find(a->ifname) : on_link(a->addr);
  if(nif == 0)
    return a->ifname[0] ? -ENODEV : -ENETUNREACH;
  return arp_add_static(nif, a->addr, a->mac);
}

int
netctl(int op, const void *rec, uint n)
{
  if(n != netctl_size(op))
    return -EINVAL;
  switch(op){
  case NETCTL_ADDR:
    return set_address(rec);
  case NETCTL_ROUTE_ADD:
    return add_route(rec);
  case NETCTL_ROUTE_DEL:
    return delete_route(rec);
  case NETCTL_ARP_ADD:
    return add_arp(rec);
  case NETCTL_ARP_DEL:
    return arp_delete(((const struct netctl_arp *)rec)->addr);
  case NETCTL_ARP_FLUSH:
    arp_flush();
    return 0;
  case NETCTL_MTU:
    return set_mtu(rec);
  case NETCTL_TUNE:
    return tune_set(((const struct netctl_tune *)rec)->name, ((const struct netctl_tune *)rec)->value);
  case NETCTL_PATH:
    path_set(((const struct netctl_path *)rec)->on);
    return 0;
  }
  return -EINVAL;
}
