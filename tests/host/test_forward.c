// The router (net/forward.c) and the filter in its way (net/filter.c): two cards, e0 and e1.

#include "fixture.h"
#include "kernel/netctl.h"
#include "net/arptab.h"
#include "net/filter.h"
#include "net/forward.h"
#include "pkt/gate.h"
#include "pkt/poll.h"
#include "pkt/tune.h"

#define FRIEND MAKE_IP_ADDR(10, 0, 3, 9)  // behind e1, at peer_mac

static void
router(void)
{
  second_card();
  CHECK_EQ(arptab_learn(&second_nif, FRIEND, peer_mac, 1), 1);
  CHECK_EQ(tune_set("forward", 1), 0);
}

// A datagram from the gateway to dst; its header for changes.
static struct ip *
to(struct wire *w, uint32 dst, uint n)
{
  w_udp(w, GW_IP, 7, dst, 2000, n);
  return w_iph(w);
}

// It comes in, and `frames` go out.
static void
comes(struct wire *w, int frames)
{
  sent_clear();
  card_clean();
  w_ip_sum(w);
  feed(w);
  CHECK_EQ(nsent(), frames);
}

static int
sum_is_right(const struct ip *h)
{
  return ref_cksum((const uint8 *)h, ip_hlen(h), 0) == 0;
}

// An ICMP error of this type and code went out first, from the address that its sender knows.
static void
told(uint8 type, uint8 code)
{
  const struct icmp *m = (const struct icmp *)sent_l4(0);
  CHECK_EQ(sent_ip(0)->ip_p, IPPROTO_ICMP);
  CHECK_EQ(m->type, type);
  CHECK_EQ(m->code, code);
  CHECK_EQ(ntohl(sent_ip(0)->ip_src), OUR_IP);
  CHECK_EQ(ntohl(sent_ip(0)->ip_dst), GW_IP);
}

// RFC 1812 5.3.1: one hop less, a right checksum, the next link's addresses; nothing else changes.
TEST(forward_one_hop)
{
  struct wire w;
  router();
  for(int ttl = 255; ttl > 1; ttl = ttl > 2 ? ttl / 2 + 1 : 0){
    to(&w, FRIEND, 20)->ip_ttl = ttl;
    comes(&w, 1);
    CHECK_BYTES(sent_eth(0)->dhost, peer_mac, 6);
    CHECK_BYTES(sent_eth(0)->shost, other_mac, 6);
    CHECK_EQ(sent_ip(0)->ip_ttl, ttl - 1);
    CHECK(sum_is_right(sent_ip(0)));
    CHECK_BYTES(&sent_ip(0)->ip_src, &w_iph(&w)->ip_src, w.n - 14 - 12);
  }
  CHECK_EQ(counted(NET_IP_FORWARDED), 9);
}

// RFC 1812 5.3.1: who has no hop left ends here, and its sender is told.
TEST(forward_ttl)
{
  struct wire w;
  router();
  for(int ttl = 0; ttl < 2; ttl++){
    to(&w, FRIEND, 20)->ip_ttl = ttl;
    comes(&w, 1);
    told(ICMP_TIMXCEED, 0);
    CHECK_EQ(drops(DROP_IP_TTL), ttl + 1);
  }
  CHECK_EQ(card.stat.rx_drops, 2);
}

// RFC 1812 5.3.4, 5.3.7, RFC 2644: broadcasts, multicasts, loopback, reserved addresses and what was for all of the link stay.
TEST(forward_not)
{
  static const uint32 dst[] = { MAKE_IP_ADDR(10, 0, 3, 255), MAKE_IP_ADDR(10, 0, 3, 0), MAKE_IP_ADDR(224, 0, 0, 5),
    MAKE_IP_ADDR(127, 0, 0, 1), MAKE_IP_ADDR(240, 0, 0, 1), MAKE_IP_ADDR(0, 0, 0, 0) };
  struct wire w;
  router();
  CHECK_EQ(route_add(MAKE_IP_ADDR(224, 0, 0, 0), 0xe0000000, FRIEND, &second_nif), 0);
  for(uint i = 0; i < NELEM(dst); i++){
    to(&w, dst[i], 20);
    comes(&w, 0);
    CHECK_EQ(drops(DROP_IP_DST), i + 1);
  }
  to(&w, FRIEND, 20);
  memcpy(w.b, ether_broadcast, 6);
  comes(&w, 0);
  CHECK_EQ(drops(DROP_IP_DST), NELEM(dst) + 1);
}

