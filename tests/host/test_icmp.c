#include "fixture.h"

static struct wire w;

static const struct icmp *
reply(int i)
{
  return (const struct icmp *)sent_l4(i);
}

// An ICMP error to us that quotes a datagram of ours: protocol, ports, and n bytes of it in all.
static void
feed_error(uint8 type, uint8 code, uint32 rest, uint32 src, uint32 dst, uint8 proto, uint16 a, uint16 b, uint n)
{
  static struct wire inner;
  w_ip(&inner, src, dst, proto, 100, 9, 0);
  uint8 l4[8] = { a >> 8, a, b >> 8, b, 0, 108, 0, 0 };
  w_put(&inner, l4, 8);
  w_fill(&inner, 100);
  w_icmp(&w, GW_IP, OUR_IP, type, code, rest, inner.b + 14, n);
  feed(&w);
}

static void
feed_unreach(uint8 code, uint16 sport, uint32 dst, uint16 dport)
{
  feed_error(ICMP_UNREACH, code, 0, OUR_IP, dst, IPPROTO_UDP, sport, dport, 28);
}

// C3: an echo request comes back with the same bytes, of every length up to what takes fragments.
TEST(icmp_echo)
{
  static uint8 b[3000];
  for(uint i = 0; i < sizeof(b); i++)
    b[i] = i * 11;
  for(uint n = 0; n <= 1472; n += n < 40 ? 1 : 179){
    sent_clear();
    w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHO, 0, 0x12345678, b, n);
    w_iph(&w)->ip_tos = 0x10;
    w_ip_sum(&w);
    feed(&w);
    CHECK_EQ(nsent(), 1);
    CHECK_EQ(ntohl(sent_ip(0)->ip_src), OUR_IP);
    CHECK_EQ(ntohl(sent_ip(0)->ip_dst), GW_IP);
    CHECK_EQ(ntohs(sent_ip(0)->ip_len), 28 + n);
    CHECK_EQ(sent_ip(0)->ip_tos, 0x10);
    CHECK_EQ(reply(0)->type, ICMP_ECHOREPLY);
    CHECK_EQ(ntohl(reply(0)->u.gateway), 0x12345678);
    CHECK_EQ(ref_cksum((uint8 *)reply(0), 8 + n, 0), 0);
    CHECK_BYTES((uint8 *)(reply(0) + 1), b, n);
  }
}

// A reply of nothing but zeros: its checksum is the other zero, 0xffff, or no receiver takes it (RFC 1071, 1624).
TEST(icmp_echo_of_zeros)
{
  static const uint8 zeros[64];
  for(uint n = 0; n <= sizeof(zeros); n += 32){
    sent_clear();
    w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHO, 0, 0, zeros, n);
    feed(&w);
    CHECK_EQ(nsent(), 1);
    CHECK_EQ(ref_cksum((uint8 *)reply(0), 8 + n, 0), 0);
  }
}

// C3: one that came in fragments is answered in fragments, byte for byte.
TEST(icmp_echo_in_fragments)
{
  static struct wire all;
  static uint8 b[60000], back[65536];
  for(uint i = 0; i < sizeof(b); i++)
    b[i] = i * 11 >> 4;
  w_icmp(&all, GW_IP, OUR_IP, ICMP_ECHO, 0, 1, b, sizeof(b));
  uint len = all.n - 34, got = 0;
  for(uint off = 0; off < len; off += 1480){
    uint n = MIN(1480, len - off);
    w_ip(&w, GW_IP, OUR_IP, IPPROTO_ICMP, n, 3, off / 8 | (off + n < len ? IP_MF : 0));
    w_put(&w, all.b + 34 + off, n);
    feed(&w);
  }
  for(int i = 0; i < nsent(); i++){
    uint n = ntohs(sent_ip(i)->ip_len) - 20;
    memcpy(back + got, sent_l4(i), n);
    got += n;
  }
  CHECK_EQ(got, len);
  CHECK_EQ(ref_cksum(back, len, 0), 0);
  CHECK_BYTES(back + 8, b, sizeof(b));
}

// E8: the answer to a short request has zeros behind it, not what the request was padded with.
TEST(icmp_echo_padding)
{
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHO, 0, 1, "x", 1);
  while(w.n < 60)
    w_put(&w, "\xcc", 1);
  feed(&w);
  CHECK_EQ(sent(0)->len, 60);
  for(int i = 14 + 29; i < 60; i++)
    CHECK_EQ(sent(0)->b[i], 0);
}

