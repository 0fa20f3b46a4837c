#include "fixture.h"

// What the tests break: a datagram to port 2000 of ours, which s has.
static struct sock *s;
static struct wire w;

static void
good(void)
{
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 12);
}

// The frame as it is now is dropped for this reason, and nobody is told.
static void
dropped(enum drop_reason why)
{
  long before = drops(why);
  feed(&w);
  if(drops(why) != before + 1)
    test_fail(__FILE__, __LINE__, "not dropped as %s", drop_names[why]);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  CHECK_EQ(nsent(), 0);
}

static void
arrives(void)
{
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), 12);
}

// I1: any version but 4.
TEST(ip_version)
{
  s = udp_socket(2000);
  for(int v = 0; v < 16; v++){
    good();
    w_iph(&w)->ip_vhl = v << 4 | 5;
    w_ip_sum(&w);
    if(v == 4)
      arrives();
    else
      dropped(DROP_IP_VERSION);
  }
  sock_close(s);
}

// I2, I3: a header shorter than a header, or longer than the frame.
TEST(ip_header_length)
{
  s = udp_socket(2000);
  for(int words = 0; words < 16; words++){
    good();
    w_iph(&w)->ip_vhl = 4 << 4 | words;
    if(words == 5)
      continue;
    if(words < 5 || words * 4 > 40)
      dropped(DROP_IP_IHL);
  }
  w_eth(&w, our_mac, gw_mac, ETHTYPE_IP);
  for(uint n = 0; n < 20; n++){
    w.n = 14;
    w_fill(&w, n);
    dropped(DROP_IP_SHORT);
  }
  sock_close(s);
}

// I4, I5: a total length below the header, or beyond the frame.
TEST(ip_total_length)
{
  s = udp_socket(2000);
  static const uint16 bad[] = { 0, 1, 19, 41, 1500, 65535 };
  for(uint i = 0; i < NELEM(bad); i++){
    good();
    w_iph(&w)->ip_len = htons(bad[i]);
    w_ip_sum(&w);
    dropped(DROP_IP_LEN);
  }
  good();
  for(uint n = 34; n < w.n; n++)
    feed_bytes(w.b, n);
  CHECK_EQ(drops(DROP_IP_LEN), NELEM(bad) + w.n - 34);
  sock_close(s);
}

// E8 (receiving): what the link added behind the datagram is not part of it.
TEST(ip_padding_is_cut)
{
  s = udp_socket(2000);
  good();
  w_fill(&w, 30);
  arrives();
  w_iph(&w)->ip_p = 99;  // whose protocol is not here comes back in the error, without the padding
  w_ip_sum(&w);
  feed(&w);
  CHECK_EQ(ntohs(sent_ip(0)->ip_len), 28 + 40);
  sock_close(s);
}

// I6: one flipped bit anywhere in the header.
TEST(ip_checksum)
{
  s = udp_socket(2000);
  for(uint at = 0; at < 20; at++){
    if(at == 0 || at == 2 || at == 3)
      continue;  // version and lengths are checked before
    good();
    w.b[14 + at] ^= 0x04;
    dropped(DROP_IP_CKSUM);
  }
  sock_close(s);
}

// I7: a datagram for us has arrived: its time to live does not matter any more (RFC 1122 3.2.1.7).
TEST(ip_ttl_of_what_arrives)
{
  s = udp_socket(2000);
  for(int ttl = 0; ttl < 3; ttl++){
    good();
    w_iph(&w)->ip_ttl = ttl;
    w_ip_sum(&w);
    arrives();
  }
  sock_close(s);
}

