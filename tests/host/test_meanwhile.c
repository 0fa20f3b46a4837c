// A socket that another hart connects in the middle of a call: as soon as this one lets a lock go (net/sock.c, sockname.c).

#include "fixture.h"

static struct sock *s;
static int other_err;

static void
connects_far(void)
{
  other_err = connect_to(s, FAR_IP, 10);
}

static void
connects_to_ourselves(void)
{
  other_err = connect_to(s, INADDR_LOOPBACK, 10);
}

static void
disconnects(void)
{
  other_err = connect_to(s, 0, 0);
}

static void
comes_and_goes(void)
{
  connects_far();
  CHECK_EQ(other_err, 0);
  disconnects();
}

static uint16
port_of_s(void)
{
  struct endpoint name, peer;
  sock_name(s, &name, &peer);
  return name.port;
}

// The one datagram that went out, to the gateway.
static void
went_to_gateway(uint16 sport)
{
  const struct udp *u = (const struct udp *)sent_l4(0);
  CHECK_EQ(other_err, 0);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(ntohl(sent_ip(0)->ip_src), OUR_IP);
  CHECK_EQ(ntohl(sent_ip(0)->ip_dst), GW_IP);
  CHECK_EQ(ntohs(u->dport), 9);
  CHECK_EQ(ntohs(u->sport), sport);
}

// This hart's list of free packets is empty: the next pkt_alloc() goes to the pool, and lets its lock go. result: the packets.
static struct pktq
drain_list(void)
{
  struct pktq q = { 0 };
  uint made = pkt_made(), batch;
  do
    pktq_put(&q, pkt_alloc());
  while(pkt_made() == made);
  for(batch = pkt_made() - made; batch > 1; batch--)
    pktq_put(&q, pkt_alloc());
  return q;
}

static void
free_queue(struct pktq *q)
{
  struct pktbuf *p;
  while((p = pktq_get(q)) != 0)
    pkt_free(p);
}

// Address, port and source of the datagram belong together: the next peer's are not mixed with them, nor does the socket keep the
// way to one for the other.
TEST(meanwhile_another_peer)
{
  static void (*const others[])(void) = { connects_far, connects_to_ourselves };
  static const uint32 addrs[] = { FAR_IP, INADDR_LOOPBACK };
  s = udp_socket(2000);
  for(uint i = 0; i < NELEM(others); i++){
    CHECK_EQ(connect_to(s, GW_IP, 9), 0);
    sent_clear();
    host_when_released("sock", others[i]);
    CHECK_EQ(send_to(s, 0, 0, 4), 4);
    went_to_gateway(2000);
    CHECK_EQ(s->peer.addr, addrs[i]);
    CHECK_EQ(send_to(s, 0, 0, 4), 4);
    CHECK_EQ(s->dst.addr, addrs[i]);
    CHECK_EQ(s->dst.src, i ? INADDR_LOOPBACK : OUR_IP);
  }
  sock_close(s);
}

// The peer is gone before the message is whole: then there is none. The socket gets no port for it, and no packet is lost.
TEST(meanwhile_no_peer)
{
  s = udp_socket(0);
  CHECK_EQ(connect_to(s, GW_IP, 9), 0);
  struct pktq all = drain_list();
  uint used = pkt_in_use();
  host_when_released("pktpool", disconnects);
  CHECK_EQ(send_to(s, 0, 0, 4), -EDESTADDRREQ);
  CHECK_EQ(other_err, 0);
  CHECK_EQ(s->peer.addr, 0);
  CHECK_EQ(port_of_s(), 0);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(pkt_in_use(), used);
  free_queue(&all);
  sock_close(s);
}

// ... or is another one by then, to whom the message goes.
TEST(meanwhile_next_peer)
{
  s = udp_socket(2000);
  CHECK_EQ(connect_to(s, INADDR_LOOPBACK, 10), 0);
  struct pktq all = drain_list();
  host_when_released("pktpool", connects_far);
  CHECK_EQ(send_to(s, 0, 0, 4), 4);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(ntohl(sent_ip(0)->ip_src), OUR_IP);
  CHECK_EQ(ntohl(sent_ip(0)->ip_dst), FAR_IP);
  free_queue(&all);
  sock_close(s);
}

// Two harts choose a port for the socket at once, by sending or by connecting: both have the one that came first.
TEST(meanwhile_a_port)
{
  s = udp_socket(0);
  host_when_released("sock", connects_far);
  CHECK_EQ(send_to(s, GW_IP, 9, 4), 4);
  went_to_gateway(port_of_s());
  CHECK(port_of_s() >= EPHEMERAL);
  disconnects();
  host_when_released("socktab", connects_far);
  CHECK_EQ(connect_to(s, GW_IP, 9), 0);
  CHECK_EQ(other_err, 0);
  CHECK_EQ(s->peer.addr, GW_IP);
  CHECK(port_of_s() >= EPHEMERAL);
  sock_close(s);
}

// A port that was chosen is gone with another hart's peer before the datagram goes: it gets another one, and never port 0.
TEST(meanwhile_no_port)
{
  s = udp_socket(0);
  host_when_released("socktab", comes_and_goes);
  CHECK_EQ(send_to(s, GW_IP, 9, 4), 4);
  CHECK(port_of_s() >= EPHEMERAL);
  went_to_gateway(port_of_s());
  sock_close(s);
}
