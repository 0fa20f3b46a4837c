// connect(): the peer of a socket, and what is chosen for it (net/dgram.c); the lab's of the same name.

#include "fixture.h"
#include "net/sockpriv.h"
#include "pkt/poll.h"

static void
error_comes(void)
{
  static struct wire inner, w;
  w_udp(&inner, OUR_IP, 2000, GW_IP, 9, 0);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_UNREACH, ICMP_UNREACH_PORT, 0, inner.b + 14, 28);
  feed(&w);
}

// A connected socket sends without an address, and hears only its peer; connecting to nobody ends that.
TEST(sock_connect)
{
  struct sock *s = udp_socket(2000);
  struct endpoint name, peer;
  CHECK_EQ(send_to(s, 0, 0, 4), -EDESTADDRREQ);
  CHECK_EQ(connect_to(s, GW_IP, 0), -EINVAL);
  CHECK_EQ(connect_to(s, 0, 9), -EINVAL);
  CHECK_EQ(connect_to(s, NET_BCAST, 9), -EACCES);
  CHECK_EQ(connect_to(s, MAKE_IP_ADDR(224, 0, 0, 1), 9), -ENETUNREACH);
  CHECK_EQ(connect_to(s, GW_IP, 9), 0);
  sock_name(s, &name, &peer);
  CHECK_EQ(name.addr, OUR_IP);
  CHECK_EQ(peer.addr, GW_IP);
  CHECK_EQ(peer.port, 9);
  CHECK_EQ(send_to(s, 0, 0, 4), 4);
  feed_udp(GW_IP, 10, 2000, 1);
  feed_udp(FAR_IP, 9, 2000, 2);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 2);
  feed_udp(GW_IP, 9, 2000, 3);
  CHECK_EQ(receive(s, 10, 0), 3);
  CHECK_EQ(connect_to(s, 0, 0), 0);
  feed_udp(FAR_IP, 9, 2000, 4);
  CHECK_EQ(receive(s, 10, 0), 4);
  sock_close(s);
}

static void
names_are(struct sock *s, uint32 addr, uint16 port, uint32 peer_addr, uint16 peer_port)
{
  struct endpoint name, peer;
  sock_name(s, &name, &peer);
  CHECK_EQ(name.addr, addr);
  CHECK_EQ(name.port, port);
  CHECK_EQ(peer.addr, peer_addr);
  CHECK_EQ(peer.port, peer_port);
}

static uint16
port_of(struct sock *s)
{
  struct endpoint name, peer;
  sock_name(s, &name, &peer);
  return name.port;
}

// POSIX connect(): a second peer takes the place of the first; the source is chosen for each anew. What was refused changes
// nothing. Without a peer the socket is what it was before: an address and a port that nobody asked for are gone.
TEST(sock_connect_again)
{
  static const uint32 peers[] = { INADDR_LOOPBACK, GW_IP, OUR_IP, FAR_IP, MAKE_IP_ADDR(127, 0, 0, 9) };
  static const uint32 from[] = { INADDR_LOOPBACK, OUR_IP, OUR_IP, OUR_IP, MAKE_IP_ADDR(127, 0, 0, 9) };
  struct sock *s = udp_socket(0);
  names_are(s, 0, 0, 0, 0);
  CHECK_EQ(connect_to(s, MAKE_IP_ADDR(224, 0, 0, 1), 9), -ENETUNREACH);
  CHECK_EQ(connect_to(s, NET_BCAST, 9), -EACCES);
  names_are(s, 0, 0, 0, 0);
  for(uint i = 0; i < NELEM(peers); i++){
    CHECK_EQ(connect_to(s, peers[i], 9), 0);
    names_are(s, from[i], port_of(s), peers[i], 9);
    CHECK(port_of(s) >= EPHEMERAL);
    CHECK_EQ(connect_to(s, MAKE_IP_ADDR(224, 0, 0, 1), 9), -ENETUNREACH);
    CHECK_EQ(connect_to(s, NET_BCAST, 9), -EACCES);
    CHECK_EQ(connect_to(s, GW_IP, 0), -EINVAL);
    names_are(s, from[i], port_of(s), peers[i], 9);
    CHECK_EQ(send_to(s, 0, 0, 4), 4);
  }
  uint16 port = port_of(s);
  CHECK_EQ(connect_to(s, 0, 0), 0);
  names_are(s, 0, 0, 0, 0);
  CHECK_EQ(send_to(s, 0, 0, 4), -EDESTADDRREQ);
  CHECK_EQ(lab_bind(port), 0);
  CHECK_EQ(lab_unbind(port), 0);
  CHECK_EQ(bind_to(s, INADDR_LOOPBACK, 0), 0);  // what bind() says stays
  port = port_of(s);
  CHECK_EQ(connect_to(s, GW_IP, 9), -ENETUNREACH);
  CHECK_EQ(connect_to(s, OUR_IP, 9), 0);
  names_are(s, INADDR_LOOPBACK, port, OUR_IP, 9);
  CHECK_EQ(connect_to(s, 0, 0), 0);
  names_are(s, INADDR_LOOPBACK, port, 0, 0);
  sock_close(s);
}

