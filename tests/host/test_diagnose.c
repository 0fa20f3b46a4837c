// What net/diagnose.c says of a NIC and its driver: nothing when they agree, and one sentence for each way to differ.

#include "fixture.h"
#include "core/check.h"
#include "core/cpu.h"
#include "kernel/netctl.h"
#include "net/dgram.h"
#include "net/diagnose.h"
#include "net/filter.h"
#include "net/socktab.h"
#include "pkt/facts.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"

static struct nic_facts facts;  // what the NIC and its driver are said to be like
static void (*then)(struct nic_facts *f);  // what happens between two moments
static char said[1000];
static int sentences;

static void
give_facts(struct netif *nif, struct nic_facts *f)
{
  *f = facts;
  if(then)
    then(&facts);
}

static void
hear(const char *text, void *arg)
{
  sentences++;
  snprintf(said, sizeof(said), "%s", text);
}

// A NIC that has received 300 frames and sent 20, and a driver that has taken and given them, with nothing to be done.
static void
healthy(void)
{
  static const struct nic_facts sound = {
    .rx = { .size = 256, .head = 44, .tail = 30, .wanted_tail = 30, .held = 255, .told = 241, .turns = 300, .tail_writes = 9,
            .not_ram = -1, .foreign = -1 },
    .tx = { .size = 256, .head = 20, .tail = 20, .wanted_tail = 20, .turns = 20, .tail_writes = 20, .not_ram = -1, .foreign = -1 },
    .ends_eop = 1, .ends_rs = 1, .unmasked = 1, .rx_on = 1, .tx_on = 1, .broadcasts = 1, .bus_master = 1,
    .taken = 300, .rx_frames = 300, .rx_bytes = 300 * 64, .sent = 20, .tx_frames = 20,
    .irq = 33, .irq_enabled = 1, .irq_claims = 7, .irq_completes = 7,
  };
  facts = sound;
  card.facts = give_facts;
  card.link = 1;
  card.driver_ops = card.ops;
  card.stat.rx_frames = 300;
  card.stat.rx_bytes = 300 * 60;
}

static int
contains(const char *text, const char *part)
{
  for(; *text; text++)
    if(strncmp(text, part, strlen(part)) == 0)
      return 1;
  return 0;
}

// One sentence, with this in it.
static void
says(const char *part)
{
  sentences = 0;
  said[0] = 0;
  CHECK_EQ(diagnose(hear, 0), part ? 1 : 0);
  CHECK_EQ(sentences, part ? 1 : 0);
  if(part && !contains(said, part))
    test_fail(__FILE__, __LINE__, "it says \"%s\", and not \"%s\"", said, part);
  card.stat.rx_frames = 300;
  then = 0;
  healthy();
}

TEST(diagnose_nothing)
{
  healthy();
  says(0);
  facts.rx.head = facts.rx.tail;  // the ring is full of frames, and the net thread is to take them
  facts.rx.done = facts.rx.held;
  card.rxq[0].thread = 1;
  says(0);
  card.rxq[0].watched = card.rxq[0].thread;  // masked, and idle harts look
  card.rxq[0].thread = 0;
  facts.unmasked = 0;
  says(0);
  card.rxq[0].watched = 0;
  facts.cause = facts.irq_pending = 1;  // an interrupt is on its way
  facts.rx.done = 1;
  says(0);
  facts.tx.wanted_tail = 21;  // somebody is about to write TDT
  card.txlock.locked = 1;
  says(0);
  card.txlock.locked = 0;
  card.link = 0;  // no cable: nothing comes, whatever is masked
  facts.unmasked = 0;
  says(0);
}

// Under a flood the NIC has used all that it was told of, and the tail is not written yet for the buffers that wait behind them.
TEST(diagnose_flood)
{
  healthy();
  facts.rx.head = facts.rx.tail;
  facts.rx.done = facts.rx.told;
  facts.cause = facts.irq_pending = 1;
  says(0);
}

static void
tail_comes(struct nic_facts *f)
{
  f->rx.tail_writes++;
}

