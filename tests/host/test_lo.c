// lo: bounded, never deeper than one packet, and only for us.

#include "fixture.h"
#include "pkt/poll.h"
#include "pkt/tune.h"

#define PROTO 200  // a protocol of the test's own
#define LO INADDR_LOOPBACK

static int received, depth, deepest, answers;

static void
say(void)
{
  struct dst way;
  struct pktbuf *p = pkt_alloc();
  CHECK_EQ(dst_find(LO, 0, &way), 0);
  pkt_reserve(p, PKT_DATA);
  pkt_put(p, 20);
  ip_output(&way, p, &(struct ip_form){ .proto = PROTO, .ttl = 1 });
}

// Answers a packet with another one, as long as there are answers left.
static void
input(struct netif *nif, struct pktbuf *p)
{
  received++;
  depth++;
  deepest = MAX(deepest, depth);
  pkt_free(p);
  if(answers-- > 0)
    say();
  depth--;
}

static const struct ip_transport answering = { .proto = PROTO, .input = input };

// Two who answer each other on lo leave the machine to others after a quota, and the net thread goes on with it, in turns.
TEST(lo_answers_to_answers)
{
  poll_init();
  ip_register(&answering);
  answers = 599;
  say();
  CHECK_EQ(received, 64);
  int before = host_yields;
  net_thread();
  CHECK_EQ(received, 600);
  CHECK_EQ(deepest, 1);
  CHECK(host_yields - before >= (600 - 64) / 64);
}

// ... in the modes that have no quota for NICs, too.
TEST(lo_answers_in_every_mode)
{
  poll_init();
  ip_register(&answering);
  for(uint mode = MODE_INTR; mode <= MODE_POLL; mode++){
    tunes[TUNE_MODE] = mode;
    tunes[TUNE_RXQUOTA] = 0;
    answers = 199;
    received = 0;
    say();
    CHECK_EQ(received, 64);
    net_thread();
    CHECK_EQ(received, 200);
  }
}

// A socket that fills up with what comes over lo does not stop the NICs; one that fills up with what they bring does.
TEST(lo_floods_stop_no_nic)
{
  struct sock *s = udp_socket(2000), *from = udp_socket(2001);
  for(int i = 0; i < 300; i++)
    CHECK_EQ(send_to(from, LO, 2000, 10), 10);
  CHECK_EQ(s->rxq.n, SOCK_RXMAX);
  CHECK(gate_open());
  for(int i = 0; i < SOCK_RXMAX / 4 + 1; i++)
    CHECK_EQ(receive(s, 100, 0), 10);
  feed_udp(GW_IP, 9, 2000, 10);
  CHECK(!gate_open());
  sock_close(s);
  sock_close(from);
}

// While somebody is at it, what is sent on lo only waits, 256 frames at the most.
TEST(lo_is_bounded)
{
  poll_init();
  ip_register(&answering);
  loopback.rxq[0].busy = 1;
  for(int i = 0; i < 300; i++)
    say();
  CHECK_EQ(received, 0);
  CHECK_EQ(drops(DROP_TX_FULL), 300 - 256);
  loopback.rxq[0].busy = 0;
  loopback.sent(&loopback);
  net_thread();
  CHECK_EQ(received, 256);
}

// lo has no ring that others would have to fill: the last packet of the pool still gets through.
TEST(lo_needs_no_second_packet)
{
  struct pktbuf *all = 0, *p;
  ip_register(&answering);
  while((p = pkt_alloc()) != 0){
    p->next = all;
    all = p;
  }
  p = all->next;
  pkt_free(all);
  say();
  CHECK_EQ(received, 1);
  CHECK_EQ(drops(DROP_NOBUF), 0);
  while((all = p) != 0){
    p = all->next;
    pkt_free(all);
  }
}

// While input is stopped the NICs keep what they have; what is sent on lo comes in.
TEST(lo_goes_on_while_input_is_stopped)
{
  struct sock *s = udp_socket(2000);
  ip_register(&answering);
  for(int i = 0; gate_open() && i < SOCK_RXMAX; i++)
    feed_udp(GW_IP, 9, 2000, 10);
  CHECK(!gate_open());
  say();
  CHECK_EQ(received, 1);
  CHECK_EQ(loopback.rxq[0].thread, 0);
  sock_close(s);
}

// What lo brings for somebody else's address is dropped, as on a wire.
TEST(lo_for_somebody_else)
{
  struct wire w;
  struct pktbuf *p = pkt_alloc();
  w_udp(&w, OUR_IP, 7, PEER_IP, 2000, 10);
  memcpy(pkt_put(p, w.n), w.b, w.n);
  netif_rx(&loopback, p);
  CHECK_EQ(drops(DROP_IP_DST), 1);
  CHECK_EQ(nsent(), 0);
}

// 127/8 from a wire is nobody, whether lo is up or not.
TEST(lo_down)
{
  struct wire w;
  CHECK_EQ(netif_config(&loopback, LO, 0xff000000, 0), 0);
  w_udp(&w, LO, 7, OUR_IP, 2000, 10);
  feed(&w);
  CHECK_EQ(drops(DROP_IP_SRC), 1);
  CHECK_EQ(nsent(), 0);
}

// lo has no neighbours.
TEST(lo_no_neighbours)
{
  CHECK_EQ(arp_add_static(&loopback, MAKE_IP_ADDR(127, 0, 0, 9), peer_mac), -EINVAL);
}
