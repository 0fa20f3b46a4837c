#include "fixture.h"

#define NET(a, b, c) MAKE_IP_ADDR(a, b, c, 0)

// The longest mask that fits wins, in whatever order the routes came.
TEST(route_longest_prefix)
{
  uint32 hop;
  CHECK_EQ(route_add(NET(192, 0, 0), 0xffff0000, MAKE_IP_ADDR(10, 0, 2, 3), &card), 0);
  CHECK_EQ(route_add(NET(192, 0, 2), 0xffffff00, MAKE_IP_ADDR(10, 0, 2, 4), &card), 0);
  CHECK_EQ(route_add(FAR_IP, 0xffffffff, MAKE_IP_ADDR(10, 0, 2, 5), &card), 0);
  CHECK_EQ(route_add(MAKE_IP_ADDR(128, 0, 0, 0), 0x80000000, MAKE_IP_ADDR(10, 0, 2, 6), &card), 0);
  static const struct { uint32 dst, hop; } cases[] = {
    { FAR_IP, MAKE_IP_ADDR(10, 0, 2, 5) }, { FAR_IP + 1, MAKE_IP_ADDR(10, 0, 2, 4) },
    { MAKE_IP_ADDR(192, 0, 3, 1), MAKE_IP_ADDR(10, 0, 2, 3) }, { MAKE_IP_ADDR(200, 0, 0, 1), MAKE_IP_ADDR(10, 0, 2, 6) },
    { MAKE_IP_ADDR(8, 8, 8, 8), GW_IP }, { PEER_IP, PEER_IP },
  };
  for(uint i = 0; i < NELEM(cases); i++){
    CHECK(route_lookup(cases[i].dst, &hop) == &card);
    CHECK_EQ(hop, cases[i].hop);
  }
  CHECK_EQ(route_delete(FAR_IP, 0xffffffff, 0), 0);
  route_lookup(FAR_IP, &hop);
  CHECK_EQ(hop, MAKE_IP_ADDR(10, 0, 2, 4));
}

// What makes no sense is refused: masks with holes, bits under the mask, gateways that are elsewhere or ourselves.
TEST(route_add_checks)
{
  CHECK_EQ(route_add(NET(192, 0, 2), 0xff00ff00, GW_IP, &card), -EINVAL);
  CHECK_EQ(route_add(FAR_IP, 0xffffff00, GW_IP, &card), -EINVAL);
  CHECK_EQ(route_add(NET(192, 0, 2), 0xffffff00, FAR_IP, &card), -ENETUNREACH);
  CHECK_EQ(route_add(NET(192, 0, 2), 0xffffff00, OUR_IP, &card), -ENETUNREACH);
  CHECK_EQ(route_add(0, 0, GW_IP, &card), -EEXIST);
  CHECK_EQ(route_delete(NET(192, 0, 2), 0xffffff00, 0), -ENOENT);
}

// The table is bounded.
TEST(route_table_full)
{
  struct kstat_route r;
  int n = 0, err;
  while(route_record(n, &r) > 0)
    n++;
  for(int i = 0; (err = route_add(NET(172, 16, i), 0xffffff00, GW_IP, &card)) == 0; i++)
    n++;
  CHECK_EQ(err, -ENOSPC);
  CHECK_EQ(n, ROUTES_MAX);
  CHECK_EQ(route_record(n, &r), -1);
  CHECK_EQ(route_record(-1, &r), -1);
  uint32 last = 0xffffffff;
  for(int i = 0; i < n; i++){
    CHECK_EQ(route_record(i, &r), 1);
    CHECK(r.mask <= last);
    last = r.mask;
  }
}

// The routes of an interface follow its address: a new net, the old gateway gone; down: passed over; up: back again.
TEST(route_follows_the_interface)
{
  uint32 hop;
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 0), 0);
  CHECK(route_lookup(FAR_IP, &hop) == 0);
  CHECK(route_lookup(PEER_IP, &hop) == 0);
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 1), 0);
  CHECK(route_lookup(FAR_IP, &hop) == &card);
  CHECK_EQ(hop, GW_IP);
  CHECK_EQ(netif_config(&card, MAKE_IP_ADDR(10, 0, 7, 1), 0xffffff00, 1), 0);
  CHECK(route_lookup(FAR_IP, &hop) == 0);
  CHECK(route_lookup(MAKE_IP_ADDR(10, 0, 7, 9), &hop) == &card);
  CHECK_EQ(netif_config(&card, 0, 0, 1), 0);
  CHECK(route_lookup(MAKE_IP_ADDR(10, 0, 7, 9), &hop) == 0);
  CHECK(route_lookup(INADDR_LOOPBACK, &hop) == &loopback);
}

