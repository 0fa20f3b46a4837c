// Harts with nothing to do look at the rings themselves (memory only, never the card): an interrupt, and even more
// waking up from WFI, takes longer than the whole way of a packet. One hart does so at a time (sched.c).
//
// When it finds a frame in that way the interrupts are masked ("watched"): they would only disturb, most of all a
// hart that sleeps. They come back when the hart gives up and goes to sleep. The idle hart also takes back what was sent, when
// nobody waits.
//
// Where all harts compute nobody is idle, and the card leaves 128 us between two interrupts: an echo would take three times as
// long as on an idle machine. So while frames come often, and each wakes somebody, a timer looks at watched rings every 50 us
// (TUNE_GLANCE), and takes what it finds as an interrupt would. When that has woken nobody for a millisecond the interrupts come
// back: a program that has more requests waiting than it can answer is not helped by looks, and loses a quarter of its echoes
// a second to them. (Aron, Druschel: Soft timers, 1999.)

#include "core/spinlock.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define RECLAIM 32         // sent packets taken back at a look
#define WATCH (1 * MSEC)  // nobody looked, or found what another waits for, for so long: interrupts will tell

// Sent packets back to the pool. Somebody who is just sending does it himself.
static void
idle_reclaim(struct netif *nif)
{
  struct pktbuf *done[RECLAIM];
  int n;

  if(!tryacquire(&nif->txlock))
    return;
  n = nif->ops->tx_return(nif, 0, done, RECLAIM);
  if(n < RECLAIM)
    nif->unclaimed = 0;
  release(&nif->txlock);
  if(n == 0)
    netif_owes(nif);
  for(int i = 0; i < n; i++)
    pkt_free(done[i]);
}

static struct timer watchdog;
static uint32 looks;      // by idle harts
static uint32 looks_then;  // ... when the watchdog last came
static uint64 found_at;   // when somebody last looked or found what another waited for, as far as the watchdog knows
static int nwatched;      // [a] queues

// Interrupts of this queue would disturb. They are masked first: whoever sees `watched` may turn them on again at once.
void
poll_watch(struct netif *nif, int q, uint64 look)
{
  if(count_get(&nif->rxq[q].watched))
    return;
  nif->ops->irq(nif, q, 0);
  if(__atomic_fetch_add(&nwatched, 1, __ATOMIC_SEQ_CST) == 0){
    looks_then = looks;
    found_at = now();
    timer_set(&watchdog, found_at + look);
  }
  __atomic_store_n(&nif->rxq[q].watched, 1, __ATOMIC_SEQ_CST);
}

// Nobody watches any more. result: 1: some frame came just now, and waits. It is drained here if `drain_it`.
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
      if(count_get(&nif->rxq[q].thread) || !poll_unmask(nif, q))
        continue;
      int quota = poll_quota(nif);
      if(!gate_open() || (drain_it && netif_poll(nif, q, quota) == quota))
        poll_leave(nif, q);
      else
        found = 1;
    }
  return found;
}

// A look at the queues that are watched. 1: somebody waited for what there was.
static int
glance(void)
{
  int woke = 0;

  for(int i = 0; i < count_get(&nnetif); i++)
    for(int q = 0; q < netifs[i]->nqueue; q++){
      struct netif *nif = netifs[i];
      if(!count_get(&nif->rxq[q].watched) || count_get(&nif->rxq[q].thread) || !nif->ops->rx_pending(nif, q))
        continue;
      woke |= poll_on_account(nif, q);
    }
  return woke;
}

// From the timer. While an idle hart looks it only sees to it that this goes on.
static void
watch_over(void *arg)
{
  uint32 l = count_get(&looks);
  int looked = l != looks_then;

  if(count_get(&nwatched) == 0)
    return;
  looks_then = l;
  uint64 t = now(), next = looked || TUNE(GLANCE) == 0 ? WATCH : TUNE(GLANCE) * USEC;
  if(looked || (gate_open() && TUNE(MODE) == MODE_POLL && glance()))
    found_at = t;
  else if(t - found_at >= WATCH)
    unwatch(1);
  if(count_get(&nwatched))
    timer_set(&watchdog, t + next);
}

static int
stop_idle(void)
{
  return count_get(&nwatched) ? unwatch(0) : 0;
}

// For the idle loop: look at every ring once. 1: there was something.
static int
idle_look(void)
{
  int found = 0, n = count_get(&nnetif);

  looks++;
  if(!gate_open() || TUNE(MODE) != MODE_POLL)
    return 0;
  for(int i = 0; i < n; i++){
    struct netif *nif = netifs[i];
    if(nif->loopback)
      continue;
    for(int q = 0; q < nif->nqueue; q++){
      if(count_get(&nif->rxq[q].thread) || !nif->ops->rx_pending(nif, q))
        continue;
      found = 1;
      poll_watch(nif, q, WATCH);
      push_off();  // the time is the net thread's, not that of an interrupt in between
      poll_on_account(nif, q);
      pop_off();
    }
    if(!found && count_get(&nif->unclaimed))
      idle_reclaim(nif);
  }
  return found;
}

static void
spin_changed(uint32 value)
{
  idle_spin_time = value * USEC;
}

void
idle_init(void)
{
  tune_watch(TUNE_SPIN, 0, spin_changed);
  timer_init(&watchdog, watch_over, 0);
  idle_poll = idle_look;
  idle_stop = stop_idle;
}
