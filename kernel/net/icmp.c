// ICMP: echo, what others tell us, and the sockets of `ping`.

#include "net/icmp.h"
#include "core/string.h"
#include "net/count.h"
#include "net/dgram.h"
#include "net/ip.h"
#include "net/ipout.h"
#include "net/route.h"
#include "net/sockpriv.h"
#include "pkt/cksum.h"
#include "pkt/drop.h"

#define HDRLEN 8  // struct icmp

// The request becomes the reply: addresses swapped, type changed, the rest as it came (RFC 1122 3.2.2.6).
static void
icmp_echo_reply(struct netif *nif, struct pktbuf *p)
{
  struct icmp *m = (struct icmp *)pkt_data(p);
  const struct ip *h = (struct ip *)(p->page + p->l3);
  struct dst d;
  if(!netif_is_ours(p->dst)){
    pkt_drop(p, DROP_ICMP_BCAST, 0);
    return;
  }
  if(dst_find(p->src, p->dst, &d) < 0){
    pkt_drop(p, DROP_IP_NOROUTE, 0);
    return;
  }
  m->type = ICMP_ECHOREPLY;
  uint16 sum = cksum_update(ntohs(m->sum), ICMP_ECHO << 8, ICMP_ECHOREPLY << 8);
  m->sum = sum ? htons(sum) : 0xffff;  // the other zero is right even where all the rest is zero
  net_count(ICMP_ECHOED);
  ip_output(&d, p, &(struct ip_form){ .proto = IPPROTO_ICMP, .ttl = IP_TTL_DEFAULT, .tos = h->ip_tos });
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
  if(ours && ip_tell_error(h, meaning(m.type, m.code))){
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
    return icmp_echo_reply(nif, p);
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
ping_output(struct sock *s, const struct dst *d, struct ip_form *form, uint16 dport, struct pktbuf *p)
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
  form->proto = IPPROTO_ICMP;
  return ip_output(d, p, form);
}

static const struct sockproto ping_proto = {
  DGRAM_VERBS,
  .name = "ping",
  .type = SOCK_RAW,
  .proto = IPPROTO_ICMP,
  .maxlen = IP_MAXLEN - sizeof(struct ip),
  .output = ping_output,
};

// An echo request that we sent.
static int
echo_error(const struct ip *h, const uint8 *l4, int err)
{
  const struct icmp *m = (const struct icmp *)l4;
  struct sock *s = m->type == ICMP_ECHO ? sock_find(IPPROTO_ICMP, ntohl(h->ip_src), ntohs(m->u.echo.id), ntohl(h->ip_dst), 0) : 0;
  if(s == 0)
    return 0;
  sock_error(s, err);
  return 1;
}

static const struct ip_transport icmp = { .proto = IPPROTO_ICMP, .input = icmp_input, .error = echo_error };

void
icmp_init(void)
{
  ip_register(&icmp);
  sock_register(&ping_proto);
}
