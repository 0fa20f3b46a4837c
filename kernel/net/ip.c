// IPv4, in. See ip.h.

#include "net/ip.h"
#include "core/printf.h"
#include "kernel/socket.h"
#include "net/arptab.h"
#include "net/count.h"
#include "net/forward.h"
#include "net/frag.h"
#include "net/icmperr.h"
#include "net/ipaddr.h"
#include "pkt/cksum.h"
#include "pkt/tune.h"

static const struct ip_transport *transports[256];  // constant after boot

void
ip_register(const struct ip_transport *t)
{
  transports[t->proto] = t;
}

int
ip_tell_error(const struct ip *h, int err)
{
  const struct ip_transport *t = transports[h->ip_p];
  return t && t->error ? t->error(h, (const uint8 *)h + ip_hlen(h), err) : 0;
}

// The header's form. result: 0, or the drop reason plus 1.
static int
check_form(const struct ip *h, uint n)
{
  if(unlikely(n < sizeof(*h)))
    return DROP_IP_SHORT + 1;
  if(unlikely(h->ip_vhl >> 4 != 4))
    return DROP_IP_VERSION + 1;
  uint hlen = ip_hlen(h), len = ntohs(h->ip_len);
  if(unlikely(hlen < sizeof(*h) || hlen > n))
    return DROP_IP_IHL + 1;
  if(unlikely(len < hlen || len > n))
    return DROP_IP_LEN + 1;
  if(unlikely(cksum_field(cksum_words(h, hlen / 4)) != 0))
    return DROP_IP_CKSUM + 1;
  // DF asks gateways not to cut this datagram (again); a fragment may have it, too (RFC 791 3.2, RFC 6864 4).
  return unlikely(ntohs(h->ip_off) & IP_RESERVED) ? DROP_IP_FLAGS + 1 : 0;
}

// A host that has no address yet asks everybody on its link for one (RFC 1122 3.2.1.3(a), RFC 2131 4.1): the only datagram
// that may come from address 0.
static inline int
asks_for_address(const struct pktbuf *p)
{
  return p->src == INADDR_ANY && p->dst == INADDR_BROADCAST;
}

// Who sent it, and to whom (RFC 1122 3.2.1.3). result: 0, or the drop reason plus 1.
static int
check_addresses(struct netif *nif, const struct pktbuf *p)
{
  if(nif->loopback)
    return netif_is_ours(p->dst) ? 0 : DROP_IP_DST + 1;
  if(unlikely(!ip_is_host(p->src) || ip_is_loopback(p->src) || netif_is_broadcast(nif, p->src) || netif_is_ours(p->src)))
    return asks_for_address(p) ? 0 : DROP_IP_SRC + 1;
  if(likely(p->dst == nif->addr && p->dst))
    return unlikely(p->l2bcast) ? DROP_IP_LINKCAST + 1 : 0;
  if(netif_is_broadcast(nif, p->dst))
    return 0;
  if(ip_is_loopback(p->dst) || !netif_is_ours(p->dst))
    return DROP_IP_DST + 1;
  return p->l2bcast ? DROP_IP_LINKCAST + 1 : 0;
}

// A whole datagram for us, p starting at its IP header.
static void
deliver(struct netif *nif, struct pktbuf *p)
{
  struct ip *h = IP_ALIGNED(pkt_data(p));
  p->head += ip_hlen(h);
  const struct ip_transport *t = transports[h->ip_p];
  p->l4 = p->head;
  if(unlikely(t == 0)){
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_PROTOCOL, 0);
    pkt_drop(p, DROP_IP_PROTO, 0);
    return;
  }
  net_count(IP_DELIVERED);
  pkt_stage(p, PATH_IP);
  t->input(nif, p);
}

static void
ip_input(struct netif *nif, struct pktbuf *p)
{
  static int seen;
  if(unlikely(!count_get(&seen)) && !nif->loopback && !__atomic_exchange_n(&seen, 1, __ATOMIC_RELAXED))
    printf_notice("ip_rx: received an IP packet\n");

  struct ip *h = IP_ALIGNED(pkt_data(p));
  uint at = 0;
  int transit = 0, why = check_form(h, pkt_len(p));
  if(likely(why == 0)){
    pkt_trim(p, ntohs(h->ip_len));  // the rest is padding of the link
    p->l3 = p->head;
    p->src = ntohl(h->ip_src);
    p->dst = ntohl(h->ip_dst);
    why = check_addresses(nif, p);
    if(why == DROP_IP_DST + 1 && TUNE(FORWARD) && !nif->loopback){
      transit = 1;
      why = 0;
    }
  }
  if(likely(why == 0) && unlikely(ip_hlen(h) > sizeof(*h)) && (why = ipopt_check(h, &at)) == DROP_IP_OPTIONS + 1)
    icmp_error(p, ICMP_PARAMPROB, 0, at << 24);
  if(unlikely(why)){
    count_add(&nif->stat.rx_drops, 1);
    pkt_drop(p, why - 1, 0);
    return;
  }
  if(transit)
    return ip_forward(nif, p);
  if(unlikely(ntohs(h->ip_off) & (IP_MF | IP_OFFMASK)) && (p = frag_input(p)) == 0)
    return;
  deliver(nif, p);
}

// A datagram that was on its way out, p starting at its IP header, finds no next hop: tells who sent it.
static void
undeliverable(struct pktbuf *p, enum drop_reason why)
{
  struct ip *h = (struct ip *)(p->page + p->l3);
  uint hlen = ip_hlen(h);
  if(!netif_is_ours(p->src)){
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_HOST, 0);  // we are its router
    pkt_drop(p, why, 0);
    return;
  }
  // Only the first fragment says which socket it was.
  if((ntohs(h->ip_off) & IP_OFFMASK) == 0 && pkt_len(p) >= hlen + 8)
    ip_tell_error(h, -EHOSTUNREACH);
  pkt_drop(p, why, 0);
}

// A router has two NICs.
static int
may_forward(uint32 on)
{
  return on && netif_nics() < 2 ? -ENODEV : 0;
}

void
ip_init(void)
{
  tune_watch(TUNE_FORWARD, may_forward, 0);
  arp_undeliverable = undeliverable;
  ether_register(ETHTYPE_IP, ip_input);
}
