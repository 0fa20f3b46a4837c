#ifndef RXV_SCHED_TIMER_H
#define RXV_SCHED_TIMER_H
// Time, and functions to be called at a time. The time CSR counts at a frequency that the device tree names; now() counts at
// TIMER_HZ on every machine, so that a time is a constant. On `virt` the two are the same, and nothing is computed.

#include "core/list.h"
#include "core/spinlock.h"
#include "core/types.h"

#define TIMER_HZ 10000000UL
#define NSEC_OF_COUNT (1000000000 / TIMER_HZ)  // nanoseconds
#define USEC (TIMER_HZ / 1000000)  // now() counts in a microsecond
#define MSEC (TIMER_HZ / 1000)
#define SEC TIMER_HZ
#define TICK (SEC / 10)  // xv6's tick, the unit of pause() and uptime(): a tenth of a second

extern uint64 timer_csr_hz;         // 0: the time CSR counts at TIMER_HZ
uint64 timer_scaled(uint64 csr);    // ... if not

// What the time CSR said, as a time of now().
static inline uint64
timer_of_csr(uint64 csr)
{
  return timer_csr_hz == 0 ? csr : timer_scaled(csr);
}

// Counts since the machine started. A CSR read: not for inner loops.
static inline uint64
now(void)
{
#ifdef __riscv
  uint64 t;
  asm volatile("csrr %0, time" : "=r"(t));
  return timer_of_csr(t);
#else
  extern uint64 fake_now;  // tests/host sets it
  return fake_now;
#endif
}

// timer_init() before its first use. fn is called once, from the timer interrupt: it may take spinlocks and send
// packets, and may set the timer again; it may not sleep.
struct timer {
  struct spinlock lock;     // whoever sets or cancels it
  struct list link;         // guarded by the hart's timer lock, as `set` is
  uint64 when;
  void (*fn)(void *arg);
  void *arg;
  int cpu;                  // on whose list, while set; changes under lock
  int set;                  // 1: on a list
};

void timer_set_frequency(uint64 hz);           // of the time CSR. Boot hart, before anybody asks for the time
void timer_init(struct timer *t, void (*fn)(void *), void *arg);
void timer_set(struct timer *t, uint64 when);  // sets it, or moves it; any hart may, also while another does
int timer_cancel(struct timer *t);             // 1: it was set; 0: it was not, or fn is being called right now
void timer_cancel_wait(struct timer *t);       // the same, and fn is not being called when it returns. Not from fn,
                                               // and with no lock held that fn takes
void timer_interrupt(void);                    // from entry/trap.c
void timer_program(void);                      // sets this hart's stimecmp for what comes first

#endif