static void
frames_are_taken(struct nic_facts *f)
{
  f->rx.turns++;
}

static void
frames_are_sent(struct nic_facts *f)
{
  f->tx.turns++;
}

// Somebody resets the NIC; a real mistake shows itself at each moment, and a reset at one.
static void
reset(struct nic_facts *f)
{
  int off = f->rx_on;
  card.stat.resets++;
  f->rx_on = f->tx_on = f->broadcasts = f->bus_master = f->ends_eop = f->ends_rs = f->irq_enabled = !off;
  f->rx.base_wrong = f->tx.base_wrong = off;
}

// What is wrong at one moment only, or was compared while it moved, is not said.
TEST(diagnose_moving)
{
  healthy();
  then = reset;
  says(0);
  reset(&facts);
  then = reset;
  says(0);
  facts.rx.head = facts.rx.tail;
  then = tail_comes;
  says(0);
  facts.rx.head = facts.rx.tail;
  then = frames_are_taken;
  says(0);
  facts.rx.foreign = 3;
  then = frames_are_taken;
  says(0);
  facts.rx.held = 256;
  then = frames_are_taken;
  says(0);
  facts.tx.held = 256;
  then = frames_are_sent;
  says(0);
  facts.tx.foreign = 3;
  then = frames_are_sent;
  says(0);
}

static void
counts_are_added(struct nic_facts *f)
{
  f->rx_frames ^= 300 ^ 299;
}

static void
owner_comes(struct nic_facts *f)
{
  f->tx.foreign = f->tx.foreign < 0 ? 3 : -1;
}

static void
word_comes(struct nic_facts *f)
{
  f->ends_eop ^= 1;
  f->ends_rs ^= 1;
  f->rx.not_ram = f->rx.not_ram < 0 ? 3 : -1;
}

static void
line_falls(struct nic_facts *f)
{
  f->irq_pending ^= 1;
}

static void
put_comes(struct nic_facts *f)
{
  f->tx.wanted_tail = f->tx.wanted_tail == 21 ? 22 : 21;
}

TEST(diagnose_half_done)
{
  healthy();
  then = counts_are_added;
  says(0);
  then = owner_comes;
  says(0);
  then = word_comes;
  says(0);
  facts.cause = facts.irq_pending = 1;
  then = line_falls;
  says(0);
  facts.tx.wanted_tail = 21;
  then = put_comes;
  says(0);
}

static int inner;

static void
look_too(struct nic_facts *f)
{
  then = 0;
  inner = diagnose(hear, 0);
}

// One at a time: the second would make the first one's moments its own.
TEST(diagnose_alone)
{
  healthy();
  inner = 0;
  then = look_too;
  says(0);
  CHECK_EQ(inner, -EBUSY);
  says(0);
}

TEST(diagnose_rings)
{
  healthy();
  facts.rx.head = facts.rx.tail;
  says("RDH = RDT = 30: the NIC owns no descriptor, and 241 empty buffers are on the ring: RDT was written one too far");
  facts.rx.head = facts.rx.tail;
  facts.rx.tail_writes = 0;
  says("never written");
  facts.tx.wanted_tail = 21;
  says("filled the transmit ring up to 21, and TDT = 20");
  facts.rx.tail = 286;
  says("RDT = 286 in a ring of 256");
  facts.tx.base_wrong = 1;
  says("TDBAL and TDBAH");
  facts.rx.not_ram = 3;
  says("receive descriptor 3 has the address");
  facts.rx.foreign = 3;
  facts.rx.owner = PKT_SOCK;
  says("the packet of receive descriptor 3 belongs to a socket");
  facts.tx.held = 256;
  says("used again before it was done");
  facts.tx.head = 19;
  says("does not fetch what it should send: TDH = 19, TDT = 20");
  facts.ends_eop = 0;
  says("lacks EOP");
  facts.ends_rs = 0;
  says("lacks RS");
  facts.tx_frames = 19;
  says("fetched 20 frames and sent 19");
}

