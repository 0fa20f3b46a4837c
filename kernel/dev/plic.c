// The PLIC: a device raises its line, the PLIC interrupts the harts for which that line is on, one of them
// claims it, and nobody sees the line again until that hart completes it.
//
// Who gets them: hart 0 only. With a line on for every hart, QEMU wakes them all for each interrupt, one wins the
// claim, and the others have paid a WFI wake-up (10 us of a host core that QEMU's own main loop needs) for nothing.
// It costs no latency: a hart that waits for packets finds them itself, in its idle loop (pkt/poll.c), and whoever
// is woken by the handler is run by a hart that is free.

#include "core/cpu.h"
#include "core/printf.h"
#include "dev/fdt.h"
#include "dev/plic.h"
#include "mm/layout.h"

#define NSHARE 4

// Byte offsets (chapter 3). A context is a hart in a mode: on `virt` 2h is hart h's M mode, 2h+1 its S mode.
enum {
  PLIC_PRIORITY = 0,         // + 4 * line: 0 never
  PLIC_PENDING = 0x1000,     // a bit a line
  PLIC_ENABLE = 0x2000,      // + 0x80 * context: a bit a line
  PLIC_THRESHOLD = 0x200000, // + 0x1000 * context: higher priorities pass
  PLIC_CLAIM = 0x200004,     // + 0x1000 * context: read claims, write completes
};

// Filled at boot, one entry after the other: an entry is complete before its line is turned on.
static struct {
  int n;
  struct {
    void (*fn)(void *arg);
    void *arg;
    const char *name;
  } h[NSHARE];
} lines[NIRQ];

// How often each line was claimed and completed. A line that is claimed and never completed is dead: who looks at the
// machine from outside finds the difference here, too.
struct irq_counts irq_counts[NIRQ];

static volatile uint32 *
plic_reg(uint64 offset)
{
  return pa2va(machine.plic + offset);
}

static uint
smode_context(void)
{
  return 2 * mycpu()->hartid + 1;
}

void
plic_init(void)
{
  for(uint irq = 1; irq < NIRQ; irq++)
    *plic_reg(PLIC_PRIORITY + 4 * irq) = 0;
}

void
plic_hart_init(void)
{
  uint ctx = smode_context();

  for(uint i = 0; i < NIRQ / 32 && mycpu()->id != 0; i++)
    *plic_reg(PLIC_ENABLE + 0x80 * ctx + 4 * i) = 0;
  *plic_reg(PLIC_THRESHOLD + 0x1000 * ctx) = 0;
}

int
irq_register(uint irq, void (*fn)(void *arg), void *arg, const char *name)
{
  volatile uint32 *enable = plic_reg(PLIC_ENABLE + 0x80 * (2 * cpus[0].hartid + 1) + 4 * (irq / 32));
  int n;

  if(irq == 0 || irq >= NIRQ)
    return -EINVAL;
  n = lines[irq].n;
  if(n == NSHARE){
    printf("plic: line %d has %d handlers already, no room for %s's\n", irq, NSHARE, name);
    return -ENOSPC;
  }
  lines[irq].h[n].fn = fn;
  lines[irq].h[n].arg = arg;
  lines[irq].h[n].name = name;
  __atomic_store_n(&lines[irq].n, n + 1, __ATOMIC_RELEASE);  // a handler's entry is seen before its count
  *plic_reg(PLIC_PRIORITY + 4 * irq) = 1;
  *enable |= 1u << (irq % 32);
  return 0;
}

static void
plic_complete(volatile uint32 *claim, uint irq)
{
  irq_counts[irq].completes++;
  *claim = irq;
}

// One claim a trap. If another line waits, the trap is taken again at once; a second claim to find out would
// cost every interrupt what only few of them need.
void
plic_interrupt(void)
{
  volatile uint32 *claim = plic_reg(PLIC_CLAIM + 0x1000 * smode_context());
  uint irq = *claim;

  if(irq == 0 || irq >= NIRQ)
    return;  // 0: its device was served already
  irq_counts[irq].claims++;
  for(int i = 0; i < lines[irq].n; i++)
    lines[irq].h[i].fn(lines[irq].h[i].arg);
  // The handlers' device accesses come before the completion.
  asm volatile("fence iorw, o" ::: "memory");
  plic_complete(claim, irq);
}

void
irq_state(uint irq, struct irq_state *s)
{
  uint32 bit = 1u << (irq % 32);

  s->enabled = (*plic_reg(PLIC_ENABLE + 0x80 * (2 * cpus[0].hartid + 1) + 4 * (irq / 32)) & bit) != 0;
  s->pending = (*plic_reg(PLIC_PENDING + 4 * (irq / 32)) & bit) != 0;
  s->count = irq_counts[irq];
}