// A port that sending has taken is gone with the peer, too; while it is had it is had for all addresses, whatever the peer.
TEST(sock_connect_and_ports)
{
  struct sock *s = udp_socket(0), *other = udp_socket(0), *bound = udp_socket(2000);
  CHECK_EQ(send_to(s, GW_IP, 9, 4), 4);
  uint16 port = port_of(s);
  names_are(s, 0, port, 0, 0);
  CHECK_EQ(connect_to(s, INADDR_LOOPBACK, 9), 0);
  names_are(s, INADDR_LOOPBACK, port, INADDR_LOOPBACK, 9);
  CHECK_EQ(bind_to(other, OUR_IP, port), -EADDRINUSE);
  CHECK_EQ(connect_to(s, 0, 0), 0);
  CHECK_EQ(bind_to(other, OUR_IP, port), 0);
  CHECK_EQ(connect_to(s, 0, 0), 0);  // again: nothing is there that could go
  CHECK_EQ(connect_to(bound, INADDR_LOOPBACK, 9), 0);
  CHECK_EQ(lab_bind(2000), -EADDRINUSE);
  CHECK_EQ(connect_to(bound, 0, 0), 0);
  names_are(bound, 0, 2000, 0, 0);
  feed_udp(GW_IP, 9, 2000, 4);
  CHECK_EQ(receive(bound, 10, 0), 4);
  sock_close(s);
  sock_close(other);
  sock_close(bound);
}

// A socket whose port went with its peer stands in no bucket any more, and cuts nobody off who stands behind it.
TEST(sock_connect_leaves_the_table)
{
  struct sock *bound = udp_socket(2000);
  for(int port = EPHEMERAL; port < EPHEMERAL + 64; port++){  // one of them is in the bucket of 2000
    struct sock *s = udp_socket(0);
    CHECK_EQ(sock_take_port(s, port), 0);
    CHECK_EQ(connect_to(s, 0, 0), 0);
    sock_close(s);
    feed_udp(GW_IP, 9, 2000, 4);
    CHECK_EQ(receive(bound, 10, 0), 4);
  }
  sock_close(bound);
}

// What came by the fast path to a port goes to the socket that has the port now, once the first one has no peer any more.
TEST(sock_connect_and_arrivals)
{
  struct sock *s = udp_socket(0), *next = udp_socket(0);
  CHECK_EQ(connect_to(s, GW_IP, 9), 0);
  uint16 port = port_of(s);
  for(int i = 0; i < 3; i++){
    feed_udp(GW_IP, 9, port, 4);
    CHECK_EQ(receive(s, 10, 0), 4);
  }
  CHECK_EQ(connect_to(s, 0, 0), 0);
  CHECK_EQ(bind_to(next, 0, port), 0);
  feed_udp(GW_IP, 9, port, 5);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  CHECK_EQ(receive(next, 10, 0), 5);
  sock_close(s);
  sock_close(next);
}

// POSIX connect(): it limits the remote sender for later calls: what others sent before is dropped, by name. What the peer sent
// stays, in order; so does everything when the peer goes. Input that the queue had stopped goes on.
TEST(sock_connect_and_queue)
{
  struct sock *s = udp_socket(2000);
  for(int i = 1; i <= 6; i++)
    feed_udp(i % 2 ? GW_IP : FAR_IP, i == 5 ? 10 : 9, 2000, i);
  CHECK_EQ(connect_to(s, GW_IP, 9), 0);
  CHECK_EQ(drops(DROP_SOCK_PEER), 4);
  feed_udp(FAR_IP, 9, 2000, 4);  // it came by the fast path before
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  CHECK_EQ(connect_to(s, 0, 0), 0);
  CHECK_EQ(receive(s, 10, 0), 1);
  CHECK_EQ(receive(s, 10, 0), 3);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  for(int i = 0; i < SOCK_RXMAX; i++)
    feed_udp(GW_IP, 9, 2000, 4);
  CHECK(!gate_open());
  CHECK_EQ(connect_to(s, FAR_IP, 9), 0);
  CHECK(gate_open());
  card_clean();
  CHECK_EQ(pkt_in_use(), 0);
  sock_close(s);
}

