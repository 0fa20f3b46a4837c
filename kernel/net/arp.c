// ARP: what comes in, and our own address announced and defended. Messages are in arpmsg.c, what is known in arptab.c.

#include "net/arp.h"
#include "core/printf.h"
#include "core/string.h"
#include "net/arpmsg.h"
#include "net/arptab.h"
#include "net/count.h"
#include "net/ipaddr.h"
#include "pkt/drop.h"
#include "sched/timer.h"

#define ANNOUNCE_MS 2000  // from the first announcement to the second (RFC 5227: ANNOUNCE_INTERVAL)

// Our own address on an interface.
// d ownlock
static struct own {
  struct timer again;  // the second announcement
  uint64 defended;     // [d] when it was last defended
} own[NETIF_MAX];
static struct spinlock ownlock = SPINLOCK("arp");

// Tell everybody that our address is ours (RFC 5227 2.3).
static void
announce(struct netif *nif)
{
  arp_request(nif, nif->addr, 0);
}

static void
announce_again(void *arg)
{
  struct netif *nif = netifs[(uint64)arg];
  if(nif->up && nif->link && nif->addr)
    announce(nif);
}

// Somebody at mac uses our address: keep it, and say so, but not so often that two such hosts shout for ever.
static void
defend(struct netif *nif, const uint8 mac[6])
{
  uint64 t = now();
  struct own *o = &own[nif->index];
  acquire(&ownlock);
  int quiet = o->defended && t - o->defended < ARP_DEFEND_MS * MSEC;
  if(!quiet)
    o->defended = t;
  release(&ownlock);
  if(quiet)
    return;
  net_count(ARP_DEFENDED);
  printf("arp: %s: %M uses our address %I\n", nif->name, mac, nif->addr);
  announce(nif);
}

// Can the sender be a host of this link? The address 0 is a host that has none yet, and asks (RFC 5227).
static int
arp_plausible(const struct netif *nif, const struct arp_message *m)
{
  static const uint8 nobody[6];
  if((m->sha[0] & 1) || ether_same(m->sha, nobody) || ether_same(m->sha, nif->mac))
    return 0;
  if(m->sip == 0)
    return m->op == ARP_OP_REQUEST;
  return ip_is_host(m->sip) && !ip_is_loopback(m->sip) && !netif_is_broadcast(nif, m->sip);
}

static void
answer(struct netif *nif, const struct arp_message *asked)
{
  struct arp_message m = { .op = ARP_OP_REPLY, .sip = nif->addr, .tip = asked->sip };
  memcpy(m.sha, nif->mac, 6);
  memcpy(m.tha, asked->sha, 6);
  net_count(ARP_ANSWERED);
  arp_emit(nif, asked->sha, &m);
}

// RFC 826, "Packet Reception": merge what is known, add who asks for us, answer.
static void
arp_input(struct netif *nif, struct pktbuf *p)
{
  static int seen;
  if(unlikely(!count_get(&seen)) && !__atomic_exchange_n(&seen, 1, __ATOMIC_RELAXED))
    printf_notice("arp_rx: received an ARP packet\n");

  struct arp_message m;
  int why = arp_parse((struct arp *)pkt_data(p), pkt_len(p), &m);
  if(why == 0 && !arp_plausible(nif, &m))
    why = DROP_ARP_SENDER + 1;
  if(why == 0 && nif->addr && m.sip == nif->addr)
    why = DROP_ARP_CONFLICT + 1;
  if(why){
    count_add(&nif->stat.rx_drops, 1);
    pkt_drop(p, why - 1, 0);
    if(why == DROP_ARP_CONFLICT + 1)
      defend(nif, m.sha);
    return;
  }
  int for_us = nif->addr && m.op == ARP_OP_REQUEST && m.tip == nif->addr;
  int on_link = netif_net_has(netif_net(nif), m.sip);
  int known = m.sip && arptab_learn(nif, m.sip, m.sha, for_us && on_link);
  if(for_us)
    answer(nif, &m);
  if(known || for_us)
    pkt_free(p);
  else
    pkt_drop(p, DROP_ARP_UNASKED, 0);
}

void
arp_netif(struct netif *nif)
{
  struct own *o = &own[nif->index];
  arptab_clear(nif, !nif->up);
  if(nif->loopback || !nif->up || !nif->link || nif->addr == 0)
    return;
  acquire(&ownlock);
  o->defended = 0;
  release(&ownlock);
  announce(nif);
  timer_set(&o->again, now() + ANNOUNCE_MS * MSEC);
}

void
arp_init(void)
{
  arptab_init();
  for(uint64 i = 0; i < NETIF_MAX; i++)
    timer_init(&own[i].again, announce_again, (void *)i);
  ether_register(ETHTYPE_ARP, arp_input);
}
