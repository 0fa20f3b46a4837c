#include "pkt/tune.h"
#include "fixture.h"

static int
entry(uint32 addr, struct kstat_arp *r)
{
  int there = 0;
  struct kstat_arp e;
  for(int i = 0, is; (is = arp_record(i, &e)) >= 0; i++)
    if(is && e.addr == addr){
      there = 1;
      if(r)
        *r = e;
    }
  return there;
}

static const uint8 none[6];

// At up the address is announced: a request for our own address, from us, to everybody; and once more (RFC 5227 2.3).
TEST(arp_announces_itself)
{
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffffff00, 1), 0);
  CHECK_BYTES(sent_eth(0)->dhost, ether_broadcast, 6);
  CHECK_EQ(ntohs(sent_arp(0)->op), ARP_OP_REQUEST);
  CHECK_EQ(ntohl(sent_arp(0)->sip), OUR_IP);
  CHECK_EQ(ntohl(sent_arp(0)->tip), OUR_IP);
  CHECK_BYTES(sent_arp(0)->sha, our_mac, 6);
  int n = nsent(), again = 0;
  for(int ms = 0; ms < 10000; ms += 100){
    host_advance(100 * MSEC);
    for(; n < nsent(); n++)
      if(ntohl(sent_arp(n)->tip) == OUR_IP){
        again++;
        CHECK(ms >= 1900 && ms <= 2000);
      }
  }
  CHECK_EQ(again, 1);
}

// Who asks for us is answered, and remembered.
TEST(arp_answers_and_learns)
{
  feed_arp(ARP_OP_REQUEST, peer_mac, PEER_IP, none, OUR_IP);
  CHECK_EQ(nsent(), 1);
  const struct arp *a = sent_arp(0);
  CHECK_BYTES(sent_eth(0)->dhost, peer_mac, 6);
  CHECK_EQ(ntohs(a->op), ARP_OP_REPLY);
  CHECK_EQ(ntohs(a->hrd), 1);
  CHECK_EQ(ntohs(a->pro), 0x800);
  CHECK_EQ(a->hln, 6);
  CHECK_EQ(a->pln, 4);
  CHECK_BYTES(a->sha, our_mac, 6);
  CHECK_EQ(ntohl(a->sip), OUR_IP);
  CHECK_BYTES(a->tha, peer_mac, 6);
  CHECK_EQ(ntohl(a->tip), PEER_IP);
  struct kstat_arp e;
  CHECK(entry(PEER_IP, &e));
  CHECK_EQ(e.state, ARP_REACHABLE);
  CHECK_BYTES(e.mac, peer_mac, 6);
}

// The console's line for the course's graders comes once.
TEST(arp_first_packet_is_told_once)
{
  const char *line = "arp_rx: received an ARP packet\n", *at = console();
  int n = 0;
  feed_arp(ARP_OP_REQUEST, peer_mac, PEER_IP, none, OUR_IP);
  for(; *at; at++)
    n += strncmp(at, line, strlen(line)) == 0;
  CHECK_EQ(n, 1);
}

// Requests for others are not answered, and teach nothing.
TEST(arp_request_for_another_host)
{
  feed_arp(ARP_OP_REQUEST, peer_mac, PEER_IP, none, MAKE_IP_ADDR(10, 0, 2, 77));
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(drops(DROP_ARP_UNASKED), 1);
  CHECK(!entry(PEER_IP, 0));
}

// A1: cut at every length.
TEST(arp_cut_short)
{
  struct wire w;
  w_arp(&w, ARP_OP_REQUEST, peer_mac, PEER_IP, none, OUR_IP);
  for(uint n = 14; n < 14 + 28; n++)
    feed_bytes(w.b, n);
  CHECK_EQ(drops(DROP_ARP_SHORT), 28);
  CHECK_EQ(nsent(), 0);
}

// A2, A3: other hardware, other protocols, other lengths.
TEST(arp_wrong_format)
{
  struct wire w;
  static const struct { uint8 at, v; } bad[] = {
    { 0, 1 }, { 1, 6 }, { 1, 0 }, { 2, 6 }, { 3, 6 }, { 4, 0 }, { 4, 255 }, { 5, 0 }, { 5, 255 }, { 5, 16 },
  };
  for(uint i = 0; i < NELEM(bad); i++){
    w_arp(&w, ARP_OP_REQUEST, peer_mac, PEER_IP, none, OUR_IP);
    w.b[14 + bad[i].at] = bad[i].v;
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ARP_FORMAT), NELEM(bad));
  CHECK_EQ(nsent(), 0);
}

