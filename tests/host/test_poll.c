#include "pollcard.h"

// The ring is as full as before whenever a frame goes up.
TEST(poll_replacement_comes_first)
{
  plug_in();
  arrive(POSTED);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, POSTED);
  CHECK_EQ(least, POSTED);
  CHECK(!nic.masked);
  pull_out();
}

// A quota is all that an interrupt drains; the rest is the net thread's, with the card masked, in turns.
TEST(poll_quota)
{
  plug_in();
  tunes[TUNE_RXQUOTA] = 8;
  arrive(20);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 8);
  CHECK(nic.masked);
  CHECK_EQ(host_wakeups, 1);
  net_thread();
  CHECK_EQ(passed, 20);
  CHECK(!nic.masked);
  CHECK_EQ(host_yields, 2);
  pull_out();
}

// Buffers that the card does not take go back to the pool.
TEST(poll_card_refuses_buffers)
{
  plug_in();
  nic.refuses = 1;
  arrive(3);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 3);
  CHECK_EQ(pkt_in_use(), POSTED - 3);
  nic.refuses = 0;
  fill();
  pull_out();
}

// An idle hart leaves alone what is the net thread's.
TEST(poll_idle_and_thread)
{
  plug_in();
  tunes[TUNE_RXQUOTA] = 8;
  arrive(20);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(idle_poll(), 0);
  CHECK_EQ(passed, 8);
  net_thread();
  CHECK_EQ(passed, 20);
  pull_out();
}

// A frame that comes after the thread's last look, and before it unmasks, is not forgotten.
TEST(poll_frame_at_unmask)
{
  plug_in();
  tunes[TUNE_RXQUOTA] = 8;
  arrive(8);
  netif_interrupt(&ring_nif, 0);
  nic.on_unmask = arrive_one;
  net_thread();
  CHECK_EQ(passed, 9);
  CHECK(!nic.masked);
  pull_out();
}

// A frame comes just after somebody found the ring empty, and its interrupt is turned away: the one who polls looks again.
TEST(poll_turned_away)
{
  plug_in();
  arrive(1);
  nic.on_empty = arrive_and_interrupt;
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 2);
  CHECK_EQ(ring_nif.rxq[0].busy, 0);
  pull_out();
}

// Without packets to replace them frames are dropped by name, their buffers go back, and all goes on afterwards.
TEST(poll_no_packets)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  int n = 0;
  plug_in();
  while((all[n] = pkt_alloc()) != 0)
    n++;
  arrive(40);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 0);
  CHECK_EQ(drops(DROP_NOBUF), 40);
  CHECK_EQ(ring_nif.stat.rx_drops, 40);
  while(n > 0)
    pkt_free(all[--n]);
  arrive(40);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 40);
  pull_out();
}

// An idle hart that finds a frame masks the card; when it goes to sleep the interrupts are back, and what came in
// between is found.
TEST(poll_idle_watches)
{
  plug_in();
  CHECK_EQ(idle_poll(), 0);
  CHECK(!nic.masked);
  arrive(3);
  lent = fake_now;
  returned = 0;
  CHECK_EQ(idle_poll(), 1);
  CHECK_EQ(passed, 3);
  CHECK_EQ(returned, lent);  // the net thread's account
  lent = UNCHARGED;
  CHECK(nic.masked);
  nic.on_unmask = arrive_one;
  CHECK_EQ(idle_stop(), 1);
  CHECK(!nic.masked);
  CHECK_EQ(idle_poll(), 1);
  CHECK_EQ(passed, 4);
  CHECK_EQ(idle_stop(), 0);
  CHECK(!nic.masked);
  host_advance(10 * MSEC);
  pull_out();
}

// While idle harts look the card stays masked; when they have other things to do, a timer notices, and drains.
TEST(poll_watchdog)
{
  plug_in();
  arrive(1);
  CHECK_EQ(idle_poll(), 1);
  for(int i = 0; i < 10; i++){
    host_advance(MSEC / 2);
    idle_poll();
    CHECK(nic.masked);
  }
  arrive(5);
  host_advance(3 * MSEC);
  CHECK(!nic.masked);
  CHECK_EQ(passed, 6);
  pull_out();
}

