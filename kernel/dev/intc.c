// Who handles which interrupt line, whatever controller the machine has. The controller is one table of functions.

#include "core/cpu.h"
#include "core/printf.h"
#include "dev/intc.h"

#define NSHARE 4

static const struct intc *intc;

// Filled at boot, one entry after the other: an entry is complete before its line is turned on.
static struct {
  int n;     // handlers
  int hart;  // takes the interrupt
  struct {
    void (*fn)(void *arg);
    void *arg;
    const char *name;
  } h[NSHARE];
} lines[NIRQ];

// How often each line was claimed and completed. A line that is claimed and never completed is dead; tests that look at the
// machine's memory from outside find the difference here, too.
struct irq_counts irq_counts[NIRQ];

void
intc_init(const struct intc *controller)
{
  intc = controller;
  intc->init();
}

void
intc_hart_init(void)
{
  intc->hart_init();
}

int
irq_alloc(uint irq, int hart, void (*fn)(void *arg), void *arg, const char *name)
{
  if(irq == 0 || irq >= NIRQ || hart < 0 || hart >= ncpu)
    return -EINVAL;
  int n = lines[irq].n;
  if(n == NSHARE){
    printf("intc: line %d has %d handlers already, no room for %s's\n", irq, NSHARE, name);
    return -ENOSPC;
  }
  lines[irq].h[n].fn = fn;
  lines[irq].h[n].arg = arg;
  lines[irq].h[n].name = name;
  if(n == 0)
    lines[irq].hart = hart;
  __atomic_store_n(&lines[irq].n, n + 1, __ATOMIC_RELEASE);  // a handler's entry is seen before its count
  if(n == 0)
    intc->enable(irq, hart);
  return 0;
}

static void
irq_complete(uint irq)
{
  irq_counts[irq].completes++;
  intc->complete(irq);
}

// One claim a trap. If another line waits, the trap is taken again at once; a second claim to find out would
// cost every interrupt what only few of them need.
void
intc_interrupt(void)
{
  uint irq = intc->claim();

  if(irq == 0 || irq >= NIRQ)
    return;  // 0: its device was served already
  irq_counts[irq].claims++;
  for(int i = 0; i < lines[irq].n; i++)
    lines[irq].h[i].fn(lines[irq].h[i].arg);
  irq_complete(irq);
}

void
irq_state(uint irq, struct irq_state *s)
{
  intc->state(irq, lines[irq].hart, s);
  s->count = irq_counts[irq];
}
