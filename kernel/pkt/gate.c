// When input stops as a whole: a queue that its reader does not keep up with (feedback), or too large a share of
// a hart (TUNE_SHARE). Nothing is lost by it: frames stay on the ring, and behind it in the card.
//
// A queue stops input when it gets full, for a tick at the most, and may do so again when it was nearly empty since, or
// its reader has taken so many packets that it surely reads. So a program that never reads takes a tick from all the
// others and no more, one that reads slowly a tick for every ALIVE packets.

#include "core/spinlock.h"
#include "pkt/gate.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define STOP_MAX (1 * MSEC)  // a queue stops input for so long at the most
#define ALIVE 8              // packets that a reader has taken: it is at work
#define PERIOD (10 * MSEC)   // in which input has its share

enum { GATE_QUEUE = 1, GATE_SHARE = 2 };

int gate_stops, gate_stopped;

// g gatelock
static struct spinlock gatelock = SPINLOCK("gate");
static uint32 stop;         // [g] [a] number of the stop that lasts, or of the last one
static uint64 stop_end;     // [g] when its time is over
static int choked;          // [g] [a] queues that keep it up
static struct timer tick;
static uint64 period_end;   // [g]
static uint64 used;         // [g] ticks of the time CSR that input took in this period
static struct timer period;

// A reason less to stop input. gatelock is held, or a stop that another hart begins meanwhile would be undone. result: 1: input
// goes on, and the caller tells the net thread, without the lock.
static int
reopen(int why)
{
  return __atomic_and_fetch(&gate_stops, ~why, __ATOMIC_SEQ_CST) == 0;
}

// The stop that f caused last is over, and its reader is at work. Asked when a queue is full again and not when it is read: the net
// thread may fill it before its reader has the next turn.
static int
may_again(const struct feedback *f)
{
  return f->reads >= ALIVE && (count_get(&choked) == 0 || f->choked != count_get(&stop));
}

void
gate_choke(struct feedback *f)
{
  if(!TUNE(FEEDBACK) || TUNE(MODE) != MODE_POLL || (f->choked && !may_again(f)))
    return;
  acquire(&gatelock);
  if(choked++ == 0){
    if(++stop == 0)
      stop = 1;
    __atomic_or_fetch(&gate_stops, GATE_QUEUE, __ATOMIC_SEQ_CST);
    gate_stopped = 1;
    stop_end = now() + STOP_MAX;
    timer_set(&tick, stop_end);
  }
  f->choked = stop;
  f->reads = 0;
  release(&gatelock);
}

void
gate_relax(struct feedback *f)
{
  int open = 0;
  acquire(&gatelock);
  if(f->choked == stop && choked > 0 && --choked == 0)
    open = reopen(GATE_QUEUE);
  f->choked = 0;
  release(&gatelock);
  if(open)
    poll_thread_wake();
}

void
gate_read(struct feedback *f, int nearly_empty)
{
  f->reads++;
  if(nearly_empty)
    gate_relax(f);
}

// Whoever has not read by now does not keep the others waiting any longer. A stop that began while this hart came here has a
// tick of its own.
static void
tick_over(void *arg)
{
  int open = 0;
  acquire(&gatelock);
  if(choked && now() >= stop_end){
    choked = 0;
    open = reopen(GATE_QUEUE);
  }
  release(&gatelock);
  if(open)
    poll_thread_wake();
}

void
gate_charge(uint64 ticks)
{
  uint64 t = now(), most = PERIOD / 100 * TUNE(SHARE);
  acquire(&gatelock);
  if(t >= period_end){
    period_end = t + PERIOD;
    used = 0;
  }
  used += ticks;
  int stop_it = used >= most && !(count_get(&gate_stops) & GATE_SHARE);
  if(stop_it){
    __atomic_or_fetch(&gate_stops, GATE_SHARE, __ATOMIC_SEQ_CST);
    timer_set(&period, period_end);
  }
  release(&gatelock);
}

// Input's share comes first in each period: nobody's time slice delays it.
static void
period_over(void *arg)
{
  acquire(&gatelock);
  int open = reopen(GATE_SHARE);
  release(&gatelock);
  poll_first();
  if(open)
    poll_thread_wake();
}

void
gate_init(void)
{
  timer_init(&tick, tick_over, 0);
  timer_init(&period, period_over, 0);
}
