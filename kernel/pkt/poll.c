// Interrupt, then poll.
//
// A frame for an idle machine should not wait, and a flood should not take the machine away from its programs.
// So the first frame interrupts, and the handler drains the ring, up to a quota. If that did not empty the ring, the
// card's interrupts are masked and what is left is the net thread's: it drains a quota a turn, and lets others run
// in between, until the ring is empty; then it unmasks. "Until the ring is empty" alone would never end: giving a
// buffer back lets the next frame in at once. The quota is what ends it. (Mogul, Ramakrishnan: Eliminating receive
// livelock in an interrupt-driven kernel, 1997, section 6.)
//
// The net thread has its part of the hart as any other (sched.c), and what a handler or an idle hart does counts as done by it.
// When it has had more than those who compute the handler leaves the frames to it, and it waits for its turn.
//
// While the card's descriptors are not given back it holds the frames, and nothing is spent on them: a machine that
// cannot keep up drops at the earliest and cheapest place. Input also stops when a queue up the stack is nearly full. With
// a share (TUNE_SHARE) the thread takes no turns with others: it goes on until it has had that much of 10 ms, and then input
// stops for the rest of them (gate.c).
//
// What the stack sends while it takes frames up (answers, packets forwarded) waits until the turn is over and
// then goes out together: one tail write for all (netif.c).
//
// Two other modes are here to be compared with that one, and lose. `intr`: the handler drains the ring until it is
// empty, all the way to the sockets. `thread`: the handler moves frames to a queue, a thread takes them from there
// (ipqueue.c). Under a flood the handler never ends.
//
// One hart at a time drains a queue, so that frames stay in order. `busy` counts who wants to: the one that finds 0 does
// it; anybody else just leaves the count higher, and the one that is at it looks at the ring once more before it ends.
// Without that, a frame could come after the last look, its interrupt be turned away, and nobody would know of it.

#include "core/cpu.h"
#include "core/printf.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"
#include "sched/timer.h"
#include "sched/waitq.h"

#define BATCH 32         // frames out of a ring at a time: one tail write, one fence for all
#define FEW 4            // ... after a stop: a queue may be three quarters full still, and what is too much for it is dropped
#define NOLIMIT 0x7fffffff
#define LO_QUOTA 64      // in the modes without a quota: those who answer each other on lo would never end
#define OFTEN (1 * MSEC)  // frames that come so soon after others are looked for by a timer, when no hart is idle

// Whoever drains a queue has its batch.
static struct batch {
  struct pktbuf *in[BATCH], *fresh[BATCH];
} batches[NETIF_MAX][NELEM(((struct netif *)0)->rxq)];

int
poll_replace(struct netif *nif, const struct nic_ops *ops, int q, struct pktbuf **in, struct pktbuf **fresh, int n)
{
  int up = 0, taken;

  for(; up < n && (fresh[up] = pkt_alloc()) != 0; up++)
    pkt_own(fresh[up], PKT_STACK, PKT_NIC);
  for(int i = up; i < n; i++){
    drop_count(DROP_NOBUF, 0);
    count_add(&nif->stat.rx_drops, 1);
    fresh[i] = in[i];
    fresh[i]->tail = fresh[i]->head;
    pkt_own(fresh[i], PKT_STACK, PKT_NIC);
  }
  taken = ops->rx_provide(nif, q, fresh, n);
  for(int i = taken; i < n; i++){  // the ring has been made smaller
    pkt_own(fresh[i], PKT_NIC, PKT_STACK);
    pkt_free(fresh[i]);
  }
  return up;
}

// Up to n frames from the ring to where the mode says: how many there were; n if input was stopped before that.
static int
poll_drain(struct netif *nif, int q, int n)
{
  struct batch *b = &batches[nif->index][q];
  int done = 0, got, good, ring = !nif->loopback;  // what comes over lo is on no ring, where others would have to take its place
  void (*up)(struct netif *, struct pktbuf *) = ring && TUNE(MODE) == MODE_THREAD ? ipqueue_put : netif_rx;

  while(done < n && (got = nif->ops->rx_return(nif, q, b->in, MIN(n - done, count_get(&gate_stopped) ? FEW : BATCH))) > 0){
    good = ring ? poll_replace(nif, nif->ops, q, b->in, b->fresh, got) : got;
    uint64 t = now();  // once for all of them
    for(int i = 0; i < good; i++){
      b->in[i]->stamp = t;
      up(nif, b->in[i]);
    }
    done += got;
    if(ring && !gate_open())
      return n;
    if(ring && unlikely(count_get(&gate_stopped)))
      gate_stopped = 0;
  }
  return done;
}

