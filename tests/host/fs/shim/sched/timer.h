#ifndef RXV_SCHED_TIMER_H
#define RXV_SCHED_TIMER_H
// The host's clock, hurried: what takes 50 ms in the kernel takes 1 ms in a test.

#include "core/types.h"
#include "host.h"

#define TIMER_HZ 10000000UL
#define MSEC (TIMER_HZ / 1000)
#define SEC TIMER_HZ
#define HURRY 50

static inline uint64
now(void)
{
  return host_nanoseconds() / 100 * HURRY;
}

#endif