// I8: sources that no host on the wire has; among them ourselves (land).
TEST(ip_source_is_no_host)
{
  static const uint32 bad[] = { 0, 1, INADDR_BROADCAST, NET_BCAST, MAKE_IP_ADDR(224, 0, 0, 1), MAKE_IP_ADDR(239, 255, 255, 255),
                                MAKE_IP_ADDR(240, 0, 0, 1), INADDR_LOOPBACK, MAKE_IP_ADDR(127, 255, 255, 254), OUR_IP,
                                NET_BCAST & ~255u };
  s = udp_socket(2000);
  for(uint i = 0; i < NELEM(bad); i++){
    w_udp(&w, bad[i], 7, OUR_IP, 2000, 12);
    dropped(DROP_IP_SRC);
  }
  // 127 is nobody's on a wire, also when lo is down.
  CHECK_EQ(netif_config(&loopback, INADDR_LOOPBACK, 0xff000000, 0), 0);
  w_udp(&w, INADDR_LOOPBACK, 7, OUR_IP, 2000, 12);
  dropped(DROP_IP_SRC);
  sock_close(s);
}

// RFC 1122 3.2.1.3(a), RFC 2131 4.1: from address 0 comes only what a host asks everybody for an address with. Sockets of any
// address get it, nobody else, and nobody is told when nobody does.
TEST(ip_host_without_address)
{
  struct endpoint from, ours = { OUR_IP, 67 };
  int err;
  struct sock *any = udp_socket(68), *one = sock_create(SOCK_DGRAM, &err);
  CHECK_EQ(sock_bind(one, &ours), 0);
  for(int i = 0; i < 2; i++){
    w_udp(&w, 0, 68, INADDR_BROADCAST, 67 + i, 12);
    memcpy(w.b, ether_broadcast, 6);
    feed(&w);
  }
  CHECK_EQ(receive(any, 100, &from), 12);
  CHECK_EQ(from.addr, 0);
  CHECK_EQ(from.port, 68);
  CHECK_EQ(sock_sendto(any, UBASE, 4, &from, 0), -EINVAL);  // it has no address yet
  CHECK_EQ(receive(one, 100, 0), -EAGAIN);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  w_icmp(&w, 0, INADDR_BROADCAST, ICMP_ECHO, 0, 1, "x", 1);
  feed(&w);
  CHECK_EQ(drops(DROP_ICMP_BCAST), 1);
  static const uint32 dst[] = { OUR_IP, NET_BCAST, PEER_IP, INADDR_LOOPBACK, 0 };
  for(uint i = 0; i < NELEM(dst); i++){
    w_udp(&w, 0, 68, dst[i], 68, 12);
    feed(&w);
    CHECK_EQ(drops(DROP_IP_SRC), i + 1);
  }
  w_udp(&w, 1, 68, INADDR_BROADCAST, 68, 12);  // {0, host} is a form that no host uses
  feed(&w);
  CHECK_EQ(drops(DROP_IP_SRC), NELEM(dst) + 1);
  CHECK_EQ(nsent(), 0);
  sock_close(any);
  sock_close(one);
}

// Destinations that are not ours: another host, another net, loopback, multicast, nobody.
TEST(ip_destination_is_not_ours)
{
  static const uint32 bad[] = { PEER_IP, FAR_IP, INADDR_LOOPBACK, MAKE_IP_ADDR(224, 0, 0, 1), 0, MAKE_IP_ADDR(10, 0, 3, 255) };
  s = udp_socket(2000);
  for(uint i = 0; i < NELEM(bad); i++){
    w_udp(&w, GW_IP, 7, bad[i], 2000, 12);
    dropped(DROP_IP_DST);
  }
  sock_close(s);
}

// A card without an address takes no address for its own, not even 0.
TEST(ip_without_address)
{
  s = udp_socket(2000);
  CHECK_EQ(netif_config(&card, 0, 0, 1), 0);
  w_udp(&w, GW_IP, 7, 0, 2000, 12);
  dropped(DROP_IP_DST);
  good();
  dropped(DROP_IP_DST);
  w_udp(&w, GW_IP, 7, INADDR_BROADCAST, 2000, 12);
  memcpy(w.b, ether_broadcast, 6);
  arrives();
  sock_close(s);
}