// A second card has the next net, and no default route of its own.
TEST(route_second_card)
{
  static struct netif second;
  uint32 hop;
  second = card;
  safestrcpy(second.name, "e1", sizeof(second.name));
  second.mac[5] = 0x57;
  CHECK_EQ(netif_register(&second), 0);
  CHECK_EQ(second.addr, MAKE_IP_ADDR(10, 0, 3, 15));
  CHECK(route_lookup(MAKE_IP_ADDR(10, 0, 3, 9), &hop) == &second);
  CHECK(route_lookup(FAR_IP, &hop) == &card);
}

// RFC 1122 3.3.1.5: a second default gateway is asked when the first one does not answer, and the first one again when the
// second does not. One of them can be taken out by its address.
TEST(route_gateways_that_fail)
{
  uint32 second = MAKE_IP_ADDR(10, 0, 2, 3), net_gw = MAKE_IP_ADDR(10, 0, 2, 4), hop;
  struct sock *s = udp_socket(2000);
  arp_flush();
  CHECK_EQ(route_add(0, 0, second, &card), 0);
  CHECK_EQ(route_add(0, 0, second, &card), -EEXIST);
  CHECK_EQ(route_add(NET(192, 0, 2), 0xffffff00, GW_IP, &card), 0);
  CHECK_EQ(route_add(NET(192, 0, 2), 0xffffff00, net_gw, &card), 0);
  CHECK_EQ(route_add(NET(10, 0, 2), 0xffffff00, second, &card), -EEXIST);
  route_lookup(MAKE_IP_ADDR(8, 8, 8, 8), &hop);
  CHECK_EQ(hop, GW_IP);
  CHECK_EQ(send_to(s, FAR_IP, 9, 4), 4);
  host_advance(5 * SEC);
  route_lookup(MAKE_IP_ADDR(8, 8, 8, 8), &hop);
  CHECK_EQ(hop, second);
  route_lookup(FAR_IP, &hop);
  CHECK_EQ(hop, net_gw);
  sent_clear();
  CHECK_EQ(send_to(s, FAR_IP, 9, 4), 4);
  feed_arp(ARP_OP_REPLY, other_mac, net_gw, our_mac, OUR_IP);
  CHECK_BYTES(sent_eth(1)->dhost, other_mac, 6);
  CHECK_EQ(ntohl(sent_ip(1)->ip_dst), FAR_IP);
  CHECK_EQ(send_to(s, MAKE_IP_ADDR(8, 8, 8, 8), 9, 4), 4);
  host_advance(5 * SEC);
  route_lookup(MAKE_IP_ADDR(8, 8, 8, 8), &hop);
  CHECK_EQ(hop, GW_IP);
  CHECK_EQ(route_delete(0, 0, GW_IP), 0);
  route_lookup(MAKE_IP_ADDR(8, 8, 8, 8), &hop);
  CHECK_EQ(hop, second);
  CHECK_EQ(route_delete(0, 0, 0), 0);
  CHECK(route_lookup(MAKE_IP_ADDR(8, 8, 8, 8), &hop) == 0);
  sock_close(s);
}

// A gateway in use that falls silent is noticed without anybody pinging it (RFC 1122 3.3.1.4).
TEST(route_gateway_falls_silent)
{
  struct sock *s = udp_socket(2000);
  uint32 hop;
  CHECK_EQ(route_add(0, 0, MAKE_IP_ADDR(10, 0, 2, 3), &card), 0);
  for(int i = 0; i < 50; i++){
    CHECK_EQ(send_to(s, FAR_IP, 9, 4), 4);
    card_clean();
    host_advance(SEC);
    if(route_lookup(FAR_IP, &hop) && hop != GW_IP)
      break;
  }
  CHECK_EQ(hop, MAKE_IP_ADDR(10, 0, 2, 3));
  for(int i = 0; i < nsent(); i++)
    CHECK(ntohs(sent_eth(i)->type) == ETHTYPE_ARP || sent_ip(i)->ip_p == IPPROTO_UDP);
  sock_close(s);
}

