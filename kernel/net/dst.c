// See dst.h.

#include "net/dst.h"
#include "core/string.h"
#include "kernel/socket.h"
#include "net/arptab.h"
#include "net/ipaddr.h"
#include "net/route.h"
#include "pkt/drop.h"

// A broadcast without a net: to the interface that src belongs to, or to the first one.
static struct netif *
broadcast_netif(uint32 src)
{
  for(int i = 0; i < nnetif; i++)
    if(netifs[i]->up && !netifs[i]->loopback && (src == 0 || netifs[i]->addr == src))
      return netifs[i];
  return 0;
}

static int
look_up(uint32 addr, uint32 src, struct dst *d)
{
  *d = (struct dst){ .generation = net_generation(), .addr = addr, .next = addr, .src = src };
  if(unlikely(netif_is_ours(addr))){
    d->nif = &loopback;
    d->mtu = loopback.mtu;
    d->src = src ? src : addr;
    return src && unlikely(!netif_is_ours(src)) ? -EADDRNOTAVAIL : 0;
  }
  if(unlikely(addr == INADDR_BROADCAST))
    d->nif = broadcast_netif(src);
  else
    d->nif = ip_is_host(addr) ? route_lookup(addr, &d->next) : 0;
  if(unlikely(d->nif == 0))
    return drop_count(DROP_IP_NOROUTE, -ENETUNREACH);
  d->mtu = count_get(&d->nif->mtu);
  if(src == 0)
    d->src = d->nif->addr;
  d->broadcast = netif_is_broadcast(d->nif, addr);
  // 127 is never seen on a wire, and only a broadcast may have no source (a host that asks for its address).
  if(unlikely(ip_is_loopback(d->src) || ip_is_loopback(addr) || (d->src == 0 && !d->broadcast)))
    return drop_count(DROP_IP_NOROUTE, -ENETUNREACH);
  if(src && unlikely(src != d->nif->addr && !netif_is_ours(src)))
    return -EADDRNOTAVAIL;  // it was ours when the socket was bound to it
  return 0;
}

int
dst_find(uint32 addr, uint32 src, struct dst *d)
{
  int err = look_up(addr, src, d);
  d->wire_src = htonl(d->src);
  d->wire_dst = htonl(addr);
  return err;
}

void
dst_neighbour(struct dst *d)
{
  static uint8 everybody;

  if(!d->broadcast && !d->nif->loopback){
    d->used = arp_known(d->nif, d->next, d->mac);
    return;
  }
  memcpy(d->mac, ether_broadcast, sizeof(d->mac));
  d->used = &everybody;
}