// RFC 1812 5.3.7: sources that cannot be a host's, and our own.
TEST(forward_martians)
{
  static const uint32 src[] = { MAKE_IP_ADDR(127, 0, 0, 1), MAKE_IP_ADDR(224, 0, 0, 1), MAKE_IP_ADDR(10, 0, 2, 255), OUR_IP, 0,
    0xffffffff };
  struct wire w;
  router();
  for(uint i = 0; i < NELEM(src); i++){
    to(&w, FRIEND, 20)->ip_src = htonl(src[i]);
    comes(&w, 0);
    CHECK_EQ(drops(DROP_IP_SRC), i + 1);
  }
  // A host that asks everybody for its address asks us, and no other net.
  to(&w, INADDR_BROADCAST, 20)->ip_src = 0;
  w_udp_sum(&w);
  comes(&w, 0);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
}

// No route, or none but to ourselves: unreachable net.
TEST(forward_no_route)
{
  struct wire w;
  uint32 next;
  router();
  while(route_lookup(FAR_IP, &next))
    CHECK_EQ(route_delete(0, 0, 0), 0);
  to(&w, FAR_IP, 20);
  comes(&w, 1);
  told(ICMP_UNREACH, ICMP_UNREACH_NET);
  CHECK_EQ(drops(DROP_IP_NOROUTE), 1);
  struct netif *lo = netif_find("lo");
  CHECK(lo != 0);
  CHECK_EQ(route_add(MAKE_IP_ADDR(192, 0, 2, 0), 0xffffff00, MAKE_IP_ADDR(127, 0, 0, 2), lo), 0);
  to(&w, FAR_IP, 20);
  comes(&w, 1);
  told(ICMP_UNREACH, ICMP_UNREACH_NET);
  CHECK_EQ(drops(DROP_IP_NOROUTE), 2);
}

// RFC 1191 4, RFC 1812 5.2.6: longer than the next link's MTU: in fragments, or, with DF, back with the MTU.
TEST(forward_mtu)
{
  struct wire w;
  router();
  CHECK_EQ(netif_set_mtu(&second_nif, 576), 0);
  to(&w, FRIEND, 548);
  comes(&w, 1);
  CHECK_EQ(pkt_in_use(), 1);
  to(&w, FRIEND, 549);
  comes(&w, 2);
  CHECK_EQ(ntohs(sent_ip(0)->ip_off), IP_MF);
  CHECK_EQ(ntohs(sent_ip(1)->ip_off), 552 / 8);
  CHECK(sum_is_right(sent_ip(0)) && sum_is_right(sent_ip(1)));
  to(&w, FRIEND, 548)->ip_off = htons(IP_DF);
  comes(&w, 1);
  CHECK_EQ(sent_ip(0)->ip_p, IPPROTO_UDP);
  to(&w, FRIEND, 549)->ip_off = htons(IP_DF);
  comes(&w, 1);
  told(ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG);
  CHECK_EQ(sent_l4(0)[6] << 8 | sent_l4(0)[7], 576);
  CHECK_EQ(drops(DROP_IP_TOOBIG), 1);
}

// RFC 791 3.2, RFC 6864 4: a fragment may have DF: it goes on as it is, or not at all. RFC 1812 4.3.2.7: only about the first
// one its sender is told.
TEST(forward_fragment_with_df)
{
  struct wire w;
  router();
  to(&w, FRIEND, 548)->ip_off = htons(IP_DF | IP_MF);
  comes(&w, 1);
  CHECK_EQ(ntohs(sent_ip(0)->ip_off), IP_DF | IP_MF);
  CHECK_EQ(netif_set_mtu(&second_nif, 568), 0);
  comes(&w, 1);
  told(ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG);
  w_iph(&w)->ip_off = htons(IP_DF | 576 / 8);
  comes(&w, 0);
  CHECK_EQ(drops(DROP_IP_TOOBIG), 2);
}

// RFC 791 3.1, 3.2: an offset has 13 bits. A fragment that ends beyond 65535 does not go on; cut again, its second half would
// be a piece from the front of the datagram. What ends just there is cut as any other.
TEST(forward_fragment_beyond)
{
  struct wire w;
  router();
  for(int mtu = 1500; mtu > 0; mtu = mtu == 1500 ? 576 : 0){
    CHECK_EQ(netif_set_mtu(&second_nif, mtu), 0);
    to(&w, FRIEND, 1400)->ip_off = htons(65528 / 8);
    comes(&w, 0);
    w_iph(&w)->ip_off = htons(65528 / 8 | IP_MF);
    comes(&w, 0);
    w_iph(&w)->ip_off = htons(64112 / 8);  // ends at 65540 with its header
    comes(&w, 0);
  }
  CHECK_EQ(drops(DROP_FRAG_BEYOND), 6);
  w_iph(&w)->ip_off = htons(64104 / 8);
  comes(&w, 3);
  for(int i = 0; i < 3; i++)
    CHECK_EQ((ntohs(sent_ip(i)->ip_off) & IP_OFFMASK) * 8, 64104 + 552 * i);
}

