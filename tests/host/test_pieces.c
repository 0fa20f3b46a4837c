// Fragments: which pieces belong together, what is a copy, and who gives way.

#include "fixture.h"

// One piece of n bytes, all `byte`, of identification id.
static void
piece(uint32 dst, uint8 proto, uint16 id, uint off, uint n, uint8 byte, int more)
{
  static struct wire w;
  w_ip(&w, GW_IP, dst, proto, n, id, off / 8 | (more ? IP_MF : 0));
  memset(w.b + w.n, byte, n);
  w.n += n;
  feed(&w);
}

static uint
waiting(void)
{
  uint datagrams, pieces;
  frag_counts(&datagrams, &pieces);
  return datagrams;
}

static uint
pieces_waiting(void)
{
  uint datagrams, pieces;
  frag_counts(&datagrams, &pieces);
  return pieces;
}

// RFC 791 3.2: source, destination, protocol and identification, all four, make a datagram.
TEST(pieces_of_different_datagrams)
{
  piece(OUR_IP, IPPROTO_UDP, 1, 0, 16, 0, 1);
  piece(OUR_IP, IPPROTO_UDP, 2, 16, 8, 0, 0);
  piece(NET_BCAST, IPPROTO_UDP, 1, 16, 8, 0, 0);
  piece(OUR_IP, 99, 1, 16, 8, 0, 0);
  CHECK_EQ(counted(NET_FRAG_WHOLE), 0);
  CHECK_EQ(waiting(), 4);
  piece(OUR_IP, IPPROTO_UDP, 1, 16, 8, 0, 0);
  CHECK_EQ(counted(NET_FRAG_WHOLE), 1);
}

// A copy is at the same place, of the same length, with the same bytes. Anything else that overlaps kills the datagram.
TEST(pieces_that_are_no_copies)
{
  piece(OUR_IP, IPPROTO_UDP, 1, 8, 16, 'a', 1);
  piece(OUR_IP, IPPROTO_UDP, 1, 8, 16, 'a', 1);
  CHECK_EQ(pieces_waiting(), 1);
  piece(OUR_IP, IPPROTO_UDP, 1, 16, 16, 'a', 1);  // elsewhere
  CHECK_EQ(pieces_waiting(), 0);
  piece(OUR_IP, IPPROTO_UDP, 2, 8, 16, 'a', 1);
  piece(OUR_IP, IPPROTO_UDP, 2, 8, 8, 'a', 1);    // shorter
  CHECK_EQ(pieces_waiting(), 0);
  piece(OUR_IP, IPPROTO_UDP, 3, 8, 16, 'a', 1);
  piece(OUR_IP, IPPROTO_UDP, 3, 8, 16, 'b', 1);   // different
  CHECK_EQ(pieces_waiting(), 0);
  CHECK_EQ(drops(DROP_FRAG_OVERLAP), 7);
}

// When one more datagram than may wait begins, the one that has waited longest gives way, and only that.
TEST(pieces_oldest_gives_way)
{
  for(int id = 1; id <= 17; id++){
    piece(OUR_IP, IPPROTO_UDP, id, 0, 16, 0, 1);
    host_advance(SEC);
  }
  CHECK_EQ(drops(DROP_FRAG_FULL), 1);
  for(int id = 2; id <= 17; id++)
    piece(OUR_IP, IPPROTO_UDP, id, 16, 8, 0, 0);
  CHECK_EQ(counted(NET_FRAG_WHOLE), 16);
}

// When there are too many pieces, one that has some gives way: the oldest may be one that an overlap has killed.
TEST(pieces_who_has_none_cannot_give_way)
{
  piece(OUR_IP, IPPROTO_UDP, 1, 8, 16, 'a', 1);
  piece(OUR_IP, IPPROTO_UDP, 1, 16, 16, 'b', 1);
  CHECK_EQ(waiting(), 1);
  CHECK_EQ(pieces_waiting(), 0);
  host_advance(SEC);
  for(int id = 2; id <= 3; id++)
    for(int i = 0; i < 128; i++)
      piece(OUR_IP, IPPROTO_UDP, id, 8 + 16 * i, 8, 0, 1);
  CHECK_EQ(pieces_waiting(), 256);
  piece(OUR_IP, IPPROTO_UDP, 4, 8, 8, 0, 1);
  CHECK(pieces_waiting() <= 256);
  CHECK_EQ(drops(DROP_FRAG_FULL), 128);
}

