#include "fixture.h"

// A datagram reaches the socket bound to its port, whole, with its sender.
TEST(udp_datagram_reaches_its_socket)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  feed_udp(GW_IP, 5353, 2000, 100);
  CHECK_EQ(receive(s, 2048, &from), 100);
  CHECK_EQ(from.addr, GW_IP);
  CHECK_EQ(from.port, 5353);
  for(int i = 0; i < 100; i++)
    CHECK_EQ(host_user[i], i);
  CHECK_EQ(receive(s, 2048, 0), -EAGAIN);
  sock_close(s);
}

// Every length from 0 to the MTU arrives with its own bytes: odd ones, and those around words.
TEST(udp_every_length_up_to_the_mtu)
{
  struct sock *s = udp_socket(2000);
  for(uint n = 0; n <= 1472; n++){
    host_user[n] = 0xee;
    feed_udp(GW_IP, 1, 2000, n);
    CHECK_EQ(receive(s, 4096, 0), n);
    CHECK_EQ(host_user[n], 0xee);
    if(n)
      CHECK_EQ(host_user[n - 1], (uint8)(n - 1));
  }
  sock_close(s);
}

// What is sent is a datagram by the book: addresses, ports, lengths and both checksums, of every length.
TEST(udp_sent_datagram_is_right)
{
  struct sock *s = udp_socket(4000);
  for(int i = 0; i < 1500; i++)
    host_user[i] = i * 7;
  for(uint n = 0; n <= 1472; n += n < 70 ? 1 : 61){
    sent_clear();
    CHECK_EQ(send_to(s, GW_IP, 53, n), n);
    CHECK_EQ(nsent(), 1);
    const struct ip *h = sent_ip(0);
    const struct udp *u = (const struct udp *)sent_l4(0);
    CHECK_BYTES(sent_eth(0)->dhost, gw_mac, 6);
    CHECK_BYTES(sent_eth(0)->shost, our_mac, 6);
    CHECK_EQ(ntohs(sent_eth(0)->type), 0x0800);
    CHECK_EQ(h->ip_vhl, 0x45);
    CHECK_EQ(h->ip_tos, 0);
    CHECK_EQ(h->ip_off, 0);
    CHECK_EQ(ntohs(h->ip_len), 28 + n);
    CHECK_EQ(h->ip_ttl, 64);
    CHECK_EQ(ntohl(h->ip_src), OUR_IP);
    CHECK_EQ(ntohl(h->ip_dst), GW_IP);
    CHECK_EQ(ref_cksum((uint8 *)h, 20, 0), 0);
    CHECK_EQ(ntohs(u->sport), 4000);
    CHECK_EQ(ntohs(u->dport), 53);
    CHECK_EQ(ntohs(u->ulen), 8 + n);
    uint32 pseudo = (OUR_IP >> 16) + (OUR_IP & 0xffff) + (GW_IP >> 16) + (GW_IP & 0xffff) + 17 + 8 + n;
    CHECK(u->sum != 0);
    CHECK_EQ(ref_cksum((uint8 *)u, 8 + n, pseudo), 0);
    CHECK_BYTES((uint8 *)(u + 1), host_user, n);
  }
  sock_close(s);
}

// A card that computes checksums is given the pseudo-header's sum and where to work; the wire sees the same frame.
TEST(udp_checksum_by_the_card)
{
  struct sock *s = udp_socket(4000);
  card.caps = NETIF_CSUM;
  for(uint n = 0; n <= 64; n++){
    sent_clear();
    host_user[0] = n;
    CHECK_EQ(send_to(s, GW_IP, 53, n), n);
    uint32 pseudo = (OUR_IP >> 16) + (OUR_IP & 0xffff) + (GW_IP >> 16) + (GW_IP & 0xffff) + 17 + 8 + n;
    CHECK_EQ(ref_cksum(sent_l4(0), 8 + n, pseudo), 0);
  }
  sock_close(s);
}

// U1: a length field that does not even cover the header.
TEST(udp_length_below_header)
{
  struct sock *s = udp_socket(2000);
  struct wire w;
  for(int len = 0; len < 8; len++){
    w_udp(&w, GW_IP, 7, OUR_IP, 2000, 20);
    w.b[14 + 20 + 5] = len;
    w_udp_sum(&w);
    feed(&w);
  }
  CHECK_EQ(drops(DROP_UDP_LEN), 8);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
}

