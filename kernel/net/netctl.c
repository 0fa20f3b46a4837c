// How the network is changed: netctl()'s operations.

#include "net/arptab.h"
#include "net/generation.h"
#include "net/netstat.h"
#include "net/route.h"
#include "pkt/netif.h"
#include "pkt/trace.h"
#include "pkt/tune.h"

static int
set_address(const void *rec)
{
  const struct netctl_addr *a = rec;
  struct netif *nif = netif_find(a->ifname);
  if(nif == 0)
    return -ENODEV;
  return netif_config(nif, a->addr, a->mask, a->up);
}

static int
set_mtu(const void *rec)
{
  const struct netctl_mtu *m = rec;
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

// The interface of this name, or, without one, the one whose net addr is on. 0, -ENODEV, -ENETUNREACH.
static int
find_or_on_link(const char *ifname, uint32 addr, struct netif **nif)
{
  *nif = ifname[0] ? netif_find(ifname) : on_link(addr);
  return *nif ? 0 : ifname[0] ? -ENODEV : -ENETUNREACH;
}

static int
add_route(const void *rec)
{
  const struct netctl_route *r = rec;
  struct netif *nif;
  int err = find_or_on_link(r->ifname, r->gateway, &nif);
  return err < 0 ? err : route_add(r->dest, r->mask, r->gateway, nif);
}

static int
delete_route(const void *rec)
{
  const struct netctl_route *r = rec;
  return route_delete(r->dest, r->mask, r->gateway);
}

static int
add_arp(const void *rec)
{
  const struct netctl_arp *a = rec;
  struct netif *nif;
  int err = find_or_on_link(a->ifname, a->addr, &nif);
  return err < 0 ? err : arp_add_static(nif, a->addr, a->mac);
}

static int
delete_arp(const void *rec)
{
  return arp_delete(((const struct netctl_arp *)rec)->addr);
}

static int
flush_arp(const void *rec)
{
  arp_flush();
  return 0;
}

static int
reset(const void *rec)
{
  struct netif *nif = netif_find(((const struct netctl_if *)rec)->ifname);
  return nif ? netif_reset(nif) : -ENODEV;
}

static int
set_tune(const void *rec)
{
  const struct netctl_tune *t = rec;
  return tune_set(t->name, t->value);
}

static int
record_paths(const void *rec)
{
  trace_set(((const struct netctl_path *)rec)->on);
  return 0;
}

#define OP(op, size, fn) [NETCTL_##op] = { size, fn }
static const struct {
  uint size;  // bytes of its record
  int (*fn)(const void *rec);
} ops[] = {
  OP(ADDR, sizeof(struct netctl_addr), set_address),
  OP(ROUTE_ADD, sizeof(struct netctl_route), add_route),
  OP(ROUTE_DEL, sizeof(struct netctl_route), delete_route),
  OP(ARP_ADD, sizeof(struct netctl_arp), add_arp),
  OP(ARP_DEL, sizeof(struct netctl_arp), delete_arp),
  OP(ARP_FLUSH, 0, flush_arp),
  OP(RESET, sizeof(struct netctl_if), reset),
  OP(MTU, sizeof(struct netctl_mtu), set_mtu),
  OP(TUNE, sizeof(struct netctl_tune), set_tune),
  OP(PATH, sizeof(struct netctl_path), record_paths),
};

static int
exists(uint64 op)
{
  return op < NELEM(ops) && ops[op].fn != 0;
}

uint
netctl_size(uint64 op)
{
  return exists(op) ? ops[op].size : ~0u;
}

int
netctl(uint64 op, const void *rec, uint n)
{
  return exists(op) && n == ops[op].size ? ops[op].fn(rec) : -EINVAL;
}