// Where programs compute frames that come often are looked for by a timer, with the card's interrupts off, and each look is as an
// interrupt is: on the net thread's account. When none have come for a millisecond the interrupts are back.
TEST(poll_glances)
{
  plug_in();
  lent = fake_now;
  for(int i = 0; i < 2; i++){
    returned = 0;
    CHECK(!nic.masked);  // the first frame may be the only one
    arrive(1);
    netif_interrupt(&ring_nif, 0);
    CHECK_EQ(returned, lent);
    lent += MSEC / 2;
  }
  CHECK_EQ(passed, 2);
  CHECK(nic.masked);
  for(int i = 0; i < 30; i++){
    arrive(1);
    returned = 0;
    host_advance(60 * USEC);
    CHECK_EQ(passed, 3 + i);
    CHECK_EQ(returned, lent);
    CHECK(nic.masked);
  }
  host_advance(2 * MSEC);
  CHECK(!nic.masked);
  CHECK_EQ(idle_stop(), 0);
  somebody_waits = 0;  // a program that is busy with other frames is not helped
  for(int i = 0; i < 2; i++){
    arrive(1);
    netif_interrupt(&ring_nif, 0);
    CHECK(!nic.masked);
  }
  somebody_waits = 1;
  tunes[TUNE_GLANCE] = 0;  // or not at all
  arrive(1);
  netif_interrupt(&ring_nif, 0);
  arrive(1);
  netif_interrupt(&ring_nif, 0);
  CHECK(!nic.masked);
  lent = UNCHARGED;
  pull_out();
}

// When the net thread has had its share an interrupt, or a look of the timer, leaves the frames to it.
TEST(poll_leaves_what_is_not_its_turn)
{
  plug_in();
  lent = 0;
  arrive(3);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 0);
  CHECK(nic.masked);
  net_thread();
  CHECK_EQ(passed, 3);
  CHECK(!nic.masked);
  tunes[TUNE_MODE] = MODE_INTR;  // the classic kernel asks nobody
  arrive(3);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 6);
  lent = UNCHARGED;
  pull_out();
}

// Another hart leaves the rest of its turn to the net thread while that is at the end of its own: it takes one more.
static void
leave_some(void)
{
  poll_leave(&ring_nif, 0);
}

TEST(poll_thread_hears_of_more)
{
  plug_in();
  answer = 1;
  arrive(1);
  poll_leave(&ring_nif, 0);
  nic.on_send = leave_some;
  uint64 polls = ring_nif.stat.polls;
  net_thread();
  CHECK_EQ(ring_nif.stat.polls, polls + 2);
  CHECK_EQ(passed, 1);
  CHECK(!nic.masked);
  answer = 0;
  pull_out();
}

// A reset takes up what had come, first; a frame that comes meanwhile, whose interrupt is turned away, is found.
TEST(poll_reset)
{
  plug_in();
  arrive(20);
  nic.on_start = arrive_and_interrupt;
  CHECK_EQ(netif_reset(&ring_nif), 0);
  CHECK_EQ(passed, 21);
  CHECK_EQ(ring_nif.stat.resets, 1);
  CHECK_EQ(ring_nif.rxq[0].busy, 0);
  pull_out();
}

// A card that does not come out of its reset is left alone, and its link is down.
TEST(poll_reset_fails)
{
  plug_in();
  nic.disobeys = 1;
  CHECK_EQ(netif_reset(&ring_nif), -EIO);
  CHECK_EQ(ring_nif.link, 0);
  CHECK_EQ(ring_nif.stat.resets, 0);
  CHECK_EQ(netif_reset(&loopback), -EOPNOTSUPP);
  pull_out();
}

static void
transmit(int n)
{
  while(n-- > 0)
    CHECK_EQ(netif_tx(&ring_nif, pkt_alloc()), 0);
}

