// See ipout.h.

#include "net/ipout.h"
#include "core/rand.h"
#include "core/string.h"
#include "net/arptab.h"
#include "net/count.h"
#include "pkt/cksum.h"
#include "pkt/drop.h"

static uint32 id_key[2];          // constant after boot
static uint32 id_next[2];         // [a] for whole datagrams, for those in fragments

// Identifications (RFC 6864, RFC 7739): a keyed permutation of a count, so that none comes again before all 65536
// have been used, and nobody else can tell the next one. Datagrams that we send in fragments have a count of their own,
// so that a flood of short ones does not bring their numbers round again while fragments are still on their way.
// Each step can be undone modulo 65536, so it is a permutation: adding, an odd factor, a number xor its upper half.
uint16
ip_new_id(int fragmented)
{
  uint32 x = __atomic_fetch_add(&id_next[fragmented], 1, __ATOMIC_RELAXED) ^ id_key[0];
  x *= id_key[1] | 1;
  x ^= (x & 0xffff) >> 8;
  x *= (id_key[1] >> 16) | 1;
  x ^= (x & 0xffff) >> 8;
  return x + (id_key[0] >> 16);
}

// The options in front of p, of a fragment that is not the first only those whose copied flag is set (RFC 791 3.1),
// filled up to words. result: bytes; -EMSGSIZE: no room, nothing is done.
static int
push_options(const struct ip_form *form, struct pktbuf *p, int first)
{
  uint8 wanted[IP_OPTMAX];
  uint n = ipopt_of_piece(form->options, form->optlen, first, wanted);
  void *at = pkt_push(p, n);
  if(at == 0)
    return -EMSGSIZE;
  memcpy(at, wanted, n);
  return n;
}

// The IP header in front of one packet, and off it goes.
// off: ip_off, host order.
static int
ip_emit(const struct dst *d, struct pktbuf *p, const struct ip_form *form, uint16 id, uint off)
{
  struct netif *nif = d->nif;
  int optlen = likely(form->optlen == 0) ? 0 : push_options(form, p, (off & IP_OFFMASK) == 0);
  struct ip *h = optlen < 0 ? 0 : IP_ALIGNED(pkt_push(p, sizeof(*h)));
  if(unlikely(h == 0))
    return pkt_drop(p, DROP_HEADROOM, -EMSGSIZE);
  h->ip_vhl = 4 << 4 | (sizeof(*h) + optlen) / 4;
  h->ip_tos = form->tos;
  h->ip_len = htons(pkt_len(p));
  h->ip_id = htons(id);
  h->ip_off = htons(off);
  h->ip_ttl = form->ttl;
  h->ip_p = form->proto;
  h->ip_sum = 0;
  h->ip_src = d->wire_src;
  h->ip_dst = d->wire_dst;
  h->ip_sum = cksum_field(cksum_words(h, (sizeof(*h) + optlen) / 4));
  p->l3 = p->head;
  p->src = d->src;
  p->dst = d->addr;
  p->nif = nif;
  pkt_stage(p, PATH_IPOUT);
  if(d->used){
    *d->used = 1;
    return ether_output(nif, p, d->mac, ETHTYPE_IP);
  }
  if(d->broadcast || nif->loopback)
    return ether_output(nif, p, ether_broadcast, ETHTYPE_IP);
  return arp_output(nif, p, d->next);
}

// Copy n bytes of a chain into dst and go on behind them: *from, *skip is the place.
static void
copy_chain(uint8 *dst, struct pktbuf **from, uint *skip, uint n)
{
  while(n > 0){
    uint m = MIN(n, pkt_len(*from) - *skip);
    memcpy(dst, pkt_data(*from) + *skip, m);
    dst += m;
    n -= m;
    *skip += m;
    if(*skip == pkt_len(*from)){
      *from = (*from)->more;
      *skip = 0;
    }
  }
}

// The message p in pieces that fit nif's MTU. All packets are in hand before the first one goes: a part is of no use.
static int
fragment(const struct dst *d, struct pktbuf *p, const struct ip_form *form, uint16 id, uint len)
{
  uint most = (d->mtu - sizeof(struct ip) - form->optlen) & ~7u, skip = 0;
  struct pktq pieces = { 0 };
  struct pktbuf *from = p, *q;
  for(uint off = 0; off < len; off += most){
    uint n = MIN(most, len - off);
    if((q = pkt_alloc()) == 0){
      while((q = pktq_get(&pieces)) != 0)
        pkt_free(q);
      return pkt_drop(p, DROP_NOMEM, -ENOBUFS);
    }
    pkt_reserve(q, PKT_DATA);
    copy_chain(pkt_put(q, n), &from, &skip, n);
    pktq_put(&pieces, q);
  }
  pkt_free(p);

  int err = 0;
  for(uint off = 0; (q = pktq_get(&pieces)) != 0; off += most){
    net_count(FRAG_SENT);
    int e = ip_emit(d, q, form, id, off / 8 | (pieces.n ? IP_MF : 0));
    if(err == 0)
      err = e;
  }
  return err;
}

int
ip_output(const struct dst *d, struct pktbuf *p, const struct ip_form *form)
{
  uint hlen = sizeof(struct ip) + form->optlen;
  int fits = p->more == 0 && pkt_len(p) + hlen <= d->mtu;
  uint16 id = ip_new_id(!fits);
  net_count(IP_SENT);
  if(likely(fits))
    return ip_emit(d, p, form, id, 0);
  uint len = pkt_chain_len(p);
  if(len + hlen > IP_MAXLEN)
    return pkt_drop(p, DROP_IP_TOOBIG, -EMSGSIZE);
  return fragment(d, p, form, id, len);
}

// The header of the pieces of h but the first: only some options are in all of them. result: its bytes.
static uint
piece_header(const struct ip *h, uint8 *to)
{
  const uint8 *o = (const uint8 *)h + sizeof(*h);
  uint n = sizeof(*h) + ipopt_of_piece(o, ip_hlen(h) - sizeof(*h), 0, to + sizeof(*h));
  memcpy(to, h, sizeof(*h));
  to[0] = 4 << 4 | n / 4;
  return n;
}

void
ip_refragment(struct netif *nif, struct pktbuf *p, uint32 next)
{
  uint8 __attribute__((aligned(4))) head[60];
  const struct ip *h = (struct ip *)pkt_data(p);
  uint hlen = ip_hlen(h), len = pkt_len(p) - hlen, first = ntohs(h->ip_off);
  memcpy(head, h, hlen);
  for(uint off = 0, n, n_head = hlen; off < len; off += n, n_head = piece_header(h, head)){
    n = MIN((nif->mtu - n_head) & ~7u, len - off);
    struct pktbuf *q = pkt_alloc();
    if(q == 0){
      drop_count(DROP_NOMEM, 0);
      break;
    }
    pkt_reserve(q, PKT_DATA);
    memcpy(pkt_put(q, n), pkt_data(p) + hlen + off, n);
    struct ip *f = IP_ALIGNED(pkt_push(q, n_head));
    memcpy(f, head, n_head);
    f->ip_len = htons(pkt_len(q));
    f->ip_off = htons((first + off / 8) | (off + n < len ? IP_MF : 0));
    f->ip_sum = 0;
    f->ip_sum = cksum_field(cksum_words(f, n_head / 4));
    q->l3 = q->head;
    q->src = p->src;
    q->dst = p->dst;
    net_count(FRAG_SENT);
    arp_output(nif, q, next);
  }
  pkt_free(p);
}

void
ipout_init(void)
{
  rand_bytes(id_key, sizeof(id_key));
  rand_bytes(id_next, sizeof(id_next));
}