// A4: neither request nor reply; RARP's replies are 4.
TEST(arp_wrong_operation)
{
  static const uint16 ops[] = { 0, 3, 4, 8, 9, 0x100, 0xffff };
  for(uint i = 0; i < NELEM(ops); i++)
    feed_arp(ops[i], peer_mac, PEER_IP, our_mac, OUR_IP);
  CHECK_EQ(drops(DROP_ARP_OP), NELEM(ops));
  CHECK(!entry(PEER_IP, 0));
}

// A5: senders that are no host. (Address 0 may ask: see arp_probe.)
TEST(arp_impossible_sender_address)
{
  static const uint32 bad[] = {
    INADDR_BROADCAST, NET_BCAST, MAKE_IP_ADDR(224, 0, 0, 1), MAKE_IP_ADDR(127, 0, 0, 1), MAKE_IP_ADDR(240, 0, 0, 1), 5,
  };
  for(uint i = 0; i < NELEM(bad); i++)
    feed_arp(ARP_OP_REQUEST, peer_mac, bad[i], none, OUR_IP);
  feed_arp(ARP_OP_REPLY, peer_mac, 0, our_mac, OUR_IP);
  CHECK_EQ(drops(DROP_ARP_SENDER), NELEM(bad) + 1);
  CHECK_EQ(nsent(), 0);
}

// A5: somebody uses our address. It is said on the console, and we announce ours; but only every 10 seconds.
TEST(arp_conflict_is_defended)
{
  for(int i = 0; i < 5; i++)
    feed_arp(ARP_OP_REPLY, other_mac, OUR_IP, our_mac, OUR_IP);
  CHECK_EQ(drops(DROP_ARP_CONFLICT), 5);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(ntohl(sent_arp(0)->sip), OUR_IP);
  CHECK_EQ(ntohl(sent_arp(0)->tip), OUR_IP);
  CHECK(!entry(OUR_IP, 0));
  host_advance(ARP_DEFEND_MS * MSEC);
  sent_clear();
  feed_arp(ARP_OP_REQUEST, other_mac, OUR_IP, none, OUR_IP);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(counted(NET_ARP_DEFENDED), 2);
}

// RFC 5227 2.4: the console hears of a conflict, with the other's hardware address, and not of each message.
TEST(arp_conflict_is_told)
{
  uint before = strlen(console());
  for(int i = 0; i < 100; i++)
    feed_arp(ARP_OP_REQUEST, other_mac, OUR_IP, none, GW_IP);
  CHECK_TEXT(console() + before, "arp: e0: 02:00:00:00:00:42 uses our address 10.0.2.15\n");
}

// RFC 5227: a host without an address asks whether ours is free. It hears that it is not; nothing is learnt.
TEST(arp_probe)
{
  feed_arp(ARP_OP_REQUEST, other_mac, 0, none, OUR_IP);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(ntohs(sent_arp(0)->op), ARP_OP_REPLY);
  CHECK(!entry(0, 0));
}

// A6: hardware addresses that no single other host has.
TEST(arp_impossible_sender_hardware)
{
  feed_arp(ARP_OP_REQUEST, peer_mac, PEER_IP, none, GW_IP);
  struct wire w;
  const uint8 *bad[] = { ether_broadcast, none, our_mac, (const uint8[6]){ 0x01, 0, 0x5e, 0, 0, 1 } };
  for(uint i = 0; i < NELEM(bad); i++){
    w_arp(&w, ARP_OP_REQUEST, peer_mac, PEER_IP, none, OUR_IP);
    memcpy(w.b + 14 + 8, bad[i], 6);
    feed(&w);
  }
  CHECK_EQ(drops(DROP_ARP_SENDER), NELEM(bad));
  CHECK_EQ(nsent(), 0);
}

// A7: the frame comes from another card than the message says (a bridge, a proxy): the message counts.
TEST(arp_ethernet_source_differs)
{
  struct wire w;
  w_arp(&w, ARP_OP_REQUEST, peer_mac, PEER_IP, none, OUR_IP);
  memcpy(w.b + 6, other_mac, 6);
  feed(&w);
  struct kstat_arp e;
  CHECK(entry(PEER_IP, &e));
  CHECK_BYTES(e.mac, peer_mac, 6);
  CHECK_BYTES(sent_eth(0)->dhost, peer_mac, 6);
}

