// ICMP errors that we send. See icmperr.h.

#include "net/icmperr.h"
#include "core/rand.h"
#include "core/string.h"
#include "net/count.h"
#include "net/ipaddr.h"
#include "net/ipout.h"
#include "pkt/cksum.h"
#include "pkt/drop.h"
#include "sched/timer.h"

#define HDRLEN 8  // struct icmp

static struct spinlock bucketlock = SPINLOCK("icmp");
static uint64 tokens;     // under bucketlock: what may be spent now; two are an error's mean price
static uint64 filled;     // under bucketlock: when tokens was brought up to date
static uint depth;        // under bucketlock: tokens at most, until next it is full
static uint price;        // under bucketlock: of the next error

// Token bucket: ICMP_RATE a second, ICMP_BURST at once, both on average. With a bucket that counts exactly, who sends to 50 ports
// in another's name and then to one in his own would learn from our silence that none of the 50 was open (CVE-2020-25705). So
// each error has another price, and the bucket another depth each time that it is full.
static int
may_send(void)
{
  uint64 t = now(), per = SEC / (2 * ICMP_RATE);
  uint32 r = rand32();
  uint next_price = 1 + r % 3, next_depth = ICMP_BURST + (r >> 8) % (2 * ICMP_BURST + 1);
  acquire(&bucketlock);
  uint64 more = (t - filled) / per;
  filled += more * per;
  tokens += more;
  if(tokens >= depth){
    depth = next_depth;
    tokens = MIN(tokens, depth);
  }
  int yes = tokens >= price;
  if(yes){
    tokens -= price;
    price = next_price;
  }
  release(&bucketlock);
  return yes;
}

static int
is_error(uint8 type)
{
  return type == ICMP_UNREACH || type == ICMP_QUENCH || type == ICMP_REDIRECT || type == ICMP_TIMXCEED || type == ICMP_PARAMPROB;
}

// RFC 1122 3.2.2: no error about an ICMP error, a broadcast, a later fragment, or to someone who is not one host.
// n: bytes from h on.
static int
may_answer(const struct pktbuf *p, const struct ip *h, uint n)
{
  if(p->l2bcast || !ip_is_host(p->src) || !ip_is_host(p->dst) || (ntohs(h->ip_off) & IP_OFFMASK))
    return 0;
  for(int i = 0; i < nnetif; i++)
    if(netif_is_broadcast(netifs[i], p->dst) || netif_is_broadcast(netifs[i], p->src))
      return 0;
  uint hlen = ip_hlen(h);
  if(h->ip_p == IPPROTO_ICMP)
    return n > hlen && !is_error(((const uint8 *)h)[hlen]);
  return 1;
}

void
icmp_error(struct pktbuf *p, uint8 type, uint8 code, uint32 arg)
{
  const struct ip *h = (struct ip *)(p->page + p->l3);
  uint n = p->tail - p->l3, quote = MIN(n, ICMP_QUOTE_MAX);
  struct dst d;
  if(!may_answer(p, h, n) || dst_find(p->src, netif_is_ours(p->dst) ? p->dst : 0, &d) < 0)
    return;
  if(!may_send()){
    drop_count(DROP_ICMP_RATE, 0);
    return;
  }
  struct pktbuf *e = pkt_alloc();
  if(e == 0){
    drop_count(DROP_NOMEM, 0);
    return;
  }
  pkt_reserve(e, PKT_DATA);
  struct icmp *m = pkt_put(e, HDRLEN + quote);
  *m = (struct icmp){ .type = type, .code = code };
  m->u.unused = htonl(arg);
  memcpy((uint8 *)m + HDRLEN, h, quote);
  m->sum = htons(cksum(m, HDRLEN + quote));
  net_count(ICMP_ERRORS);
  ip_output(&d, e, &(struct ip_form){ .proto = IPPROTO_ICMP, .ttl = IP_TTL_DEFAULT });
}

void
icmperr_init(void)
{
  tokens = 3 * ICMP_BURST;
  filled = now();
}
