// Two cards: what belongs to one interface is not the other's.

#include "fixture.h"
#include "net/arptab.h"

#define OTHER_PEER MAKE_IP_ADDR(10, 0, 3, 9)

static int
known(uint32 addr)
{
  struct kstat_arp r;
  for(int i = 0; i < ARP_ENTRIES; i++)
    if(arp_record(i, &r) == 1 && r.addr == addr)
      return r.state;
  return 0;
}

// A neighbour is known on the link where it was heard: on another one it is asked for, and forgotten apart.
TEST(two_neighbours_apart)
{
  second_card();
  CHECK_EQ(arptab_learn(&card, PEER_IP, peer_mac, 1), 1);
  struct pktbuf *p = pkt_alloc();
  pkt_put(p, 40);
  CHECK_EQ(arp_output(&second_nif, p, PEER_IP), 0);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(ntohs(sent_eth(0)->type), ETHTYPE_ARP);
  CHECK_EQ(arptab_learn(&second_nif, OTHER_PEER, gw_mac, 1), 1);
  CHECK_EQ(netif_config(&second_nif, SECOND_IP, 0xffffff00, 0), 0);
  CHECK_EQ(known(OTHER_PEER), 0);
  CHECK_EQ(known(PEER_IP), ARP_REACHABLE);
}

// RFC 1122 3.3.6: a datagram to our other address in a broadcast frame is dropped, as one to this address is.
TEST(two_other_address_in_broadcast_frame)
{
  struct wire w;
  second_card();
  w_udp(&w, GW_IP, 7, SECOND_IP, 2000, 10);
  memcpy(w.b, ether_broadcast, 6);
  feed(&w);
  CHECK_EQ(drops(DROP_IP_LINKCAST), 1);
}

// A broadcast without a net leaves by the interface of its source, or by the first one that is up.
TEST(two_broadcasts)
{
  struct dst way;
  second_card();
  CHECK_EQ(dst_find(INADDR_BROADCAST, SECOND_IP, &way), 0);
  CHECK(way.nif == &second_nif);
  CHECK_EQ(dst_find(INADDR_BROADCAST, 0, &way), 0);
  CHECK(way.nif == &card);
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 0), 0);
  CHECK_EQ(dst_find(INADDR_BROADCAST, 0, &way), 0);
  CHECK(way.nif == &second_nif);
}

// RFC 1122 3.2.2.2: a redirect counts only if it comes by the link of the route that it changes; a gateway that is silent
// on one link says nothing about the other.
TEST(two_routes_apart)
{
  uint32 next;
  second_card();
  CHECK_EQ(route_redirect(&second_nif, GW_IP, FAR_IP, OTHER_PEER), 0);
  CHECK_EQ(route_redirect(&card, GW_IP, FAR_IP, OTHER_PEER), 0);
  CHECK_EQ(route_add(0, 0, PEER_IP, &card), 0);
  route_failed(&second_nif, GW_IP);
  CHECK(route_lookup(FAR_IP, &next) == &card);
  CHECK_EQ(next, GW_IP);
  route_failed(&card, GW_IP);
  CHECK(route_lookup(FAR_IP, &next) == &card);
  CHECK_EQ(next, PEER_IP);
  CHECK_EQ(netif_config(&second_nif, 0, 0, 1), 0);
  CHECK(route_lookup(FAR_IP, &next) == &card);
}

// There is room for so many interfaces, and the next one is refused.
TEST(two_many_interfaces)
{
  static struct netif more[NETIF_MAX];
  int n = nnetif, err = 0;
  for(int i = 0; i < NETIF_MAX && err == 0; i++){
    more[i] = (struct netif){ .name = "x", .driver = "test", .nqueue = 1, .mtu = 1500, .link = 1, .ops = card.ops };
    memcpy(more[i].mac, other_mac, 6);
    n += (err = netif_register(&more[i])) == 0;
  }
  CHECK_EQ(err, -ENOSPC);
  CHECK_EQ(n, NETIF_MAX);
  CHECK(netifs[NETIF_MAX] == 0);
}

// netctl: a fixed neighbour for an interface that there is not, and one that is on no link.
TEST(two_no_such_interface)
{
  struct netctl_arp a = { .ifname = "e7", .addr = PEER_IP };
  memcpy(a.mac, peer_mac, 6);
  CHECK_EQ(netctl(NETCTL_ARP_ADD, &a, sizeof(a)), -ENODEV);
  a.ifname[0] = 0;
  a.addr = FAR_IP;
  CHECK_EQ(netctl(NETCTL_ARP_ADD, &a, sizeof(a)), -ENETUNREACH);
}

// The address of an interface that is down is nobody's: no socket can be bound to it.
TEST(two_an_address_that_is_down)
{
  struct endpoint ep = { SECOND_IP, 2000 };
  struct sock *s = udp_socket(0);
  second_card();
  CHECK_EQ(netif_config(&second_nif, SECOND_IP, 0xffffff00, 0), 0);
  CHECK_EQ(netif_is_ours(SECOND_IP), 0);
  CHECK_EQ(sock_bind(s, &ep), -EADDRNOTAVAIL);
  CHECK_EQ(netif_config(&second_nif, SECOND_IP, 0xffffff00, 1), 0);
  CHECK_EQ(netif_is_ours(SECOND_IP), 1);
  CHECK_EQ(sock_bind(s, &ep), 0);
  sock_close(s);
}