// A8: a known host moves (RFC 826 merges); that is counted and told. A static entry does not move.
TEST(arp_gratuitous_overwrite)
{
  struct kstat_arp e;
  feed_arp(ARP_OP_REQUEST, other_mac, GW_IP, none, GW_IP);
  CHECK(entry(GW_IP, &e));
  CHECK_BYTES(e.mac, other_mac, 6);
  CHECK_EQ(counted(NET_ARP_MOVED), 1);
  uint printed = strlen(console());
  for(int i = 0; i < 100; i++)
    feed_arp(ARP_OP_REQUEST, i % 2 ? other_mac : gw_mac, GW_IP, none, GW_IP);
  CHECK_EQ(counted(NET_ARP_MOVED), 101);
  CHECK_EQ(strlen(console()), printed);  // a flood of moves is no flood of lines
  CHECK_EQ(arp_add_static(&card, GW_IP, gw_mac), 0);
  feed_arp(ARP_OP_REPLY, other_mac, GW_IP, our_mac, OUR_IP);
  CHECK(entry(GW_IP, &e));
  CHECK_BYTES(e.mac, gw_mac, 6);
  CHECK_EQ(e.state, ARP_STATIC);
  CHECK_EQ(arp_delete(GW_IP), 0);
  CHECK_EQ(arp_delete(GW_IP), -ENOENT);
}

// A9: a flood of askers drives out neither the static entries nor those that packets wait for, nor those in use.
TEST(arp_cache_flood)
{
  struct sock *s = udp_socket(2000);
  static const uint8 fixed[6] = { 2, 2, 2, 2, 2, 2 };
  uint32 st = MAKE_IP_ADDR(10, 0, 2, 200), pending = MAKE_IP_ADDR(10, 0, 2, 201);
  CHECK_EQ(netif_config(&card, MAKE_IP_ADDR(10, 0, 2, 15), 0xffff0000, 1), 0);
  feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
  CHECK_EQ(arp_add_static(&card, st, fixed), 0);
  CHECK_EQ(send_to(s, pending, 9, 10), 10);
  CHECK_EQ(send_to(s, GW_IP, 9, 10), 10);
  for(uint i = 1; i <= 1000; i++){
    uint8 mac[6] = { 2, 0, 0, 9, i >> 8, i };
    feed_arp(ARP_OP_REQUEST, mac, MAKE_IP_ADDR(10, 0, 3, 0) + i, none, OUR_IP);
  }
  CHECK(counted(NET_ARP_EVICTED) > 800);
  CHECK(entry(st, 0));
  CHECK(entry(pending, 0));
  CHECK(entry(GW_IP, 0));
  sent_clear();
  feed_arp(ARP_OP_REPLY, peer_mac, pending, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(arp_delete(st), 0);
  sock_close(s);
}

// A9: all entries pending: one more address finds no place, by name; and in time all give up.
TEST(arp_table_full_of_pending)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(netif_config(&card, OUR_IP, 0xffff0000, 1), 0);
  arp_flush();
  for(uint i = 0; i < ARP_ENTRIES; i++)
    CHECK_EQ(send_to(s, MAKE_IP_ADDR(10, 0, 3, 1) + i, 9, 10), 10);
  CHECK_EQ(send_to(s, MAKE_IP_ADDR(10, 0, 4, 1), 9, 10), -ENOBUFS);
  CHECK_EQ(drops(DROP_ARP_TABLE), 1);
  long before = drops(DROP_ARP_TIMEOUT);
  host_advance(5 * SEC);
  CHECK_EQ(drops(DROP_ARP_TIMEOUT) - before, ARP_ENTRIES);
  CHECK_EQ(send_to(s, MAKE_IP_ADDR(10, 0, 4, 1), 9, 10), 10);
  sock_close(s);
}

// A10: an answer that nobody asked for makes no entry.
TEST(arp_reply_unasked)
{
  feed_arp(ARP_OP_REPLY, peer_mac, PEER_IP, our_mac, OUR_IP);
  CHECK_EQ(drops(DROP_ARP_UNASKED), 1);
  CHECK(!entry(PEER_IP, 0));
}