TEST(diagnose_units)
{
  healthy();
  facts.rx_on = 0;
  says("RCTL.EN");
  facts.tx_on = 0;
  says("TCTL.EN");
  facts.broadcasts = 0;
  says("RCTL.BAM");
  facts.bus_master = 0;
  says("bus master");
}

TEST(diagnose_lengths)
{
  healthy();
  facts.taken = 301;
  says("taken 301 frames from the ring, and the NIC has received 300");
  card.stat.rx_bytes = 300 * 64;
  says("taken with the CRC's 4 bytes");
  card.stat.rx_bytes = 300 * 56;
  says("4 bytes too short");
  card.stat.rx_bytes = 300 * 60 + 4;  // not the same for each
  says(0);
}

TEST(diagnose_interrupts)
{
  healthy();
  facts.rx.done = 15;
  says("look at DD again before returning");
  facts.rx.done = 15;
  facts.cause = 1;
  says("the handler must read ICR, or the line never falls and never rises again; 15 frames wait (DD)");
  facts.cause = 1;  // the net thread has taken them
  says("the handler must read ICR, or the line never falls and never rises again");
  CHECK(!contains(said, "wait (DD)"));
  facts.rx.done = 15;
  facts.cause = 1;
  facts.unmasked = 0;
  says("IMS does not let receive interrupts (RXT0) pass, and nobody polls; 15 frames wait (DD)");
  facts.unmasked = 0;
  says("IMS does not let receive interrupts (RXT0) pass, and nobody polls");
  CHECK(!contains(said, "wait (DD)"));
  facts.irq_enabled = 0;
  says("the PLIC does not let");
  facts.irq_completes = 6;
  facts.cause = facts.irq_pending = 1;
  says("claimed 7 times at the PLIC and completed 6 times");
}

TEST(diagnose_sockets)
{
  healthy();
  struct sock *s = sock_new(&udp_proto, 16);
  CHECK_EQ(sock_take_port(s, 2000), 0);
  says(0);
  s->rxmax = 0;
  s->rxq.n = 3;
  says("port 2000: 3 datagrams wait, and 0 may: the queue has no bound");
  s->rxmax = 16;
  struct list waiter;
  list_add(&s->readers.waiters, &waiter);
  says("port 2000: 3 datagrams wait, and so does a reader");
  procs[1].wq = &s->readers;  // another reader has been woken, and its turn is still to come
  procs[1].state = PS_READY;
  says(0);
  procs[1].wq = 0;
  procs[1].state = PS_UNUSED;
  list_del(&waiter);
  s->rxq.n = 0;
  s->lab = 1;
  s->pid = 77;
  says("port 2000 is bound by process 77, which has ended");
  sock_end(s);
}

// A datagram for port 2000 that finds nobody.
static void
nobody_there(void)
{
  struct wire w;
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 20);
  feed(&w);
}

static struct sock *mine;

static void
one_more_comes(struct nic_facts *f)
{
  then = 0;
  host_advance(SEC);
  nobody_there();
}

static void
another_has_it(struct nic_facts *f)
{
  mine->port_since -= SEC;
}

static void
end_it(struct nic_facts *f)
{
  then = 0;
  mine->closed = 1;
}

// A datagram that nobody got, although its port had an owner; not one that came before, or while the socket had a peer, or is about
// to be closed.
TEST(diagnose_ports)
{
  healthy();
  nobody_there();
  host_advance(SEC);
  mine = sock_new(&udp_proto, 16);
  CHECK_EQ(socktab_bind(mine, &(struct endpoint){ 0, 2000 }), 0);
  says(0);
  mine->port_since -= 2 * SEC;
  says("port 2000: a datagram for it came 1000 ms after it was bound and was dropped as udp.noport");
  then = end_it;
  says(0);
  mine->closed = 0;
  then = another_has_it;
  says(0);
  CHECK_EQ(dgram_connect(mine, &(struct endpoint){ PEER_IP, 9 }, 0), 0);
  host_advance(SEC);
  nobody_there();
  host_advance(SEC);
  says(0);
  CHECK_EQ(dgram_connect(mine, &(struct endpoint){ 0, 0 }, 0), 0);
  says(0);
  socktab_remove(mine);
  then = one_more_comes;
  says(0);
  sock_end(mine);
}