// C1: shorter than a header.
TEST(icmp_short)
{
  for(uint n = 0; n < 8; n++){
    w_ip(&w, GW_IP, OUR_IP, IPPROTO_ICMP, n, 1, 0);
    w_fill(&w, n);
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ICMP_SHORT), 8);
  CHECK_EQ(nsent(), 0);
}

// C2: one flipped bit.
TEST(icmp_checksum)
{
  for(uint at = 0; at < 20; at++){
    w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHO, 0, 1, "twelve bytes", 12);
    w.b[34 + at] ^= 2;
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ICMP_CKSUM), 20);
  CHECK_EQ(nsent(), 0);
}

// C4: smurf: an echo request to a broadcast address, and one in a broadcast frame.
TEST(icmp_echo_to_broadcast)
{
  for(int i = 0; i < 3; i++){
    w_icmp(&w, GW_IP, i == 0 ? NET_BCAST : INADDR_BROADCAST, ICMP_ECHO, 0, 1, "x", 1);
    if(i < 2)
      memcpy(w.b, ether_broadcast, 6);
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ICMP_BCAST), 3);
  CHECK_EQ(nsent(), 0);
}

// A port that is unreachable is told to the socket that is connected to it, once; the next call after it goes on.
TEST(icmp_unreachable_to_connected_socket)
{
  struct sock *s = udp_connected(2000, GW_IP, 9), *other = udp_connected(2001, GW_IP, 9);
  feed_unreach(ICMP_UNREACH_PORT, 2000, GW_IP, 9);
  CHECK_EQ(sock_poll(s), POLLIN | POLLOUT | POLLERR);
  CHECK_EQ(sock_poll(other), POLLOUT);
  CHECK_EQ(receive(s, 10, 0), -ECONNREFUSED);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  feed_unreach(ICMP_UNREACH_PORT, 2000, GW_IP, 9);
  CHECK_EQ(send_to(s, 0, 0, 4), -ECONNREFUSED);
  CHECK_EQ(send_to(s, 0, 0, 4), 4);
  int e = 0;
  uint n = sizeof(e);
  feed_unreach(ICMP_UNREACH_HOST, 2000, GW_IP, 9);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_ERROR, &e, &n), 0);
  CHECK_EQ(e, EHOSTUNREACH);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_ERROR, &e, &n), 0);
  CHECK_EQ(e, 0);
  CHECK_EQ(counted(NET_ICMP_TOLD), 3);
  sock_close(s);
  sock_close(other);
}

// As in BSD: an error about what a socket without a peer has sent is nobody's, for nobody could tell which datagram it
// was about.
TEST(icmp_unreachable_to_an_unconnected_socket)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(send_to(s, GW_IP, 9, 4), 4);
  feed_unreach(ICMP_UNREACH_PORT, 2000, GW_IP, 9);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  CHECK_EQ(drops(DROP_ICMP_INNER), 1);
  CHECK_EQ(send_to(s, GW_IP, 9, 4), 4);
  sock_close(s);
}

// What each code means to a program.
TEST(icmp_meanings)
{
  static const struct { uint8 type, code; int err; } cases[] = {
    { 3, 0, ENETUNREACH }, { 3, 1, EHOSTUNREACH }, { 3, 2, EPROTONOSUPPORT }, { 3, 3, ECONNREFUSED }, { 3, 5, EOPNOTSUPP },
    { 3, 13, EHOSTUNREACH }, { 3, 200, EHOSTUNREACH }, { 11, 0, EHOSTUNREACH }, { 11, 1, EHOSTUNREACH }, { 12, 0, EHOSTUNREACH },
  };
  struct sock *s = udp_connected(2000, FAR_IP, 9);
  for(uint i = 0; i < NELEM(cases); i++){
    feed_error(cases[i].type, cases[i].code, 0, OUR_IP, FAR_IP, IPPROTO_UDP, 2000, 9, 28);
    CHECK_EQ(receive(s, 10, 0), -cases[i].err);
  }
  sock_close(s);
}

