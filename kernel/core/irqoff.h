#ifndef RXV_CORE_IRQOFF_H
#define RXV_CORE_IRQOFF_H
// How long a hart does without interrupts (debug build): the longest time since it was last shown, and where it began. A
// hart that sleeps in WFI is not counted: an interrupt ends that.

#include "core/place.h"

#ifdef DEBUG
struct irqoff {
  uint64 since;          // time at which they went off; 0: they are on
  struct place place;    // who turned them off
  uint64 longest;        // ticks of the time CSR
  struct place worst;    // who turned them off then
};

extern struct irqoff irqoffs[NCPU];  // each the hart's own; others look, and forget the longest time

void irqoff_begin(void);  // they went off in the caller's caller
void irqoff_end(void);    // they go on, or the hart goes back to where they were on
void irqoff_dump(void);
#else
#define irqoff_begin() ((void)0)
#define irqoff_end() ((void)0)
#define irqoff_dump() ((void)0)
#endif

#endif