// I9: TCP to a broadcast address is not answered, nor is any protocol that we lack.
TEST(ip_broadcast_is_never_answered)
{
  s = udp_socket(2000);
  for(int i = 0; i < 2; i++){
    w_ip(&w, GW_IP, i ? NET_BCAST : INADDR_BROADCAST, IPPROTO_TCP, 20, 1, 0);
    w_fill(&w, 20);
    memcpy(w.b, ether_broadcast, 6);
    dropped(DROP_IP_PROTO);
  }
  sock_close(s);
}

// Put n bytes of options, a multiple of 4, behind the header of good().
static void
with_options(const char *hex)
{
  static struct wire options;
  good();
  uint8 rest[64];
  uint n = w.n - 34;
  memcpy(rest, w.b + 34, n);
  options.n = 0;
  w_hex(&options, hex);
  CHECK_EQ(options.n % 4, 0);
  w.n = 34;
  w_put(&w, options.b, options.n);
  w_put(&w, rest, n);
  struct ip *h = w_iph(&w);
  h->ip_vhl = 4 << 4 | (5 + options.n / 4);
  h->ip_len = htons(w.n - 14);
  w_ip_sum(&w);
}

// Options that are well formed, known or not, with an end or without, do not keep a datagram from arriving.
TEST(ip_options_are_passed_over)
{
  static const char *ok[] = {
    "01010101", "00000000", "01010100", "94040000", "8803ff01", "07070400 00000000", "44080501 00000000", "0707 08 00000000 01",
    "00ffffff", "010100ff", "01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101 01010101",
    "07270400 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000001",
  };
  s = udp_socket(2000);
  for(uint i = 0; i < NELEM(ok); i++){
    with_options(ok[i]);
    arrives();
  }
  sock_close(s);
}

// I10, I11, I13: lengths 0 and 1, beyond the header, a length that is not there, pointers that point nowhere.
TEST(ip_options_malformed)
{
  static const char *bad[] = {
    "94000000", "94010000", "94050000", "01010194", "01019428", "07070300 00000000", "0707ff00 00000000", "07070900 00000000",
    "44080400 00000000", "44080a00 00000000", "07020000", "44030000", "ff ff0000",
  };
  s = udp_socket(2000);
  for(uint i = 0; i < NELEM(bad); i++){
    with_options(bad[i]);
    feed(&w);
    CHECK_EQ(drops(DROP_IP_OPTIONS), i + 1);
    CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  }
  // The sender is told where it went wrong (RFC 1122 3.2.2.5).
  const struct icmp *m = (const struct icmp *)sent_l4(0);
  CHECK_EQ(m->type, ICMP_PARAMPROB);
  CHECK_EQ(((const uint8 *)m)[4], 20);
  CHECK_EQ(nsent(), NELEM(bad));
  sock_close(s);
}

// I12: source routes, loose and strict, wherever they stand.
TEST(ip_source_routes)
{
  static const char *bad[] = { "83070400 00000000", "89070400 00000000", "01010183 03040000", "83031000", "89030000" };
  s = udp_socket(2000);
  for(uint i = 0; i < NELEM(bad); i++){
    with_options(bad[i]);
    dropped(DROP_IP_SRCROUTE);
  }
  sock_close(s);
}

// I14: the reserved flag. "Do not fragment" is for gateways (RFC 791 3.2); frag_with_df has fragments that say it.
TEST(ip_flags)
{
  static const uint16 bad[] = { 0x8000, 0xc000, 0xa000, 0xffff };
  s = udp_socket(2000);
  for(uint i = 0; i < NELEM(bad); i++){
    good();
    w_iph(&w)->ip_off = htons(bad[i]);
    w_ip_sum(&w);
    dropped(DROP_IP_FLAGS);
  }
  good();
  w_iph(&w)->ip_off = htons(IP_DF);
  w_ip_sum(&w);
  arrives();
  sock_close(s);
}

