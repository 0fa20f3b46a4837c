// ICMP: echo, errors in both directions, and the sockets of `ping`.

#include "net/icmp.h"
#include "core/rand.h"
#include "core/string.h"
#include "net/ip.h"
#include "net/count.h"
#include "net/route.h"
#include "net/sockpriv.h"
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
  struct ip_path path;
  if(!may_answer(p, h, n) || ip_route(p->src, netif_is_ours(p->dst) ? p->dst : 0, &path) < 0)
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
  ip_output(&path, e, p->src, IPPROTO_ICMP, IP_TTL_DEFAULT, 0);
}

// The request becomes the reply: addresses swapped, type changed, the rest as it came (RFC 1122 3.2.2.6).
static void
echo(struct netif *nif, struct pktbuf *p)
{
  struct icmp *m = (struct icmp *)pkt_data(p);
  const struct ip *h = (struct ip *)(p->page + p->l3);
  struct ip_path path;
  if(!netif_is_ours(p->dst)){
    pkt_drop(p, DROP_ICMP_BCAST, 0);
    return;
  }
  if(ip_route(p->src, p->dst, &path) < 0){
    pkt_drop(p, DROP_IP_NOROUTE, 0);
    return;
  }
  m->type = ICMP_ECHOREPLY;
  uint16 sum = cksum_update(ntohs(m->sum), ICMP_ECHO << 8, ICMP_ECHOREPLY << 8);
  m->sum = sum ? htons(sum) : 0xffff;  // the other zero is right even where all the rest is zero
  net_count(ICMP_ECHOED);
  ip_output(&path, p, p->src, IPPROTO_ICMP, IP_TTL_DEFAULT, h->ip_tos);
}

static void
echo_reply(struct netif *nif, struct pktbuf *p)
{
  struct icmp *m = (struct icmp *)pkt_data(p);
  struct sock *s = sock_find(IPPROTO_ICMP, p->dst, ntohs(m->u.echo.id), p->src, 0);
  if(s == 0){
    pkt_drop(p, DROP_ICMP_TYPE, 0);
    return;
  }
  p->sport = p->dport = 0;
  sock_queue(s, p);
}

// What an error means to a program.
static int
meaning(uint8 type, uint8 code)
{
  static const uint8 unreach[] = {
    ENETUNREACH, EHOSTUNREACH, EPROTONOSUPPORT, ECONNREFUSED, EMSGSIZE, EOPNOTSUPP, ENETUNREACH, EHOSTUNREACH,
    EHOSTUNREACH, ENETUNREACH, EHOSTUNREACH, ENETUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH,
  };
  if(type == ICMP_UNREACH && code < NELEM(unreach))
    return -unreach[code];
  return -EHOSTUNREACH;
}

// Does p begin with the start of a datagram that we sent? Otherwise somebody made it up.
static int
quotes_ours(struct pktbuf *p)
{
  const struct ip *h = (struct ip *)pkt_data(p);
  uint n = pkt_len(p);
  return n >= sizeof(*h) && h->ip_vhl >> 4 == 4 && ip_hlen(h) >= sizeof(*h) && n >= ip_hlen(h) + 8 &&
         (ntohs(h->ip_off) & IP_OFFMASK) == 0 && netif_is_ours(ntohl(h->ip_src));
}

// An error about a datagram that we sent.
static void
error_input(struct netif *nif, struct pktbuf *p)
{
  struct icmp m = *(struct icmp *)pkt_pull(p, HDRLEN);
  const struct ip *h = (struct ip *)pkt_data(p);
  int ours = quotes_ours(p);
  // What we send may be fragmented on its way, so nobody has a reason to refuse it for its size.
  if(ours && m.type == ICMP_UNREACH && m.code == ICMP_UNREACH_NEEDFRAG && !(ntohs(h->ip_off) & IP_DF))
    ours = 0;
  if(ours && sock_error_quoted(h, (uint8 *)h + ip_hlen(h), meaning(m.type, m.code))){
    net_count(ICMP_TOLD);
    pkt_free(p);
    return;
  }
  pkt_drop(p, DROP_ICMP_INNER, 0);
}

// A gateway knows a shorter way (RFC 1122 3.2.2.2). Whether a net or a host is meant: it counts for the one host.
static void
redirect_input(struct netif *nif, struct pktbuf *p)
{
  struct icmp m = *(struct icmp *)pkt_pull(p, HDRLEN);
  const struct ip *h = (struct ip *)pkt_data(p);
  if(!quotes_ours(p)){
    pkt_drop(p, DROP_ICMP_INNER, 0);
    return;
  }
  if(m.code > 3 || p->l2bcast || !route_redirect(nif, p->src, ntohl(h->ip_dst), ntohl(m.u.gateway))){
    pkt_drop(p, DROP_ICMP_REDIRECT, 0);
    return;
  }
  net_count(ICMP_REDIRECTED);
  pkt_free(p);
}

static uint16
chain_cksum(struct pktbuf *p)
{
  uint64 sum = 0;
  for(; p; p = p->more)
    sum = cksum_add(sum, pkt_data(p), pkt_len(p));
  return cksum_fold(sum);
}

static void
icmp_input(struct netif *nif, struct pktbuf *p)
{
  struct icmp *m = (struct icmp *)pkt_data(p);
  if(pkt_len(p) < HDRLEN){
    pkt_drop(p, DROP_ICMP_SHORT, 0);
    return;
  }
  if(chain_cksum(p) != 0){
    pkt_drop(p, DROP_ICMP_CKSUM, 0);
    return;
  }
  switch(m->type){
  case ICMP_ECHO:
    return echo(nif, p);
  case ICMP_ECHOREPLY:
    return echo_reply(nif, p);
  case ICMP_UNREACH:
  case ICMP_TIMXCEED:
  case ICMP_PARAMPROB:
    return error_input(nif, p);
  case ICMP_REDIRECT:
    return redirect_input(nif, p);
  }
  // Quench (RFC 6633), masks, routers and times are nothing that this host needs to believe.
  pkt_drop(p, DROP_ICMP_TYPE, 0);
}

// A program's echo request: its identifier is the socket's port, the checksum is put in here.
static int
ping_output(struct sock *s, const struct ip_path *path, const struct endpoint *to, struct pktbuf *p)
{
  struct icmp *m = (struct icmp *)pkt_data(p);
  int err = 0;
  if(pkt_len(p) < HDRLEN || m->type != ICMP_ECHO || m->code != 0 || m->u.echo.id == 0)
    err = -EINVAL;
  else if(p->sport == 0)
    err = sock_take_port(s, ntohs(m->u.echo.id));
  else if(p->sport != ntohs(m->u.echo.id))
    err = -EINVAL;
  if(err < 0){
    pkt_free(p);
    return err;
  }
  m->sum = 0;
  m->sum = htons(chain_cksum(p));
  return ip_output(path, p, to->addr, IPPROTO_ICMP, s->ttl, s->tos);
}

const struct sockproto ping_proto = {
  .type = SOCK_RAW,
  .proto = IPPROTO_ICMP,
  .maxlen = IP_MAXLEN - sizeof(struct ip),
  .output = ping_output,
};

void
icmp_init(void)
{
  tokens = 3 * ICMP_BURST;
  filled = now();
  ip_register(IPPROTO_ICMP, icmp_input);
}
