// lo: what is sent on it comes in again. A bounded queue that looks like a card to those above.
//
// The sender itself takes the frames up the stack, after it has let its locks go. A packet that the stack sends
// meanwhile only joins the queue, so the kernel stack never holds more than one turn of this.

#include "core/spinlock.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "sched/timer.h"
#include "kernel/kstat.h"

#define QUEUE_MAX MIN(256, pkt_parts[PART_LO])  // frames that wait
#define TURN_MAX 256   // ... that one sender takes up; the rest is left to a timer

static struct spinlock looplock = SPINLOCK("loopback");
static struct pktq queue;  // under looplock
static struct timer rest;

static int
rx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  int got = 0;
  acquire(&looplock);
  while(got < n && (out[got] = pktq_get(&queue)) != 0)
    got++;
  release(&looplock);
  for(int i = 0; i < got; i++)
    pkt_own(out[i], PKT_NIC, PKT_STACK);
  return got;
}

uint
loop_waits(void)
{
  return count_get(&queue.n);
}

static int
rx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  return 0;  // it needs no packets to receive into
}

static int
rx_pending(struct netif *nif, int q)
{
  return count_get(&queue.n) > 0;
}

static int
tx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  int took = 0;
  acquire(&looplock);
  while(took < n && queue.n < QUEUE_MAX)
    pktq_put(&queue, in[took++]);
  release(&looplock);
  return took;
}

static int
tx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  return 0;  // a sent packet is a received one
}

static void
irq(struct netif *nif, int q, int on)
{
}

static int
stop(struct netif *nif)
{
  return -EOPNOTSUPP;
}

static void
ring(struct netif *nif, int q, int is_tx, struct kstat_ring *r)
{
  r->size = q == 0 ? QUEUE_MAX : 0;
  r->owned = is_tx ? 0 : count_get(&queue.n);
}

static const struct nic_ops ops = {
  .rx_return = rx_return,
  .rx_provide = rx_provide,
  .rx_pending = rx_pending,
  .tx_provide = tx_provide,
  .tx_return = tx_return,
  .irq = irq,
  .stop = stop,
  .ring = ring,
};

struct netif loopback = {
  .name = "lo",
  .driver = "loopback",
  .loopback = 1,
  .nqueue = 1,
  .mtu = 1500,
  .link = 1,
  .ops = &ops,
};

void
loop_drain(struct netif *nif)
{
  for(int n = 0; rx_pending(nif, 0); ){
    if(__atomic_exchange_n(&nif->rxq[0].busy, 1, __ATOMIC_ACQUIRE))
      return;  // somebody is at it, and looks again when done
    struct pktbuf *p;
    while(n < TURN_MAX && rx_return(nif, 0, &p, 1) == 1){
      netif_rx(nif, p);
      n++;
    }
    __atomic_store_n(&nif->rxq[0].busy, 0, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);  // a frame that found us busy is seen by the next look
    if(n >= TURN_MAX){
      timer_set(&rest, now());
      return;
    }
  }
}

static void
drain_rest(void *arg)
{
  loop_drain(arg);
}

void
loop_init(void)
{
  timer_init(&rest, drain_rest, &loopback);
  netif_register(&loopback);
}