// I15, I16: a protocol that is not here, IP in IP among them, however deep: one answer 3/2, no more work.
TEST(ip_unknown_protocol)
{
  w_ip(&w, GW_IP, OUR_IP, 4, 400, 1, 0);
  for(int i = 0; i < 20; i++)
    w_put(&w, w.b + 14, 20);
  feed(&w);
  CHECK_EQ(drops(DROP_IP_PROTO), 1);
  CHECK_EQ(nsent(), 1);
  const struct icmp *m = (const struct icmp *)sent_l4(0);
  CHECK_EQ(m->type, ICMP_UNREACH);
  CHECK_EQ(m->code, ICMP_UNREACH_PROTOCOL);
  CHECK_BYTES((uint8 *)m + 8, w.b + 14, 420);
}

// RFC 6864: no identification comes again before all others were used, and the next is not the last one plus 1.
TEST(ip_identifications_do_not_repeat)
{
  static uint8 seen[65536];
  struct sock *a = udp_socket(2000);
  int steps = 0;
  uint16 last = 0;
  for(int i = 0; i < 65536; i++){
    if(nsent() > 4000){
      sent_clear();
      card_clean();
    }
    CHECK_EQ(send_to(a, GW_IP, 9, 0), 0);
    uint16 id = ntohs(sent_ip(nsent() - 1)->ip_id);
    CHECK_EQ(seen[id], 0);
    seen[id] = 1;
    steps += (uint16)(id - last) == 1;
    last = id;
  }
  CHECK(steps < 100);
  sock_close(a);
}

// RFC 6864 4.3: a flood of short datagrams does not use up the identifications of those that go out in fragments.
TEST(ip_identifications_of_fragments)
{
  static uint8 seen[65536];
  struct sock *a = udp_socket(2000);
  for(int i = 0; i < 300; i++){  // the 257th would have the first one's number
    sent_clear();
    card_clean();
    CHECK_EQ(send_to(a, GW_IP, 9, 2000), 2000);
    uint16 id = ntohs(sent_ip(0)->ip_id);
    CHECK_EQ(ntohs(sent_ip(1)->ip_id), id);
    CHECK_EQ(seen[id], 0);
    seen[id] = 1;
    for(int k = 0; k < 255; k++){
      if(k % 60 == 0)
        card_clean();
      CHECK_EQ(send_to(a, GW_IP, 9, 0), 0);
    }
  }
  sock_close(a);
}

// A transport cannot send more than a datagram holds.
TEST(ip_longer_than_a_datagram)
{
  struct dst way;
  struct pktbuf *first = 0, **at = &first;
  CHECK_EQ(dst_find(GW_IP, 0, &way), 0);
  for(int i = 0; i < 22; i++){
    *at = pkt_alloc();
    pkt_put(*at, i < 21 ? 3000 : 2516);
    at = &(*at)->more;
  }
  CHECK_EQ(ip_output(&way, first, &(struct ip_form){ .proto = IPPROTO_UDP, .ttl = 64 }), -EMSGSIZE);
  CHECK_EQ(drops(DROP_IP_TOOBIG), 1);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(pkt_in_use(), 0);
}

// The MTU shrinks when the NIC is already to fill in the checksum: the datagram is not cut, or its pieces would have none.
TEST(ip_mtu_shrinks_on_the_way)
{
  struct dst way;
  CHECK_EQ(dst_find(GW_IP, 0, &way), 0);
  struct pktbuf *p = pkt_alloc();
  pkt_reserve(p, PKT_DATA);
  pkt_put(p, 1000);
  p->csum_offload = 1;
  CHECK_EQ(netif_set_mtu(&card, 576), 0);
  CHECK_EQ(ip_output(&way, p, &(struct ip_form){ .proto = IPPROTO_UDP, .ttl = 64 }), -EMSGSIZE);
  CHECK_EQ(netif_set_mtu(&card, 1500), 0);
  CHECK_EQ(drops(DROP_TX_LONG), 1);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(pkt_in_use(), 0);
}

