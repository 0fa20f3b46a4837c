#include "fixture.h"

// Three datagrams, of which the second one leaves its headers for the third.
static struct sock *
warm(uint32 addr, uint16 port)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 3; i++)
    CHECK_EQ(send_to(s, addr, port, 30), 30);
  CHECK(s->flow.version != 0);
  sent_clear();
  return s;
}

// The last frame that went out is whole: n bytes from `from` to addr and port.
static void
check_last(const uint8 *mac, uint32 from, uint32 addr, uint16 port, uint n)
{
  int i = nsent() - 1;
  const struct ip *h = sent_ip(i);
  const struct udp *u = (const struct udp *)sent_l4(i);
  uint16 ulen = n + 8;
  CHECK_BYTES(sent_eth(i)->dhost, mac, 6);
  CHECK_BYTES(sent_eth(i)->shost, our_mac, 6);
  CHECK_EQ(ntohs(sent_eth(i)->type), ETHTYPE_IP);
  CHECK_EQ(sent(i)->len, MAX(60, 14 + 20 + 8 + n));
  for(uint k = 14 + 20 + 8 + n; k < sent(i)->len; k++)
    CHECK_EQ(sent(i)->b[k], 0);
  CHECK_EQ(ref_cksum((const uint8 *)h, 20, 0), 0);
  CHECK_EQ(ntohs(h->ip_len), 28 + n);
  CHECK_EQ(ntohl(h->ip_src), from);
  CHECK_EQ(ntohl(h->ip_dst), addr);
  CHECK_EQ(ntohs(u->dport), port);
  CHECK_EQ(ntohs(u->ulen), ulen);
  uint32 pseudo = (from >> 16) + (uint16)from + (addr >> 16) + (uint16)addr + IPPROTO_UDP + ulen;
  CHECK_EQ(ref_cksum((const uint8 *)u, ulen, pseudo), 0);
}

// Of any length, and with or without the card's help, a datagram with kept headers is the one that the long way makes.
TEST(flow_same_frames)
{
  static const uint lens[] = { 0, 1, 17, 18, 19, 30, 31, 1000, 1471, 1472 };
  for(int caps = 0; caps < 2; caps++){
    card.caps = caps ? NETIF_CSUM : 0;
    struct sock *s = warm(GW_IP, 53);
    uint64 version = s->flow.version;
    for(uint i = 0; i < NELEM(lens); i++){
      CHECK_EQ(send_to(s, GW_IP, 53, lens[i]), lens[i]);
      check_last(gw_mac, OUR_IP, GW_IP, 53, lens[i]);
      if(i > 0)
        CHECK(sent_ip(i)->ip_id != sent_ip(i - 1)->ip_id);
    }
    CHECK_EQ(s->flow.version, version);
    CHECK_EQ(s->sent, 3 + NELEM(lens));
    sock_close(s);
  }
}

// What does not fit one frame goes out in fragments, and one with a smaller MTU, too.
TEST(flow_too_long)
{
  struct sock *s = warm(GW_IP, 53);
  CHECK_EQ(send_to(s, GW_IP, 53, 1473), 1473);
  CHECK_EQ(nsent(), 2);
  sent_clear();
  CHECK_EQ(send_to(s, GW_IP, 53, 9000), 9000);
  CHECK(nsent() > 5);
  sent_clear();
  CHECK_EQ(netif_set_mtu(&card, 100), 0);
  CHECK_EQ(send_to(s, GW_IP, 53, 73), 73);
  CHECK_EQ(nsent(), 2);
  CHECK_EQ(send_to(s, GW_IP, 53, 72), 72);
  CHECK_EQ(nsent(), 3);
  sock_close(s);
}

// Another address, or another port, is another peer.
TEST(flow_other_peer)
{
  struct sock *s = warm(GW_IP, 53);
  CHECK_EQ(send_to(s, GW_IP, 54, 20), 20);
  check_last(gw_mac, OUR_IP, GW_IP, 54, 20);
  CHECK_EQ(send_to(s, GW_IP, 54, 20), 20);
  CHECK(s->flow.version != 0);
  CHECK_EQ(send_to(s, FAR_IP, 54, 20), 20);
  check_last(gw_mac, OUR_IP, FAR_IP, 54, 20);
  sock_close(s);
}