// A datagram of which any piece came in a group frame came in one: a redirect by a broadcast is refused (RFC 1122 3.2.2.2).
TEST(pieces_of_a_group_frame)
{
  static struct wire all, w;
  struct wire inner;
  w_udp(&inner, OUR_IP, 7, FAR_IP, 9, 32);
  w_icmp(&all, GW_IP, NET_BCAST, ICMP_REDIRECT, 1, PEER_IP, inner.b + 14, 60);
  for(int i = 0; i < 2; i++){
    w_ip(&w, GW_IP, NET_BCAST, IPPROTO_ICMP, i == 0 ? 40 : 28, 5, i == 0 ? IP_MF : 40 / 8);
    w_put(&w, all.b + 34 + i * 40, i == 0 ? 40 : 28);
    if(i == 1)
      memcpy(w.b, ether_broadcast, 6);
    feed(&w);
  }
  CHECK_EQ(counted(NET_FRAG_WHOLE), 1);
  CHECK_EQ(drops(DROP_ICMP_REDIRECT), 1);
}

// A datagram that we send in pieces: each but the last a multiple of 8 bytes, whatever the MTU, and the whole has the
// checksum that its first piece carries, though it was gathered from several packets.
TEST(pieces_that_we_send)
{
  static uint8 whole[20000];
  static const uint mtus[] = { 1500, 1499, 1002, 577 };
  struct sock *s = udp_socket(2000);
  for(uint i = 0; i < sizeof(host_user) - PGSIZE; i++)
    host_user[i] = i * 7 + i / 251;
  for(uint m = 0; m < NELEM(mtus); m++){
    uint n = 12 + 9001, at = 12, len = 8 + 9001;
    sent_clear();
    card_clean();
    card.mtu = mtus[m];
    net_changed();
    CHECK_EQ(send_to(s, GW_IP, 9, 9001), 9001);
    for(int i = 0; i < nsent(); i++){
      const struct ip *h = sent_ip(i);
      uint bytes = ntohs(h->ip_len) - 20;
      CHECK_EQ((ntohs(h->ip_off) & IP_OFFMASK) * 8, at - 12);
      CHECK(bytes + 20 <= mtus[m]);
      CHECK(bytes % 8 == 0 || i == nsent() - 1);
      memcpy(whole + at, sent_l4(i), bytes);
      at += bytes;
    }
    CHECK_EQ(at, n + 8);
    uint8 pseudo[12] = { 10, 0, 2, 15, 10, 0, 2, 2, 0, IPPROTO_UDP, len >> 8, len & 0xff };
    memcpy(whole, pseudo, 12);
    CHECK_EQ(ref_cksum(whole, at, 0), 0);
  }
  card.mtu = 1500;
  net_changed();
  sock_close(s);
}

// What fits the MTU exactly goes in one frame.
TEST(pieces_none_at_the_mtu)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(send_to(s, GW_IP, 9, 1472), 1472);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(counted(NET_FRAG_SENT), 0);
  CHECK_EQ(send_to(s, GW_IP, 9, 1473), 1473);
  CHECK_EQ(nsent(), 3);
  CHECK_EQ(counted(NET_FRAG_SENT), 2);
  sock_close(s);
}

// When a neighbour does not answer, only the first piece says whose datagram it was: the bytes of a later one are data,
// and may look like another socket's ports.
TEST(pieces_not_delivered)
{
  struct sock *a = udp_connected(2000, PEER_IP, 9), *b = udp_connected(3000, PEER_IP, 10);
  uint8 ports[4] = { 3000 >> 8, 3000 & 0xff, 0, 10 };
  memcpy(host_user + 1472, ports, 4);
  CHECK_EQ(send_to(a, 0, 0, 1600), 1600);
  host_advance(20 * SEC);
  CHECK_EQ(sock_take_error(a), -EHOSTUNREACH);
  CHECK_EQ(sock_take_error(b), 0);
  sock_close(a);
  sock_close(b);
}