// What goes beyond the link goes to the gateway's card, with the far address in the header.
TEST(ip_by_the_gateway)
{
  struct sock *a = udp_socket(2000);
  CHECK_EQ(send_to(a, FAR_IP, 9, 4), 4);
  CHECK_BYTES(sent_eth(0)->dhost, gw_mac, 6);
  CHECK_EQ(ntohl(sent_ip(0)->ip_dst), FAR_IP);
  CHECK_EQ(route_delete(0, 0, 0), 0);
  CHECK_EQ(send_to(a, FAR_IP, 9, 4), -ENETUNREACH);
  CHECK_EQ(drops(DROP_IP_NOROUTE), 1);
  sock_close(a);
}

// 127 is never seen on a wire, neither as destination nor as source.
TEST(ip_loopback_stays_inside)
{
  int err;
  struct sock *a = sock_create(SOCK_DGRAM, &err);
  struct endpoint ep = { INADDR_LOOPBACK, 2000 };
  CHECK_EQ(sock_bind(a, &ep), 0);
  CHECK_EQ(send_to(a, GW_IP, 9, 4), -ENETUNREACH);
  CHECK_EQ(netif_config(&loopback, INADDR_LOOPBACK, 0xff000000, 0), 0);
  CHECK_EQ(send_to(a, MAKE_IP_ADDR(127, 0, 0, 2), 9, 4), -ENETUNREACH);
  CHECK_EQ(nsent(), 0);
  sock_close(a);
}

// Multicast, class E and this-net destinations have no route, whatever the default route says.
TEST(ip_destinations_without_route)
{
  struct sock *a = udp_socket(2000);
  CHECK_EQ(send_to(a, MAKE_IP_ADDR(224, 0, 0, 251), 9, 4), -ENETUNREACH);
  CHECK_EQ(send_to(a, MAKE_IP_ADDR(240, 0, 0, 1), 9, 4), -ENETUNREACH);
  CHECK_EQ(send_to(a, 5, 9, 4), -ENETUNREACH);
  CHECK_EQ(nsent(), 0);
  sock_close(a);
}

// RFC 1122 3.2.1.3, 4.1.3.6: a source is an address of ours: a socket whose address went away sends no more.
TEST(ip_source_is_ours)
{
  struct sock *a = udp_connected(2000, FAR_IP, 9), *b = udp_socket(0);
  struct endpoint ours = { OUR_IP, 2001 }, far = { FAR_IP, 9 };
  CHECK_EQ(sock_bind(b, &ours), 0);
  CHECK_EQ(send_to(a, 0, 0, 4), 4);
  CHECK_EQ(send_to(b, GW_IP, 9, 4), 4);
  CHECK_EQ(netif_config(&card, PEER_IP, 0xffffff00, 1), 0);
  sent_clear();
  CHECK_EQ(send_to(a, 0, 0, 4), -EADDRNOTAVAIL);
  CHECK_EQ(send_to(b, GW_IP, 9, 4), -EADDRNOTAVAIL);
  CHECK_EQ(send_to(b, INADDR_LOOPBACK, 9, 4), -EADDRNOTAVAIL);
  for(int i = 0; i < nsent(); i++)
    CHECK_EQ(ntohs(sent_eth(i)->type), ETHTYPE_ARP);
  CHECK_EQ(sock_connect(b, &far, 0), -EADDRNOTAVAIL);
  CHECK_EQ(sock_connect(a, &far, 0), 0);  // from the address that there is now
  CHECK_EQ(send_to(a, 0, 0, 4), 4);
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 1), 0);
  CHECK_EQ(send_to(b, GW_IP, 9, 4), 4);
  sock_close(a);
  sock_close(b);
}

// RFC 1122 3.3.6: the old form of a broadcast address, zeros behind the net, is taken as one: nobody is told of it.
TEST(ip_old_broadcast)
{
  s = udp_socket(2000);
  w_udp(&w, GW_IP, 7, MAKE_IP_ADDR(10, 0, 2, 0), 2000, 12);
  memcpy(w.b, ether_broadcast, 6);
  arrives();
  w_udp(&w, GW_IP, 7, MAKE_IP_ADDR(10, 0, 2, 0), 2001, 12);
  dropped(DROP_UDP_NOPORT);
  sock_close(s);
}

