// Setting an 82540EM up: its address, its registers, its place in the machine. Section numbers are the SDM's, see e1000.h.

#include "core/printf.h"
#include "core/string.h"
#include "dev/intc.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "nic/e1000.h"
#include "nic/e1000_dev.h"

#define PATIENCE 10000  // register reads, some 0.3 ms

static struct e1000 cards[NETIF_MAX];
static int ncards;

// One word of the EEPROM, -EIO if it does not answer. source: SDM 13.4.4.
static int
eeprom_word(struct e1000 *d, uint word)
{
  reg_write(d, EERD, word << 8 | EERD_START);
  for(int i = 0; i < PATIENCE; i++){
    uint32 v = reg_read(d, EERD);
    if(v & EERD_DONE)
      return v >> 16;
  }
  return -EIO;
}

// Our address: words 0 to 2 of the EEPROM, low byte first, if its checksum is right; else what the card has in
// its first receive address already. 0, or -EIO: there is none. source: SDM 5.6.1, 5.6.35, 13.5.2.
static int
read_mac(struct e1000 *d)
{
  static const uint8 nobody[6];
  uint8 *mac = d->nif.mac;
  uint16 sum = 0;
  int v = 0;

  for(int i = 0; i < EEPROM_WORDS && v >= 0; i++){
    if((v = eeprom_word(d, i)) < 0)
      break;
    if(i < 3){
      mac[2 * i] = v;
      mac[2 * i + 1] = v >> 8;
    }
    sum += v;
  }
  if(v < 0 || sum != EEPROM_SUM){
    uint32 low = reg_read(d, RAL0), high = reg_read(d, RAH0);
    for(int i = 0; i < 6; i++)
      mac[i] = (i < 4 ? low >> 8 * i : high >> 8 * (i - 4));
    if(!(high & RAH_VALID))
      return -EIO;
  }
  return (mac[0] & 1) || memcmp(mac, nobody, 6) == 0 ? -EIO : 0;
}

// source: SDM 14.3. A reset leaves QEMU's card as it was, so nothing below counts on a register's default.
int
e1000_reset(struct e1000 *d)
{
  int i;

  reg_write(d, IMC, ~0u);
  reg_write(d, CTRL, reg_read(d, CTRL) | CTRL_RST);
  for(i = 0; i < PATIENCE && (reg_read(d, CTRL) & CTRL_RST); i++)
    ;
  if(i == PATIENCE)
    return -EIO;
  reg_write(d, IMC, ~0u);
  (void)reg_read(d, ICR);
  reg_write(d, CTRL, (reg_read(d, CTRL) & ~CTRL_RST) | CTRL_SLU | CTRL_ASDE);
  return 0;
}

// source: SDM 14.4.
void
e1000_init_rx(struct e1000 *d)
{
  const uint8 *mac = d->nif.mac;

  reg_write(d, RAL0, mac[0] | mac[1] << 8 | mac[2] << 16 | (uint32)mac[3] << 24);
  reg_write(d, RAH0, mac[4] | mac[5] << 8 | RAH_VALID);
  for(int i = 0; i < 128; i++)
    reg_write(d, MTA + 4 * i, 0);
  reg_write(d, RDBAL, va2pa((void *)d->rx.desc));
  reg_write(d, RDBAH, va2pa((void *)d->rx.desc) >> 32);
  reg_write(d, RDLEN, RING * sizeof(struct rx_desc));
  reg_write(d, RDH, 0);
  reg_write(d, RDT, 0);
  reg_write(d, RDTR, 0);  // no delays: latency is worth more than the interrupts that they save
  reg_write(d, RADV, 0);
  reg_write(d, ITR, 0);
}

// source: SDM 14.5.
void
e1000_init_tx(struct e1000 *d)
{
  reg_write(d, TDBAL, va2pa((void *)d->tx.desc));
  reg_write(d, TDBAH, va2pa((void *)d->tx.desc) >> 32);
  reg_write(d, TDLEN, RING * sizeof(struct tx_desc));
  reg_write(d, TDH, 0);
  reg_write(d, TDT, 0);
  reg_write(d, TIPG, TIPG_COPPER);
  reg_write(d, TCTL, TCTL_EN | TCTL_PSP | TCTL_CT | TCTL_COLD);
}

// ----- its place in the machine -----

static void
describe(struct e1000 *d, struct pci_dev *pci)
{
  struct netif *nif = &d->nif;

  snprintf(nif->name, sizeof(nif->name), "e%d", ncards);
  nif->driver = "e1000";
  nif->nqueue = 1;
  nif->caps = NETIF_CSUM;
  nif->mtu = 1500;
  nif->irqno = pci->irq;
  nif->ops = &e1000_ops;
  nif->drv = d;
  nif->facts = e1000_facts;
}

// What can go wrong, before anybody knows of it. result: 0, or why it is left alone.
static const char *
prepare(struct e1000 *d, struct pci_dev *pci)
{
  if(nnetif == NETIF_MAX)
    return "there are too many interfaces";
  if((d->bar = pci_bar(pci, 0)) == 0)
    return "its registers have no address";
  pci_enable(pci);
  d->pci = pci;
  if(e1000_reset(d) < 0)
    return "it does not come out of reset";
  if(read_mac(d) < 0)
    return "it has no address";
  if((d->rx.desc = kzalloc()) == 0 || (d->tx.desc = kzalloc()) == 0)
    return "no memory for its rings";
  if(irq_alloc(pci->irq, 0, e1000_interrupt, d, "e1000") < 0)
    return "its interrupt cannot be had";
  return 0;
}

// What a NIC that is not driven after all has got.
static void
take_back(struct e1000 *d)
{
  if(d->rx.desc)
    kfree((void *)d->rx.desc);
  if(d->tx.desc)
    kfree((void *)d->tx.desc);
  memset(d, 0, sizeof(*d));
}

static int
e1000_probe(struct pci_dev *pci)
{
  struct e1000 *d = &cards[ncards];  // there are fewer than interfaces
  const char *why = prepare(d, pci);

  if(why){
    printf("e1000 in slot %d:%d: %s; left alone\n", pci->bus, pci->slot, why);
    take_back(d);
    return -ENODEV;
  }
  describe(d, pci);
  e1000_init_rx(d);
  e1000_start_rx(d);  // without buffers: netif_fill_rings() comes when all NICs are known
  e1000_init_tx(d);
  d->nif.link = e1000_has_link(d);
  printf("%s: 82540EM in slot %d:%d, irq %d, %M, link %s\n", d->nif.name, pci->bus, pci->slot, pci->irq, d->nif.mac,
         d->nif.link ? "up" : "down");
  netif_register(&d->nif);  // there is room: prepare looked
  ncards++;
  reg_write(d, IMS, INT_RXT0 | INT_LSC);
  return 0;
}

const struct pci_driver e1000_driver = {
  .name = "e1000",
  .vendor = 0x8086,
  .device = 0x100e,
  .probe = e1000_probe,
};
