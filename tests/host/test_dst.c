#include "fixture.h"

// A socket that has sent before: it keeps where its datagrams went.
static struct sock *
warm(uint32 addr, uint16 port)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 3; i++)
    CHECK_EQ(send_to(s, addr, port, 30), 30);
  CHECK(s->dst.used != 0);
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

// A datagram of any length, with or without the card's help, is right; the way is not looked up again.
TEST(dst_same_frames)
{
  static const uint lens[] = { 0, 1, 17, 18, 19, 30, 31, 1000, 1471, 1472 };
  for(int caps = 0; caps < 2; caps++){
    card.caps = caps ? NETIF_CSUM : 0;
    struct sock *s = warm(GW_IP, 53);
    uint64 generation = s->dst.generation;
    for(uint i = 0; i < NELEM(lens); i++){
      CHECK_EQ(send_to(s, GW_IP, 53, lens[i]), lens[i]);
      check_last(gw_mac, OUR_IP, GW_IP, 53, lens[i]);
      if(i > 0)
        CHECK(sent_ip(i)->ip_id != sent_ip(i - 1)->ip_id);
    }
    CHECK_EQ(s->dst.generation, generation);
    CHECK_EQ(s->sent, 3 + NELEM(lens));
    sock_close(s);
  }
}

// What does not fit one frame goes out in fragments, and one with a smaller MTU, too.
TEST(dst_too_long)
{
  struct sock *s = warm(GW_IP, 53);
  CHECK_EQ(send_to(s, GW_IP, 53, 1473), 1473);
  CHECK_EQ(nsent(), 2);
  sent_clear();
  CHECK_EQ(send_to(s, GW_IP, 53, 9000), 9000);
  CHECK(nsent() > 5);
  sent_clear();
  CHECK_EQ(netif_set_mtu(&card, 100), 0);
  net_changed();
  CHECK_EQ(send_to(s, GW_IP, 53, 73), 73);
  CHECK_EQ(nsent(), 2);
  CHECK_EQ(send_to(s, GW_IP, 53, 72), 72);
  CHECK_EQ(nsent(), 3);
  sock_close(s);
}

// Another address, or another port, is another peer.
TEST(dst_other_peer)
{
  struct sock *s = warm(GW_IP, 53);
  CHECK_EQ(send_to(s, GW_IP, 54, 20), 20);
  check_last(gw_mac, OUR_IP, GW_IP, 54, 20);
  CHECK_EQ(send_to(s, GW_IP, 54, 20), 20);
  CHECK_EQ(send_to(s, FAR_IP, 54, 20), 20);
  check_last(gw_mac, OUR_IP, FAR_IP, 54, 20);
  sock_close(s);
}

// The peer's MAC changed; the peer was forgotten.
TEST(dst_neighbour_moves)
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
TEST(dst_neighbour_in_use)
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
TEST(dst_way_changes)
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
TEST(dst_socket_changes)
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

  // Inside, and to all, in turn.
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
  v = 0;  // what may be sent is asked each time, though the way is known
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_BROADCAST, &v, sizeof(v)), 0);
  CHECK_EQ(send_to(s, NET_BCAST, 53, 20), -EACCES);
  sock_close(s);
}