// RFC 1812 5.2.7.2: back to the link it came from: forwarded, and its sender told of the shorter way if that is its neighbour.
TEST(forward_redirect)
{
  struct wire w;
  router();
  CHECK_EQ(arptab_learn(&card, PEER_IP, peer_mac, 1), 1);
  CHECK_EQ(route_add(MAKE_IP_ADDR(198, 51, 100, 0), 0xffffff00, PEER_IP, &card), 0);
  to(&w, MAKE_IP_ADDR(198, 51, 100, 1), 20);
  comes(&w, 2);
  told(ICMP_REDIRECT, 1);
  CHECK_EQ(ntohl(((const struct icmp *)sent_l4(0))->u.gateway), PEER_IP);
  CHECK_BYTES(sent_eth(1)->dhost, peer_mac, 6);
  to(&w, MAKE_IP_ADDR(198, 51, 100, 1), 20)->ip_src = htonl(FAR_IP);  // is no neighbour of the next hop's
  comes(&w, 1);
  CHECK_EQ(sent_ip(0)->ip_p, IPPROTO_UDP);
}

// A packet with these options comes and goes on: what they are then.
static const uint8 *
options_of(const char *hex)
{
  struct wire w, o = { 0 };
  w_hex(&o, hex);
  w_ip(&w, GW_IP, FRIEND, 99, 8 + o.n, 1, 0);
  w_put(&w, o.b, o.n);
  w_fill(&w, 8);
  w_iph(&w)->ip_vhl += o.n / 4;
  comes(&w, 1);
  CHECK_EQ(ip_hlen(sent_ip(0)), 20 + o.n);
  CHECK(sum_is_right(sent_ip(0)));
  return (const uint8 *)(sent_ip(0) + 1);
}

// RFC 791 3.1, RFC 1812 5.2.4.1, 5.3.13: record route and timestamp as far as they have room; what we do not know stays.
TEST(forward_options)
{
  router();
  CHECK_BYTES(options_of("07 07 04 00 00 00 00 01"), "\x07\x07\x08\x0a\x00\x03\x0f\x01", 8);
  CHECK_BYTES(options_of("07 07 08 01 02 03 04 01"), "\x07\x07\x08\x01\x02\x03\x04\x01", 8);  // full
  CHECK_BYTES(options_of("94 04 00 00 07 07 04 00 00 00 00 00"), "\x94\x04\x00\x00\x07\x07\x08\x0a\x00\x03\x0f\x00", 12);
  CHECK_BYTES(options_of("00 07 07 04 00 00 00 00"), "\x00\x07\x07\x04\x00\x00\x00\x00", 8);  // behind the end
  CHECK_BYTES(options_of("44 04 05 00"), "\x44\x04\x05\x10", 4);
  CHECK_BYTES(options_of("44 04 05 f0"), "\x44\x04\x05\xf0", 4);  // it counts no further
  const uint8 *o = options_of("44 08 05 00 00 00 00 00");
  CHECK_EQ(o[2], 9);
  CHECK_EQ(o[4] & 0x80, 0x80);
  o = options_of("44 0c 05 01 00 00 00 00 00 00 00 00");
  CHECK_EQ(o[2], 13);
  CHECK_BYTES(o + 4, "\x0a\x00\x03\x0f", 4);
  CHECK_EQ(o[8] & 0x80, 0x80);
  CHECK_BYTES(options_of("44 0c 05 03 0a 00 02 0f 00 00 00 00"), "\x44\x0c\x05\x03\x0a\x00\x02\x0f\0\0\0\0", 12);  // not us
  o = options_of("44 0c 05 03 0a 00 03 0f 00 00 00 00");
  CHECK_EQ(o[2], 13);
  CHECK_EQ(o[8] & 0x80, 0x80);
}

// --- the filter ---

static uint32 ids[FILTER_ASKED];  // of packets that the filter has read, by what reads() returned

// The filter reads a packet; the first byte of its UDP payload; negative: an error.
static int
reads(void)
{
  const struct netctl_packet *h = (const struct netctl_packet *)host_user;
  int n = filter_read(UBASE, 100, 1);
  if(n < 0)
    return n;
  ids[h->bytes[28]] = h->id;
  return h->bytes[28];
}

