// UDP (RFC 768, RFC 1122 4.1).

#include "core/string.h"
#include "net/count.h"
#include "net/dgram.h"
#include "net/icmperr.h"
#include "net/ip.h"
#include "net/ipout.h"
#include "net/sockpriv.h"
#include "pkt/cksum.h"
#include "pkt/drop.h"

// The checksum over a message whose pseudo-header's sum is given; 0: the message holds a right one. Every packet of the
// chain but the last has an even number of bytes.
static uint16
message_cksum(uint64 sum, struct pktbuf *p)
{
  for(; p; p = p->more)
    sum = cksum_add(sum, pkt_data(p), pkt_len(p));
  return cksum_field(sum);
}

// The pseudo-header's sum of a datagram that came: its addresses are there as they go into the sum.
static inline uint64
pseudo_of(const struct pktbuf *p, const struct udp *u)
{
  const struct ip *h = IP_ALIGNED(p->page + p->l3);
  return cksum_pseudo(h->ip_src, h->ip_dst, IPPROTO_UDP, ntohs(u->ulen));
}

static void
udp_input(struct netif *nif, struct pktbuf *p)
{
  struct udp *h = IP_ALIGNED(pkt_data(p));
  uint n = p->more ? pkt_chain_len(p) : pkt_len(p);
  if(unlikely(pkt_len(p) < sizeof(*h))){
    pkt_drop(p, DROP_UDP_SHORT, 0);
    return;
  }
  uint len = ntohs(h->ulen);
  if(unlikely(len < sizeof(*h) || len > n)){
    pkt_drop(p, DROP_UDP_LEN, 0);
    return;
  }
  if(unlikely(len < n))
    pkt_chain_trim(p, len);
  // On lo there is no wire that could flip a bit, and the sender has not computed a sum.
  if(h->sum && !nif->loopback && unlikely(message_cksum(pseudo_of(p, h), p) != 0)){
    pkt_drop(p, DROP_UDP_CKSUM, 0);
    return;
  }
  p->sport = ntohs(h->sport);
  p->dport = ntohs(h->dport);
  if(unlikely(p->dport == 0)){  // a source port of 0 says that no answer is wanted (RFC 768)
    pkt_drop(p, DROP_UDP_PORT, 0);
    return;
  }
  struct sock *s = sock_find(IPPROTO_UDP, p->dst, p->dport, p->src, p->sport);
  if(unlikely(s == 0)){
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
    pkt_drop(p, DROP_UDP_NOPORT, 0);
    return;
  }
  p->head += sizeof(*h);
  net_count(UDP_DELIVERED);
  pkt_stage(p, PATH_UDP);
  sock_queue(s, p);
}

int
udp_send(const struct dst *d, struct ip_form *form, uint16 sport, uint16 dport, struct pktbuf *p)
{
  struct netif *nif = d->nif;
  struct udp *h = IP_ALIGNED(pkt_push(p, sizeof(*h)));
  if(unlikely(h == 0))
    return pkt_drop(p, DROP_HEADROOM, -EMSGSIZE);
  uint len = p->more ? pkt_chain_len(p) : pkt_len(p);
  uint64 pseudo = cksum_pseudo(d->wire_src, d->wire_dst, IPPROTO_UDP, len);
  h->sport = htons(sport);
  h->dport = htons(dport);
  h->ulen = htons(len);
  h->sum = 0;
  p->l4 = p->head;
  if((nif->caps & NETIF_CSUM) && len + sizeof(struct ip) + form->optlen <= d->mtu && p->more == 0){
    // The card adds the message to the pseudo-header's sum and inverts it.
    h->sum = ~cksum_field(pseudo);
    p->csum_offload = 1;
    p->csum_start = p->l4;
    p->csum_off = p->l4 + __builtin_offsetof(struct udp, sum);
  } else if(!nif->loopback){
    uint16 sum = message_cksum(pseudo, p);
    h->sum = sum ? sum : 0xffff;  // 0 would mean: not computed
  }
  net_count(UDP_SENT);
  form->proto = IPPROTO_UDP;
  return ip_output(d, p, form);
}

static int
udp_output(struct sock *s, const struct dst *d, struct ip_form *form, uint16 dport, struct pktbuf *p)
{
  return udp_send(d, form, p->sport, dport, p);
}

// A datagram that we sent, whose first 8 bytes are its header.
static int
udp_error(const struct ip *h, const uint8 *l4, int err)
{
  const struct udp *u = (const struct udp *)l4;
  struct sock *s = sock_find(IPPROTO_UDP, ntohl(h->ip_src), ntohs(u->sport), ntohl(h->ip_dst), ntohs(u->dport));
  if(s == 0)
    return 0;
  if(s->peer.port == 0){  // it could not tell which of its datagrams was meant
    release(&s->lock);
    return 0;
  }
  sock_error(s, err);
  return 1;
}

const struct sockproto udp_proto = {
  DGRAM_VERBS,
  .name = "udp",
  .ports = 1,
  .type = SOCK_DGRAM,
  .proto = IPPROTO_UDP,
  .maxlen = IP_MAXLEN - sizeof(struct ip) - sizeof(struct udp),
  .output = udp_output,
};

static const struct ip_transport udp = { .proto = IPPROTO_UDP, .input = udp_input, .error = udp_error };

void
udp_init(void)
{
  ip_register(&udp);
  sock_register(&udp_proto);
}
