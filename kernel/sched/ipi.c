// Interrupts from hart to hart: see ipi.h. CLINT: msip registers of 4 bytes, one a hart, from its base on.

#include "core/cpu.h"
#include "mm/layout.h"
#include "sched/ipi.h"

static volatile uint32 *msip;

void
ipi_init(uint64 clint_pa)
{
  msip = pa2va(clint_pa);
}

void
ipi_send(int cpu)
{
  asm volatile("fence w, o" ::: "memory");  // what the other is to see is written before it is called
  msip[cpus[cpu].hartid] = 1;
}

void
ipi_stop_others(void)
{
  for(int i = 0; msip && i < ncpu; i++)
    if(i != (int)mycpu()->id)
      ipi_send(i);
}