// C5: errors whose quoted part is cut short, lies about its header, or is about something that we did not send.
TEST(icmp_errors_about_nothing_of_ours)
{
  struct sock *s = udp_connected(2000, GW_IP, 9);
  long n = 0;
  for(uint cut = 0; cut < 28; cut++, n++)
    feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_UDP, 2000, 9, cut);
  feed_error(3, 3, 0, PEER_IP, GW_IP, IPPROTO_UDP, 2000, 9, 28), n++;    // not from us
  feed_error(3, 3, 0, OUR_IP, PEER_IP, IPPROTO_UDP, 2000, 9, 28), n++;   // not to our peer
  feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_UDP, 2000, 10, 28), n++;    // not to its port
  feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_UDP, 2222, 9, 28), n++;     // from no port of ours
  feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_UDP, 0, 0, 28), n++;
  feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_TCP, 2000, 9, 28), n++;     // protocols that we do not have
  feed_error(3, 3, 0, OUR_IP, GW_IP, 99, 2000, 9, 28), n++;
  for(int ihl = 0; ihl < 16; ihl++){
    if(ihl == 5)
      continue;
    feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_UDP, 2000, 9, 28);
    CHECK_EQ(receive(s, 10, 0), -ECONNREFUSED);
    w.b[14 + 20 + 8] = 0x40 | ihl;
    w.b[36] = w.b[37] = 0;
    uint16 sum = htons(ref_cksum(w.b + 34, w.n - 34, 0));
    memcpy(w.b + 36, &sum, 2);
    feed(&w), n++;
  }
  // A header of 16 bytes would make ports of the destination address: 10.0 and 2.2.
  struct sock *lied = udp_connected(0x0a00, GW_IP, 0x0202);
  feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_UDP, 2000, 9, 28);
  CHECK_EQ(receive(s, 10, 0), -ECONNREFUSED);
  w.b[14 + 20 + 8] = 0x44;
  w.b[36] = w.b[37] = 0;
  uint16 lied_sum = htons(ref_cksum(w.b + 34, w.n - 34, 0));
  memcpy(w.b + 36, &lied_sum, 2);
  feed(&w), n++;
  CHECK_EQ(receive(lied, 10, 0), -EAGAIN);
  sock_close(lied);
  feed_error(3, 3, 0, OUR_IP, GW_IP, IPPROTO_UDP, 2000, 9, 28);
  CHECK_EQ(receive(s, 10, 0), -ECONNREFUSED);
  w.b[42] = 0x65;  // version 6
  w.b[36] = w.b[37] = 0;
  uint16 sum = htons(ref_cksum(w.b + 34, w.n - 34, 0));
  memcpy(w.b + 36, &sum, 2);
  feed(&w), n++;
  CHECK_EQ(drops(DROP_ICMP_INNER), n);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  CHECK_EQ(nsent(), 0);
  sock_close(s);
}

// C6: "fragmentation needed" about what may be fragmented is a lie, whatever MTU it tells.
TEST(icmp_need_fragment)
{
  static const uint16 mtus[] = { 0, 1, 67, 68, 552, 65535 };
  struct sock *s = udp_connected(2000, GW_IP, 9);
  for(uint i = 0; i < NELEM(mtus); i++)
    feed_error(3, 4, mtus[i], OUR_IP, GW_IP, IPPROTO_UDP, 2000, 9, 28);
  CHECK_EQ(drops(DROP_ICMP_INNER), NELEM(mtus));
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  CHECK_EQ(send_to(s, 0, 0, 1472), 1472);
  CHECK_EQ(nsent(), 1);
  sock_close(s);
}

// Who of us would get a datagram for dst.
static uint32
next_hop(uint32 dst)
{
  uint32 hop = 0;
  CHECK(route_lookup(dst, &hop) == &card);
  return hop;
}

static void
feed_redirect(uint8 code, uint32 dst, uint32 gateway)
{
  feed_error(ICMP_REDIRECT, code, gateway, OUR_IP, dst, IPPROTO_UDP, 2000, 9, 28);
}