// An error that one peer's datagram met is not the next one's, nor anybody's when there is none.
TEST(sock_connect_and_errors)
{
  struct sock *s = udp_connected(2000, GW_IP, 9);
  for(int i = 0; i < 2; i++){
    CHECK_EQ(connect_to(s, GW_IP, 9), 0);
    error_comes();
    CHECK_EQ(sock_poll(s) & POLLERR, POLLERR);
    CHECK_EQ(connect_to(s, MAKE_IP_ADDR(224, 0, 0, 1), 9), -ENETUNREACH);
    CHECK_EQ(sock_poll(s) & POLLERR, POLLERR);  // as it was
    CHECK_EQ(i ? connect_to(s, FAR_IP, 9) : connect_to(s, 0, 0), 0);
    CHECK_EQ(sock_poll(s) & POLLERR, 0);
    CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  }
  sock_close(s);
}

// The source that was chosen for the peer is not put on what goes elsewhere, and headers of before are not used again.
TEST(sock_connect_and_source)
{
  struct sock *s = udp_connected(2000, INADDR_LOOPBACK, 9);
  CHECK_EQ(send_to(s, GW_IP, 9, 4), 4);
  CHECK_EQ(ntohl(sent_ip(0)->ip_src), OUR_IP);
  CHECK_EQ(send_to(s, INADDR_LOOPBACK, 9, 4), 4);
  second_card();
  CHECK_EQ(connect_to(s, MAKE_IP_ADDR(10, 0, 3, 9), 9), 0);
  names_are(s, SECOND_IP, 2000, MAKE_IP_ADDR(10, 0, 3, 9), 9);
  sent_clear();
  for(int i = 0; i < 3; i++){
    CHECK_EQ(connect_to(s, GW_IP, 9), 0);
    for(int k = 0; k < 4; k++)
      CHECK_EQ(send_to(s, 0, 0, 4), 4);
    CHECK_EQ(connect_to(s, FAR_IP, 9), 0);
    CHECK_EQ(send_to(s, 0, 0, 4), 4);
    CHECK_EQ(ntohl(sent_ip(nsent() - 1)->ip_dst), FAR_IP);
  }
  CHECK_EQ(connect_to(s, 0, 0), 0);
  CHECK_EQ(send_to(s, 0, 0, 4), -EDESTADDRREQ);
  sock_close(s);
}

// The connect() of older labs: a port may be had once for each peer; nobody else is heard, and its port is nobody else's.
TEST(lab_connect)
{
  int err;
  struct sock *a = lab_connect(GW_IP, 2000, 9, &err), *b = lab_connect(GW_IP, 2000, 10, &err);
  CHECK(a && b);
  struct sock *c = lab_connect(FAR_IP, 2000, 9, &err);
  CHECK(c != 0);
  sock_close(c);
  CHECK(lab_connect(GW_IP, 2000, 9, &err) == 0);
  CHECK_EQ(err, -EADDRINUSE);
  CHECK_EQ(lab_bind(2000), -EADDRINUSE);
  names_are(a, OUR_IP, 2000, GW_IP, 9);
  for(int port = 9; port < 12; port++)
    feed_udp(GW_IP, port, 2000, port);
  feed_udp(FAR_IP, 9, 2000, 1);
  CHECK_EQ(receive(a, 100, 0), 9);
  CHECK_EQ(receive(b, 100, 0), 10);
  CHECK_EQ(receive(a, 100, 0), -EAGAIN);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 2);
  sent_clear();
  CHECK_EQ(send_to(b, 0, 0, 5), 5);
  CHECK_EQ(ntohs(((struct udp *)sent_l4(0))->dport), 10);
  sock_close(a);
  CHECK((a = lab_connect(GW_IP, 2000, 9, &err)) != 0);
  static const struct { uint32 dst; uint16 sport, dport; int err; } bad[] = {
    { 0, 1, 1, -EINVAL }, { GW_IP, 0, 1, -EINVAL }, { GW_IP, 1, 0, -EINVAL }, { NET_BCAST, 1, 1, -EACCES },
    { MAKE_IP_ADDR(224, 0, 0, 1), 1, 1, -ENETUNREACH } };
  for(uint i = 0; i < NELEM(bad); i++){
    CHECK(lab_connect(bad[i].dst, bad[i].sport, bad[i].dport, &err) == 0);
    CHECK_EQ(err, bad[i].err);
  }
  sock_close(a);
  sock_close(b);
  CHECK_EQ(sock_count(), 0);
}
