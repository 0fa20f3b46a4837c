#include "fixture.h"
#include "core/cpu.h"
#include "pkt/gate.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"

// --- a card whose frames come when the test says so ---

#define RING 64
#define POSTED (RING - 1)

static struct {
  struct pktbuf *buf[RING];
  uint taken, arrived, provided;  // free-running
  uint given, sent;               // frames to be sent, free-running
  int sends_nothing;
  int masked, stopped, disobeys;
  int refuses;                    // 1: takes no buffers
  void (*on_start)(void);         // called once when the card has been started again
  void (*on_empty)(void);         // called once when somebody has seen the ring empty
  void (*on_unmask)(void);        // ... when interrupts are turned on, before the ring is looked at
} nic;

static int passed;                // frames that went up the stack
static int least;                 // empty buffers on the ring, at the worst moment
int host_yields;
static void (*thread)(void *), (*ip_thread)(void *);
static int doorbells, tx_room = 1000;  // goes in which the card was given frames to send; how many it takes
static int answer;                // input() sends one frame for each
static sigjmp_buf thread_sleeps;

int (*idle_poll)(void);
int (*idle_stop)(void);
uint64 idle_spin_time;

struct proc *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
  *(strcmp(name, "net") == 0 ? &thread : &ip_thread) = fn;
  return (struct proc *)&thread;
}

static int gave_way;

void
sched_yield(void)
{
  CHECK_EQ(host_locks, 0);
  host_yields++;
}

void
sched_give_way(void)
{
  gave_way++;
}

// The thread has nothing more to do.
void
wq_sleep_hard(struct waitq *q, struct spinlock *lk)
{
  release(lk);
  siglongjmp(thread_sleeps, 1);
}

static void
run(void (*fn)(void *))
{
  if(sigsetjmp(thread_sleeps, 0) == 0)
    fn(0);
}

void
net_thread(void)
{
  run(thread);
}

void
net_ip_thread(void)
{
  run(ip_thread);
}

static void
call_once(void (**fn)(void))
{
  void (*f)(void) = *fn;
  *fn = 0;
  if(f)
    f();
}

static int
rx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  int i = 0;
  for(; i < n && nic.taken != nic.arrived; i++){
    out[i] = nic.buf[nic.taken++ % RING];
    out[i]->tail = out[i]->head + 60;
    pkt_own(out[i], PKT_NIC, PKT_STACK);
  }
  if(i == 0)
    call_once(&nic.on_empty);
  return i;
}

static int
rx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  int i = 0;
  CHECK(!nic.stopped);
  for(; i < n && !nic.refuses && nic.provided - nic.taken < MIN(POSTED, TUNE(RXRING)); i++){
    CHECK_EQ(pkt_len(in[i]), 0);
    nic.buf[nic.provided++ % RING] = in[i];
  }
  return i;
}

static int
rx_pending(struct netif *nif, int q)
{
  return nic.taken != nic.arrived;
}

static int
no_tx(struct netif *nif, int q, struct pktbuf **in, int n)
{
  return 0;
}

static void
irq(struct netif *nif, int q, int on)
{
  nic.masked = !on;
  if(on)
    call_once(&nic.on_unmask);
}

static void
ring(struct netif *nif, int q, int is_tx, struct kstat_ring *r)
{
  r->size = RING;
  r->owned = is_tx ? nic.given - nic.sent : 0;
  r->head = nic.sent;
}

static int
take_tx(struct netif *nif, int q, struct pktbuf **in, int n)
{
  int i = 0;
  for(; i < n && tx_room > 0; i++, tx_room--){
    nic.given++;
    nic.sent += !nic.sends_nothing;
    pkt_own(in[i], PKT_NIC, PKT_STACK);
    pkt_free(in[i]);
  }
  doorbells += i > 0;
  return i;
}

static void
fill(void)
{
  struct pktbuf *p;
  while(nic.provided - nic.taken < POSTED && (p = pkt_alloc()) != 0){
    pkt_own(p, PKT_STACK, PKT_NIC);
    nic.buf[nic.provided++ % RING] = p;
  }
}

// Nobody else may be in the rings when the card is stopped, or started.
static int
stop(struct netif *nif)
{
  CHECK(holding(&nif->txlock) && nif->rxq[0].busy);
  nic.stopped = 1;
  return nic.disobeys ? -EIO : 0;
}

static void
start(struct netif *nif)
{
  CHECK(holding(&nif->txlock) && nif->rxq[0].busy && nic.stopped);
  CHECK_EQ(nic.taken, nic.arrived);  // what had come has gone up
  nic.stopped = 0;
  nic.given = nic.sent = nic.sends_nothing = 0;
  fill();
  call_once(&nic.on_start);
}

static const struct nic_ops ops = {
  .rx_return = rx_return, .rx_provide = rx_provide, .rx_pending = rx_pending,
  .tx_provide = take_tx, .tx_return = no_tx, .irq = irq, .ring = ring, .stop = stop, .start = start,
};

static struct netif ring_nif = { .name = "r0", .driver = "test", .nqueue = 1, .mtu = 1500, .link = 1, .ops = &ops };

static void
input(struct netif *nif, struct pktbuf *p)
{
  CHECK_EQ(host_locks, 0);
  passed++;
  least = MIN(least, (int)(nic.provided - nic.taken));
  if(!answer)
    pkt_free(p);
  else
    netif_tx(nif, p);
}

static void
plug_in(void)
{
  poll_init();
  netif_input = input;
  CHECK_EQ(netif_register(&ring_nif), 0);
  ring_nif.up = 1;
  least = POSTED;
  nic.given = nic.sent = doorbells = ring_nif.stat.tx_frames = 0;  // it announced itself
  fill();
}

static void
pull_out(void)
{
  CHECK_EQ(nic.provided - nic.taken, POSTED);
  while(nic.taken != nic.provided)
    pkt_free(nic.buf[nic.taken++ % RING]);
}

static void
arrive(int n)
{
  nic.arrived += n;
  CHECK(nic.arrived - nic.taken <= nic.provided - nic.taken);
}

static void
arrive_and_interrupt(void)
{
  arrive(1);
  if(!nic.masked)
    netif_interrupt(&ring_nif, 0);
}

static void
arrive_one(void)
{
  arrive(1);
}

// --- the tests ---

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
  CHECK_EQ(idle_poll(), 1);
  CHECK_EQ(passed, 3);
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
  if(passed == 5)
    gate_choke(&middle);
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
  CHECK_EQ(passed, 50);
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
  host_yields = gave_way = 0;
  arrive(7);
  netif_interrupt(&ring_nif, 0);
  net_thread();
  CHECK_EQ(passed, 3);
  CHECK_EQ(host_yields, 0);  // it has its share before others
  CHECK(!gate_open());
  host_advance(11 * MSEC);
  CHECK(gate_open());
  CHECK_EQ(gave_way, 1);  // ... at once when the next period begins
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