// The peer's MAC changed; the peer was forgotten.
TEST(flow_neighbour_moves)
{
  struct sock *s = warm(GW_IP, 53);
  feed_arp(ARP_OP_REPLY, other_mac, GW_IP, our_mac, OUR_IP);
  CHECK_EQ(send_to(s, GW_IP, 53, 20), 20);
  check_last(other_mac, OUR_IP, GW_IP, 53, 20);
  for(int i = 0; i < 3; i++)
    send_to(s, GW_IP, 53, 20);
  CHECK_EQ(arp_delete(GW_IP), 0);
  sent_clear();
  CHECK_EQ(send_to(s, GW_IP, 53, 20), 20);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(ntohs(sent_eth(0)->type), ETHTYPE_ARP);
  // While the answer is waited for, nothing is kept.
  CHECK_EQ(send_to(s, GW_IP, 53, 20), 20);
  CHECK_EQ(send_to(s, GW_IP, 53, 20), 20);
  CHECK_EQ(nsent(), 1);
  feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 4);
  check_last(gw_mac, OUR_IP, GW_IP, 53, 20);
  sock_close(s);
}

// A neighbour that is sent to is in use: ARP asks for it again in time, and it stays.
TEST(flow_neighbour_in_use)
{
  struct sock *s = warm(GW_IP, 53);
  for(int t = 0; t < 3; t++){
    feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
    host_advance(40 * SEC);
    CHECK_EQ(send_to(s, GW_IP, 53, 20), 20);
    CHECK_EQ(ntohs(sent_eth(nsent() - 1)->type), ETHTYPE_IP);
    sent_clear();
    host_advance(6 * SEC);
    CHECK(nsent() > 0);
    CHECK_BYTES(sent_eth(0)->dhost, gw_mac, 6);  // asked by unicast
  }
  sock_close(s);
}

// A new route, a new address of ours.
TEST(flow_way_changes)
{
  CHECK_EQ(arp_add_static(&card, PEER_IP, peer_mac), 0);
  struct sock *s = warm(FAR_IP, 53);
  CHECK_EQ(route_add(FAR_IP, 0xffffffff, PEER_IP, &card), 0);
  CHECK_EQ(send_to(s, FAR_IP, 53, 20), 20);
  check_last(peer_mac, OUR_IP, FAR_IP, 53, 20);
  CHECK_EQ(send_to(s, FAR_IP, 53, 20), 20);
  CHECK_EQ(netif_config(&card, OUR_IP + 1, 0xffffff00, 1), 0);
  CHECK_EQ(arp_add_static(&card, PEER_IP, peer_mac), 0);
  CHECK_EQ(send_to(s, FAR_IP, 53, 20), 20);
  check_last(peer_mac, OUR_IP + 1, FAR_IP, 53, 20);
  CHECK_EQ(netif_config(&card, OUR_IP + 1, 0xffffff00, 0), 0);
  CHECK_EQ(send_to(s, FAR_IP, 53, 20), -ENETUNREACH);
  sock_close(s);
}

// What is sent looks different once the socket has other options, or another peer and with it another address of ours.
TEST(flow_socket_changes)
{
  static const uint8 nops[4] = { IPOPT_NOP, IPOPT_NOP, IPOPT_NOP, IPOPT_NOP };
  struct sock *s = warm(GW_IP, 53);
  int v = 7;
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_TTL, &v, sizeof(v)), 0);
  send_to(s, GW_IP, 53, 20);
  CHECK_EQ(sent_ip(0)->ip_ttl, 7);
  send_to(s, GW_IP, 53, 20);
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_TOS, &v, sizeof(v)), 0);
  send_to(s, GW_IP, 53, 20);
  CHECK_EQ(sent_ip(2)->ip_tos, 7);
  send_to(s, GW_IP, 53, 20);
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, nops, sizeof(nops)), 0);
  for(int i = 4; i < 8; i++){
    send_to(s, GW_IP, 53, 20);
    CHECK_EQ(ip_hlen(sent_ip(i)), 24);
  }
  sock_close(s);

  s = warm(GW_IP, 53);
  struct endpoint to = { INADDR_LOOPBACK, 9 }, back = { GW_IP, 53 }, from;
  CHECK_EQ(sock_connect(s, &to, 0), 0);  // its address is 127.0.0.1 now, for that peer
  CHECK_EQ(sock_sendto(s, UBASE, 20, &back, 0), 20);
  CHECK_EQ(ntohl(sent_ip(0)->ip_src), OUR_IP);
  sock_close(s);

  // A port that was only taken to send from goes with the peer, and the headers that name it.
  struct endpoint nobody = { 0, 0 }, name, peer;
  s = udp_socket(0);
  for(int i = 0; i < 3; i++)
    CHECK_EQ(send_to(s, GW_IP, 53, 20), 20);
  sock_name(s, &name, &peer);
  feed_udp(GW_IP, 53, name.port, 1);
  feed_udp(GW_IP, 53, name.port, 1);
  CHECK_EQ(sock_connect(s, &nobody, 0), 0);
  CHECK_EQ(receive(s, 10, 0), 1);
  CHECK_EQ(receive(s, 10, 0), 1);
  feed_udp(GW_IP, 53, name.port, 1);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  CHECK_EQ(lab_bind(name.port), 0);
  sent_clear();
  CHECK_EQ(send_to(s, GW_IP, 53, 20), 20);
  CHECK(((struct udp *)sent_l4(0))->sport != htons(name.port));
  CHECK_EQ(lab_unbind(name.port), 0);
  sock_close(s);

  // Inside, and to all: the long way each time.
  s = udp_socket(2000);
  v = 1;
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_BROADCAST, &v, sizeof(v)), 0);
  for(int i = 0; i < 4; i++){
    CHECK_EQ(send_to(s, OUR_IP, 2000, 20), 20);
    CHECK_EQ(receive(s, 20, &from), 20);
    CHECK_EQ(send_to(s, NET_BCAST, 53, 20), 20);
    CHECK_EQ(send_to(s, NET_BCAST, 53, 20), 20);
    CHECK_BYTES(sent_eth(nsent() - 1)->dhost, ether_broadcast, 6);
  }
  CHECK_EQ(s->flow.version, 0);
  sock_close(s);
}