static void
bound_comes(struct nic_facts *f)
{
  mine->rxmax ^= 16;
}

// The socket is another one's by the second moment: what was read of both is not compared.
TEST(diagnose_bound_at_both_moments)
{
  healthy();
  mine = sock_new(&udp_proto, 16);
  CHECK_EQ(sock_take_port(mine, 2000), 0);
  mine->rxq.n = 3;
  mine->rxmax = 0;
  then = bound_comes;
  says(0);
  mine->rxmax = 16;
  then = bound_comes;
  says(0);
  mine->rxq.n = 0;
  sock_end(mine);
}

// This NIC has none of the pool's packets.
static void
healthy_and_empty(void)
{
  healthy();
  facts.rx.held = 0;
}

// Packets that stand nowhere are told, and those that wait for something are not among them.
TEST(diagnose_packets)
{
  struct pktbuf *lost[64];
  healthy_and_empty();
  for(uint i = 0; i < NELEM(lost); i++)
    CHECK((lost[i] = pkt_alloc()) != 0);
  says("64 packets are in use and 0 of them are on a ring or in a queue: 64 were never given back: taken from the ring or");
  for(uint i = 0; i < NELEM(lost); i++)
    pkt_free(lost[i]);
  healthy_and_empty();
  says(0);
}

static void
ring_moves(struct nic_facts *f)
{
  f->rx.held ^= 64;
}

// ... or stand nowhere at one moment only, since we count one queue after the other.
TEST(diagnose_packets_that_move)
{
  struct pktbuf *p[64];
  healthy_and_empty();
  for(uint i = 0; i < NELEM(p); i++)
    CHECK((p[i] = pkt_alloc()) != 0);
  facts.rx.held = 64;
  then = ring_moves;
  says(0);
  for(uint i = 0; i < NELEM(p); i++)
    pkt_free(p[i]);
}

#define MANY 20  // more than may be on their way
#define FRIEND MAKE_IP_ADDR(10, 0, 3, 9)

// ... in both of the filter's queues: those that it has not seen, and those that it has said nothing of.
TEST(diagnose_packets_in_the_filter)
{
  struct wire w;
  second_card();
  CHECK_EQ(arptab_learn(&second_nif, FRIEND, peer_mac, 1), 1);
  CHECK_EQ(tune_set("forward", 1), 0);
  CHECK_EQ(filter_open(), 0);
  healthy_and_empty();
  for(int i = 0; i < 2 * MANY; i++){
    w_udp(&w, GW_IP, 7, FRIEND, 2000, 20);
    feed(&w);
  }
  for(int i = 0; i < MANY; i++)
    CHECK(filter_read(UBASE, 100, 1) > 0);
  CHECK_EQ(pkt_in_use(), 2 * MANY);
  CHECK_EQ(filter_waits(), 2 * MANY);
  says(0);
  filter_close();
}

// ... and those that faults on purpose hold back, which is in no queue of lo's.
TEST(diagnose_packets_that_are_late)
{
  struct netctl_faulty f = { .ifname = "lo", .seed = 3, .delay_us = 1000000, .on = 1 };
  struct dst way;
  poll_init();
  healthy_and_empty();
  CHECK_EQ(check_set_faults(&f), 0);
  for(int i = 0; i < 2 * MANY; i++){
    struct pktbuf *p = pkt_alloc();
    CHECK_EQ(dst_find(INADDR_LOOPBACK, 0, &way), 0);
    pkt_reserve(p, PKT_DATA);
    pkt_put(p, 20);
    ip_output(&way, p, &(struct ip_form){ .proto = 200, .ttl = 1 });
  }
  CHECK(pkt_in_use() >= MANY);
  says(0);
  f.on = 0;
  CHECK_EQ(check_set_faults(&f), 0);
  CHECK_EQ(netif_delayed, 0);
}