// netctl changes what it says, and refuses what is not there or not of the right size.
TEST(netctl_operations)
{
  struct netctl_addr a = { "e0", MAKE_IP_ADDR(10, 0, 9, 1), 0xffffff00, 1 };
  struct netctl_route r = { "", NET(192, 0, 2), 0xffffff00, MAKE_IP_ADDR(10, 0, 9, 2) };
  struct netctl_arp e = { "", MAKE_IP_ADDR(10, 0, 9, 3), { 2, 0, 0, 0, 0, 1 } };
  uint32 hop;
  CHECK_EQ(netctl(NETCTL_ADDR, &a, sizeof(a)), 0);
  CHECK_EQ(card.addr, a.addr);
  CHECK_EQ(netctl(NETCTL_ROUTE_ADD, &r, sizeof(r)), 0);
  CHECK(route_lookup(FAR_IP, &hop) == &card);
  CHECK_EQ(netctl(NETCTL_ARP_ADD, &e, sizeof(e)), 0);
  CHECK_EQ(netctl(NETCTL_ARP_FLUSH, 0, 0), 0);
  CHECK_EQ(netctl(NETCTL_ARP_DEL, &e, sizeof(e)), 0);
  CHECK_EQ(netctl(NETCTL_ARP_DEL, &e, sizeof(e)), -ENOENT);
  CHECK_EQ(netctl(NETCTL_ROUTE_DEL, &r, sizeof(r)), 0);
  r.gateway = FAR_IP;
  CHECK_EQ(netctl(NETCTL_ROUTE_ADD, &r, sizeof(r)), -ENETUNREACH);
  memcpy(a.ifname, "nosuchif", 8);  // not zero-ended
  CHECK_EQ(netctl(NETCTL_ADDR, &a, sizeof(a)), -ENODEV);
  CHECK_EQ(netctl(NETCTL_ADDR, &a, sizeof(a) - 1), -EINVAL);
  CHECK_EQ(netctl(99, &a, 0), -EINVAL);
  CHECK_EQ(netctl_size(99), ~0u);
}

// Every kind of record has an end, and every record fits.
TEST(netstat_records)
{
  uint8 rec[NETSTAT_RECMAX];
  struct sock *s = udp_socket(2000);
  for(int what = -1; what < 20; what++){
    int n, i = 0;
    while((n = netstat_record(what, i, rec)) != NETSTAT_END){
      CHECK(n >= 0 && n <= NETSTAT_RECMAX && i < 1000);
      i++;
    }
    int kept = what != KSTAT_HART && what != KSTAT_DISK && what != KSTAT_FAULTY;  // here; and nothing is found wrong
    CHECK_EQ(i > 0, what >= KSTAT_IF && what <= KSTAT_TUNE && kept);
    CHECK_EQ(netstat_record(what, -1, rec), NETSTAT_END);
  }
  netstat_dump();
  CHECK_EQ(host_locks, 0);
  sock_close(s);
}

// A record goes to a program whole. Not one byte of it may be what happened to lie in the kernel's memory, not even
// between two fields.
TEST(netstat_records_are_set_whole)
{
  struct sock *s = udp_connected(2001, GW_IP, 7);
  feed_udp(GW_IP, 7, 2001, 20);
  CHECK_EQ(lab_bind(2002), 0);
  for(int what = KSTAT_IF; what <= KSTAT_TRACE; what++)
    for(int i = 0, n = 0; n != NETSTAT_END; i++){
      uint8 a[NETSTAT_RECMAX], b[NETSTAT_RECMAX];
      memset(a, 0xa5, sizeof(a));
      memset(b, 0x5a, sizeof(b));
      n = netstat_record(what, i, a);
      CHECK_EQ(netstat_record(what, i, b), n);
      if(n > 0)
        CHECK_BYTES(a, b, n);
    }
  CHECK_EQ(lab_unbind(2002), 0);
  sock_close(s);
}