// --- up ---

// Twice the same datagram from the gateway to port 2000: the second one came by the short way.
static struct sock *
warm_up(void)
{
  struct sock *s = udp_socket(2000);
  feed_udp(GW_IP, 7, 2000, 30);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(receive(s, 100, 0), 30);
  CHECK_EQ(receive(s, 100, 0), 30);
  return s;
}

// Every length arrives whole, with its sender, and is counted; padding is cut off.
TEST(flow_delivers)
{
  struct sock *s = warm_up();
  struct endpoint from;
  long ip = counted(NET_IP_DELIVERED), udp = counted(NET_UDP_DELIVERED);
  for(uint n = 0; n <= 1472; n = n < 40 ? n + 1 : n + 179){
    feed_udp(GW_IP, 7, 2000, n);
    CHECK_EQ(s->rxq.first->l4 + 8, s->rxq.first->head);
    CHECK_EQ(receive(s, 2000, &from), n);
    CHECK_EQ(from.addr, GW_IP);
    CHECK_EQ(from.port, 7);
    ip++, udp++;
  }
  CHECK_EQ(counted(NET_IP_DELIVERED), ip);
  CHECK_EQ(counted(NET_UDP_DELIVERED), udp);
  sock_close(s);
}

// A frame that looks like those before but for the byte at `at`. The sums of its headers are right, if told to.
static void
feed_changed(uint at, uint8 x, int ip_sum, int udp_sum)
{
  struct wire w;
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 30);
  w.b[at] ^= x;
  if(ip_sum)
    w_ip_sum(&w);
  if(udp_sum)
    w_udp_sum(&w);
  feed(&w);
}

// Whatever is wrong with a frame is found, though others like it were right.
TEST(flow_damaged)
{
  static const struct {
    uint8 at, xor, ip_sum, udp_sum;
    int why;
  } damages[] = {
    { 0, 2, 0, 0, DROP_ETH_DST }, { 5, 1, 0, 0, DROP_ETH_DST }, { 6, 1, 0, 0, DROP_ETH_SRC },
    { 12, 0x80, 0, 0, DROP_ETH_TYPE }, { 14, 0x10, 1, 0, DROP_IP_VERSION }, { 17, 0x40, 1, 0, DROP_IP_LEN },
    { 20, 0x80, 1, 0, DROP_IP_FLAGS }, { 23, 0x80, 1, 0, DROP_IP_PROTO }, { 24, 1, 0, 0, DROP_IP_CKSUM },
    { 26, 0xe0, 1, 0, DROP_IP_SRC }, { 30, 1, 1, 0, DROP_IP_DST }, { 36, 1, 0, 1, DROP_UDP_NOPORT },
    { 39, 1, 0, 0, DROP_UDP_LEN }, { 39, 0x20, 0, 0, DROP_UDP_LEN }, { 50, 1, 0, 0, DROP_UDP_CKSUM },
  };
  struct sock *s = warm_up();
  for(uint i = 0; i < NELEM(damages); i++){
    long before = drops(damages[i].why);
    feed_changed(damages[i].at, damages[i].xor, damages[i].ip_sum, damages[i].udp_sum);
    CHECK_EQ(drops(damages[i].why), before + 1);
    CHECK_EQ(receive(s, 100, 0), -EAGAIN);
    feed_udp(GW_IP, 7, 2000, 30);
    CHECK_EQ(receive(s, 100, 0), 30);
  }
  // A fragment waits; a length of UDP's below IP's counts; so does no checksum.
  feed_changed(20, 0x20, 1, 0);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  struct wire w;
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 30);
  w.b[40] = w.b[41] = 0;
  w.b[50] ^= 1;
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), 30);
  w.b[39] -= 2;
  feed(&w);
  CHECK_EQ(receive(s, 100, 0), 28);
  w.b[39] = 6;
  w.b[17] = 26;
  w_ip_sum(&w);
  long before = drops(DROP_UDP_LEN) + drops(DROP_UDP_SHORT);
  feed(&w);
  CHECK_EQ(drops(DROP_UDP_LEN) + drops(DROP_UDP_SHORT), before + 1);
  sock_close(s);
}