// RFC 1122 3.2.2.2: a redirect of our gateway's, of whatever code, is followed, for one host; as many as are bounded, as
// long as is bounded, and not when its gateway does not answer.
TEST(icmp_redirect)
{
  struct sock *s = udp_socket(2000);
  for(int code = 0; code < 4; code++){
    feed_redirect(code, FAR_IP + code, PEER_IP);
    CHECK_EQ(next_hop(FAR_IP + code), PEER_IP);
  }
  CHECK_EQ(counted(NET_ICMP_REDIRECTED), 4);
  CHECK_EQ(next_hop(FAR_IP + 4), GW_IP);
  host_advance(SEC);
  feed_redirect(1, FAR_IP + 4, PEER_IP);
  CHECK_EQ(next_hop(FAR_IP + 4), PEER_IP);
  CHECK_EQ(next_hop(FAR_IP), GW_IP);  // the oldest gave way
  CHECK_EQ(send_to(s, FAR_IP + 1, 9, 4), 4);
  CHECK_EQ(ntohl(sent_arp(0)->tip), PEER_IP);
  host_advance(5 * SEC);  // it does not answer
  for(int i = 0; i < 5; i++)
    CHECK_EQ(next_hop(FAR_IP + i), GW_IP);
  feed_redirect(1, FAR_IP, PEER_IP);
  host_advance((ROUTE_REDIRECT_S - 1) * SEC);
  CHECK_EQ(next_hop(FAR_IP), PEER_IP);
  host_advance(2 * SEC);
  CHECK_EQ(next_hop(FAR_IP), GW_IP);
  CHECK_EQ(drops(DROP_ICMP_REDIRECT), 0);
  host_advance(10 * SEC);
  sock_close(s);
}

// The next gateway may redirect again, and who adds a route for this host has the last word.
TEST(icmp_redirect_again)
{
  uint32 third = MAKE_IP_ADDR(10, 0, 2, 3);
  feed_redirect(1, FAR_IP, PEER_IP);
  feed_redirect(1, FAR_IP, third);  // it is no longer the gateway's to say
  CHECK_EQ(drops(DROP_ICMP_REDIRECT), 1);
  static struct wire inner;
  w_udp(&inner, OUR_IP, 2000, FAR_IP, 9, 4);
  w_icmp(&w, PEER_IP, OUR_IP, ICMP_REDIRECT, 1, third, inner.b + 14, 28);
  feed(&w);
  CHECK_EQ(next_hop(FAR_IP), third);
  CHECK_EQ(route_add(FAR_IP, 0xffffffff, GW_IP, &card), 0);
  CHECK_EQ(next_hop(FAR_IP), GW_IP);
  feed_redirect(1, FAR_IP, PEER_IP);
  CHECK_EQ(next_hop(FAR_IP), GW_IP);
  CHECK_EQ(drops(DROP_ICMP_REDIRECT), 2);
  host_advance(ROUTE_REDIRECT_S * SEC);
}

// C7: redirects that are not followed: by somebody who is not the gateway for it, to somebody who cannot be one, for what
// is on the link, about nothing of ours, by broadcast, of an unknown code.
TEST(icmp_redirect_not_followed)
{
  static const uint32 bad[] = {
    FAR_IP + 1, OUR_IP, GW_IP, NET_BCAST, INADDR_BROADCAST, MAKE_IP_ADDR(10, 0, 2, 0), 0, INADDR_LOOPBACK,
    MAKE_IP_ADDR(224, 0, 0, 1), MAKE_IP_ADDR(10, 0, 3, 1),
  };
  static struct wire inner;
  long n = 0;
  for(uint i = 0; i < NELEM(bad); i++, n++)
    feed_redirect(1, FAR_IP, bad[i]);
  feed_redirect(4, FAR_IP, PEER_IP), n++;
  feed_redirect(1, MAKE_IP_ADDR(10, 0, 2, 7), PEER_IP), n++;
  feed_redirect(1, NET_BCAST, PEER_IP), n++;
  feed_redirect(1, MAKE_IP_ADDR(224, 0, 0, 1), PEER_IP), n++;
  w_udp(&inner, OUR_IP, 2000, FAR_IP, 9, 4);
  w_icmp(&w, MAKE_IP_ADDR(10, 0, 2, 3), OUR_IP, ICMP_REDIRECT, 1, PEER_IP, inner.b + 14, 28);
  feed(&w), n++;
  w_icmp(&w, GW_IP, NET_BCAST, ICMP_REDIRECT, 1, PEER_IP, inner.b + 14, 28);
  memcpy(w.b, ether_broadcast, 6);
  feed(&w), n++;
  CHECK_EQ(drops(DROP_ICMP_REDIRECT), n);
  feed_error(ICMP_REDIRECT, 1, PEER_IP, GW_IP, FAR_IP, IPPROTO_UDP, 2000, 9, 28);
  feed_error(ICMP_REDIRECT, 1, PEER_IP, OUR_IP, FAR_IP, IPPROTO_UDP, 2000, 9, 27);
  CHECK_EQ(drops(DROP_ICMP_INNER), 2);
  CHECK_EQ(counted(NET_ICMP_REDIRECTED), 0);
  CHECK_EQ(next_hop(FAR_IP), GW_IP);
  CHECK_EQ(next_hop(MAKE_IP_ADDR(10, 0, 2, 7)), MAKE_IP_ADDR(10, 0, 2, 7));
  CHECK_EQ(nsent(), 0);
}