// A11: however much is sent, an address is asked for once a second, three times, and then given up.
TEST(arp_requests_are_rate_limited)
{
  struct sock *s = udp_socket(2000);
  for(int ms = 0; ms < 2900; ms += 10){
    send_to(s, PEER_IP, 9, 10);
    host_advance(10 * MSEC);
  }
  CHECK_EQ(nsent(), 3);
  for(int i = 0; i < 3; i++){
    CHECK_BYTES(sent_eth(i)->dhost, ether_broadcast, 6);
    CHECK_EQ(ntohl(sent_arp(i)->tip), PEER_IP);
    CHECK_BYTES(sent_arp(i)->tha, none, 6);
  }
  CHECK(drops(DROP_ARP_FULL) > 0);
  host_advance(400 * MSEC);
  CHECK_EQ(drops(DROP_ARP_TIMEOUT), ARP_HOLD);
  CHECK(!entry(PEER_IP, 0));
  sock_close(s);
}

// A12: packets that wait for one address, and for all of them, are bounded.
TEST(arp_held_packets_are_bounded)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 100; i++)
    CHECK_EQ(send_to(s, PEER_IP, 9, 10), i < ARP_HOLD ? 10 : -ENOBUFS);
  CHECK_EQ(drops(DROP_ARP_FULL), 100 - ARP_HOLD);
  for(int host = 100; host < 110; host++)
    for(int i = 0; i < ARP_HOLD; i++)
      send_to(s, MAKE_IP_ADDR(10, 0, 2, host), 9, 10);
  card_clean();
  CHECK_EQ(pkt_in_use(), ARP_HOLD_TOTAL);
  sock_close(s);
}

// Packets that wait go out in order when the answer comes, and none is lost.
TEST(arp_held_packets_go_in_order)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 10; i++){
    host_user[0] = i;
    CHECK_EQ(send_to(s, PEER_IP, 9, 1), 1);
  }
  CHECK_EQ(nsent(), 1);
  feed_arp(ARP_OP_REPLY, peer_mac, PEER_IP, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 11);
  for(int i = 0; i < 10; i++){
    CHECK_BYTES(sent_eth(1 + i)->dhost, peer_mac, 6);
    CHECK_EQ(sent_l4(1 + i)[8], i);
  }
  sock_close(s);
}

// What another hart sends while those go out goes behind them.
static struct sock *other_harts;

static void
sends_meanwhile(void)
{
  host_user[0] = 99;
  send_to(other_harts, PEER_IP, 9, 1);
}

TEST(arp_held_packets_go_first)
{
  other_harts = udp_socket(2000);
  for(int i = 0; i < 3; i++){
    host_user[0] = i;
    CHECK_EQ(send_to(other_harts, PEER_IP, 9, 1), 1);
  }
  CHECK_EQ(nsent(), 1);
  card_meanwhile = sends_meanwhile;
  feed_arp(ARP_OP_REPLY, peer_mac, PEER_IP, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 5);
  for(int i = 0; i < 4; i++)
    CHECK_EQ(sent_l4(1 + i)[8], i < 3 ? i : 99);
  CHECK_EQ(send_to(other_harts, PEER_IP, 9, 1), 1);
  CHECK_EQ(nsent(), 6);
  sock_close(other_harts);
}

// A connected socket hears that the next hop does not answer.
TEST(arp_failure_reaches_the_socket)
{
  struct sock *s = udp_connected(2000, PEER_IP, 9);
  CHECK_EQ(send_to(s, 0, 0, 10), 10);
  host_advance(5 * SEC);
  CHECK_EQ(sock_poll(s) & POLLERR, POLLERR);
  CHECK_EQ(receive(s, 10, 0), -EHOSTUNREACH);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  CHECK_EQ(drops(DROP_ARP_TIMEOUT), 1);
  sock_close(s);
}

// An entry in use is asked for again, by unicast, before it is too old; an answer keeps it, and nothing waits.
TEST(arp_refreshes_what_is_used)
{
  struct sock *s = udp_socket(2000);
  struct kstat_arp e;
  host_advance(40 * SEC);
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  sent_clear();
  host_advance(3 * SEC);
  CHECK(nsent() >= 1);
  CHECK_BYTES(sent_eth(0)->dhost, gw_mac, 6);
  CHECK_EQ(ntohl(sent_arp(0)->tip), GW_IP);
  CHECK(entry(GW_IP, &e));
  CHECK_EQ(e.state, ARP_STALE);
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  CHECK_EQ(ntohs(sent_eth(nsent() - 1)->type), ETHTYPE_IP);
  feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
  CHECK(entry(GW_IP, &e));
  CHECK_EQ(e.state, ARP_REACHABLE);
  CHECK(e.age_ms < 1000);
  sock_close(s);
}

