// What a socket's full queue does to input (pkt/gate.h), and the parameters of the packet's way (pkt/tune.h).

#include "fixture.h"
#include "pkt/gate.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"
#include "sched/timer.h"

static void
feed_many(int n, uint bytes)
{
  for(int i = 0; i < n; i++)
    feed_udp(GW_IP, 7, 2000, bytes);
}

static void
receive_many(struct sock *s, int n)
{
  struct endpoint from;
  for(int i = 0; i < n; i++)
    CHECK(receive(s, 2000, &from) >= 0);
}

// A queue three quarters full stops input, once; at a quarter input goes on, and the queue may stop it again.
TEST(sock_feedback)
{
  struct sock *s = udp_socket(2000);
  feed_many(SOCK_RXMAX * 3 / 4 - 1, 10);
  CHECK(gate_open());
  feed_many(1, 10);
  CHECK(!gate_open());
  receive_many(s, SOCK_RXMAX / 2 - 1);
  CHECK(!gate_open());
  receive_many(s, 1);
  CHECK(gate_open());
  feed_many(SOCK_RXMAX / 2, 10);
  CHECK(!gate_open());
  host_advance(2 * MSEC);
  CHECK(gate_open());
  feed_many(10, 10);  // it had its tick
  CHECK(gate_open());
  sock_close(s);
}

// Whose reader is at work stops input again when its tick is over: not for a reader that took 7, but for one that took 8.
TEST(sock_feedback_again)
{
  struct sock *s = udp_socket(2000);
  for(int round = 0; round < 3; round++){
    feed_many(SOCK_RXMAX * 3 / 4 - s->rxq.n, 10);
    CHECK(!gate_open());
    receive_many(s, 40);  // does not open it before its tick is over
    CHECK(!gate_open());
    host_advance(2 * MSEC);
    CHECK(gate_open());  // and the net thread may be the next to run
  }
  feed_many(SOCK_RXMAX * 3 / 4 - s->rxq.n, 10);
  host_advance(2 * MSEC);
  receive_many(s, 7);
  feed_many(40, 10);
  CHECK(gate_open());
  receive_many(s, 1);
  feed_many(1, 10);
  CHECK(!gate_open());
  receive_many(s, 40);
  feed_many(40, 10);  // what had been taken from the ring before: the same stop lasts, and no second one begins
  receive_many(s, s->rxq.n - SOCK_RXMAX / 4);
  CHECK(gate_open());
  sock_close(s);
}

// Bytes count, too.
TEST(sock_feedback_bytes)
{
  struct sock *s = udp_socket(2000);
  s->rxbytes = 4000;
  feed_many(2, 1000);
  CHECK(gate_open());
  feed_many(1, 1000);
  CHECK(!gate_open());
  receive_many(s, 1);
  CHECK(!gate_open());
  receive_many(s, 1);
  CHECK(gate_open());
  sock_close(s);
}

// A socket that is closed while it has stopped input lets it go on.
TEST(sock_feedback_closed)
{
  struct sock *s = udp_socket(2000);
  feed_many(SOCK_RXMAX, 10);
  CHECK(!gate_open());
  sock_close(s);
  CHECK(gate_open());
}

// A parameter has its effect at once: the idle loop's time; forwarding is off for whoever asks for that.
TEST(tune_effects)
{
  poll_init();
  CHECK_EQ(tune_set("spin", 7), 0);
  CHECK_EQ(idle_spin_time, 7 * USEC);
  CHECK_EQ(tune_set("spin", 10000), 0);
  CHECK_EQ(tune_set("spin", 10001), -ERANGE);
  CHECK_EQ(idle_spin_time, 10000 * USEC);
  CHECK_EQ(tune_set("forward", 0), 0);
}

// Frames that wait for the end of a turn are bounded, and what is too much has a name of its own; at its end
// none is left, and what is sent then goes out at once.
TEST(netif_outq)
{
  netif_tx_hold();
  for(int i = 0; i < 260; i++){
    struct pktbuf *p = pkt_alloc();
    pkt_put(p, 60);
    CHECK_EQ(netif_tx(&card, p), i < 256 ? 0 : -ENOBUFS);
  }
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(drops(DROP_TX_QUEUE), 4);
  CHECK_EQ(drops(DROP_TX_FULL), 0);
  CHECK_EQ(tune_set("txquota", 0), 0);
  netif_tx_release();
  CHECK_EQ(card.outq.n, 0);
  struct pktbuf *p = pkt_alloc();
  pkt_put(p, 60);
  sent_clear();
  card_clean();
  CHECK_EQ(netif_tx(&card, p), 0);  // held no more
  CHECK_EQ(nsent(), 1);
}

// --- two harts at the gate ---

static struct feedback one, other;

static void
other_chokes(void)
{
  gate_choke(&other);
}

// A stop that another hart begins as soon as the last one is over is not undone with it: the queue was read, its tick was
// over, or its period.
TEST(gate_next_stop_stays)
{
  gate_choke(&one);
  host_when_released("gate", other_chokes);
  gate_relax(&one);
  CHECK(!gate_open());
  gate_relax(&other);
  CHECK(gate_open());

  gate_choke(&one);
  host_when_released("gate", other_chokes);
  host_advance(MSEC);
  CHECK(!gate_open());
  host_advance(MSEC);
  CHECK(gate_open());
}

static void
card_fills_up(void)
{
  card_full = 1;
}

// What is dropped because the NIC takes no more is counted by its name, and as nothing that was sent.
TEST(sent_is_what_the_nic_took)
{
  uint64 frames = card.stat.tx_frames, bytes = card.stat.tx_bytes, lost = card.stat.tx_drops;
  struct sock *s = udp_socket(2000);
  push_off();
  netif_tx_hold();
  for(int i = 0; i < 100; i++)
    CHECK_EQ(send_to(s, GW_IP, 9, 100), 100);
  CHECK_EQ(card.stat.tx_frames, frames);  // they wait
  card_meanwhile = card_fills_up;
  while(netif_tx_release())
    ;
  pop_off();
  card_full = 0;
  CHECK(nsent() > 0 && nsent() < 100);
  CHECK_EQ(drops(DROP_TX_FULL), 100 - nsent());
  CHECK_EQ(card.stat.tx_drops - lost, 100 - nsent());
  CHECK_EQ(card.stat.tx_frames - frames, nsent());
  CHECK_EQ(card.stat.tx_bytes - bytes, nsent() * 142);
  sock_close(s);
}
