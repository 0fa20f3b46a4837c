#ifndef RXV_DEV_INTC_H
#define RXV_DEV_INTC_H
// Interrupts of devices, for drivers; and what an interrupt controller must do, for dev/plic.c and whatever else a machine has.

#include "core/types.h"

#define NIRQ 128  // line numbers are below this

// Have fn(arg) called, with interrupts off, each time line irq is raised. Turns the line on. Up to 4 handlers share a line. The
// controller may latch edges (the PLIC of QEMU does): a handler clears its device and then looks at the device's work once
// more, or no further interrupt comes.
// hart: takes the interrupt; a line that has a handler already stays with the hart of that one.
// result: 0; -EINVAL no such line or hart; -ENOSPC too many share the line, and a sentence on the console.
int irq_alloc(uint irq, int hart, void (*fn)(void *arg), void *arg, const char *name);

// What the controller and the handlers say of a line, for whoever asks why no interrupt comes.
struct irq_counts {
  uint32 claims, completes;
};
struct irq_state {
  uint8 enabled, pending;
  struct irq_counts count;
};
void irq_state(uint irq, struct irq_state *s);

// An interrupt controller. Harts are numbered as in cpus[].
struct intc {
  void (*init)(void);                  // by hart 0, once: all lines off
  void (*hart_init)(void);             // by every hart: lines that are on for it may interrupt it
  void (*enable)(uint irq, int hart);  // let this line interrupt this hart
  uint (*claim)(void);                 // a line that waits for the calling hart, which owes a completion; 0: none
  void (*complete)(uint irq);          // by the same hart, after all device accesses of the handlers
  void (*state)(uint irq, int hart, struct irq_state *s);  // fills in enabled and pending
};
extern const struct intc plic_intc;    // dev/plic.c

void intc_init(const struct intc *controller);  // hart 0, once, before any irq_alloc()
void intc_hart_init(void);                      // every hart
void intc_interrupt(void);                      // from entry/trap.c: claim, call, complete

#endif
