// IPv4, in and out.

#include "net/ip.h"
#include "core/printf.h"
#include "core/rand.h"
#include "core/string.h"
#include "net/arp.h"
#include "net/forward.h"
#include "net/icmp.h"
#include "net/count.h"
#include "net/route.h"
#include "net/sockpriv.h"
#include "pkt/cksum.h"
#include "pkt/path.h"
#include "pkt/tune.h"

static netinput *protocols[256];  // constant after boot
static uint32 id_key[2];          // constant after boot
static uint32 id_next[2];         // [a] for whole datagrams, for those in fragments

void
ip_register(uint8 proto, netinput *fn)
{
  protocols[proto] = fn;
}

// --- in ---

// The options between the header's first 20 bytes and its end. result: 0, or the drop reason plus 1; *at: the bad byte.
static int
check_options(const struct ip *h, uint *at)
{
  const uint8 *b = (const uint8 *)h;
  uint end = ip_hlen(h);
  for(uint i = sizeof(*h); i < end && b[i] != IPOPT_END; ){
    *at = i;
    if(b[i] == IPOPT_NOP){
      i++;
      continue;
    }
    if(i + 1 >= end || b[i + 1] < 2 || b[i + 1] > end - i)
      return DROP_IP_OPTIONS + 1;
    if(b[i] == IPOPT_LSRR || b[i] == IPOPT_SSRR)
      return DROP_IP_SRCROUTE + 1;
    // The pointer of these counts from 1; the first place is behind the fixed part, the last one ends the option.
    uint least = b[i] == IPOPT_RECORD ? 4 : 5, len = b[i + 1];
    if((b[i] == IPOPT_RECORD || b[i] == IPOPT_TIMESTAMP) && (len + 1 < least || b[i + 2] < least || b[i + 2] > len + 1))
      return DROP_IP_OPTIONS + 1;
    i += len;
  }
  return 0;
}

int
ip_options_ok(const uint8 *options, uint n)
{
  uint8 header[sizeof(struct ip) + IP_OPTMAX];
  uint at;
  if(n > IP_OPTMAX || n % 4 != 0)
    return 0;
  header[0] = 4 << 4 | (sizeof(struct ip) + n) / 4;
  memcpy(header + sizeof(struct ip), options, n);
  return check_options((struct ip *)header, &at) == 0;
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
  netinput *fn = protocols[h->ip_p];
  p->l4 = p->head;
  if(unlikely(fn == 0)){
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_PROTOCOL, 0);
    pkt_drop(p, DROP_IP_PROTO, 0);
    return;
  }
  net_count(IP_DELIVERED);
  path_stage(p, PATH_IP);
  fn(nif, p);
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
  if(likely(why == 0) && unlikely(ip_hlen(h) > sizeof(*h)) && (why = check_options(h, &at)) == DROP_IP_OPTIONS + 1)
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

// --- out ---

uint64 ip_versions = 1;

void
ip_changed(void)
{
  __atomic_fetch_add(&ip_versions, 1, __ATOMIC_SEQ_CST);
}

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

// A broadcast without a net: to the interface that src belongs to, or to the first one.
static struct netif *
broadcast_netif(uint32 src)
{
  for(int i = 0; i < nnetif; i++)
    if(netifs[i]->up && !netifs[i]->loopback && (src == 0 || netifs[i]->addr == src))
      return netifs[i];
  return 0;
}

int
ip_route(uint32 dst, uint32 src, struct ip_path *path)
{
  path->next = dst;
  path->src = src;
  path->broadcast = 0;
  path->optlen = 0;
  if(unlikely(netif_is_ours(dst))){
    path->nif = &loopback;
    path->mtu = loopback.mtu;
    path->src = src ? src : dst;
    return src && unlikely(!netif_is_ours(src)) ? -EADDRNOTAVAIL : 0;
  }
  if(unlikely(dst == INADDR_BROADCAST))
    path->nif = broadcast_netif(src);
  else
    path->nif = ip_is_host(dst) ? route_lookup(dst, &path->next) : 0;
  if(unlikely(path->nif == 0))
    return drop_count(DROP_IP_NOROUTE, -ENETUNREACH);
  path->mtu = count_get(&path->nif->mtu);
  if(src == 0)
    path->src = path->nif->addr;
  path->broadcast = netif_is_broadcast(path->nif, dst);
  // 127 is never seen on a wire, and only a broadcast may have no source (a host that asks for its address).
  if(unlikely(ip_is_loopback(path->src) || ip_is_loopback(dst) || (path->src == 0 && !path->broadcast)))
    return drop_count(DROP_IP_NOROUTE, -ENETUNREACH);
  if(src && unlikely(src != path->nif->addr && !netif_is_ours(src)))
    return -EADDRNOTAVAIL;  // it was ours when the socket was bound to it
  return 0;
}

