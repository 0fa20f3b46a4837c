// Timers. Each hart keeps a list of its own, in order of time; its stimecmp register (Sstc extension) holds the
// first of them, or the end of the running thread's slice if that comes earlier.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/spinlock.h"
#include "sched/runq.h"
#include "sched/timer.h"

// Harts may set and cancel one timer at the same moment: its own lock lets one after the other do it, so that it is never
// on two lists. Under it the lock of the list is taken; the interrupt that finds a timer due takes only that.
// h lock of the hart's list
static struct timers {
  struct spinlock lock;
  struct list list;       // [h] earliest first
  struct timer *running;  // [h] its fn is being called
} timers[NCPU] = {[0 ... NCPU - 1] = {.lock = SPINLOCK("timer")}};

static void
list_ready(struct timers *ts)
{
  if(ts->list.next == 0)
    list_init(&ts->list);
}

uint64 timer_csr_hz;

void
timer_set_frequency(uint64 hz)
{
  timer_csr_hz = hz == TIMER_HZ ? 0 : hz;
  csr_time_hz = hz;
}

// n counts at one frequency as counts at another, exactly: whole seconds first. up: 1 more if some is left over.
static uint64
timer_convert(uint64 n, uint64 from_hz, uint64 to_hz, int up)
{
  return n / from_hz * to_hz + (n % from_hz * to_hz + (up ? from_hz - 1 : 0)) / from_hz;
}

uint64
timer_scaled(uint64 csr)
{
  return timer_convert(csr, timer_csr_hz, TIMER_HZ, 0);
}

// stimecmp has the number 0x14d; not every assembler knows its name.
static void
set_stimecmp(uint64 when)
{
  mycpu()->timer_at = when;
  if(timer_csr_hz && when != ~0UL)
    when = timer_convert(when, TIMER_HZ, timer_csr_hz, 1);
  csr_write(0x14d, when);
}

// Interrupts are off.
void
timer_program(void)
{
  struct cpu *c = mycpu();
  struct timers *ts = &timers[c->id];
  uint64 when = c->proc == c->idle_thread ? ~0UL : c->slice_end;
  list_ready(ts);
  if(!list_empty(&ts->list)){
    uint64 first = container_of(ts->list.next, struct timer, link)->when;
    when = MIN(when, first);
  }
  if(when != c->timer_at)
    set_stimecmp(when);
}

void
timer_init(struct timer *t, void (*fn)(void *), void *arg)
{
  *t = (struct timer){.lock = SPINLOCK("timerset"), .fn = fn, .arg = arg};
  list_init(&t->link);
}

// Off its list: 1: it was on one. t->lock is held.
static int
take_off(struct timer *t)
{
  struct timers *ts = &timers[t->cpu];
  acquire(&ts->lock);
  int was = t->set;
  if(was){
    list_del(&t->link);
    t->set = 0;
  }
  release(&ts->lock);
  return was;
}

int
timer_cancel(struct timer *t)
{
  acquire(&t->lock);
  int was = take_off(t);
  release(&t->lock);
  return was;
}

void
timer_cancel_wait(struct timer *t)
{
  if(timer_cancel(t))
    return;
  while(__atomic_load_n(&timers[t->cpu].running, __ATOMIC_ACQUIRE) == t)
    ;
}

void
timer_set(struct timer *t, uint64 when)
{
  acquire(&t->lock);
  take_off(t);
  struct cpu *c = mycpu();
  struct timers *ts = &timers[c->id];
  acquire(&ts->lock);
  list_ready(ts);
  struct list *at = ts->list.prev;  // most are set for later than all others
  while(at != &ts->list && container_of(at, struct timer, link)->when > when)
    at = at->prev;
  t->when = when;
  t->cpu = c->id;
  t->set = 1;
  list_push(at, &t->link);
  release(&ts->lock);
  if(when < c->timer_at)
    timer_program();
  release(&t->lock);
}

// The next timer whose time has come, off the list.
static struct timer *
due(struct timers *ts, uint64 t)
{
  struct timer *first = 0;
  acquire(&ts->lock);
  list_ready(ts);
  if(!list_empty(&ts->list)){
    first = container_of(ts->list.next, struct timer, link);
    if(first->when > t)
      first = 0;
    else {
      list_del(&first->link);
      first->set = 0;
    }
  }
  __atomic_store_n(&ts->running, first, __ATOMIC_RELEASE);
  release(&ts->lock);
  return first;
}

void
timer_interrupt(void)
{
  struct cpu *c = mycpu();
  uint64 t = now();
  struct timer *d;
  while((d = due(&timers[c->id], t)))
    d->fn(d->arg);
  if(t >= c->slice_end)
    sched_tick();
  c->timer_at = 0;  // whatever it was: it has fired, and must be written to drop the interrupt
  timer_program();
}
