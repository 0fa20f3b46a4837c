#ifndef RXV_DEV_PLIC_H
#define RXV_DEV_PLIC_H
// Interrupts of devices, through the PLIC (RISC-V PLIC specification 1.0). FACTS: it latches edges, so a handler clears
// its device before the completion, or no further interrupt comes.

#include "core/types.h"

#define NIRQ 128

void plic_init(void);                                              // hart 0, once
void plic_hart_init(void);                                         // every hart
void irq_register(uint irq, void (*fn)(void *arg), void *arg, const char *name);  // up to 4 share one; enables it
void plic_interrupt(void);                                         // from entry/trap.c: claim, call, complete

#endif
