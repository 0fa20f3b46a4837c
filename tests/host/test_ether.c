#include "fixture.h"

// E1: frames too short for an Ethernet header, of every length.
TEST(ether_runts)
{
  uint8 b[14] = { 0 };
  for(uint n = 0; n < 14; n++)
    feed_bytes(b, n);
  CHECK_EQ(drops(DROP_ETH_SHORT), 14);
  CHECK_EQ(card.stat.rx_drops, 14);
}

// E1, E11: a header, and less than 46 bytes behind it: each protocol checks what it needs, and reads no further.
TEST(ether_short_frames_of_each_protocol)
{
  static const uint16 types[] = { ETHTYPE_IP, ETHTYPE_ARP };
  struct wire w;
  for(int t = 0; t < 2; t++)
    for(uint n = 0; n < 20; n++){
      w_eth(&w, our_mac, gw_mac, types[t]);
      w_fill(&w, n);
      feed(&w);
    }
  CHECK_EQ(drops(DROP_IP_SHORT), 20);
  CHECK_EQ(drops(DROP_ARP_SHORT), 20);
}

// E4: types that nobody here speaks, 802.3 lengths, and VLAN tags, single, double and cut short.
TEST(ether_unknown_types)
{
  struct wire w;
  static const uint16 types[] = { 0, 46, 1500, 0x5ff, 0x600, 0x86dd, 0x8035, 0xffff };
  for(uint i = 0; i < NELEM(types); i++){
    w_eth(&w, our_mac, gw_mac, types[i]);
    w_fill(&w, 46);
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ETH_TYPE), NELEM(types));
  for(int i = 0; i < 4; i++){
    w_eth(&w, our_mac, gw_mac, i & 1 ? 0x88a8 : ETHTYPE_VLAN);
    w_fill(&w, i < 2 ? 46 : i - 1);
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ETH_VLAN), 4);
}

// E5: our own address as the source: a frame of ours that came back.
TEST(ether_source_is_ours)
{
  struct wire w;
  w_udp(&w, GW_IP, 1, OUR_IP, 2, 10);
  memcpy(w.b + 6, our_mac, 6);
  feed(&w);
  CHECK_EQ(drops(DROP_ETH_SRC), 1);
  CHECK_EQ(nsent(), 0);
}

// E6: no frame comes from a group.
TEST(ether_source_is_a_group)
{
  struct wire w;
  w_udp(&w, GW_IP, 1, OUR_IP, 2, 10);
  memcpy(w.b + 6, ether_broadcast, 6);
  feed(&w);
  w.b[6] = 0x33;
  feed(&w);
  CHECK_EQ(drops(DROP_ETH_SRC), 2);
  CHECK_EQ(nsent(), 0);
}

// A frame for somebody else, which a card in promiscuous mode lets through.
TEST(ether_for_somebody_else)
{
  struct wire w;
  w_udp(&w, GW_IP, 1, OUR_IP, 2, 10);
  w.b[5] ^= 1;
  feed(&w);
  CHECK_EQ(drops(DROP_ETH_DST), 1);
}

// E7: an IP unicast in a link broadcast goes nowhere (RFC 1122 3.3.6).
TEST(ether_broadcast_with_unicast_ip)
{
  struct sock *s = udp_socket(2000);
  struct wire w;
  w_udp(&w, GW_IP, 1, OUR_IP, 2000, 10);
  memcpy(w.b, ether_broadcast, 6);
  feed(&w);
  w.b[0] = 0x01;  // multicast
  feed(&w);
  CHECK_EQ(drops(DROP_IP_LINKCAST), 2);
  CHECK_EQ(receive(s, 100, 0), -EAGAIN);
  sock_close(s);
}

// E8: what a short frame is filled up with is zeros, never what the page held before.
TEST(ether_padding_is_zeros)
{
  fresh_packet_pages();
  struct sock *s = udp_socket(2000);
  for(uint n = 0; n <= 18; n++){
    sent_clear();
    CHECK_EQ(send_to(s, GW_IP, 9, n), n);
    CHECK_EQ(sent(0)->len, 60);
    for(uint i = 42 + n; i < 60; i++)
      CHECK_EQ(sent(0)->b[i], 0);
  }
  CHECK_EQ(send_to(s, GW_IP, 9, 19), 19);
  CHECK_EQ(sent(1)->len, 61);
  sent_clear();
  feed_arp(ARP_OP_REQUEST, peer_mac, PEER_IP, (uint8[6]){ 0 }, OUR_IP);
  CHECK_EQ(sent(0)->len, 60);
  for(uint i = 42; i < 60; i++)
    CHECK_EQ(sent(0)->b[i], 0);
  sock_close(s);
}

