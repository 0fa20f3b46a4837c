#include "pkt/tune.h"
#include "fixture.h"

static struct wire w;

// One fragment of n bytes 0, 1, 2, ... (from `seed` on) at offset off.
static void
piece(uint16 id, uint off, uint n, int more, uint8 seed)
{
  w_ip(&w, GW_IP, OUR_IP, IPPROTO_UDP, n, id, off / 8 | (more ? IP_MF : 0));
  for(uint i = 0; i < n; i++){
    uint8 b = seed + off + i;
    w_put(&w, &b, 1);
  }
  feed(&w);
}

static void
waiting(uint want_datagrams, uint want_pieces)
{
  uint datagrams, pieces;
  frag_counts(&datagrams, &pieces);
  CHECK_EQ(datagrams, want_datagrams);
  CHECK_EQ(pieces, want_pieces);
}

// QEMU's user network sends 3000 bytes in three fragments. In every order they make one datagram.
TEST(frag_three_pieces_in_every_order)
{
  static const uint8 orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  for(int i = 0; i < 6; i++){
    for(int k = 0; k < 3; k++)
      feed_fragments(GW_IP, 7, 2000, 3000, 1480, 100 + i, 1 << orders[i][k]);
    memset(host_user, 0, 3000);
    CHECK_EQ(receive(s, 4096, &from), 3000);
    for(int b = 0; b < 3000; b++)
      CHECK_EQ(host_user[b], (uint8)b);
    CHECK_EQ(from.port, 7);
  }
  CHECK_EQ(counted(NET_FRAG_WHOLE), 6);
  waiting(0, 0);
  sock_close(s);
}

// The largest datagram, in the largest pieces and in small ones.
TEST(frag_largest_datagram)
{
  struct sock *s = udp_socket(2000);
  feed_fragments(GW_IP, 7, 2000, 65507, 1480, 1, ~0UL);
  CHECK_EQ(receive(s, 70000, 0), 65507);
  for(int b = 0; b < 65507; b++)
    CHECK_EQ(host_user[b], (uint8)b);
  feed_fragments(GW_IP, 7, 2000, 3600, 64, 2, ~0UL);
  CHECK_EQ(receive(s, 70000, 0), 3600);
  sock_close(s);
}

// F1: teardrop, a fragment inside another. F2: at its end and at its front, with other bytes. All of it is dropped, and
// what still comes of it too; a datagram of another number is not hurt.
TEST(frag_overlaps)
{
  static const struct { uint off, n; } second[] = { { 8, 8 }, { 16, 24 }, { 0, 8 }, { 8, 16 }, { 0, 40 } };
  struct sock *s = udp_socket(2000);
  for(uint i = 0; i < NELEM(second); i++){
    long before = drops(DROP_FRAG_OVERLAP);
    piece(i, i == 3 ? 16 : 0, 24, 1, 0);
    piece(i, second[i].off, second[i].n, 1, 99);
    CHECK_EQ(drops(DROP_FRAG_OVERLAP), before + 2);
    piece(i, 40, 8, 0, 0);
    CHECK_EQ(drops(DROP_FRAG_OVERLAP), before + 3);
  }
  waiting(NELEM(second), 0);
  feed_fragments(GW_IP, 7, 2000, 3000, 1480, 1000, 7);
  CHECK_EQ(receive(s, 4096, 0), 3000);
  host_advance(61 * SEC);
  waiting(0, 0);
  sock_close(s);
}

// An exact copy of a fragment is only a copy.
TEST(frag_duplicates)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 3; i++)
    feed_fragments(GW_IP, 7, 2000, 3000, 1480, 5, 3);
  CHECK_EQ(drops(DROP_FRAG_OVERLAP), 4);
  feed_fragments(GW_IP, 7, 2000, 3000, 1480, 5, 4);
  CHECK_EQ(receive(s, 4096, 0), 3000);
  sock_close(s);
}

// F3: ping of death: ends beyond 65535.
TEST(frag_beyond_the_end)
{
  piece(1, 65528, 8, 0, 0);
  piece(1, 65512, 8, 1, 0);
  piece(1, 64800, 1480, 0, 0);
  CHECK_EQ(drops(DROP_FRAG_BEYOND), 3);
  waiting(0, 0);
}