// U2: a length field beyond what IP brought.
TEST(udp_length_beyond_packet)
{
  struct sock *s = udp_socket(2000);
  struct wire w;
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 20);
  w.b[14 + 20 + 5] = 29;
  w_udp_sum(&w);
  feed(&w);
  w.b[14 + 20 + 4] = 0xff;
  feed(&w);
  CHECK_EQ(drops(DROP_UDP_LEN), 2);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
}

// U3: a length field below what IP brought: the rest is nobody's, also for the checksum.
TEST(udp_rest_behind_length_is_ignored)
{
  struct sock *s = udp_socket(2000);
  struct wire w;
  w_ip(&w, GW_IP, OUR_IP, IPPROTO_UDP, 8 + 20, 1, 0);
  struct udp u = { htons(7), htons(2000), htons(8 + 5), 0 };
  w_put(&w, &u, 8);
  w_fill(&w, 5);
  w_udp_sum(&w);
  w_fill(&w, 15);
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), 5);
  sock_close(s);
}

// U1: IP brought less than a UDP header.
TEST(udp_shorter_than_header)
{
  struct wire w;
  for(uint n = 0; n < 8; n++){
    w_ip(&w, GW_IP, OUR_IP, IPPROTO_UDP, n, 1, 0);
    w_fill(&w, n);
    feed(&w);
  }
  CHECK_EQ(drops(DROP_UDP_SHORT), 8);
  CHECK_EQ(nsent(), 0);
}

// U4: one flipped bit anywhere in header, payload or the addresses is noticed; a sum of 0 means "none".
TEST(udp_checksum_wrong_or_absent)
{
  struct sock *s = udp_socket(2000);
  struct wire w;
  uint bad = 0;
  for(uint at = 14 + 20; at < 14 + 20 + 8 + 33; at++){
    w_udp(&w, GW_IP, 7, OUR_IP, 2000, 33);
    if(at - 34 == 4 || at - 34 == 5)
      continue;  // the length: another test
    w.b[at] ^= 0x10;
    feed(&w);
    bad++;
  }
  CHECK_EQ(drops(DROP_UDP_CKSUM), bad);
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 33);
  w_iph(&w)->ip_src = htonl(FAR_IP);  // the pseudo-header counts
  w_ip_sum(&w);
  feed(&w);
  CHECK_EQ(drops(DROP_UDP_CKSUM), bad + 1);
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 33);
  w.b[40] = w.b[41] = 0;
  w.b[50] ^= 1;
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), 33);
  sock_close(s);
}

// U4: a computed sum of 0 goes out, and comes in, as ffff.
TEST(udp_checksum_of_zero_is_sent_as_ffff)
{
  struct sock *s = udp_socket(4000);
  uint32 sum = (OUR_IP >> 16) + (OUR_IP & 0xffff) + (GW_IP >> 16) + (GW_IP & 0xffff) + 17 + 10 + 4000 + 53 + 10;
  while(sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  uint16 last = ~sum;  // makes the whole ffff, its complement 0
  host_user[0] = last >> 8;
  host_user[1] = last;
  CHECK_EQ(send_to(s, GW_IP, 53, 2), 2);
  CHECK_EQ(((const struct udp *)sent_l4(0))->sum, 0xffff);
  sock_close(s);
}

// U5: port 0 is nobody's. From port 0 comes what wants no answer (RFC 768): it is delivered, and cannot be answered.
TEST(udp_port_zero)
{
  struct sock *s = udp_socket(2000), *narrow = udp_connected(2001, GW_IP, 9);
  struct endpoint from;
  feed_udp(GW_IP, 7, 0, 10);
  feed_udp(GW_IP, 0, 0, 10);
  CHECK_EQ(drops(DROP_UDP_PORT), 2);
  for(int i = 0; i < 2; i++){  // the second time by the fast path
    feed_udp(GW_IP, 0, 2000, 10);
    CHECK_EQ(receive(s, 100, &from), 10);
    CHECK_EQ(from.port, 0);
  }
  CHECK_EQ(send_to(s, from.addr, from.port, 10), -EINVAL);
  feed_udp(GW_IP, 0, 2001, 10);
  CHECK_EQ(receive(narrow, 100, 0), -EAGAIN);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  CHECK_EQ(nsent(), 1);  // port unreachable
  sock_close(s);
  sock_close(narrow);
}

// RFC 1122 4.1.3.1: nobody listens, and the sender is told, with its header and 8 bytes at least.
TEST(udp_no_port_is_unreachable)
{
  feed_udp(GW_IP, 7, 2000, 10);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  CHECK_EQ(nsent(), 1);
  const struct icmp *m = (const struct icmp *)sent_l4(0);
  CHECK_EQ(sent_ip(0)->ip_p, IPPROTO_ICMP);
  CHECK_EQ(m->type, ICMP_UNREACH);
  CHECK_EQ(m->code, ICMP_UNREACH_PORT);
  const struct udp *quoted = (const struct udp *)((uint8 *)m + 8 + 20);
  CHECK_EQ(ntohs(quoted->sport), 7);
  CHECK_EQ(ntohs(quoted->dport), 2000);
}

// U6: what an own service's answer to a closed port starts ends there: no error about an error, no loop.
TEST(udp_echo_chargen_ends)
{
  struct sock *s = udp_socket(7);
  feed_udp(GW_IP, 19, 7, 10);
  CHECK_EQ(receive(s, 100, 0), 10);
  CHECK_EQ(send_to(s, INADDR_LOOPBACK, 19, 10), 10);  // to a port of our own that nobody has
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  CHECK_EQ(counted(NET_ICMP_ERRORS), 1);
  sock_close(s);
}

// U8: an empty datagram is a datagram.
TEST(udp_empty_datagram)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  feed_udp(GW_IP, 7, 2000, 0);
  CHECK_EQ(sock_poll(s) & POLLIN, POLLIN);
  CHECK_EQ(receive(s, 100, &from), 0);
  CHECK_EQ(from.port, 7);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  CHECK_EQ(send_to(s, GW_IP, 7, 0), 0);
  CHECK_EQ(sent(0)->len, 60);
  sock_close(s);
}

