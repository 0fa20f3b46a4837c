// See flow.h. What the headers are made from changes seldom (routes, MACs, our addresses, a socket's options and
// names) and every change moves ip_version(): headers of another version are not used. So nobody who changes something has
// to know who remembers it.

#include "net/flow.h"
#include "core/string.h"
#include "net/arp.h"
#include "net/netstat.h"
#include "net/sockpriv.h"
#include "pkt/cksum.h"
#include "pkt/path.h"

#define HEAD (sizeof(struct headers) - sizeof(((struct headers *)0)->filling))

_Static_assert(PKT_DATA - sizeof(struct headers) == 64, "aligned");
_Static_assert(PKT_DATA - HEAD == PKT_HEADROOM, "where a packet begins");

static inline int
is_to(const struct flow *f, const struct endpoint *to)
{
  return f->to.addr == to->addr && f->to.port == to->port;
}

// Lengths, identification and checksums of n bytes of data.
static inline void
complete(struct headers *h, struct pktbuf *p, uint n, uint ip_sum, uint udp_sum)
{
  uint ulen = htons(sizeof(h->udp) + n), len = htons(sizeof(h->ip) + sizeof(h->udp) + n), id = htons(ip_new_id(0));
  struct ip *ip = IP_ALIGNED(&h->ip);
  struct udp *udp = IP_ALIGNED(&h->udp);
  ip->ip_len = len;
  ip->ip_id = id;
  ip->ip_sum = cksum_small(ip_sum + len + id);
  udp->ulen = ulen;
  if(likely(p->nif->caps & NETIF_CSUM)){
    udp->sum = ~cksum_small(udp_sum + ulen);
    p->csum_offload = 1;
    p->csum_start = p->l4;
    p->csum_off = p->l4 + __builtin_offsetof(struct udp, sum);
  } else {
    uint16 sum = cksum_field(cksum_add(udp_sum + ulen, udp, sizeof(*udp) + n));
    udp->sum = sum ? sum : 0xffff;
  }
}

int
flow_output(struct sock *s, const struct endpoint *to, struct pktbuf *p, int *err)
{
  struct flow *f = &s->flow;
  struct headers *h = (struct headers *)(p->page + PKT_DATA - sizeof(*h));
  uint n = pkt_len(p);
  acquire(&s->lock);
  // A message of several packets is longer than any MTU in its first one already.
  if(f->version != ip_version() || !is_to(f, to) || n + sizeof(h->ip) + sizeof(h->udp) > f->nif->mtu){
    release(&s->lock);
    return 0;
  }
  *h = f->headers;
  *f->used = 1;
  struct netif *nif = p->nif = f->nif;
  uint ip_sum = f->ip_sum, udp_sum = f->udp_sum;
  release(&s->lock);

  p->head -= HEAD;
  p->l3 = PKT_DATA - sizeof(h->udp) - sizeof(h->ip);
  p->l4 = PKT_DATA - sizeof(h->udp);
  p->src = ntohl(h->ip.ip_src);
  p->dst = to->addr;
  complete(h, p, n, ip_sum, udp_sum);
  if(HEAD + n < ETHER_MINLEN)
    memset(pkt_put(p, ETHER_MINLEN - HEAD - n), 0, ETHER_MINLEN - HEAD - n);  // not what the page held before
  net_count(UDP_SENT);
  net_count(IP_SENT);
  path_stage(p, PATH_ETHEROUT);
  *err = netif_tx(nif, p);
  return 1;
}

void
flow_learn(struct sock *s, const struct ip_path *path, const struct endpoint *to)
{
  struct netif *nif = path->nif;
  struct flow f = { .to = *to, .nif = nif };
  uint8 mac[ETHADDR_LEN];
  // To all, and to ourselves: ARP does not know them.
  if(is_to(&s->flow, to) && path->optlen == 0 && (f.used = arp_known(nif, path->next, mac)) != 0){
    struct headers *h = &f.headers;
    memcpy(h->eth.dhost, mac, sizeof(mac));
    memcpy(h->eth.shost, nif->mac, sizeof(nif->mac));
    h->eth.type = htons(ETHTYPE_IP);
    h->ip.ip_vhl = 4 << 4 | sizeof(h->ip) / 4;
    h->ip.ip_tos = s->tos;
    h->ip.ip_ttl = s->ttl;
    h->ip.ip_p = IPPROTO_UDP;
    h->ip.ip_src = htonl(path->src);
    h->ip.ip_dst = htonl(to->addr);
    h->udp.sport = htons(s->local.port);
    h->udp.dport = htons(to->port);
    f.ip_sum = (uint16)~cksum_field(cksum_words(IP_ALIGNED(&h->ip), sizeof(h->ip) / 4));
    f.udp_sum = (uint16)~cksum_field(cksum_pseudo(path->src, to->addr, IPPROTO_UDP, 0));
    f.version = path->version;
  }
  acquire(&s->lock);
  s->flow = f;
  release(&s->lock);
}