// Of these options, those that a piece of a datagram has: all of them in the first one, else those that are to be copied; to
// the next word filled with ends. to: room for IP_OPTMAX. result: bytes.
static uint
options_of_piece(const uint8 *o, uint optlen, int first, uint8 *to)
{
  uint n = 0;
  for(uint i = 0, len; i < optlen && o[i] != IPOPT_END; i += len){
    len = o[i] == IPOPT_NOP ? 1 : i + 1 < optlen ? o[i + 1] : 0;
    if(len == 0 || len > optlen - i)
      break;
    if(first || (o[i] & IPOPT_COPIED)){
      memcpy(to + n, o + i, len);
      n += len;
    }
  }
  while(n % 4)
    to[n++] = IPOPT_END;
  return n;
}

// The path's options in front of p, of a fragment that is not the first only those whose copied flag is set (RFC 791 3.1),
// filled up to words. result: bytes; -EMSGSIZE: no room, nothing is done.
static int
push_options(const struct ip_path *path, struct pktbuf *p, int first)
{
  uint8 wanted[IP_OPTMAX];
  uint n = options_of_piece(path->options, path->optlen, first, wanted);
  void *at = pkt_push(p, n);
  if(at == 0)
    return -EMSGSIZE;
  memcpy(at, wanted, n);
  return n;
}

// The IP header in front of one packet, and off it goes.
// off: ip_off, host order.
static int
emit(const struct ip_path *path, struct pktbuf *p, const struct ip *form, uint off)
{
  struct netif *nif = path->nif;
  int optlen = likely(path->optlen == 0) ? 0 : push_options(path, p, (off & IP_OFFMASK) == 0);
  struct ip *h = optlen < 0 ? 0 : IP_ALIGNED(pkt_push(p, sizeof(*h)));
  if(unlikely(h == 0))
    return pkt_drop(p, DROP_HEADROOM, -EMSGSIZE);
  *h = *(const struct ip *)IP_ALIGNED(form);
  h->ip_len = htons(pkt_len(p));
  h->ip_off = htons(off);
  uint64 sum = cksum_words(h, sizeof(*h) / 4);
  if(unlikely(optlen)){
    h->ip_vhl += optlen / 4;
    sum = cksum_words(h, (sizeof(*h) + optlen) / 4);
  }
  h->ip_sum = cksum_field(sum);
  p->l3 = p->head;
  p->src = path->src;
  p->dst = ntohl(form->ip_dst);
  p->nif = nif;
  path_stage(p, PATH_IPOUT);
  if(path->broadcast || nif->loopback)
    return ether_output(nif, p, ether_broadcast, ETHTYPE_IP);
  return arp_output(nif, p, path->next);
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
fragment(const struct ip_path *path, struct pktbuf *p, const struct ip *form, uint len)
{
  uint most = (path->mtu - sizeof(*form) - path->optlen) & ~7u, skip = 0;
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
    int e = emit(path, q, form, off / 8 | (pieces.n ? IP_MF : 0));
    if(err == 0)
      err = e;
  }
  return err;
}

int
ip_output(const struct ip_path *path, struct pktbuf *p, uint32 dst, uint8 proto, uint8 ttl, uint8 tos)
{
  struct ip __attribute__((aligned(4))) form = {
    .ip_vhl = 4 << 4 | sizeof(form) / 4, .ip_tos = tos, .ip_ttl = ttl, .ip_p = proto,
    .ip_src = htonl(path->src), .ip_dst = htonl(dst),
  };
  uint hlen = sizeof(form) + path->optlen;
  int fits = p->more == 0 && pkt_len(p) + hlen <= path->mtu;
  form.ip_id = htons(ip_new_id(!fits));
  net_count(IP_SENT);
  if(likely(fits))
    return emit(path, p, &form, 0);
  uint len = pkt_chain_len(p);
  if(len + hlen > IP_MAXLEN)
    return pkt_drop(p, DROP_IP_TOOBIG, -EMSGSIZE);
  return fragment(path, p, &form, len);
}

// The header of the pieces of h but the first: only some options are in all of them. result: its bytes.
static uint
piece_header(const struct ip *h, uint8 *to)
{
  const uint8 *o = (const uint8 *)h + sizeof(*h);
  uint n = sizeof(*h) + options_of_piece(o, ip_hlen(h) - sizeof(*h), 0, to + sizeof(*h));
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
ip_undeliverable(struct pktbuf *p, enum drop_reason why)
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
    sock_error_quoted(h, (uint8 *)h + hlen, -EHOSTUNREACH);
  pkt_drop(p, why, 0);
}

void
ip_init(void)
{
  rand_bytes(id_key, sizeof(id_key));
  rand_bytes(id_next, sizeof(id_next));
  ether_register(ETHTYPE_IP, ip_input);
}
