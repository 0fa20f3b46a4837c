// screend [-n COUNT] [PROTO[/PORT]]...   a filter for the router: packets of these are not forwarded, all others are
//
// PROTO is icmp, tcp, udp or a number; PORT the destination's. Without -n it runs until it is killed. While it runs the
// kernel asks it about each packet (NETCTL_FILTER); when it has ended, all go on again.

#include "kernel/net.h"
#include "kernel/netctl.h"
#include "user/rxv.h"
#include "user/user.h"

#define RULES 16

static struct rule {
  uint8 proto;
  int port;  // -1: any
} rules[RULES];
static int nrules;

static void
add_rule(char *s)
{
  static const struct { const char *name; uint8 proto; } known[] = {
    { "icmp", IPPROTO_ICMP }, { "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP },
  };
  struct rule *r = &rules[nrules];
  char *port = strchr(s, '/');
  uint64 n;
  if(nrules == RULES)
    die("more than %d rules", RULES);
  r->port = -1;
  if(port){
    *port++ = 0;
    if(parse_uint(port, 65535, &n) < 0)
      die("%s: no port", port);
    r->port = n;
  }
  for(int i = 0; i < 3; i++)
    if(strcmp(s, known[i].name) == 0){
      r->proto = known[i].proto;
      nrules++;
      return;
    }
  if(parse_uint(s, 255, &n) < 0)
    die("%s: no protocol", s);
  r->proto = n;
  nrules++;
}

// The first n bytes of a packet: may it go on?
static uint8
passes(const uint8 *b, int n)
{
  const struct ip *h = (const struct ip *)b;
  int hlen = (h->ip_vhl & 15) * 4, first = (ntohs(h->ip_off) & IP_OFFMASK) == 0;
  for(int i = 0; i < nrules; i++){
    if(rules[i].proto != h->ip_p)
      continue;
    if(rules[i].port < 0)
      return 0;
    if(first && n >= hlen + 4 && rules[i].port == (b[hlen + 2] << 8 | b[hlen + 3]))
      return 0;
  }
  return 1;
}

int
main(int argc, char **argv)
{
  union {
    struct netctl_packet packet;
    uint8 room[sizeof(struct netctl_packet) + 64];
  } in;
  uint64 count = 0, most = ~0UL, refused = 0;
  int i = 1, n;
  if(i + 1 < argc && strcmp(argv[i], "-n") == 0){
    if(parse_uint(argv[i + 1], ~0UL, &most) < 0)
      die("%s: no count", argv[i + 1]);
    i += 2;
  }
  for(; i < argc; i++){
    if(argv[i][0] == '-')
      usage("[-n COUNT] [PROTO[/PORT]]...");
    add_rule(argv[i]);
  }
  int fd = netctl(NETCTL_FILTER, 0, 0);
  if(fd < 0)
    die_errno("filter");
  printf("screend: ready\n");
  for(; count < most; count++){
    if((n = read(fd, &in, sizeof(in))) < 0)
      die_errno("read");
    struct netctl_verdict v = { in.packet.id, passes(in.packet.bytes, n - sizeof(in.packet)) };
    refused += !v.pass;
    if(write(fd, &v, sizeof(v)) != sizeof(v))
      die_errno("write");
  }
  printf("screend: %lu packets, %lu refused\n", count, refused);
  return 0;
}