// C8, C9: router advertisements, masks, times, quench, and types that nobody has: no answer, no change.
TEST(icmp_types_not_for_us)
{
  struct sock *s = udp_connected(2000, FAR_IP, 9);
  static const uint8 types[] = { 1, 2, ICMP_QUENCH, 6, 9, 10, 13, 14, 15, 16, 17, 18, 30, 37, 255 };
  for(uint i = 0; i < NELEM(types); i++)
    feed_error(types[i], 1, PEER_IP, OUR_IP, FAR_IP, IPPROTO_UDP, 2000, 9, 28);
  CHECK_EQ(drops(DROP_ICMP_TYPE), NELEM(types));
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(send_to(s, 0, 0, 4), 4);
  CHECK_BYTES(sent_eth(0)->dhost, gw_mac, 6);  // the gateway is who it was
  sock_close(s);
}

// C10: never an error about an ICMP error, here one to a protocol... of ours that finds nobody, and one that times out.
TEST(icmp_no_error_about_an_error)
{
  struct pktbuf *p = pkt_alloc();
  static const uint8 errors[] = { ICMP_UNREACH, ICMP_QUENCH, ICMP_REDIRECT, ICMP_TIMXCEED, ICMP_PARAMPROB };
  p->l3 = p->head;
  p->src = GW_IP;
  p->dst = OUR_IP;
  for(uint i = 0; i < NELEM(errors); i++){
    w_icmp(&w, GW_IP, OUR_IP, errors[i], 0, 0, 0, 0);
    p->tail = p->head;
    memcpy(pkt_put(p, w.n - 14), w.b + 14, w.n - 14);
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
  }
  CHECK_EQ(nsent(), 0);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHO, 0, 0, 0, 0);
  memcpy(pkt_data(p), w.b + 14, w.n - 14);
  icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
  CHECK_EQ(nsent(), 1);
  pkt_free(p);
}

// RFC 1122 3.2.2: never about a broadcast, a link broadcast, a later fragment, or to someone who is not one host.
TEST(icmp_never_about)
{
  static const struct { uint32 src, dst; uint16 off; uint8 l2bcast; } cases[] = {
    { GW_IP, NET_BCAST, 0, 0 }, { GW_IP, INADDR_BROADCAST, 0, 0 }, { GW_IP, MAKE_IP_ADDR(224, 0, 0, 1), 0, 0 },
    { GW_IP, OUR_IP, 0, 1 }, { GW_IP, OUR_IP, 1, 0 }, { GW_IP, OUR_IP, IP_MF | 100, 0 }, { 0, OUR_IP, 0, 0 },
    { NET_BCAST, OUR_IP, 0, 0 }, { INADDR_BROADCAST, OUR_IP, 0, 0 }, { MAKE_IP_ADDR(230, 1, 1, 1), OUR_IP, 0, 0 },
    { MAKE_IP_ADDR(250, 1, 1, 1), OUR_IP, 0, 0 },
  };
  for(uint i = 0; i < NELEM(cases); i++){
    struct pktbuf *p = pkt_alloc();
    w_udp(&w, cases[i].src, 1, cases[i].dst, 2, 4);
    w_iph(&w)->ip_off = htons(cases[i].off);
    p->l3 = p->head;
    p->src = cases[i].src;
    p->dst = cases[i].dst;
    p->l2bcast = cases[i].l2bcast;
    memcpy(pkt_put(p, w.n - 14), w.b + 14, w.n - 14);
    icmp_error(p, ICMP_UNREACH, ICMP_UNREACH_PORT, 0);
    pkt_free(p);
  }
  CHECK_EQ(nsent(), 0);
}

