// See irqoff.h. All of it runs with interrupts off, on the hart's own record.

#include "core/irqoff.h"

#ifdef DEBUG
#include "core/cpu.h"
#include "core/csr.h"
#include "core/printf.h"

struct irqoff irqoffs[NCPU];

// From push_off() and the trap handler: their caller is the place.
void __attribute__((noinline))
irqoff_begin(void)
{
  struct irqoff *o = &irqoffs[mycpu()->id];
  place_note(&o->place, 1);
  o->since = csr_read(time);
}

void
irqoff_end(void)
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
irqoff_dump(void)
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
#endif
