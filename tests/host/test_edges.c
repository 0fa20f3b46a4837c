// Rare corners of what is sent and answered: no room, no packet, no route, no address.

#include "fixture.h"

// n bytes, as they are in the page, with so much room in front.
static struct pktbuf *
packet(uint room, uint n)
{
  struct pktbuf *p = pkt_alloc();
  pkt_reserve(p, room);
  pkt_put(p, n);
  return p;
}

// A frame for a host whose address differs from ours in one byte only, whichever it is.
TEST(edge_one_byte_of_the_address)
{
  struct wire w;
  for(int i = 0; i < 6; i++){
    w_udp(&w, GW_IP, 7, OUR_IP, 2000, 10);
    w.b[i] ^= 0x10;
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ETH_DST), 6);
}

// Each layer that finds no room for its header drops by name, and so does the link what is longer than its MTU.
TEST(edge_no_room_for_a_header)
{
  struct dst way;
  CHECK_EQ(dst_find(GW_IP, 0, &way), 0);
  CHECK_EQ(ether_output(&card, packet(13, 50), gw_mac, ETHTYPE_IP), -EMSGSIZE);
  CHECK_EQ(ip_output(&way, packet(19, 50), &(struct ip_form){ .proto = 99, .ttl = 64 }), -EMSGSIZE);
  CHECK_EQ(udp_send(&way, &(struct ip_form){ .ttl = 64 }, 7, 9, packet(7, 50)), -EMSGSIZE);
  CHECK_EQ(drops(DROP_HEADROOM), 3);
  CHECK_EQ(ether_output(&card, packet(14, 1501), gw_mac, ETHTYPE_IP), -EMSGSIZE);
  CHECK_EQ(drops(DROP_TX_LONG), 1);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(ether_output(&card, packet(30, 1500), gw_mac, ETHTYPE_IP), 0);
  CHECK_EQ(nsent(), 1);
}

// Nothing leaves by an interface that is down, though its link is up.
TEST(edge_interface_down)
{
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 0), 0);
  CHECK_EQ(netif_tx(&card, packet(0, 60)), -ENETDOWN);
  CHECK_EQ(drops(DROP_TX_DOWN), 1);
}

// A ring that is full is emptied of what is sent before a frame is given up.
TEST(edge_ring_full_of_sent_frames)
{
  for(int i = 0; i < 200; i++){
    card.unclaimed = 0;
    CHECK_EQ(netif_tx(&card, packet(0, 60)), 0);
  }
  CHECK_EQ(drops(DROP_TX_FULL), 0);
}

// RFC 3021: a net of two hosts has no broadcast address.
TEST(edge_net_of_two)
{
  uint32 a = MAKE_IP_ADDR(10, 9, 9, 8);
  CHECK_EQ(netif_config(&card, a, 0xfffffffe, 1), 0);
  CHECK_EQ(netif_is_broadcast(&card, a + 1), 0);
  CHECK_EQ(netif_is_broadcast(&card, a), 0);
  CHECK_EQ(netif_config(&card, a, 0xffffffff, 1), 0);
  CHECK_EQ(netif_is_broadcast(&card, a), 0);
}

// An interface without an address may have a route, but nothing but a broadcast leaves without a source.
TEST(edge_no_source)
{
  struct dst way;
  CHECK_EQ(netif_config(&card, 0, 0, 1), 0);
  CHECK_EQ(route_add(FAR_IP, 0xffffffff, 0, &card), 0);
  CHECK_EQ(dst_find(FAR_IP, 0, &way), -ENETUNREACH);
  CHECK_EQ(dst_find(INADDR_BROADCAST, 0, &way), 0);
  CHECK_EQ(route_add(0, 0, GW_IP, &card), -ENETUNREACH);
}

static void
redirect(uint32 dst)
{
  CHECK_EQ(route_redirect(&card, GW_IP, dst, PEER_IP), 1);
}

static int
goes_to(uint32 dst)
{
  uint32 next;
  route_lookup(dst, &next);
  return next & 0xff;
}