// An error quotes as much as fits into 576 bytes, and not a byte that was not there.
TEST(icmp_error_quotes)
{
  fresh_packet_pages();
  for(uint n = 0; n < 1400; n += 23){
    sent_clear();
    host_advance(SEC / 10);
    feed_udp(GW_IP, 7, 2000, n);
    uint quoted = MIN(28 + n, 548);
    CHECK_EQ(ntohs(sent_ip(0)->ip_len), 28 + quoted);
    CHECK_EQ(sent_ip(0)->ip_tos, 0);
    CHECK_EQ(ref_cksum((uint8 *)reply(0), 8 + quoted, 0), 0);
    CHECK_EQ(sent(0)->len, MAX(60, 14 + 28 + quoted));
    CHECK_EQ(ntohl(((struct ip *)(reply(0) + 1))->ip_src), GW_IP);
    if(n > 0)
      CHECK_EQ(((uint8 *)(reply(0) + 1))[quoted - 1], (uint8)(quoted - 28 - 1));
  }
}

// An error comes from the address that the datagram was sent to, and goes to who sent it.
TEST(icmp_error_source)
{
  feed_udp(FAR_IP, 7, 2000, 4);
  CHECK_EQ(ntohl(sent_ip(0)->ip_src), OUR_IP);
  CHECK_EQ(ntohl(sent_ip(0)->ip_dst), FAR_IP);
  CHECK_BYTES(sent_eth(0)->dhost, gw_mac, 6);
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 4);
  w_iph(&w)->ip_tos = 0xb8;
  w_ip_sum(&w);
  feed(&w);
  CHECK_EQ(ntohl(sent_ip(1)->ip_dst), GW_IP);
  CHECK_EQ(sent_ip(1)->ip_tos, 0);  // whatever the datagram's was
}

// C13: a storm of what must be refused: so many errors at once, and then so many a second.
TEST(icmp_errors_are_rate_limited)
{
  for(int i = 0; i < 1000; i++)
    feed_udp(GW_IP, 7, 2000, 4);
  int burst = nsent();
  CHECK(burst >= ICMP_BURST / 3 && burst <= 2 * ICMP_BURST);
  CHECK_EQ(drops(DROP_ICMP_RATE), 1000 - burst);
  for(int i = 0; i < 1000; i++){
    host_advance(SEC / 200);
    feed_udp(GW_IP, 7, 2000, 4);
  }
  CHECK(nsent() - burst >= 5 * ICMP_RATE * 9 / 10 && nsent() - burst <= 5 * ICMP_RATE * 11 / 10);
}

// CVE-2020-25705: nobody learns from how many errors there are how many others there were: no two bursts are as long, and
// the difference between one datagram more and less is not seen in any.
TEST(icmp_errors_are_not_countable)
{
  int seen[2 * ICMP_BURST + 1] = { 0 }, different = 0, sum = 0, most = 0;
  for(int round = 0; round < 40; round++){
    sent_clear();
    card_clean();
    for(int i = 0; i < 300; i++)
      feed_udp(GW_IP, 7, 2000, 4);
    int n = nsent();
    CHECK(n >= ICMP_BURST / 3 && n <= 2 * ICMP_BURST);
    different += seen[n]++ == 0;
    most = MAX(most, seen[n]);
    sum += n;
    host_advance(4 * SEC);
    feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
  }
  CHECK(different >= 20 && most <= 8);
  CHECK(sum >= 40 * ICMP_BURST * 8 / 10 && sum <= 40 * ICMP_BURST * 12 / 10);
}

// ... nor from a bucket that has never been full since, whose depth is the same then: an error's price is another each time.
TEST(icmp_errors_have_no_fixed_price)
{
  int seen[2 * ICMP_BURST] = { 0 }, different = 0, sum = 0;
  for(int i = 0; i < 300; i++)
    feed_udp(GW_IP, 7, 2000, 4);
  for(int round = 0; round < 60; round++){
    sent_clear();
    card_clean();
    host_advance(20 * SEC / ICMP_RATE);
    for(int i = 0; i < 100; i++)
      feed_udp(GW_IP, 7, 2000, 4);
    CHECK(nsent() >= 20 / 2 && nsent() <= 20 * 2);
    different += seen[nsent()]++ == 0;
    sum += nsent();
  }
  CHECK(different >= 5);
  CHECK(sum >= 60 * 20 * 9 / 10 && sum <= 60 * 20 * 11 / 10);
}

static struct sock *
ping_socket(void)
{
  int err;
  struct sock *s = sock_create(SOCK_RAW, &err);
  CHECK(s != 0);
  return s;
}

