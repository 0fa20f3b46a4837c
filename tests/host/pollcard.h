#ifndef RXV_TEST_POLLCARD_H
#define RXV_TEST_POLLCARD_H
// What test_poll.c stands on: a card whose frames come when the test says so, and a scheduler that notes what it is asked. All of it
// is that file's own, and here to be read by itself.

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
  void (*on_send)(void);          // ... when it is given frames to send
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

static int credited;

void
sched_yield(void)
{
  CHECK_EQ(host_locks, 0);
  host_yields++;
}

void
sched_preempt(void)
{
  sched_yield();
}

// What the scheduler says of an interrupt: nothing is charged; the net thread has had its share (0); or the time.
static uint64 lent = UNCHARGED;
static uint64 returned;
static int somebody_waits = 1;

uint64
sched_borrow(const struct proc *p)
{
  return lent;
}

int
sched_return(struct proc *p, uint64 since)
{
  returned = since;
  return since != UNCHARGED && somebody_waits;
}

void
sched_credit(struct proc *p)
{
  credited++;
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
  call_once(&nic.on_send);
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

#endif