// In a full table redirects give way to each other, the one that ends first before the others, but never a route that
// somebody set; a silent neighbour moves no route but its own.
TEST(edge_redirects_in_a_full_table)
{
  uint32 net = MAKE_IP_ADDR(172, 16, 0, 0);
  redirect(FAR_IP);
  host_advance(SEC);
  redirect(FAR_IP + 1);
  host_advance(SEC);
  int n = 0;
  while(route_add(net + (n << 8), 0xffffff00, GW_IP, &card) == 0)
    n++;
  CHECK_EQ(route_add(net, 0xffff0000, GW_IP, &card), -ENOSPC);
  redirect(FAR_IP + 2);
  CHECK_EQ(goes_to(FAR_IP), 2);
  CHECK_EQ(goes_to(FAR_IP + 1), 9);
  CHECK_EQ(goes_to(FAR_IP + 2), 9);
  route_failed(&card, MAKE_IP_ADDR(10, 0, 2, 77));
  CHECK_EQ(goes_to(FAR_IP + 2), 9);
  route_failed(&card, PEER_IP);
  CHECK_EQ(goes_to(FAR_IP + 1), 2);
  while(route_add(net + (n << 8), 0xffffff00, GW_IP, &card) == 0)
    n++;
  CHECK_EQ(route_redirect(&card, GW_IP, FAR_IP, PEER_IP), 0);
  CHECK_EQ(goes_to(FAR_IP), 2);
  // Its own net's route gives way to nothing, and finds no room where there is none.
  CHECK_EQ(route_delete(OUR_IP & 0xffffff00, 0xffffff00, 0), 0);
  CHECK_EQ(route_add(net + (n << 8), 0xffffff00, GW_IP, &card), 0);
  route_netif(&card);
  struct kstat_route r;
  CHECK_EQ(route_record(ROUTES_MAX, &r), -1);
  host_advance(ROUTE_REDIRECT_S * SEC);
}

// Two nets may begin with the same address, if one is larger.
TEST(edge_nets_of_one_address)
{
  uint32 net = MAKE_IP_ADDR(192, 168, 0, 0), next;
  CHECK_EQ(route_add(net, 0xffff0000, GW_IP, &card), 0);
  CHECK_EQ(route_add(net, 0xffffff00, GW_IP, &card), 0);
  CHECK_EQ(route_delete(net, 0xffff0000, 0), 0);
  CHECK_EQ(route_delete(net, 0xffff0000, 0), -ENOENT);
  CHECK(route_lookup(net + 1, &next) == &card);
  CHECK_EQ(route_delete(net, 0xffffff00, 0), 0);
}

// An echo request that cannot be answered, for there is no way back, is not.
TEST(edge_echo_without_a_way_back)
{
  struct wire w;
  CHECK_EQ(route_delete(0, 0, 0), 0);
  w_icmp(&w, FAR_IP, OUR_IP, ICMP_ECHO, 0, 0x00010001, "hello", 5);
  feed(&w);
  CHECK(drops(DROP_IP_NOROUTE) > 0);
  CHECK_EQ(nsent(), 0);
}

// An error for which there is no packet is not sent, and that is counted.
TEST(edge_error_without_a_packet)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  struct wire w;
  int n = 0;
  struct pktbuf *p = pkt_alloc();
  w_udp(&w, GW_IP, 7, OUR_IP, 4242, 10);
  memcpy(pkt_put(p, w.n), w.b, w.n);
  while((all[n] = pkt_alloc()) != 0)
    n++;
  netif_rx(&card, p);
  CHECK_EQ(drops(DROP_NOMEM), 1);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  CHECK_EQ(nsent(), 0);
  while(n > 0)
    pkt_free(all[--n]);
}

// A header that ends with its options, which are bad, and an ICMP message of no bytes: whether it was an error nobody can
// tell, so none is sent about it.
TEST(edge_error_about_nothing)
{
  struct wire w;
  w_ip(&w, GW_IP, OUR_IP, IPPROTO_ICMP, 4, 1, 0);
  w_hex(&w, "07 01 04 00");
  w_iph(&w)->ip_vhl = 0x46;
  w_ip_sum(&w);
  feed(&w);
  CHECK_EQ(drops(DROP_IP_OPTIONS), 1);
  CHECK_EQ(nsent(), 0);
}