// A second card makes no router: what comes in by one for somebody behind the other stays here, broadcasts too. An address
// of ours is taken whichever card it comes in by (the weak model of RFC 1122 3.3.4.2), and answers for itself.
TEST(ip_second_card)
{
  static struct netif second;
  second = card;
  safestrcpy(second.name, "e1", sizeof(second.name));
  second.mac[5] = 0x57;
  CHECK_EQ(netif_register(&second), 0);
  host_advance(3 * SEC);
  sent_clear();
  w_udp(&w, GW_IP, 7, MAKE_IP_ADDR(10, 0, 3, 9), 2000, 4);
  feed(&w);
  w_udp(&w, GW_IP, 7, MAKE_IP_ADDR(10, 0, 3, 255), 2000, 4);
  feed(&w);
  CHECK_EQ(drops(DROP_IP_DST), 2);
  w_udp(&w, GW_IP, 7, INADDR_BROADCAST, 2000, 4);
  memcpy(w.b, ether_broadcast, 6);
  feed(&w);
  CHECK_EQ(nsent(), 0);
  w_icmp(&w, GW_IP, MAKE_IP_ADDR(10, 0, 3, 15), ICMP_ECHO, 0, 1, "x", 1);
  feed(&w);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(ntohl(sent_ip(0)->ip_src), MAKE_IP_ADDR(10, 0, 3, 15));
  CHECK_EQ(ntohl(sent_ip(0)->ip_dst), GW_IP);
}

static struct ip seen;
static uint8 seen_options[8];

static void
look(struct netif *nif, struct pktbuf *p)
{
  const struct ip *h = (struct ip *)(p->page + p->l3);
  CHECK(nif == &card && p->nif == &card);
  CHECK_EQ(p->l4, p->l3 + ip_hlen(h));
  CHECK_EQ(p->head, p->l4);
  seen = *h;
  memcpy(seen_options, h + 1, ip_hlen(h) - sizeof(*h));
  pkt_free(p);
}

// RFC 1122 3.4: a transport gets what IP knows: the interface, and the header as it came, its options too.
TEST(ip_header_is_passed_up)
{
  static const struct ip_transport other = { .proto = 253, .input = look };
  ip_register(&other);
  with_options("44080501 00000000");
  w_iph(&w)->ip_p = 253;
  w_iph(&w)->ip_tos = 0xb8;
  w_ip_sum(&w);
  feed(&w);
  CHECK_EQ(seen.ip_tos, 0xb8);
  CHECK_EQ(seen.ip_ttl, 64);
  CHECK_EQ(ntohs(seen.ip_len), 28 + 28 + 12 - 20);
  CHECK_EQ(ntohl(seen.ip_src), GW_IP);
  CHECK_EQ(ntohl(seen.ip_dst), OUR_IP);
  CHECK_BYTES(seen_options, w.b + 34, 8);
}

// Broadcasts go out to everybody on the link, without ARP.
TEST(ip_broadcasts_are_sent_to_all)
{
  struct sock *a = udp_socket(2000);
  int one = 1;
  CHECK_EQ(sock_setopt(a, SOL_SOCKET, SO_BROADCAST, &one, 4), 0);
  CHECK_EQ(send_to(a, INADDR_BROADCAST, 67, 4), 4);
  CHECK_EQ(send_to(a, NET_BCAST, 67, 4), 4);
  for(int i = 0; i < 2; i++){
    CHECK_BYTES(sent_eth(i)->dhost, ether_broadcast, 6);
    CHECK_EQ(ntohl(sent_ip(i)->ip_src), OUR_IP);
  }
  CHECK_EQ(netif_config(&card, 0, 0, 1), 0);  // a host that asks for its address (RFC 2131 4.1)
  CHECK_EQ(send_to(a, INADDR_BROADCAST, 67, 4), 4);
  CHECK_EQ(sent_ip(nsent() - 1)->ip_src, 0);
  sock_close(a);
}
