#ifndef RXV_DEV_PLIC_H
#define RXV_DEV_PLIC_H
// Interrupts of devices, through the PLIC (RISC-V PLIC specification 1.0). It latches edges: a handler clears its
// device and then looks at the device's work once more, or no further interrupt comes.

#include "core/types.h"

#define NIRQ 128  // line numbers are below this

void plic_init(void);       // hart 0, once, before any irq_register()
void plic_hart_init(void);  // every hart
// Call fn(arg), with interrupts off, when line irq is raised; up to 4 handlers share a line. Turns the line on.
// result: 0; -EINVAL no such line; -ENOSPC too many share it, and a sentence on the console.
int irq_register(uint irq, void (*fn)(void *arg), void *arg, const char *name);
// What the PLIC and its handler say of a line, for whoever looks why no interrupt comes.
struct irq_counts {
  uint32 claims, completes;
};
struct irq_state {
  uint8 enabled, pending;
  struct irq_counts count;
};
void irq_state(uint irq, struct irq_state *s);
void plic_interrupt(void);  // from entry/trap.c: claim, call, complete

#endif
