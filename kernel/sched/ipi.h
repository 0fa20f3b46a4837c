#ifndef RXV_SCHED_IPI_H
#define RXV_SCHED_IPI_H
// Software interrupts from hart to hart. S mode cannot raise one by itself: it sets the other hart's MSIP in the
// CLINT, and the M-mode handler in entry/boot.S turns that into a supervisor software interrupt.

#include "core/types.h"

void ipi_init(uint64 clint_pa);
void ipi_send(int cpu);   // index of the hart: it looks at resched
void ipi_stop_others(void);  // for panic: the others stop where they are

#endif