static int64
ping_send(struct sock *s, uint8 type, uint16 id, uint n)
{
  struct icmp m = { .type = type, .u.echo = { htons(id), htons(3) } };
  memcpy(host_user, &m, 8);
  return send_to(s, GW_IP, 0, n);
}

// ping: the request goes out with a right checksum; the reply to its identifier comes back, with its sender.
TEST(ping_socket_gets_its_reply)
{
  struct sock *a = ping_socket(), *b = ping_socket();
  struct endpoint from;
  CHECK_EQ(ping_send(a, ICMP_ECHO, 77, 64), 64);
  CHECK_EQ(ping_send(b, ICMP_ECHO, 78, 64), 64);
  CHECK_EQ(ref_cksum((uint8 *)reply(0), 64, 0), 0);
  CHECK_EQ(ntohs(reply(0)->u.echo.id), 77);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHOREPLY, 0, 77 << 16 | 3, "hello", 5);
  feed(&w);
  CHECK_EQ(receive(b, 100, 0), -EAGAIN);
  CHECK_EQ(receive(a, 100, &from), 13);
  CHECK_EQ(from.addr, GW_IP);
  CHECK_BYTES(host_user + 8, "hello", 5);
  sock_close(a);
  sock_close(b);
}

// C11: replies that nobody asked for, to identifier 0, and cut short.
TEST(ping_reply_without_request)
{
  struct sock *s = ping_socket();
  CHECK_EQ(ping_send(s, ICMP_ECHO, 77, 64), 64);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHOREPLY, 0, 78 << 16, 0, 0);
  feed(&w);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHOREPLY, 0, 0, 0, 0);
  feed(&w);
  CHECK_EQ(drops(DROP_ICMP_TYPE), 2);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHOREPLY, 0, 77 << 16, 0, 0);
  feed_bytes(w.b, w.n - 1);
  CHECK_EQ(drops(DROP_IP_LEN), 1);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
}

// A ping socket sends echo requests and nothing else; two of them do not share an identifier.
TEST(ping_socket_sends_only_echo)
{
  struct sock *a = ping_socket(), *b = ping_socket();
  CHECK_EQ(ping_send(a, ICMP_UNREACH, 77, 64), -EINVAL);
  CHECK_EQ(ping_send(a, ICMP_ECHOREPLY, 77, 64), -EINVAL);
  CHECK_EQ(ping_send(a, ICMP_ECHO, 0, 64), -EINVAL);
  CHECK_EQ(ping_send(a, ICMP_ECHO, 77, 7), -EINVAL);
  CHECK_EQ(ping_send(a, ICMP_ECHO, 77, 0), -EINVAL);
  CHECK_EQ(ping_send(a, ICMP_ECHO, 77, 65516), -EMSGSIZE);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(ping_send(a, ICMP_ECHO, 77, 8), 8);
  CHECK_EQ(ping_send(a, ICMP_ECHO, 78, 8), -EINVAL);
  CHECK_EQ(ping_send(b, ICMP_ECHO, 77, 8), -EADDRINUSE);
  sock_close(a);
  CHECK_EQ(ping_send(b, ICMP_ECHO, 77, 8), 8);
  sock_close(b);
}

// ping hears that its request found no host, and can ping this machine itself.
TEST(ping_errors_and_loopback)
{
  struct sock *s = ping_socket();
  struct endpoint from;
  CHECK_EQ(ping_send(s, ICMP_ECHO, 77, 64), 64);
  feed_error(ICMP_UNREACH, 1, 0, OUR_IP, GW_IP, IPPROTO_ICMP, ICMP_ECHO << 8, 0, 28);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);  // that one had another identifier
  static struct wire inner;
  w_icmp(&inner, PEER_IP, GW_IP, ICMP_ECHO, 0, 77 << 16, 0, 0);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_UNREACH, 1, 0, inner.b + 14, 28);
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);  // that one was not from here
  w_icmp(&inner, OUR_IP, GW_IP, ICMP_ECHO, 0, 77 << 16, 0, 0);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_UNREACH, 1, 0, inner.b + 14, 28);
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), -EHOSTUNREACH);
  struct icmp m = { .type = ICMP_ECHO, .u.echo = { htons(77), htons(3) } };
  memcpy(host_user, &m, 8);
  CHECK_EQ(send_to(s, OUR_IP, 0, 2000), 2000);
  CHECK_EQ(receive(s, 3000, &from), 2000);
  CHECK_EQ(from.addr, OUR_IP);
  sock_close(s);
}