// An error that quotes a later fragment, or an answer of ours to a ping, is about no socket's datagram.
TEST(edge_errors_about_others)
{
  struct wire w, inner;
  struct endpoint ping = { 0, 77 };
  int err;
  struct sock *s = udp_connected(2000, GW_IP, 9), *raw = sock_create(SOCK_RAW, &err);
  CHECK_EQ(sock_bind(raw, &ping), 0);
  w_udp(&inner, OUR_IP, 2000, GW_IP, 9, 8);
  w_iph(&inner)->ip_off = htons(3);
  w_ip_sum(&inner);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_UNREACH, 3, 0, inner.b + 14, 28);
  feed(&w);
  CHECK_EQ(sock_take_error(s), 0);
  w_icmp(&inner, OUR_IP, GW_IP, ICMP_ECHOREPLY, 0, 77 << 16, "reply", 5);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_UNREACH, 1, 0, inner.b + 14, 28);
  feed(&w);
  CHECK_EQ(sock_take_error(raw), 0);
  CHECK_EQ(drops(DROP_ICMP_INNER), 2);
  w_icmp(&inner, OUR_IP, GW_IP, ICMP_ECHO, 0, 77 << 16, "asked", 5);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_UNREACH, 1, 0, inner.b + 14, 28);
  feed(&w);
  CHECK_EQ(sock_take_error(raw), -EHOSTUNREACH);
  sock_close(s);
  sock_close(raw);
}

// A program's echo request has code 0.
TEST(edge_ping_with_a_code)
{
  int err;
  struct endpoint to = { GW_IP, 0 };
  struct sock *raw = sock_create(SOCK_RAW, &err);
  memcpy(host_user, "\x08\x01\0\0\0\x4d\0\1", 8);
  CHECK_EQ(sock_sendto(raw, UBASE, 8, &to, 0), -EINVAL);
  host_user[1] = 0;
  CHECK_EQ(sock_sendto(raw, UBASE, 8, &to, 0), 8);
  sock_close(raw);
}

static int
arp_knows(uint32 addr)
{
  struct kstat_arp r;
  for(int i = 0; i < ARP_ENTRIES; i++)
    if(arp_record(i, &r) == 1 && r.addr == addr)
      return 1;
  return 0;
}

// Who asks for us from another net is answered, and not remembered.
TEST(edge_arp_from_another_net)
{
  uint32 near = MAKE_IP_ADDR(10, 0, 9, 9);
  feed_arp(ARP_OP_REQUEST, other_mac, FAR_IP, our_mac, OUR_IP);
  feed_arp(ARP_OP_REQUEST, peer_mac, near, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 2);
  CHECK_EQ(arp_knows(FAR_IP), 0);
  CHECK_EQ(arp_knows(near), 0);
}

// Without an address of ours nobody can ask for it, not even for 0.
TEST(edge_arp_for_nobody)
{
  CHECK_EQ(netif_config(&card, 0, 0, 1), 0);
  feed_arp(ARP_OP_REQUEST, peer_mac, PEER_IP, our_mac, 0);
  CHECK_EQ(nsent(), 0);
}

// RFC 5227 2.4: after a defence we are silent for ten seconds.
TEST(edge_arp_defence)
{
  feed_arp(ARP_OP_REPLY, other_mac, OUR_IP, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 1);
  host_advance(9 * SEC);
  feed_arp(ARP_OP_REPLY, other_mac, OUR_IP, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 1);
  host_advance(2 * SEC);
  feed_arp(ARP_OP_REPLY, other_mac, OUR_IP, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 2);
}

// The second announcement is not tried on a link that went away meanwhile.
TEST(edge_arp_announcement_without_link)
{
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 1), 0);
  netif_link(&card, 0);
  sent_clear();
  long before = drops(DROP_TX_DOWN);
  host_advance(5 * SEC);
  CHECK_EQ(drops(DROP_TX_DOWN), before);
  CHECK_EQ(nsent(), 0);
}

// When the table is full, of those that nobody uses the one that was heard longest ago gives way.
TEST(edge_arp_oldest_gives_way)
{
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffff0000, 1), 0);
  host_advance(3 * SEC);
  for(uint i = 0; i < ARP_ENTRIES + 1; i++){
    feed_arp(ARP_OP_REQUEST, peer_mac, MAKE_IP_ADDR(10, 0, 7, i + 1), our_mac, OUR_IP);
    host_advance(MSEC);
  }
  CHECK_EQ(arp_knows(MAKE_IP_ADDR(10, 0, 7, 1)), 0);
  CHECK_EQ(arp_knows(MAKE_IP_ADDR(10, 0, 7, 2)), 1);
  CHECK_EQ(arp_knows(MAKE_IP_ADDR(10, 0, 7, ARP_ENTRIES + 1)), 1);
}

// A fixed entry needs no clock.
TEST(edge_arp_fixed_does_not_tick)
{
  arp_flush();
  CHECK_EQ(arp_add_static(&card, PEER_IP, peer_mac), 0);
  host_advance(10 * SEC);
  CHECK_EQ(host_timers(), 0);
  CHECK_EQ(arp_knows(PEER_IP), 1);
}