// F3: the header of the first piece is the datagram's: with its options the datagram is too long, though its last piece's end
// is not.
TEST(frag_beyond_with_first_header)
{
  static const uint8 nops[] = { 1, 1, 1, 1 };
  struct sock *s = udp_socket(2000);
  for(int options = 1; options >= 0; options--){
    feed_fragments(GW_IP, 7, 2000, 65507, 1480, 1, ~1UL);
    w_ip(&w, GW_IP, OUR_IP, IPPROTO_UDP, 1480, 1, IP_MF);
    if(options){
      w_iph(&w)->ip_vhl += 1;
      w_iph(&w)->ip_len = htons(1504);
      w_put(&w, nops, 4);
      w_ip_sum(&w);
    }
    w_hex(&w, "0007 07d0 ffeb 0000");
    w_fill(&w, 1472);
    feed(&w);
    waiting(0, 0);
    CHECK_EQ(receive(s, 70000, 0), options ? -EAGAIN : 65507);
  }
  CHECK_EQ(drops(DROP_FRAG_BEYOND), 45);
  sock_close(s);
}

// RFC 791 3.2, RFC 6864 4: pieces are put together whatever their DF says: on all of them, or on some.
TEST(frag_with_df)
{
  struct sock *s = udp_socket(2000);
  for(int df = 0; df < 4; df++){
    w_ip(&w, GW_IP, OUR_IP, IPPROTO_UDP, 16, df, IP_MF | (df & 1 ? IP_DF : 0));
    w_hex(&w, "0007 07d0 0020 0000 0001020304050607");
    feed(&w);
    w_ip(&w, GW_IP, OUR_IP, IPPROTO_UDP, 16, df, 2 | (df & 2 ? IP_DF : 0));
    w_hex(&w, "08090a0b0c0d0e0f 1011121314151617");
    feed(&w);
    CHECK_EQ(receive(s, 100, 0), 24);
    for(int i = 0; i < 24; i++)
      CHECK_EQ(host_user[i], i);
  }
  waiting(0, 0);
  sock_close(s);
}

// F4: a first fragment that does not hold the transport's header; TCP's header split in two (RFC 1858, RFC 3128).
TEST(frag_tiny)
{
  w_ip(&w, GW_IP, OUR_IP, IPPROTO_TCP, 16, 1, IP_MF);
  w_fill(&w, 16);
  feed(&w);
  w_ip(&w, GW_IP, OUR_IP, IPPROTO_TCP, 16, 1, IP_MF | 1);
  w_fill(&w, 16);
  feed(&w);
  CHECK_EQ(drops(DROP_FRAG_TINY), 2);
  waiting(0, 0);
}

// F5: the first fragment again and again, with other bytes.
TEST(frag_first_repeated)
{
  piece(1, 0, 16, 1, 0);
  piece(1, 0, 16, 1, 1);
  waiting(1, 0);
  piece(1, 0, 24, 1, 0);
  CHECK_EQ(drops(DROP_FRAG_OVERLAP), 3);
  waiting(1, 0);
}

// F6: two last fragments with different ends, before and behind the rest; a fragment behind the last one.
TEST(frag_two_ends)
{
  piece(1, 80, 16, 0, 0);
  piece(1, 160, 16, 0, 0);
  piece(2, 160, 16, 0, 0);
  piece(2, 80, 16, 0, 0);
  piece(3, 80, 16, 0, 0);
  piece(3, 96, 16, 1, 0);
  piece(4, 160, 16, 1, 0);
  piece(4, 80, 16, 0, 0);
  CHECK_EQ(drops(DROP_FRAG_OVERLAP), 8);
  waiting(4, 0);
}

// F7: an empty fragment. F8: a length that is not a multiple of 8, with more to come.
TEST(frag_lengths)
{
  piece(1, 8, 0, 1, 0);
  piece(1, 8, 0, 0, 0);
  for(int n = 1; n < 8; n++)
    piece(1, 8, 16 + n, 1, 0);
  CHECK_EQ(drops(DROP_FRAG_LEN), 9);
  waiting(0, 0);
}

// F9: the rest does not come. After 60 seconds all is dropped, and the sender is told if its first fragment came.
TEST(frag_timeout)
{
  piece(1, 8, 16, 1, 0);
  piece(2, 0, 16, 1, 0);
  piece(2, 24, 16, 1, 0);
  host_advance(59 * SEC);
  waiting(2, 3);
  arp_ask(&card, GW_IP);
  feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
  sent_clear();
  host_advance(2 * SEC);
  waiting(0, 0);
  CHECK_EQ(drops(DROP_FRAG_TIMEOUT), 3);
  CHECK_EQ(nsent(), 1);
  const struct icmp *m = (const struct icmp *)sent_l4(0);
  CHECK_EQ(m->type, ICMP_TIMXCEED);
  CHECK_EQ(m->code, 1);
  CHECK_EQ(ntohs(((struct ip *)(m + 1))->ip_id), 2);
}