// Two changes that leave a sum as it was; lengths that agree with each other, or with the frame alone, and no UDP checksum.
TEST(flow_damaged_twice)
{
  static const struct {
    uint8 at1, at2;
    int8 add1, add2;
    int no_sum, why;  // why -1: it is a fragment, and waits
  } damages[] = {
    { 20, 22, 0x20, -0x20, 0, -1 }, { 29, 33, 1, -1, 0, DROP_IP_DST },
    { 17, 39, 0x40, 0x40, 1, DROP_IP_LEN }, { 39, 39, 1, 0, 1, DROP_UDP_LEN },
  };
  struct sock *s = warm_up();
  for(uint i = 0; i < NELEM(damages); i++){
    struct wire w;
    long before = damages[i].why < 0 ? 0 : drops(damages[i].why);
    w_udp(&w, GW_IP, 7, OUR_IP, 2000, 30);
    w.b[damages[i].at1] += damages[i].add1;
    w.b[damages[i].at2] += damages[i].add2;
    w_ip_sum(&w);
    if(damages[i].no_sum)
      w.b[40] = w.b[41] = 0;
    feed(&w);
    CHECK_EQ(receive(s, 100, 0), -EAGAIN);
    if(damages[i].why >= 0)
      CHECK_EQ(drops(damages[i].why), before + 1);
    feed_udp(GW_IP, 7, 2000, 30);
    CHECK_EQ(receive(s, 100, 0), 30);
  }
  sock_close(s);
}

// Another sender, by address or port, is told as who it is.
TEST(flow_other_sender)
{
  struct sock *s = warm_up();
  struct endpoint from;
  feed_udp(GW_IP + 1, 7, 2000, 30);
  CHECK_EQ(receive(s, 100, &from), 30);
  CHECK_EQ(from.addr, GW_IP + 1);
  feed_udp(GW_IP, 8, 2000, 30);
  CHECK_EQ(receive(s, 100, &from), 30);
  CHECK_EQ(from.port, 8);
  feed_udp(GW_IP, 7 << 8, 2000, 30);  // in the same slot
  CHECK_EQ(receive(s, 100, &from), 30);
  CHECK_EQ(from.port, 7 << 8);
  sock_close(s);
}

// A socket that fits better comes, and goes; the socket itself is connected to another peer, and closed.
TEST(flow_other_socket)
{
  struct sock *s = udp_socket(0), *better = udp_socket(0);
  struct endpoint loop = { INADDR_LOOPBACK, 2000 }, ours = { OUR_IP, 2000 }, other = { GW_IP + 1, 7 };
  CHECK_EQ(sock_bind(better, &loop), 0);  // fits nothing yet
  CHECK_EQ(sock_bind(s, &ours), 0);
  for(int i = 0; i < 2; i++){
    feed_udp(GW_IP, 7, 2000, 30);
    CHECK_EQ(receive(s, 100, 0), 30);
  }
  CHECK_EQ(sock_connect(s, &other, 0), 0);
  long before = drops(DROP_UDP_NOPORT);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(drops(DROP_UDP_NOPORT), before + 1);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
  sock_close(better);

  s = warm_up();
  sock_close(s);
  before = drops(DROP_UDP_NOPORT);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(drops(DROP_UDP_NOPORT), before + 1);
  // Its place is somebody else's now, at another port.
  s = udp_socket(2001);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
}

// An address that is not ours any more gets nothing.
TEST(flow_other_address)
{
  struct sock *s = warm_up();
  CHECK_EQ(netif_config(&card, OUR_IP + 1, 0xffffff00, 1), 0);
  long before = drops(DROP_IP_DST);
  feed_udp(GW_IP, 7, 2000, 30);
  CHECK_EQ(drops(DROP_IP_DST), before + 1);
  sock_close(s);
}
