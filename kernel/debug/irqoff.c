// How long a hart runs with interrupts off: the longest time since it was last shown, and where it began. A hart that sleeps in
// WFI is not counted: an interrupt ends that. All of it runs with interrupts off, on the hart's own record.

#include "core/cpu.h"
#include "core/csr.h"
#include "core/printf.h"
#include "debug/debug.h"

// Each the hart's own; others look, and forget the longest time.
static struct irqoff {
  uint64 since;              // time at which they went off; 0: they are on
  struct check_place place;  // who turned them off
  uint64 longest;            // ticks of the time CSR
  struct check_place worst;  // who turned them off then
} irqoffs[NCPU];

void
check_mycpu(void)
{
  if(cpu_load(noff) == 0 && intr_get())
    panic("mycpu() with interrupts on: the thread may be moved before it uses the answer");
}

// From push_off() and the trap handler: the function that they are part of is the place.
void
check_irqs_off(int were_on)
{
  if(!were_on)
    return;
  struct irqoff *o = &irqoffs[mycpu()->id];
  place_note(&o->place, 0);
  o->since = csr_read(time);
}

const struct check_place *
irqoff_place(void)
{
  return &irqoffs[mycpu()->id].place;
}

void
check_irqs_on(void)
{
  if(intr_get())
    return;
  struct irqoff *o = &irqoffs[mycpu()->id];
  if(o->since == 0)
    return;
  uint64 took = csr_read(time) - o->since;
  o->since = 0;
  if(took > o->longest){
    o->longest = took;
    o->worst = o->place;
  }
}

static long
usec(uint64 csr)
{
  return csr * 1000000 / csr_time_hz;
}

void
check_show_irqs(void)
{
  char text[120];
  uint64 t = csr_read(time);
  for(int i = 0; i < ncpu; i++){
    struct irqoff o = irqoffs[i];
    if(o.since)
      printf("hart %d: interrupts off for %ld us, by %s\n", i, usec(t - o.since), place_text(&o.place, text, sizeof(text)));
    printf("hart %d: at most %ld us with interrupts off, by %s\n", i, usec(o.longest), place_text(&o.worst, text, sizeof(text)));
    irqoffs[i].longest = 0;  // a hart that sets it at this moment has the last word
  }
}