// The part of netif_poll() that only one hart is in. result: as there.
static int
poll_alone(struct netif *nif, int q, int quota)
{
  int *busy = &nif->rxq[q].busy;
  int done = 0, alone = 1;

  nif->stat.polls++;
  for(;;){
    done += poll_drain(nif, q, quota - done);
    if(done >= quota || __atomic_compare_exchange_n(busy, &alone, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      break;
    // Somebody was turned away meanwhile.
    __atomic_store_n(busy, 1, __ATOMIC_SEQ_CST);
    alone = 1;
  }
  if(done >= quota)
    __atomic_store_n(busy, 0, __ATOMIC_RELEASE);  // the caller sees to the rest
  return done;
}

int
netif_poll(struct netif *nif, int q, int quota)
{
  int polling = TUNE(MODE) == MODE_POLL && !nif->loopback, share = polling && TUNE(SHARE) > 0, done;

  if(__atomic_fetch_add(&nif->rxq[q].busy, 1, __ATOMIC_ACQUIRE) != 0)
    return -EBUSY;
  push_off();  // once for all the locks on the way up; and nobody else gets the hart with `busy` taken
  trace_came();
  uint64 start = share ? now() : 0;
  if(polling)
    netif_tx_hold();
  done = poll_alone(nif, q, quota);
  if(polling && netif_tx_release())
    done = quota;
  if(share)
    gate_charge(now() - start);
  pop_off();
  return done;
}

int
poll_quota(const struct netif *nif)
{
  int n = TUNE(RXQUOTA);

  if(TUNE(MODE) == MODE_POLL && n > 0)
    return n;
  return nif->loopback ? LO_QUOTA : NOLIMIT;
}

// The condition is "some queue's `thread` is set and input is not stopped, or some card's `dead` is set".
static struct spinlock thread_lock = SPINLOCK("netthread");
static WAITQ(thread_waits);

void
poll_thread_wake(void)
{
  acquire(&thread_lock);
  wq_wake_all(&thread_waits);
  release(&thread_lock);
}

enum { SEEN = 1, LEFT };  // rxq.thread: the net thread is at it; something was left since that turn began

// The thread may take the queue, empty it and unmask as soon as it sees `thread`, so the mask comes first.
void
poll_leave(struct netif *nif, int q)
{
  nif->ops->irq(nif, q, 0);
  if(__atomic_exchange_n(&nif->rxq[q].thread, LEFT, __ATOMIC_SEQ_CST) == 0)
    poll_thread_wake();
}

static struct proc *net_proc;  // the net thread

int
poll_on_account(struct netif *nif, int q)
{
  int quota = poll_quota(nif), left = 1, woke = 0;
  uint64 since = TUNE(MODE) == MODE_POLL ? sched_borrow(net_proc) : UNCHARGED;

  if(since){
    left = netif_poll(nif, q, quota) == quota;
    woke = sched_return(net_proc, since);
  }
  if(left)
    poll_leave(nif, q);
  else if(woke && !nif->loopback && since - nif->polled < OFTEN && TUNE(GLANCE))
    poll_watch(nif, q, TUNE(GLANCE) * USEC);
  nif->polled = since;
  return woke;
}

void
netif_interrupt(struct netif *nif, int q)
{
  count_add(&nif->stat.irqs, 1);
  if(gate_open())
    poll_on_account(nif, q);
  else
    poll_leave(nif, q);
}

void
poll_first(void)
{
  sched_credit(net_proc);
}

void
poll_hold(struct netif *nif)
{
  for(int q = 0; q < nif->nqueue; q++)
    for(int free = 0; !__atomic_compare_exchange_n(&nif->rxq[q].busy, &free, 1, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED); free = 0)
      sched_yield();
}

// Frames of a held queue up the stack, until there are none. The card is stopped, and gets nothing in their place.
static void
empty(struct netif *nif, int q)
{
  struct batch *b = &batches[nif->index][q];
  int got;

  push_off();
  while((got = nif->ops->rx_return(nif, q, b->in, BATCH)) > 0 || nif->ops->rx_pending(nif, q))
    for(int i = 0; i < got; i++){
      b->in[i]->stamp = now();
      netif_rx(nif, b->in[i]);
    }
  pop_off();
}

void
poll_release(struct netif *nif)
{
  int quota = poll_quota(nif);

  for(int q = 0; q < nif->nqueue; q++){
    __atomic_store_n(&nif->rxq[q].busy, 0, __ATOMIC_SEQ_CST);
    if(netif_poll(nif, q, quota) == quota)
      poll_leave(nif, q);
  }
}

int
poll_unmask(struct netif *nif, int q)
{
  nif->ops->irq(nif, q, 1);
  return nif->ops->rx_pending(nif, q);
}

// One quota of a queue. If that empties the ring, and no other hart has left more (the rest of what it made to be sent is on no
// ring) the card may interrupt again.
static void
turn(struct netif *nif, int q)
{
  int *thread = &nif->rxq[q].thread, quota = poll_quota(nif), seen = SEEN;

  __atomic_store_n(thread, SEEN, __ATOMIC_SEQ_CST);
  int n = netif_poll(nif, q, quota);
  if(n == quota || n == -EBUSY || !__atomic_compare_exchange_n(thread, &seen, 0, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
    return;  // next turn
  if(poll_unmask(nif, q))
    poll_leave(nif, q);
}

// One turn for each queue that was left to us, while input is not stopped. result: turns.
static int
turns(void)
{
  int n = 0;

  for(int i = 0; i < count_get(&nnetif); i++){
    if(count_get(&netifs[i]->dead)){
      netif_reset(netifs[i]);
      __atomic_store_n(&netifs[i]->dead, 0, __ATOMIC_RELEASE);
    }
    for(int q = 0; q < netifs[i]->nqueue; q++)
      if(count_get(&netifs[i]->rxq[q].thread) && gate_open()){
        turn(netifs[i], q);
        n++;
      }
  }
  return n;
}

static int
some_left(void)
{
  for(int i = 0; i < count_get(&nnetif); i++){
    if(count_get(&netifs[i]->dead))
      return 1;
    for(int q = 0; q < netifs[i]->nqueue; q++)
      if(count_get(&netifs[i]->rxq[q].thread) && gate_open())
        return 1;
  }
  return 0;
}

static void
net_thread(void *arg)
{
  for(;;){
    acquire(&thread_lock);
    while(!some_left())
      wq_sleep_hard(&thread_waits, &thread_lock);
    release(&thread_lock);
    while(turns() > 0)
      sched_preempt();
  }
}

// ----- cards that stop -----

int
netif_reset(struct netif *nif)
{
  poll_hold(nif);
  acquire(&nif->txlock);
  int err = nif->ops->stop(nif);
  release(&nif->txlock);
  if(err == 0){
    for(int q = 0; q < nif->nqueue; q++)
      empty(nif, q);
    acquire(&nif->txlock);
    nif->ops->start(nif);
    release(&nif->txlock);
    count_add(&nif->stat.resets, 1);
  } else if(err != -EOPNOTSUPP){
    printf("%s: the card does not come out of its reset\n", nif->name);
    netif_link(nif, 0);
  }
  poll_release(nif);
  return err;
}

// The net thread has what it takes: it may wait for its turn.
static void
have_it_reset(struct netif *nif)
{
  __atomic_store_n(&nif->dead, 1, __ATOMIC_SEQ_CST);
  poll_thread_wake();
}

// Packets onto a ring until it has as many as it may. Whoever comes to drain it meanwhile is turned away: then the
// net thread looks.
static void
poll_refill(struct netif *nif, int q)
{
  struct pktbuf *p;

  if(__atomic_fetch_add(&nif->rxq[q].busy, 1, __ATOMIC_ACQUIRE) != 0)
    return;  // a ring in use fills up as it goes round
  push_off();
  while((p = pkt_alloc()) != 0){
    pkt_own(p, PKT_STACK, PKT_NIC);
    if(nif->ops->rx_provide(nif, q, &p, 1) == 1)
      continue;
    pkt_own(p, PKT_NIC, PKT_STACK);
    pkt_free(p);
    break;
  }
  if(__atomic_exchange_n(&nif->rxq[q].busy, 0, __ATOMIC_RELEASE) != 1)
    poll_leave(nif, q);
  pop_off();
}

void
netif_fill_rings(void)
{
  static uint16 said;
  uint most = 0;

  netif_share();
  for(int i = 0; i < count_get(&nnetif); i++)
    for(int q = 0; q < netifs[i]->nqueue; q++)
      if(!netifs[i]->loopback){
        poll_refill(netifs[i], q);
        most = netifs[i]->rxmost;
      }
  if(netif_nics() > 0 && most < TUNE(RXRING) && most != said)
    printf("rxv: %d network cards share %d packets: %d on each receive ring, not %d.\n", netif_nics(), pkt_total(),
           most, TUNE(RXRING));
  said = most;
}

static void
ring_size_changed(uint32 value)
{
  netif_fill_rings();
}

void
poll_init(void)
{
  if((net_proc = kthread_create("net", net_thread, 0)) == 0)
    panic("poll: no memory for the net thread");
  netif_stopped = have_it_reset;
  tune_watch(TUNE_RXRING, 0, ring_size_changed);
  tune_watch(TUNE_TXRING, 0, ring_size_changed);
  gate_init();
  ipqueue_init();
  idle_init();
}
