// See flow.h. What the headers are made from, and what decides who gets a frame, changes seldom (routes, MACs, our addresses,
// sockets' options, names and ports) and every change moves ip_version(): what is of another version is not used.
// So nobody who changes something has to know who remembers it.

#include "net/flow.h"
#include "core/cpu.h"
#include "core/string.h"
#include "net/arp.h"
#include "net/count.h"
#include "net/sockpriv.h"
#include "pkt/cksum.h"
#include "pkt/path.h"
#include "pkt/tune.h"

#define HEAD (sizeof(struct headers) - sizeof(((struct headers *)0)->filling))

_Static_assert(PKT_DATA - sizeof(struct headers) == 64, "aligned");
_Static_assert(PKT_DATA - HEAD == PKT_HEADROOM, "where a packet begins");

// --- down ---

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
  if(f->version != ip_version() || !is_to(f, to) || !TUNE(SHORTCUT) || n + sizeof(h->ip) + sizeof(h->udp) > f->nif->mtu){
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
flow_learn(struct sock *s, const struct ip_path *path, uint16 sport, const struct endpoint *to)
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
    h->udp.sport = htons(sport);
    h->udp.dport = htons(to->port);
    f.ip_sum = (uint16)~cksum_field(cksum_words(IP_ALIGNED(&h->ip), sizeof(h->ip) / 4));
    f.udp_sum = (uint16)~cksum_field(cksum_pseudo(path->src, to->addr, IPPROTO_UDP, 0));
    f.version = path->version;
  }
  acquire(&s->lock);
  s->flow = f;
  release(&s->lock);
}

// --- up ---

#define SLOTS 16  // of each hart, for frames by their source port

typedef uint64 __attribute__((may_alias)) word;

// Interrupts are off while a frame climbs, so a hart needs no lock for its own.
static struct arrivals {
  uint64 version;              // ip_version() when the last frame that took the long way came
  const struct pktbuf *frame;  // that frame
  struct arrival {
    uint64 version;            // 0: nothing
    struct headers headers;    // of a frame that was delivered
    struct sock *sock;
    uint ip_sum, udp_sum;      // as in struct flow
    uint32 src, dst;           // host order, like the ports
    uint16 sport, dport;
  } slot[SLOTS];
} arrivals[NCPU];

static inline struct arrival *
slot_of(struct arrivals *here, const struct headers *h)
{
  uint port = h->udp.sport;
  return &here->slot[(port ^ port >> 8) % SLOTS];
}

// Are they the same but for lengths, identification and sums? By words, as they lie in memory of a little-endian machine:
// what comes first in a header is at the low end.
static inline int
alike(const struct headers *a, const struct headers *b)
{
  const word *x = (const word *)a, *y = (const word *)b;
  uint64 d = (x[0] ^ y[0]) >> 48;             // dhost begins; not the filling
  d |= x[1] ^ y[1];                           // dhost, shost
  d |= (x[2] ^ y[2]) << 16;                   // shost, type, ip_vhl, ip_tos; not ip_len
  d |= (x[3] ^ y[3]) << 16 >> 32;             // ip_off, ip_ttl, ip_p; not ip_id, ip_sum
  d |= x[4] ^ y[4];                           // ip_src, ip_dst
  d |= (x[5] ^ y[5]) << 32;                   // sport, dport; not ulen, sum
  return d == 0;
}

// Lengths and sums of a frame of n bytes that looks right. If it is shorter than its headers its lengths do not fit it.
static inline int
sound(const struct headers *h, const struct arrival *a, uint n)
{
  const struct ip *ip = IP_ALIGNED(&h->ip);
  const struct udp *udp = IP_ALIGNED(&h->udp);
  uint len = ntohs(ip->ip_len), ulen = ntohs(udp->ulen);
  if(len + sizeof(h->eth) > n || ulen < sizeof(*udp) || ulen + sizeof(*ip) != len)
    return 0;
  if(cksum_small(a->ip_sum + ip->ip_len + ip->ip_id + ip->ip_sum) != 0)
    return 0;
  return udp->sum == 0 || cksum_field(cksum_add(a->udp_sum + udp->ulen, udp, ulen)) == 0;
}

void
flow_input(struct netif *nif, struct pktbuf *p)
{
  struct arrivals *here = &arrivals[mycpu()->id];
  struct headers *h = (struct headers *)(p->page + PKT_DATA - sizeof(*h));
  struct arrival *a = slot_of(here, h);
  uint64 version = ip_version();
  if(unlikely(nif->loopback) || !TUNE(SHORTCUT))
    return ether_input(nif, p);
  // Whatever is wrong with it: the long way finds that out, and a name for it.
  if(a->version != version || p->head != PKT_HEADROOM || !alike(h, &a->headers) || !sound(h, a, pkt_len(p)))
    goto the_long_way;
  struct sock *s = a->sock;
  acquire(&s->lock);
  if(unlikely(ip_version() != version)){  // it may have been closed, and opened by somebody else
    release(&s->lock);
    goto the_long_way;
  }
  p->l3 = PKT_DATA - sizeof(h->udp) - sizeof(h->ip);
  p->l4 = PKT_DATA - sizeof(h->udp);
  p->head = PKT_DATA;
  p->tail = p->l4 + ntohs(h->udp.ulen);
  p->src = a->src;
  p->dst = a->dst;
  p->sport = a->sport;
  p->dport = a->dport;
  net_count(IP_DELIVERED);
  net_count(UDP_DELIVERED);
  path_stage(p, PATH_UDP);
  sock_queue(s, p);
  return;
the_long_way:
  here->version = version;
  here->frame = p;
  ether_input(nif, p);
}

void
flow_found(struct netif *nif, const struct pktbuf *p, struct sock *s)
{
  struct arrivals *here = &arrivals[mycpu()->id];
  const struct headers *h = (const struct headers *)(p->page + PKT_DATA - sizeof(*h));
  // Not put together from fragments, and no options.
  if(here->frame != p || p->more || p->l4 != PKT_DATA - sizeof(h->udp) || nif->loopback)
    return;
  struct arrival *a = slot_of(here, h);
  *a = (struct arrival){ .headers = *h, .sock = s, .src = p->src, .dst = p->dst, .sport = p->sport,
                         .dport = p->dport, .version = here->version };
  struct ip *ip = IP_ALIGNED(&a->headers.ip);
  ip->ip_len = ip->ip_id = ip->ip_sum = 0;
  a->ip_sum = (uint16)~cksum_field(cksum_words(ip, sizeof(*ip) / 4));
  a->udp_sum = (uint16)~cksum_field(cksum_pseudo(p->src, p->dst, IPPROTO_UDP, 0));
}
