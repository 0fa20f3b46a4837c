// The router (RFC 1812 section 5): a packet that came in for somebody else goes out again to where the routes say.
// It is the same packet buffer on the whole way: nothing is copied but the Ethernet header.
//
// Fragments are forwarded as they come, never put together. Source routes are refused (5.3.13.4 lets a router), and so
// are broadcasts to a net behind us (RFC 2644).

#include "net/forward.h"
#include "core/string.h"
#include "net/arptab.h"
#include "net/count.h"
#include "net/icmperr.h"
#include "net/ipaddr.h"
#include "net/ipout.h"
#include "net/route.h"
#include "pkt/cksum.h"
#include "sched/timer.h"

#define TS_ADDRESS 1    // timestamp option: with addresses
#define TS_PRESET 3     // ... of those that the sender has asked
#define TS_UNUSUAL 0x80000000u  // not the time of the day (RFC 791 3.1)

static int
forward_refuse(struct pktbuf *p, enum drop_reason why)
{
  count_add(&p->nif->stat.rx_drops, 1);
  return pkt_drop(p, why, 0);
}

static void
put32(uint8 *at, uint32 v)
{
  v = htonl(v);
  memcpy(at, &v, sizeof(v));
}

// Our address into a record route option, if there is room (RFC 791 3.1).
static void
record_address(uint8 *opt, uint32 addr)
{
  uint at = opt[2] - 1;
  if(at + 4 > opt[1])
    return;
  put32(opt + at, addr);
  opt[2] += 4;
}

// The time into a timestamp option; if there is no room, one more that had none (RFC 791 3.1).
static void
stamp(uint8 *opt, uint32 addr)
{
  uint at = opt[2] - 1, form = opt[3] & 15, n = form ? 8 : 4;
  uint32 ms = now() / MSEC, asked;
  if(at + n > opt[1]){
    if(opt[3] < 0xf0)
      opt[3] += 0x10;
    return;
  }
  if(form == TS_PRESET){
    memcpy(&asked, opt + at, sizeof(asked));
    if(ntohl(asked) != addr)
      return;
  }
  if(form == TS_ADDRESS)
    put32(opt + at, addr);
  put32(opt + at + n - 4, TS_UNUSUAL | ms);
  opt[2] += n;
}

// The header's options, which ip_input() has found well-formed, as they leave through an interface with this address.
static void
update_options(struct ip *h, uint32 addr)
{
  uint8 *b = (uint8 *)h;
  for(uint i = sizeof(*h); i < ip_hlen(h) && b[i] != IPOPT_END; i += b[i] == IPOPT_NOP ? 1 : b[i + 1]){
    if(b[i] == IPOPT_RECORD)
      record_address(b + i, addr);
    else if(b[i] == IPOPT_TIMESTAMP)
      stamp(b + i, addr);
  }
}

// One hop less, in the header of a packet that goes out through nif. The sum follows the one word that changes, or is
// computed anew when options did.
static void
update_header(struct netif *nif, struct ip *h)
{
  uint16 was = h->ip_ttl << 8 | h->ip_p;
  h->ip_ttl--;
  h->ip_sum = htons(cksum_update(ntohs(h->ip_sum), was, h->ip_ttl << 8 | h->ip_p));
  if(unlikely(ip_hlen(h) > sizeof(*h))){
    update_options(h, nif->addr);
    h->ip_sum = 0;
    h->ip_sum = cksum_field(cksum_words(h, ip_hlen(h) / 4));
  }
}

// source: RFC 1812 5.2.7, 5.3.
struct netif *
ip_forward_check(struct pktbuf *p, uint32 *next)
{
  struct ip *h = IP_ALIGNED(pkt_data(p));
  struct netif *out;
  // Ends beyond the longest datagram: no host can use it, and cut again its later offsets would begin from 0.
  if((ntohs(h->ip_off) & IP_OFFMASK) * 8 + pkt_len(p) > IP_MAXLEN){
    forward_refuse(p, DROP_FRAG_BEYOND);
    return 0;
  }
  if(p->l2bcast || !ip_is_host(p->dst) || ip_is_loopback(p->dst)){
    forward_refuse(p, DROP_IP_DST);
    return 0;
  }
  if(h->ip_ttl <= 1){
    icmp_error(p, ICMP_TIMXCEED, 0, 0);
    forward_refuse(p, DROP_IP_TTL);
    return 0;
  }
  if((out = route_lookup(p->dst, next)) == 0 || out->loopback){
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_NET, 0);
    forward_refuse(p, DROP_IP_NOROUTE);
    return 0;
  }
  if(netif_is_broadcast(out, p->dst)){
    forward_refuse(p, DROP_IP_DST);
    return 0;
  }
  if(pkt_len(p) > out->mtu && (ntohs(h->ip_off) & IP_DF)){
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG, out->mtu);
    forward_refuse(p, DROP_IP_TOOBIG);
    return 0;
  }
  return out;
}

void (*ip_forward_ask)(struct pktbuf *p);

void
ip_forward(struct netif *in, struct pktbuf *p)
{
  uint32 next;
  struct netif *out = ip_forward_check(p, &next);
  if(out == 0)
    return;
  // The sender could have done without us (RFC 1812 4.3.3.2, 5.2.7.2). The packet goes on all the same.
  if(unlikely(out == in) && ((p->src ^ next) & in->mask) == 0)
    icmp_error(p, ICMP_REDIRECT, 1, next);
  if(unlikely(count_get(&ip_forward_ask) != 0))
    ip_forward_ask(p);
  else
    ip_forward_out(out, p, next);
}

void
ip_forward_out(struct netif *out, struct pktbuf *p, uint32 next)
{
  update_header(out, (struct ip *)pkt_data(p));
  p->nif = out;
  net_count(IP_FORWARDED);
  pkt_stage(p, PATH_FORWARD);
  if(unlikely(pkt_len(p) > out->mtu))
    ip_refragment(out, p, next);
  else
    arp_output(out, p, next);
}
