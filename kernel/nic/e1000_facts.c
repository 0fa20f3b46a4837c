// What the NIC's registers say and what the driver believes, side by side, for net/diagnose.c. Nothing is changed by
// looking: the counters that a read takes back are added up, and the causes are read from ICS.

#include "dev/fdt.h"
#include "dev/intc.h"
#include "mm/layout.h"
#include "nic/e1000_dev.h"
#include "pkt/facts.h"

// The part of a ring's state that both have.
static void
ring_facts(struct e1000 *d, struct ring_facts *r, enum e1000_reg base, volatile struct rx_desc *desc, struct pktbuf **pkt,
           uint32 from, uint32 to)
{
  r->size = RING;
  r->head = reg_read(d, base + (RDH - RDBAL));
  r->tail = reg_read(d, base + (RDT - RDBAL));
  r->base_wrong = (reg_read(d, base) | (uint64)reg_read(d, base + 4) << 32) != va2pa((void *)desc);
  r->held = to - from;
  r->turns = from;
  r->not_ram = r->foreign = -1;
  for(uint i = 0; i < RING && r->not_ram < 0; i++){
    r->address = desc[i].addr;  // 0: never used
    int context = base == TDBAL && (desc[i].word & (TXD_EXT | TXD_DATA)) == TXD_EXT;
    if(r->address && !context && r->address - machine.ram_start >= machine.ram_size)
      r->not_ram = i;
  }
  for(uint i = 0; i < MIN(r->held, RING) && r->foreign < 0; i++){
    struct pktbuf *p = pkt[(from + i) % RING];
    if(p && p->owner != PKT_NIC){
      r->foreign = (from + i) % RING;
      r->owner = p->owner;
    }
  }
}

void
e1000_facts(struct netif *nif, struct nic_facts *f)
{
  struct e1000 *d = nif->drv;
  uint32 rctl = reg_read(d, RCTL), put = d->tx.put;
  struct irq_state irq;

  ring_facts(d, &f->rx, RDBAL, d->rx.desc, d->rx.pkt, d->rx.taken, d->rx.provided);
  ring_facts(d, &f->tx, TDBAL, (volatile struct rx_desc *)d->tx.desc, d->tx.pkt, d->tx.cleaned, put);
  while(f->rx.done < MIN(f->rx.held, RING) && (d->rx.desc[(f->rx.turns + f->rx.done) % RING].word & RXD_DD))
    f->rx.done++;
  f->rx.told = d->rx.told - f->rx.turns;
  f->tx.told = f->tx.held;
  f->rx.wanted_tail = d->rx.told % RING;
  f->tx.wanted_tail = put % RING;
  f->rx.tail_writes = d->rx.doorbells;
  f->tx.tail_writes = d->tx.doorbells;
  f->ends_eop = f->ends_rs = 1;
  for(uint i = 0; i < MIN(put, RING); i++)
    if(d->tx.pkt[i]){
      f->ends_eop &= (d->tx.desc[i].word & TXD_EOP) != 0;
      f->ends_rs &= (d->tx.desc[i].word & TXD_RS) != 0;
    }
  f->cause = (reg_read(d, ICS) & INT_RXT0) != 0;
  f->unmasked = (reg_read(d, IMS) & INT_RXT0) != 0;
  f->rx_on = (rctl & RCTL_EN) != 0;
  f->broadcasts = (rctl & RCTL_BAM) != 0;
  f->tx_on = (reg_read(d, TCTL) & TCTL_EN) != 0;
  f->bus_master = pci_read32(d->pci, 4) >> 2 & 1;
  f->taken = d->taken_before + d->rx.taken;
  f->sent = d->tx.frames;
  f->rx_frames = __atomic_add_fetch(&d->frames_in, reg_read(d, TPR), __ATOMIC_RELAXED);
  f->tx_frames = __atomic_add_fetch(&d->frames_out, reg_read(d, TPT), __ATOMIC_RELAXED);
  f->rx_bytes = reg_read(d, TORL);
  f->irq = nif->irqno;
  irq_state(nif->irqno, &irq);
  f->irq_enabled = irq.enabled;
  f->irq_pending = irq.pending;
  f->irq_claims = irq.count.claims;
  f->irq_completes = irq.count.completes;
}
