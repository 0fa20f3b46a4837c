// Interrupt, then poll.
//
// A frame for an idle machine should not wait, and a flood should not take the machine away from its programs.
// So the first frame interrupts, and the handler drains the ring, up to a quota. If that did not empty the ring, the
// card's interrupts are masked and what is left is the net thread's: it drains a quota a turn, and lets others run
// in between, until the ring is empty; then it unmasks. "Until the ring is empty" alone would never end: giving a
// buffer back lets the next frame in at once. The quota is what ends it. (Mogul, Ramakrishnan: Eliminating receive
// livelock in an interrupt-driven kernel, 1997, section 6.)
//
// While the card's descriptors are not given back it holds the frames, and nothing is spent on them: a machine that
// cannot keep up drops at the earliest and cheapest place.
//
// A hart with nothing to do looks at the rings itself (memory only, never the card): an interrupt, and even more
// waking up from WFI, takes longer than the whole way of a packet. When it finds a frame in that way the interrupts are
// masked too ("watched"): they would only disturb, most of all a hart that sleeps. They come back when the
// hart gives up and goes to sleep; or, if it has other things to run, by a timer that sees that nobody has looked for
// WATCH. The idle hart also takes back what was sent, when nobody waits.
//
// One hart at a time drains a queue, so that frames stay in order. `busy` counts who wants to: the one that finds 0 does
// it; anybody else just leaves the count higher, and the one that is at it looks at the ring once more before it ends.
// Without that, a frame could come after the last look, its interrupt be turned away, and nobody would know of it.

#include "core/cpu.h"
#include "core/printf.h"
#include "pkt/netif.h"
#include "pkt/poll.h"
#include "sched/proc.h"
#include "sched/timer.h"
#include "sched/waitq.h"

#define BATCH 32         // frames out of a ring at a time: one tail write, one fence for all
#define WATCH (1 * MSEC)  // a queue that is watched may go without a look for so long, or twice as long

int poll_quota = 64;

// Whoever drains a queue has its batch.
static struct batch {
  struct pktbuf *in[BATCH], *fresh[BATCH];
} batches[NETIF_MAX][NELEM(((struct netif *)0)->rxq)];

// The condition is "some queue's `thread`, or some card's `dead`, is set".
static struct spinlock thread_lock = SPINLOCK("netthread");
static WAITQ(thread_waits);

// Put a packet in place of each of the n that came out, before those go anywhere: the ring never gets poorer.
// Where there is none, the frame is dropped, and its own buffer goes back. result: frames that go up.
static int
replace(struct netif *nif, int q, struct batch *b, int n)
{
  int up = 0, taken;

  for(; up < n && (b->fresh[up] = pkt_alloc()) != 0; up++)
    pkt_own(b->fresh[up], PKT_STACK, PKT_NIC);
  for(int i = up; i < n; i++){
    drop_count(DROP_NOBUF, 0);
    count_add(&nif->stat.rx_drops, 1);
    b->fresh[i] = b->in[i];
    b->fresh[i]->tail = b->fresh[i]->head;
    pkt_own(b->fresh[i], PKT_STACK, PKT_NIC);
  }
  taken = nif->ops->rx_provide(nif, q, b->fresh, n);
  for(int i = taken; i < n; i++)
    pkt_free(b->fresh[i]);
  return up;
}

// Up to n frames from the ring up the stack: how many there were.
static int
drain(struct netif *nif, int q, int n)
{
  struct batch *b = &batches[nif->index][q];
  int done = 0, got, up;

  while(done < n && (got = nif->ops->rx_return(nif, q, b->in, MIN(n - done, BATCH))) > 0){
    up = replace(nif, q, b, got);
    uint64 t = now();  // once for all of them
    for(int i = 0; i < up; i++){
      b->in[i]->stamp = t;
      netif_rx(nif, b->in[i]);
    }
    done += got;
  }
  return done;
}