// The time is netctl's to set: what comes from then on waits so long, whatever came before waits as it was to.
TEST(frag_life_is_a_parameter)
{
  piece(1, 0, 16, 1, 0);
  CHECK_EQ(tune_set("fraglife", 2), 0);
  piece(2, 0, 16, 1, 0);
  host_advance(1900 * MSEC);
  waiting(2, 2);
  host_advance(200 * MSEC);
  waiting(1, 1);
  CHECK_EQ(tune_set("fraglife", 60), 0);
  host_advance(58 * SEC);
  waiting(0, 0);
}

// F10: first fragments of ever new datagrams: the oldest give way, memory is bounded, and a good one still gets through.
TEST(frag_exhaustion)
{
  struct sock *s = udp_socket(2000);
  uint datagrams, pieces;
  for(int i = 0; i < 500; i++){
    piece(1000 + i, 8, 16, 1, 0);
    host_advance(MSEC);
  }
  frag_counts(&datagrams, &pieces);
  CHECK(datagrams <= 16 && pieces <= 256);
  CHECK(drops(DROP_FRAG_FULL) > 400);
  feed_fragments(GW_IP, 7, 2000, 3000, 1480, 1, 7);
  CHECK_EQ(receive(s, 4096, 0), 3000);
  sock_close(s);
}

// F10: many fragments of each of many datagrams: the pieces are bounded too.
TEST(frag_pieces_are_bounded)
{
  uint datagrams, pieces;
  for(int i = 0; i < 10; i++)
    for(int k = 0; k < 200; k++){
      piece(i, 16 * k + 8, 8, 1, 0);
      frag_counts(&datagrams, &pieces);
      CHECK(pieces <= 256);
      CHECK(pkt_in_use() <= 256);
    }
  CHECK(drops(DROP_FRAG_FULL) > 1000);
}

// F11: every second piece, and never the others: bounded for one datagram, and gone in time.
TEST(frag_gaps)
{
  for(int k = 0; k < 300; k++)
    piece(1, 16 * k, 8, 1, 0);
  CHECK_EQ(drops(DROP_FRAG_FULL), 300 - 128);
  waiting(1, 128);
  host_advance(61 * SEC);
  waiting(0, 0);
}

// F10: the same number from another sender, to another address or of another protocol is another datagram.
TEST(frag_same_number_of_another)
{
  struct sock *s = udp_socket(2000);
  feed_fragments(GW_IP, 7, 2000, 2000, 1480, 77, 1);
  feed_fragments(FAR_IP, 7, 2000, 2000, 1480, 77, 2);
  CHECK_EQ(receive(s, 4096, 0), -EAGAIN);
  feed_fragments(FAR_IP, 7, 2000, 2000, 1480, 77, 1);
  CHECK_EQ(receive(s, 4096, 0), 2000);
  feed_fragments(GW_IP, 7, 2000, 2000, 1480, 77, 2);
  CHECK_EQ(receive(s, 4096, 0), 2000);
  sock_close(s);
}

// F12: fragments of a broadcast may be put together, but nobody is told when they are not.
TEST(frag_of_a_broadcast)
{
  w_ip(&w, GW_IP, NET_BCAST, IPPROTO_UDP, 16, 1, IP_MF);
  w_fill(&w, 16);
  memcpy(w.b, ether_broadcast, 6);
  feed(&w);
  waiting(1, 1);
  host_advance(61 * SEC);
  CHECK_EQ(drops(DROP_FRAG_TIMEOUT), 1);
  CHECK_EQ(nsent(), 0);
}

// F12: nor about an ICMP error.
TEST(frag_of_an_icmp_error)
{
  w_ip(&w, GW_IP, OUR_IP, IPPROTO_ICMP, 16, 1, IP_MF);
  w_hex(&w, "0301 0000 00000000 0000000000000000");
  feed(&w);
  host_advance(61 * SEC);
  CHECK_EQ(drops(DROP_FRAG_TIMEOUT), 1);
  CHECK_EQ(nsent(), 0);
}

