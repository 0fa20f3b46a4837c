// The PLIC (RISC-V PLIC specification 1.0): a device raises its line, the PLIC interrupts the harts for which that line is on, one
// of them claims it, and nobody sees the line again until that hart completes it.
//
// A line is on for one hart. With a line on for every hart, QEMU wakes them all for each interrupt, one wins the
// claim, and the others have paid a WFI wake-up (10 us of a host core that QEMU's own main loop needs) for nothing.
// It costs no latency: a hart that waits for packets finds them itself, in its idle loop (pkt/poll.c), and whoever
// is woken by the handler is run by a hart that is free.

#include "core/cpu.h"
#include "dev/fdt.h"
#include "dev/intc.h"
#include "mm/layout.h"

// Byte offsets (chapter 3). A context is a hart in a mode: on `virt` 2h is hart h's M mode, 2h+1 its S mode.
enum {
  PLIC_PRIORITY = 0,         // + 4 * line: 0 never
  PLIC_PENDING = 0x1000,     // a bit a line
  PLIC_ENABLE = 0x2000,      // + 0x80 * context: a bit a line
  PLIC_THRESHOLD = 0x200000, // + 0x1000 * context: higher priorities pass
  PLIC_CLAIM = 0x200004,     // + 0x1000 * context: read claims, write completes
};

static volatile uint32 *
plic_reg(uint64 offset)
{
  return pa2va(machine.plic + offset);
}

static uint
smode_context(int hart)
{
  return 2 * hart + 1;
}

// The word that has the line's bit.
static volatile uint32 *
plic_enable_word(uint irq, int hart)
{
  return plic_reg(PLIC_ENABLE + 0x80 * smode_context(hart) + 4 * (irq / 32));
}

static void
plic_init(void)
{
  for(uint irq = 1; irq < NIRQ; irq++)
    *plic_reg(PLIC_PRIORITY + 4 * irq) = 0;
  for(int hart = 0; hart < ncpu; hart++)
    for(uint irq = 0; irq < NIRQ; irq += 32)
      *plic_enable_word(irq, hart) = 0;
}

static void
plic_hart_init(void)
{
  *plic_reg(PLIC_THRESHOLD + 0x1000 * smode_context(mycpu()->id)) = 0;
}

static void
plic_enable(uint irq, int hart)
{
  *plic_reg(PLIC_PRIORITY + 4 * irq) = 1;
  *plic_enable_word(irq, hart) |= 1u << (irq % 32);
}

static uint
plic_claim(void)
{
  return *plic_reg(PLIC_CLAIM + 0x1000 * smode_context(mycpu()->id));
}

static void
plic_complete(uint irq)
{
  // The handlers' device accesses come before the completion.
  asm volatile("fence iorw, o" ::: "memory");
  *plic_reg(PLIC_CLAIM + 0x1000 * smode_context(mycpu()->id)) = irq;
}

static void
plic_state(uint irq, int hart, struct irq_state *s)
{
  uint32 bit = 1u << (irq % 32);

  s->enabled = (*plic_enable_word(irq, hart) & bit) != 0;
  s->pending = (*plic_reg(PLIC_PENDING + 4 * (irq / 32)) & bit) != 0;
}

const struct intc plic_intc = {
  .init = plic_init,
  .hart_init = plic_hart_init,
  .enable = plic_enable,
  .claim = plic_claim,
  .complete = plic_complete,
  .state = plic_state,
};