// A card that sends nothing of what it has for some seconds is reset, once; one that is slow is not.
TEST(poll_dead_card)
{
  plug_in();
  nic.sends_nothing = 1;
  transmit(40);
  for(int i = 0; i < 5; i++){
    nic.sent += 7;
    host_advance(SEC);
  }
  CHECK_EQ(host_wakeups, 0);
  host_advance(10 * SEC);
  CHECK_EQ(host_wakeups, 1);
  net_thread();
  CHECK_EQ(ring_nif.stat.resets, 1);
  host_advance(10 * SEC);
  CHECK_EQ(host_wakeups, 1);
  CHECK_EQ(ring_nif.watched, 0);
  pull_out();
}

// --- modes and limits ---

// Mode `intr`: the handler ends when the ring is empty, however long that takes, and the card is never masked.
TEST(poll_mode_intr)
{
  plug_in();
  tunes[TUNE_MODE] = MODE_INTR;
  tunes[TUNE_RXQUOTA] = 8;
  arrive(POSTED);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, POSTED);
  CHECK(!nic.masked);
  arrive(1);
  CHECK_EQ(idle_poll(), 0);  // idle harts leave the ring alone
  netif_interrupt(&ring_nif, 0);
  pull_out();
}

// Mode `thread`: the handler only fills the queue, what is too much for it is dropped by name, the thread takes it up.
TEST(poll_mode_thread)
{
  plug_in();
  tunes[TUNE_MODE] = MODE_THREAD;
  tunes[TUNE_IPQUEUE] = 10;
  arrive(25);
  host_wakeups = 0;
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 0);
  CHECK_EQ(host_wakeups, 10);
  CHECK_EQ(drops(DROP_IPQ_FULL), 15);
  CHECK_EQ(ring_nif.stat.rx_drops, 15);
  run(ip_thread);
  CHECK_EQ(passed, 10);
  pull_out();
}

// Feedback: a full queue stops input, for the interrupt, the thread and idle harts; relaxed, it goes on.
TEST(poll_feedback)
{
  struct feedback f = { 0 };
  plug_in();
  gate_choke(&f);
  arrive(3);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 0);
  CHECK(nic.masked);
  CHECK_EQ(idle_poll(), 0);
  net_thread();
  CHECK_EQ(passed, 0);
  host_wakeups = 0;
  gate_relax(&f);
  CHECK_EQ(f.choked, 0);
  CHECK_EQ(host_wakeups, 1);
  net_thread();
  CHECK_EQ(passed, 3);
  CHECK(!nic.masked);
  host_advance(2 * MSEC);
  pull_out();
}

// A queue that nobody empties stops input for a tick, once: not again before it was relaxed. Two queues: until the last.
TEST(poll_feedback_is_bounded)
{
  struct feedback dead = { 0 }, slow = { 0 };
  plug_in();
  gate_choke(&dead);
  gate_choke(&slow);
  gate_relax(&slow);
  CHECK(!gate_open());
  host_advance(2 * MSEC);
  CHECK(gate_open());
  CHECK(dead.choked != 0);  // so that its owner does not choke again
  gate_choke(&slow);
  gate_relax(&dead);        // of a stop that is over
  CHECK(!gate_open());
  gate_relax(&slow);
  CHECK(gate_open());
  host_advance(2 * MSEC);
  pull_out();
}

// Input stops between two batches of one turn, and the rest of the ring is not forgotten.
static struct feedback middle;

static void
choke_input(struct netif *nif, struct pktbuf *p)
{
  input(nif, p);
  if(passed == 5 || passed == 34 || passed == 45){
    gate_relax(&middle);
    gate_choke(&middle);
  }
}