// The filter's answers for those packets, whose marks are given; bit i of `yes`: the i-th one may go on. result: how many were
// taken, or an error.
static int
says(const uint8 *marks, int n, uint64 yes)
{
  struct netctl_verdict *v = (struct netctl_verdict *)host_user;
  for(int i = 0; i < n; i++)
    v[i] = (struct netctl_verdict){ ids[marks[i]], yes >> i & 1 };
  int r = filter_write(UBASE, n * sizeof(*v));
  return r < 0 ? r : r / (int)sizeof(*v);
}
#define SAYS(yes, ...) says((const uint8[]){ __VA_ARGS__ }, sizeof((const uint8[]){ __VA_ARGS__ }), yes)

static void
arrives(uint8 mark)
{
  struct wire w;
  to(&w, FRIEND, 20);
  w.b[42] = mark;
  w_udp_sum(&w);
  w_ip_sum(&w);
  feed(&w);
}

// One filter; each packet waits for its word, in order; afterwards all go on.
TEST(filter_asks)
{
  router();
  CHECK_EQ(filter_open(), 0);
  CHECK_EQ(filter_open(), -EBUSY);
  CHECK_EQ(reads(), -EAGAIN);
  CHECK_EQ(filter_poll(), POLLOUT);
  for(int i = 1; i <= 3; i++)
    arrives(i);
  CHECK_EQ(filter_poll(), POLLOUT | POLLIN);
  CHECK_EQ(nsent(), 0);
  for(int i = 1; i <= 3; i++)
    CHECK_EQ(reads(), i);
  CHECK_EQ(reads(), -EAGAIN);
  CHECK_EQ(SAYS(0b1101, 1, 2, 3, 3), 3);  // the last one has its answer already
  CHECK_EQ(SAYS(1, 3), -EINVAL);
  CHECK_EQ(nsent(), 2);
  CHECK_EQ(sent_l4(0)[8], 1);
  CHECK_EQ(sent_l4(1)[8], 3);
  CHECK_EQ(drops(DROP_IP_FILTERED), 1);
  filter_close();
  arrives(4);
  CHECK_EQ(nsent(), 3);
}

// Two processes read, and the one that read later answers first: its answer is about what it read.
TEST(filter_answers_in_any_order)
{
  router();
  CHECK_EQ(filter_open(), 0);
  for(int i = 1; i <= 3; i++){
    arrives(i);
    CHECK_EQ(reads(), i);
  }
  CHECK_EQ(SAYS(0, 2), 1);
  CHECK_EQ(drops(DROP_IP_FILTERED), 1);
  CHECK_EQ(SAYS(3, 3, 1), 2);
  CHECK_EQ(nsent(), 2);
  CHECK_EQ(sent_l4(0)[8], 3);
  CHECK_EQ(sent_l4(1)[8], 1);
  // An answer to a packet that has gone is none to the one that has its place now.
  arrives(4);
  CHECK_EQ(reads(), 4);
  CHECK_EQ(SAYS(1, 1), -EINVAL);
  ids[1] = 0;
  CHECK_EQ(SAYS(1, 1), -EINVAL);
  CHECK_EQ(SAYS(1, 4), 1);
  CHECK_EQ(nsent(), 3);
  filter_close();
}

// When the filter ends, what waits is dropped by name; a packet that has just seen that there was one, too.
TEST(filter_ends)
{
  router();
  CHECK_EQ(filter_open(), 0);
  arrives(1);
  arrives(2);
  CHECK_EQ(reads(), 1);
  void (*ask)(struct pktbuf *) = ip_forward_ask;  // as another hart has it that is a moment late
  filter_close();
  CHECK_EQ(drops(DROP_IP_FILTERED), 2);
  struct pktbuf *p = pkt_alloc();
  ask(p);
  CHECK_EQ(drops(DROP_IP_FILTERQ), 1);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(filter_open(), 0);
  filter_close();
}

// Both of its queues are bounded; the first one asks the cards to wait, and lets them go on when it is nearly empty.
TEST(filter_bounds)
{
  router();
  CHECK_EQ(filter_open(), 0);
  for(int i = 0; i < FILTER_QUEUE + 1; i++){
    CHECK_EQ(gate_open(), i < FILTER_QUEUE * 3 / 4);
    arrives(i);
  }
  CHECK_EQ(drops(DROP_IP_FILTERQ), 1);
  for(int i = 0; i < FILTER_ASKED; i++){
    CHECK_EQ(gate_open(), i >= FILTER_QUEUE * 3 / 4);
    CHECK_EQ(reads(), i);
  }
  arrives(1);
  CHECK_EQ(reads(), -ENOBUFS);
  uint8 all[FILTER_ASKED];
  for(int i = 0; i < FILTER_ASKED; i++)
    all[i] = i;
  CHECK_EQ(filter_write(UBASE, (FILTER_ASKED + 1) * sizeof(struct netctl_verdict)), -EINVAL);
  CHECK_EQ(filter_write(UBASE, -8), -EINVAL);
  CHECK_EQ(filter_write(UBASE, sizeof(struct netctl_verdict) - 1), -EINVAL);
  CHECK_EQ(says(all, FILTER_ASKED, 0), FILTER_ASKED);
  CHECK_EQ(reads(), 1);
  filter_close();
}

