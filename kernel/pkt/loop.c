// lo: what is sent on it comes in again. A bounded queue that looks like a card to those above.
//
// The sender itself takes the frames up the stack, after it has let its locks go: a quota of them, as from a ring. The rest is
// left to the net thread, which takes turns between lo, the NICs and programs: two sockets that answer each other here stop
// nobody. A packet that the stack sends meanwhile only joins the queue, so the kernel stack never holds more than one round.

#include "core/spinlock.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "pkt/poll.h"
#include "kernel/kstat.h"

#define QUEUE_MAX MIN(256, pkt_parts[PART_LO])  // frames that wait

static struct spinlock looplock = SPINLOCK("loopback");
static struct pktq queue;  // under looplock

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
loop_ring(struct netif *nif, int q, int is_tx, struct kstat_ring *r)
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
  .ring = loop_ring,
};

// What was sent comes in.
static void
sent(struct netif *nif)
{
  int quota = poll_quota(nif);

  if(netif_poll(nif, 0, quota) == quota)
    poll_leave(nif, 0);
}

struct netif loopback = {
  .name = "lo",
  .driver = "loopback",
  .loopback = 1,
  .nqueue = 1,
  .mtu = 1500,
  .link = 1,
  .ops = &ops,
  .sent = sent,
};

void
loop_init(void)
{
  netif_register(&loopback);
}