// U10: a broadcast is for sockets bound to any address, not for one bound to ours.
TEST(udp_broadcast_and_bound_address)
{
  int err;
  struct sock *s = sock_create(SOCK_DGRAM, &err), *any = udp_socket(2001);
  struct endpoint ep = { OUR_IP, 2000 };
  struct wire w;
  CHECK_EQ(sock_bind(s, &ep), 0);
  for(int i = 0; i < 2; i++){
    w_udp(&w, GW_IP, 7, i ? INADDR_BROADCAST : NET_BCAST, 2000, 4);
    memcpy(w.b, ether_broadcast, 6);
    feed(&w);
    w_udp(&w, GW_IP, 7, i ? INADDR_BROADCAST : NET_BCAST, 2001, 4);
    memcpy(w.b, ether_broadcast, 6);
    feed(&w);
  }
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  CHECK_EQ(receive(any, 100, 0), 4);
  CHECK_EQ(receive(any, 100, 0), 4);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 2);
  CHECK_EQ(nsent(), 0);  // no error about a broadcast
  sock_close(s);
  sock_close(any);
}

// What we send to ourselves arrives without a wire, on every address of ours.
TEST(udp_over_loopback)
{
  struct sock *a = udp_socket(2000), *b = udp_socket(2001);
  struct endpoint from;
  CHECK_EQ(send_to(a, INADDR_LOOPBACK, 2001, 50), 50);
  CHECK_EQ(receive(b, 100, &from), 50);
  CHECK_EQ(from.addr, INADDR_LOOPBACK);
  CHECK_EQ(from.port, 2000);
  CHECK_EQ(send_to(a, OUR_IP, 2001, 51), 51);
  CHECK_EQ(receive(b, 100, &from), 51);
  CHECK_EQ(from.addr, OUR_IP);
  CHECK_EQ(send_to(a, MAKE_IP_ADDR(127, 9, 9, 9), 2001, 52), 52);
  CHECK_EQ(receive(b, 100, &from), 52);
  CHECK_EQ(nsent(), 0);
  sock_close(a);
  sock_close(b);
}

// The largest datagram there is goes out in fragments, and over lo comes back the same.
TEST(udp_largest_datagram)
{
  struct sock *a = udp_socket(2000), *b = udp_socket(2001);
  for(uint i = 0; i < 65507; i++)
    host_user[i] = i * 31 >> 3;
  CHECK_EQ(send_to(a, GW_IP, 9, 65508), -EMSGSIZE);
  CHECK_EQ(send_to(a, GW_IP, 9, 65507), 65507);
  CHECK_EQ(nsent(), 45);
  CHECK_EQ(send_to(a, INADDR_LOOPBACK, 2001, 65507), 65507);
  static uint8 want[65507];
  memcpy(want, host_user, sizeof(want));
  memset(host_user, 0, sizeof(host_user));
  CHECK_EQ(receive(b, 70000, 0), 65507);
  CHECK_BYTES(host_user, want, sizeof(want));
  sock_close(a);
  sock_close(b);
}