// A filter that ends with a full queue does not leave input stopped.
TEST(filter_ends_full)
{
  router();
  CHECK_EQ(filter_open(), 0);
  for(int i = 0; i < FILTER_QUEUE; i++)
    arrives(i);
  CHECK(!gate_open());
  filter_close();
  CHECK(gate_open());
  CHECK_EQ(filter_open(), 0);
  for(int i = 0; i < FILTER_QUEUE; i++)
    arrives(i);
  CHECK(!gate_open());
  filter_close();
}

// A bad buffer costs no packet and no verdict; a short one is filled.
TEST(filter_buffers)
{
  router();
  CHECK_EQ(filter_open(), 0);
  arrives(7);
  host_wakeups = 0;
  CHECK_EQ(filter_read(UREADONLY, 100, 1), -EFAULT);
  CHECK_EQ(host_wakeups, 1);  // somebody else may take it
  CHECK_EQ(filter_read(UREADONLY - sizeof(struct netctl_packet), 100, 1), -EFAULT);
  CHECK_EQ(filter_read(UBASE, sizeof(struct netctl_packet) - 1, 1), -EINVAL);
  CHECK_EQ(filter_read(UBASE, 24, 1), 24);
  ids[7] = ((struct netctl_packet *)host_user)->id;
  CHECK_EQ(filter_write(UBASE - 1, sizeof(struct netctl_verdict)), -EFAULT);
  CHECK_EQ(SAYS(1, 7), 1);
  CHECK_EQ(nsent(), 1);
  filter_close();
}

static void
one_arrives(void)
{
  arrives(9);
}

// A filter that waits is woken by the next packet, or killed.
TEST(filter_waits)
{
  router();
  CHECK_EQ(filter_open(), 0);
  CHECK_EQ(filter_read(UBASE, 100, 0), -EINTR);
  host_on_sleep = one_arrives;
  host_wakeups = 0;
  CHECK_EQ(filter_read(UBASE, 100, 0), 52);
  CHECK_EQ(((struct netctl_packet *)host_user)->bytes[28], 9);
  CHECK_EQ(host_wakeups, 1);
  filter_close();
}

// The way on leads to this machine itself since the program began to think.
TEST(filter_route_inside)
{
  router();
  CHECK_EQ(filter_open(), 0);
  arrives(1);
  CHECK_EQ(reads(), 1);
  second_nif.loopback = 1;
  CHECK_EQ(SAYS(1, 1), 1);
  second_nif.loopback = 0;
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(sent_l4(0)[0] << 8 | sent_l4(0)[1], ICMP_UNREACH << 8 | ICMP_UNREACH_NET);
  CHECK_EQ(drops(DROP_IP_NOROUTE), 1);
  filter_close();
}

// The next link has become too narrow for it since the program began to think: DF is obeyed, and the sender told.
TEST(filter_mtu_changed)
{
  struct wire w;
  router();
  CHECK_EQ(filter_open(), 0);
  to(&w, FRIEND, 549)->ip_off = htons(IP_DF);
  comes(&w, 0);
  CHECK_EQ(filter_read(UBASE, 100, 1), 100);
  ids[0] = ((struct netctl_packet *)host_user)->id;
  CHECK_EQ(netif_set_mtu(&second_nif, 576), 0);
  CHECK_EQ(SAYS(1, 0), 1);
  CHECK_EQ(nsent(), 1);
  told(ICMP_UNREACH, ICMP_UNREACH_NEEDFRAG);
  CHECK_EQ(drops(DROP_IP_TOOBIG), 1);
  filter_close();
}

// The way on is gone while the program was thinking.
TEST(filter_route_gone)
{
  router();
  CHECK_EQ(filter_open(), 0);
  arrives(1);
  CHECK_EQ(reads(), 1);
  CHECK_EQ(netif_config(&second_nif, 0, 0, 0), 0);
  CHECK_EQ(netif_config(&card, 0, 0, 0), 0);
  CHECK_EQ(SAYS(1, 1), 1);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(drops(DROP_IP_NOROUTE), 2);  // the packet, and what its sender was to be told
  filter_close();
}