int
netif_poll(struct netif *nif, int q, int quota)
{
  int *busy = &nif->rxq[q].busy;
  int done = 0, alone = 1;

  if(__atomic_fetch_add(busy, 1, __ATOMIC_ACQUIRE) != 0)
    return -EBUSY;
  push_off();  // once for all the locks on the way up; and nobody else gets the hart with `busy` taken
  nif->stat.polls++;
  for(;;){
    done += drain(nif, q, quota - done);
    if(done >= quota || __atomic_compare_exchange_n(busy, &alone, 0, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
      break;
    // Somebody was turned away meanwhile.
    __atomic_store_n(busy, 1, __ATOMIC_SEQ_CST);
    alone = 1;
  }
  if(done >= quota)
    __atomic_store_n(busy, 0, __ATOMIC_RELEASE);  // the caller sees to the rest
  pop_off();
  return done;
}

// The rest of this queue is the net thread's. It may take it, empty it and unmask as soon as it sees `thread`, so the
// mask comes first.
static void
leave_to_thread(struct netif *nif, int q)
{
  nif->ops->irq(nif, q, 0);
  if(__atomic_exchange_n(&nif->rxq[q].thread, 1, __ATOMIC_SEQ_CST))
    return;
  acquire(&thread_lock);
  wq_wake_all(&thread_waits);
  release(&thread_lock);
}

void
netif_interrupt(struct netif *nif, int q)
{
  count_add(&nif->stat.irqs, 1);
  if(netif_poll(nif, q, poll_quota) == poll_quota)
    leave_to_thread(nif, q);
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
  for(int q = 0; q < nif->nqueue; q++){
    __atomic_store_n(&nif->rxq[q].busy, 0, __ATOMIC_SEQ_CST);
    if(netif_poll(nif, q, poll_quota) == poll_quota)
      leave_to_thread(nif, q);
  }
}

// Interrupts of a queue that is empty on again: 1: a frame came since the last look, and no interrupt will tell.
static int
unmask(struct netif *nif, int q)
{
  nif->ops->irq(nif, q, 1);
  return nif->ops->rx_pending(nif, q);
}

// One quota of a queue. If that empties the ring the card may interrupt again.
static void
turn(struct netif *nif, int q)
{
  int n = netif_poll(nif, q, poll_quota);

  if(n == poll_quota || n == -EBUSY)
    return;  // next turn
  __atomic_store_n(&nif->rxq[q].thread, 0, __ATOMIC_SEQ_CST);
  if(unmask(nif, q))
    leave_to_thread(nif, q);
}

// One turn for each queue that was left to us. result: queues that there were.
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
      if(netifs[i]->rxq[q].thread){
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
      if(count_get(&netifs[i]->rxq[q].thread))
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
      sched_yield();
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
  acquire(&thread_lock);
  wq_wake_all(&thread_waits);
  release(&thread_lock);
}

// Sent packets back to the pool. Somebody who is just sending does it himself.
static void
reclaim(struct netif *nif)
{
  struct pktbuf *done[BATCH];
  int n;

  if(!tryacquire(&nif->txlock))
    return;
  n = nif->ops->tx_return(nif, 0, done, BATCH);
  if(n < BATCH)
    nif->unclaimed = 0;
  release(&nif->txlock);
  if(n == 0)
    netif_owes(nif);
  for(int i = 0; i < n; i++)
    pkt_free(done[i]);
}

// ----- idle harts; one at a time (sched.c) -----

static struct timer watchdog;
static uint32 looks;      // by idle harts
static uint32 looks_then;  // ... when the watchdog last came
static int nwatched;      // [a] queues

// Interrupts of this queue would disturb. They are masked first: whoever sees `watched` may turn them on again at once.
static void
watch(struct netif *nif, int q)
{
  if(count_get(&nif->rxq[q].watched))
    return;
  nif->ops->irq(nif, q, 0);
  if(__atomic_fetch_add(&nwatched, 1, __ATOMIC_SEQ_CST) == 0){
    looks_then = looks;
    timer_set(&watchdog, now() + WATCH);
  }
  __atomic_store_n(&nif->rxq[q].watched, 1, __ATOMIC_SEQ_CST);
}

// Nobody watches any more. result: 1: some frame came just now. It is drained here if `drain_it`.
static int
unwatch(int drain_it)
{
  int found = 0;

  for(int i = 0; i < count_get(&nnetif); i++)
    for(int q = 0; q < netifs[i]->nqueue; q++){
      struct netif *nif = netifs[i];
      if(!__atomic_exchange_n(&nif->rxq[q].watched, 0, __ATOMIC_SEQ_CST))
        continue;
      __atomic_fetch_sub(&nwatched, 1, __ATOMIC_SEQ_CST);
      if(count_get(&nif->rxq[q].thread) || !unmask(nif, q))
        continue;
      found = 1;
      if(drain_it && netif_poll(nif, q, poll_quota) == poll_quota)
        leave_to_thread(nif, q);
    }
  return found;
}

// From the timer: has anybody looked since the last time?
static void
watch_over(void *arg)
{
  uint32 l = count_get(&looks);

  if(count_get(&nwatched) == 0)
    return;
  if(l == looks_then)
    unwatch(1);
  looks_then = l;
  if(count_get(&nwatched))
    timer_set(&watchdog, now() + WATCH);
}

static int
stop_idle(void)
{
  return count_get(&nwatched) ? unwatch(0) : 0;
}

int
poll_idle(void)
{
  int found = 0, n = count_get(&nnetif);

  looks++;
  for(int i = 0; i < n; i++){
    struct netif *nif = netifs[i];
    if(nif->loopback)
      continue;
    for(int q = 0; q < nif->nqueue; q++){
      if(count_get(&nif->rxq[q].thread) || !nif->ops->rx_pending(nif, q))
        continue;
      found = 1;
      watch(nif, q);
      if(netif_poll(nif, q, poll_quota) == poll_quota)
        leave_to_thread(nif, q);
    }
    if(!found && count_get(&nif->unclaimed))
      reclaim(nif);
  }
  return found;
}

void
poll_init(void)
{
  if(kthread_create("net", net_thread, 0) == 0)
    panic("poll: no memory for the net thread");
  timer_init(&watchdog, watch_over, 0);
  netif_stopped = have_it_reset;
  idle_poll = poll_idle;
  idle_stop = stop_idle;
}