// F13: the UDP length says more than came together, or less.
TEST(frag_total_and_udp_length)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 2; i++){
    w_ip(&w, GW_IP, OUR_IP, IPPROTO_UDP, 16, i, IP_MF);
    w_hex(&w, i ? "0007 07d0 0012 0000 0102030405060708" : "0007 07d0 0028 0000 0102030405060708");
    feed(&w);
    piece(i, 16, 16, 0, 0);
  }
  CHECK_EQ(drops(DROP_UDP_LEN), 1);
  CHECK_EQ(receive(s, 100, 0), 10);
  waiting(0, 0);
  sock_close(s);
}

// A sent datagram is cut at multiples of 8, all pieces have one number, and the last one has no MF.
TEST(frag_sent)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 3000; i++)
    host_user[i] = i * 3;
  card.caps = NETIF_CSUM;  // which must not be used: the card sees only pieces
  CHECK_EQ(send_to(s, GW_IP, 9, 3000), 3000);
  CHECK_EQ(nsent(), 3);
  static uint8 all[4096];
  uint n = 0;
  for(int i = 0; i < 3; i++){
    const struct ip *h = sent_ip(i);
    uint m = ntohs(h->ip_len) - 20;
    CHECK_EQ(ref_cksum((uint8 *)h, 20, 0), 0);
    CHECK_EQ((ntohs(h->ip_off) & IP_OFFMASK) * 8, n);
    CHECK_EQ((ntohs(h->ip_off) & IP_MF) != 0, i < 2);
    CHECK_EQ(ntohs(h->ip_off) & 0xc000, 0);
    CHECK(sent(i)->len <= 1514);
    CHECK_EQ(h->ip_id, sent_ip(0)->ip_id);
    memcpy(all + n, sent_l4(i), m);
    n += m;
  }
  CHECK_EQ(n, 3008);
  CHECK_BYTES(all + 8, host_user, 3000);
  uint32 pseudo = (OUR_IP >> 16) + (OUR_IP & 0xffff) + (GW_IP >> 16) + (GW_IP & 0xffff) + 17 + 3008;
  CHECK_EQ(ref_cksum(all, 3008, pseudo), 0);
  sock_close(s);
}

// RFC 1122 3.3.3: the MTU of an interface is what somebody says, from the 68 bytes that any link carries (one piece then
// holds 8 bytes behind the longest header) to Ethernet's 1500.
TEST(frag_mtu_is_set)
{
  struct sock *s = udp_socket(2000);
  static const uint8 nops[40] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
  struct netctl_mtu m = { "e0", 576 };
  CHECK_EQ(netctl(NETCTL_MTU, &m, sizeof(m)), 0);
  CHECK_EQ(send_to(s, GW_IP, 9, 548), 548);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(send_to(s, GW_IP, 9, 549), 549);
  CHECK_EQ(nsent(), 3);
  for(int i = 0; i < 3; i++)
    CHECK(sent(i)->len <= 14 + 576);
  sent_clear();
  m.mtu = 68;
  CHECK_EQ(netctl(NETCTL_MTU, &m, sizeof(m)), 0);
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, nops, 40), 0);
  CHECK_EQ(send_to(s, GW_IP, 9, 80), 80);
  CHECK_EQ(nsent(), 11);
  for(int i = 0; i < 11; i++)
    CHECK(ntohs(sent_ip(i)->ip_len) <= 68);
  static const uint bad[] = { 0, 67, 1501, 65536, 0x10000 + 576 };
  for(uint i = 0; i < NELEM(bad); i++){
    m.mtu = bad[i];
    CHECK_EQ(netctl(NETCTL_MTU, &m, sizeof(m)), -EINVAL);
  }
  m.mtu = 1500;
  memcpy(m.ifname, "e7", 3);
  CHECK_EQ(netctl(NETCTL_MTU, &m, sizeof(m)), -ENODEV);
  CHECK_EQ(card.mtu, 68);
  sock_close(s);
}

// E10: no packet for a piece: none goes out, all come back, the sender is told.
TEST(frag_sent_without_memory)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  struct sock *s = udp_socket(2000);
  int n = 0;
  while((all[n] = pkt_alloc()) != 0)
    n++;
  for(int spare = 0; spare < 29; spare++){
    for(int i = 0; i < spare; i++)
      pkt_free(all[--n]);
    CHECK_EQ(send_to(s, GW_IP, 9, 30000), -ENOBUFS);
    CHECK_EQ(pkt_in_use(), n);
    CHECK_EQ(nsent(), 0);
    for(int i = 0; i < spare; i++)
      all[n++] = pkt_alloc();
  }
  while(n > 0)
    pkt_free(all[--n]);
  sock_close(s);
}
