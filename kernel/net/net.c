// The stack starts, and what an interface gets before anybody says otherwise.

#include "core/debugkey.h"
#include "core/printf.h"
#include "net/arp.h"
#include "net/arptab.h"
#include "net/frag.h"
#include "net/icmp.h"
#include "net/icmperr.h"
#include "net/ip.h"
#include "net/ipout.h"
#include "net/netstat.h"
#include "net/route.h"
#include "net/sockpriv.h"
#include "pkt/netif.h"

#define NET24 0xffffff00
#define FIRST_NET MAKE_IP_ADDR(10, 0, 2, 0)  // QEMU's user network; the second card is on 10.0.3.0, and so on
#define OUR_HOST 15
#define GATEWAY_HOST 2

static uint32 configured;  // bits of the interfaces that have been given their defaults

// The first datagram to the world need not wait for the gateway's address.
static void
ask_gateway(struct netif *nif)
{
  uint32 gateway;
  if(nif->up && nif->link && nif->addr && route_lookup(0, &gateway) == nif && gateway)
    arp_ask(nif, gateway);
}

// The nth card (from 0) is 10.0.2+n.15/24; the first one's net also leads to everywhere else.
static void
set_defaults(struct netif *nif)
{
  if(nif->loopback){
    netif_config(nif, INADDR_LOOPBACK, 0xff000000, 1);
    return;
  }
  uint n = 0;
  for(int i = 0; i < nif->index; i++)
    n += !netifs[i]->loopback;
  uint32 net = FIRST_NET + (n << 8);
  netif_config(nif, net | OUR_HOST, NET24, 1);
  if(n == 0){
    route_add(0, 0, net | GATEWAY_HOST, nif);
    ask_gateway(nif);
  }
}

static void
net_netif_changed(struct netif *nif)
{
  uint32 bit = 1u << nif->index;
  if((configured & bit) == 0){
    configured |= bit;  // interfaces register one after the other, at boot
    set_defaults(nif);  // comes back here
    return;
  }
  route_netif(nif);
  arp_netif(nif);
  ask_gateway(nif);
}

void
net_init(void)
{
  ether_init();
  arp_init();
  route_init();
  ip_init();
  ipout_init();
  frag_init();
  icmperr_init();
  icmp_init();
  udp_init();
  sock_init();
  netif_changed = net_netif_changed;
  loop_init();
  debugkey_register(C('N'), "network", netstat_dump);
}