// An interface that is down takes nothing in and lets nothing out.
TEST(netif_down)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 0), 0);
  feed_udp(GW_IP, 7, 2000, 10);
  CHECK_EQ(drops(DROP_RX_DOWN), 1);
  CHECK_EQ(send_to(s, GW_IP, 7, 10), -ENETUNREACH);
  CHECK_EQ(nsent(), 0);
  sock_close(s);
}

// A card without carrier: the sender is told, the packet is counted.
TEST(netif_link_down)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(arp_add_static(&card, GW_IP, gw_mac), 0);
  netif_link(&card, 0);
  CHECK_EQ(send_to(s, GW_IP, 7, 10), -ENETDOWN);
  CHECK_EQ(drops(DROP_TX_DOWN), 1);
  netif_link(&card, 1);
  netif_link(&card, 1);
  CHECK_EQ(card.stat.link_changes, 2);
  CHECK_EQ(send_to(s, GW_IP, 7, 10), 10);
  CHECK_EQ(arp_delete(GW_IP), 0);
  sock_close(s);
}

// E10: no free descriptor: the frame is dropped by name, the sender is told, and sent packets are taken back.
TEST(netif_ring_full)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 500; i++)
    CHECK_EQ(send_to(s, GW_IP, 7, 10), 10);
  CHECK(pkt_in_use() <= 64);
  card_full = 1;
  CHECK_EQ(send_to(s, GW_IP, 7, 10), -ENOBUFS);
  CHECK_EQ(drops(DROP_TX_FULL), 1);
  CHECK_EQ(card.stat.tx_full, 1);
  card_full = 0;
  CHECK_EQ(send_to(s, GW_IP, 7, 10), 10);
  sock_close(s);
}

// Only addresses that a host can have, under masks that are masks.
TEST(netif_config_checks)
{
  static const struct { uint32 addr, mask; int ok; } cases[] = {
    { MAKE_IP_ADDR(10, 1, 2, 3), 0xff000000, 1 }, { MAKE_IP_ADDR(10, 1, 2, 3), 0xff00ff00, 0 },
    { MAKE_IP_ADDR(10, 1, 2, 0), 0xffffff00, 0 }, { MAKE_IP_ADDR(10, 1, 2, 255), 0xffffff00, 0 },
    { MAKE_IP_ADDR(224, 0, 0, 1), 0xff000000, 0 }, { 0xffffffff, 0xffffff00, 0 }, { MAKE_IP_ADDR(127, 0, 0, 1), 0xff000000, 0 },
    { MAKE_IP_ADDR(0, 1, 2, 3), 0xffffff00, 0 }, { MAKE_IP_ADDR(10, 1, 2, 4), 0xfffffffe, 1 },
    { MAKE_IP_ADDR(10, 1, 2, 4), 0xffffffff, 1 }, { MAKE_IP_ADDR(10, 1, 2, 4), 0, 0 }, { 0, 0, 1 },
  };
  for(uint i = 0; i < NELEM(cases); i++)
    CHECK_EQ(netif_config(&card, cases[i].addr, cases[i].mask, 1), cases[i].ok ? 0 : -EINVAL);
}

// RFC 3021: a net of one or two addresses has no broadcast address but 255.255.255.255.
TEST(netif_small_nets)
{
  static const struct { uint32 mask; int bcast; } cases[] = {
    { 0xffffff00, 1 }, { 0xfffffffc, 1 }, { 0xfffffffe, 0 }, { 0xffffffff, 0 },
  };
  for(uint i = 0; i < NELEM(cases); i++){
    uint32 addr = MAKE_IP_ADDR(10, 1, 2, 0x41), last = addr | ~cases[i].mask;
    CHECK_EQ(netif_config(&card, addr, cases[i].mask, 1), 0);
    CHECK_EQ(netif_is_broadcast(&card, last), cases[i].bcast);
    CHECK(netif_is_broadcast(&card, INADDR_BROADCAST));
    CHECK(!netif_is_broadcast(&card, last + 1));
  }
}