// An entry in use whose host is gone: after the unicasts it is forgotten, and the next packet asks everybody.
TEST(arp_stale_host_is_gone)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  host_advance(50 * SEC);
  CHECK(!entry(GW_IP, 0));
  sent_clear();
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  CHECK_BYTES(sent_eth(0)->dhost, ether_broadcast, 6);
  sock_close(s);
}

// An entry that nobody uses is forgotten without a sound.
TEST(arp_forgets_what_is_not_used)
{
  CHECK(entry(GW_IP, 0));
  host_advance(61 * SEC);
  CHECK(!entry(GW_IP, 0));
  CHECK_EQ(nsent(), 0);
}

// How long that takes is netctl's to set; what is in use is asked for again at three quarters of it.
TEST(arp_life_is_a_parameter)
{
  struct sock *s = udp_socket(2000);
  struct kstat_arp e;
  CHECK_EQ(tune_set("arplife", 8), 0);
  feed_arp(ARP_OP_REQUEST, gw_mac, GW_IP, our_mac, OUR_IP);  // it is fresh now
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  CHECK(entry(GW_IP, &e));
  CHECK(e.ttl_ms > 0 && e.ttl_ms <= 8000);
  sent_clear();
  host_advance(5 * SEC);
  CHECK_EQ(nsent(), 0);
  host_advance(1500 * MSEC);
  CHECK_EQ(nsent(), 1);
  CHECK_BYTES(sent_eth(0)->dhost, gw_mac, 6);
  feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
  host_advance(7 * SEC);
  CHECK(entry(GW_IP, 0));
  host_advance(2 * SEC);
  CHECK(!entry(GW_IP, 0));
  CHECK_EQ(tune_set("arplife", 60), 0);
  sock_close(s);
}

// What an interface knew is void when its address changes; packets that waited are dropped by name.
TEST(arp_new_address)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(send_to(s, PEER_IP, 9, 10), 10);
  CHECK_EQ(netif_config(&card, MAKE_IP_ADDR(10, 0, 7, 1), 0xffffff00, 1), 0);
  CHECK(!entry(PEER_IP, 0) && !entry(GW_IP, 0));
  CHECK_EQ(drops(DROP_ARP_TIMEOUT), 1);
  CHECK_EQ(ntohl(sent_arp(nsent() - 1)->sip), MAKE_IP_ADDR(10, 0, 7, 1));
  sock_close(s);
}

// Static entries must make sense: a host of this link, at an address that one card can have.
TEST(arp_static_checks)
{
  CHECK_EQ(arp_add_static(&card, FAR_IP, peer_mac), -EINVAL);
  CHECK_EQ(arp_add_static(&card, OUR_IP, peer_mac), -EINVAL);
  CHECK_EQ(arp_add_static(&card, NET_BCAST, peer_mac), -EINVAL);
  CHECK_EQ(arp_add_static(&card, PEER_IP, ether_broadcast), -EINVAL);
  CHECK_EQ(arp_add_static(&loopback, INADDR_LOOPBACK, peer_mac), -EINVAL);
  CHECK_EQ(arp_add_static(&card, PEER_IP, peer_mac), 0);
  arp_flush();
  host_advance(100 * SEC);
  CHECK(entry(PEER_IP, 0));
  CHECK_EQ(arp_delete(PEER_IP), 0);
}

// E10: no packet for a request or an answer: counted, and nothing breaks.
TEST(arp_without_memory)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  int n = 0;
  struct wire w;
  w_arp(&w, ARP_OP_REQUEST, peer_mac, PEER_IP, none, OUR_IP);
  struct pktbuf *p = pkt_alloc();
  memcpy(pkt_put(p, w.n), w.b, w.n);
  while((all[n] = pkt_alloc()) != 0)
    n++;
  netif_rx(&card, p);
  CHECK_EQ(drops(DROP_NOMEM), 1);
  CHECK_EQ(nsent(), 0);
  while(n > 0)
    pkt_free(all[--n]);
}