TEST(poll_feedback_in_a_turn)
{
  plug_in();
  netif_input = choke_input;
  arrive(50);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 32);  // the batch ends
  CHECK(nic.masked);
  host_advance(2 * MSEC);
  net_thread();
  CHECK_EQ(passed, 36);  // the next one is small, for it may be stopped, too
  arrive(40);
  host_advance(2 * MSEC);
  net_thread();
  CHECK_EQ(passed, 72);  // after one that was not they are whole again
  host_advance(2 * MSEC);
  net_thread();
  CHECK_EQ(passed, 90);
  CHECK(!nic.masked);
  pull_out();
}

// Feedback off, or another mode: nothing stops.
TEST(poll_feedback_off)
{
  struct feedback f = { 0 };
  plug_in();
  tunes[TUNE_FEEDBACK] = 0;
  gate_choke(&f);
  CHECK(gate_open());
  tunes[TUNE_FEEDBACK] = 1;
  tunes[TUNE_MODE] = MODE_INTR;
  gate_choke(&f);
  CHECK(gate_open());
  CHECK_EQ(f.choked, 0);
  pull_out();
}

static void
slow_input(struct netif *nif, struct pktbuf *p)
{
  fake_now += MSEC;
  input(nif, p);
}

// With a share of 30 % input has 3 ms of 10; what is left of the ring waits for the next period.
TEST(poll_share)
{
  plug_in();
  netif_input = slow_input;
  tunes[TUNE_SHARE] = 30;
  tunes[TUNE_RXQUOTA] = 1;
  credited = 0;
  arrive(7);
  netif_interrupt(&ring_nif, 0);
  net_thread();
  CHECK_EQ(passed, 3);
  CHECK(!gate_open());
  host_advance(11 * MSEC);
  CHECK(gate_open());
  CHECK_EQ(credited, 1);  // ... and comes before others when the next period begins
  net_thread();
  CHECK_EQ(passed, 6);
  host_advance(11 * MSEC);
  net_thread();
  CHECK_EQ(passed, 7);
  CHECK(!nic.masked);
  pull_out();
}

// What the stack sends in a turn goes out at its end, with one tail write.
TEST(poll_sends_together)
{
  plug_in();
  answer = 1;
  arrive(20);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(nic.given, 20);
  CHECK_EQ(doorbells, 1);
  CHECK_EQ(ring_nif.stat.tx_frames, 20);
  pull_out();
}

// At most txquota of it; the rest keeps the turn going until all is out. And what the card does not take is dropped by name.
TEST(poll_send_quota)
{
  plug_in();
  answer = 1;
  tunes[TUNE_TXQUOTA] = 8;
  arrive(20);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(nic.given, 8);
  net_thread();
  CHECK_EQ(nic.given, 20);
  CHECK(!nic.masked);
  tx_room = 2;
  arrive(5);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(drops(DROP_TX_FULL), 3);
  pull_out();
}

// A smaller ring gets its packets one by one to the pool; a larger one is filled at once.
TEST(poll_ring_size)
{
  plug_in();
  CHECK_EQ(tune_set("rxring", 10), 0);
  arrive(60);
  netif_interrupt(&ring_nif, 0);
  CHECK_EQ(passed, 60);
  CHECK_EQ(nic.provided - nic.taken, 10);
  CHECK_EQ(tune_set("rxring", 255), 0);
  CHECK_EQ(nic.provided - nic.taken, POSTED);
  CHECK_EQ(ring_nif.rxq[0].busy, 0);
  pull_out();
}

// A parameter that does not exist, or a value out of range, changes nothing.
TEST(tune_refuses)
{
  struct kstat_tune t;
  CHECK_EQ(tune_set("nonsense", 1), -ENOENT);
  CHECK_EQ(tune_set("mode", 3), -ERANGE);
  CHECK_EQ(tune_set("rxring", 7), -ERANGE);
  CHECK_EQ(tune_set("share", 96), -ERANGE);
  CHECK_EQ(tune_set("forward", 1), -ENODEV);
  for(int i = 0; tune_record(i, &t) == 1; i++)
    CHECK_EQ(t.value, t.dflt);
  CHECK_EQ(tune_record(NTUNE, &t), -1);
}
