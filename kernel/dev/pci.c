// PCI: who is there, and where its registers go. Only boot comes here, on one hart: no lock.
// Sections are those of the PCI local bus specification 3.0, or of the PCI-to-PCI bridge specification 1.2 [B].

#include "core/printf.h"
#include "dev/ecam.h"
#include "dev/fdt.h"
#include "dev/pci.h"
#include "mm/layout.h"

// Byte offsets in configuration space (6.1), and bits.
enum {
  PCI_ID = 0x00,       // device << 16 | vendor
  PCI_COMMAND = 0x04,  // status << 16 | command
  PCI_CLASS = 0x08,    // class << 8 | revision
  PCI_HEADER = 0x0c,   // ... header type in bits 23:16
  PCI_BAR0 = 0x10,
  PCI_BUSES = 0x18,    // bridge: latency, subordinate, secondary, primary bus [B 3.2.5]
  PCI_MEMORY = 0x20,   // bridge: limit << 16 | base, bits 31:20 of the addresses that it passes
  PCI_PREFETCH = 0x24, // ... of the prefetchable ones; limit below base: none
  PCI_INT = 0x3c,      // pin in bits 15:8, 1 is INTA; bits 7:0 are for the system's own use
};
enum { CMD_MEMORY = 2, CMD_MASTER = 4 };
enum { HEADER_BRIDGE = 1, HEADER_MULTI = 0x80 };
enum { BAR_IO = 1, BAR_64 = 4, BAR_TYPE = 6 };

#define MAXBUS 256
#define MAXNEST 8  // bridges behind bridges
#define MEGA (1u << 20)

static struct pci_dev devs[PCI_MAXDEV];
static int ndev;
static uint nbus;        // buses that have a number
static uint64 window;    // next free address for BARs
static uint64 window64;  // ... above 4 GB

uint32
pci_read32(const struct pci_dev *d, uint reg)
{
  return ecam_read(d->bus, d->slot, d->fn, reg);
}

void
pci_write32(const struct pci_dev *d, uint reg, uint32 v)
{
  ecam_write(d->bus, d->slot, d->fn, reg, v);
}

void
pci_enable(struct pci_dev *d)
{
  // The upper half is status: writing ones there would clear what happened.
  pci_write32(d, PCI_COMMAND, (pci_read32(d, PCI_COMMAND) & 0xffff) | CMD_MEMORY | CMD_MASTER);
}

void *
pci_bar(const struct pci_dev *d, int n)
{
  return d->bar[n].pa && !d->bar[n].io ? pa2va(d->bar[n].pa) : 0;
}

// size bytes, aligned to their size, out of the window between *next and end; 0: it is used up.
static uint64
carve(uint64 *next, uint64 end, uint64 size)
{
  uint64 at = (*next + size - 1) & ~(size - 1);

  if(at < *next || at > end || size > end - at)
    return 0;
  *next = at + size;
  return at;
}

// An address for a BAR: below 4 GB, where every device can be; above only if that is full and the BAR is wide.
static uint64
pci_place(uint64 size, int wide)
{
  uint64 at = carve(&window, machine.pci_mmio + machine.pci_mmio_size, size);

  if(at == 0 && wide)
    at = carve(&window64, machine.pci_mmio64 + machine.pci_mmio64_size, size);
  return at;
}

// How big is BAR n, and where does it go? All ones are written; the bits that stay zero are its size.
// result: how many of the six it takes, 1 or 2. source: 6.2.5.1.
static int
assign_bar(struct pci_dev *d, int n, int nbars)
{
  uint reg = PCI_BAR0 + 4 * n;
  uint32 low, was = pci_read32(d, reg);
  int io = was & BAR_IO, wide = !io && (was & BAR_TYPE) == BAR_64 && n + 1 < nbars;
  uint64 mask;

  pci_write32(d, reg, ~0u);
  low = pci_read32(d, reg);
  pci_write32(d, reg, was);
  mask = low & (io ? ~3u : ~15u);
  if(wide){
    pci_write32(d, reg + 4, ~0u);
    mask |= (uint64)pci_read32(d, reg + 4) << 32;
    pci_write32(d, reg + 4, 0);
  } else if(mask){
    mask |= ~0ul << (io ? 16 : 32);  // an I/O BAR may decode 16 bits only
  }
  if(mask == 0)
    return 1 + wide;
  d->bar[n].size = mask & -mask;
  d->bar[n].io = io;
  if(io)
    return 1;
  d->bar[n].pa = pci_place(d->bar[n].size, wide);
  if(d->bar[n].pa == 0){
    printf("pci: %d:%d.%d: no address for %ld KB (BAR %d)\n", d->bus, d->slot, d->fn, d->bar[n].size >> 10, n);
    return 1 + wide;
  }
  pci_write32(d, reg, d->bar[n].pa);
  if(wide)
    pci_write32(d, reg + 4, d->bar[n].pa >> 32);
  return 1 + wide;
}

static void scan_bus(uint bus, uint swizzle, int nest);

// A bridge gets a bus number for what is behind it, and a window round the BARs there, in whole megabytes.
// While it is scanned the bridge passes all bus numbers on. swizzle: see scan_function.
static void
scan_bridge(struct pci_dev *d, uint swizzle, int nest)
{
  uint64 end = machine.pci_mmio + machine.pci_mmio_size, start;
  uint bus = nbus;

  if(nest == MAXNEST || nbus == MAXBUS || carve(&window, end, MEGA) == 0)
    return;
  start = window -= MEGA;
  nbus++;
  pci_write32(d, PCI_BUSES, (MAXBUS - 1) << 16 | bus << 8 | d->bus);
  pci_write32(d, PCI_PREFETCH, 0x0000fff0);
  scan_bus(bus, swizzle, nest + 1);
  pci_write32(d, PCI_BUSES, (nbus - 1) << 16 | bus << 8 | d->bus);
  if(window != start)
    window = (window + MEGA - 1) & ~(uint64)(MEGA - 1);
  if(window > end)
    window = end;
  pci_write32(d, PCI_MEMORY, ((window - 1) >> 16 & 0xfff0) << 16 | (start >> 16 & 0xfff0));
  pci_enable(d);
}

// swizzle: what the bridges above have added to the pin. Each adds the slot number, and so does the host bridge,
// so neighbours do not all share one line: line = base + (pin - 1 + slots) mod 4. source: [B 9.1].
static void
scan_function(uint bus, uint slot, uint fn, uint swizzle, int nest)
{
  struct pci_dev *d = &devs[ndev];
  struct pci_dev bridge = {.bus = bus, .slot = slot, .fn = fn};
  uint32 class;
  uint pin;

  if((pci_read32(&bridge, PCI_HEADER) >> 16 & 0x7f) == HEADER_BRIDGE){
    assign_bar(&bridge, 0, 2);
    scan_bridge(&bridge, swizzle + slot, nest);
    return;
  }
  if(ndev == PCI_MAXDEV){
    printf("pci: %d:%d.%d: left alone, only %d devices are kept\n", bus, slot, fn, PCI_MAXDEV);
    return;
  }
  ndev++;
  *d = bridge;
  d->vendor = pci_read32(d, PCI_ID);
  d->device = pci_read32(d, PCI_ID) >> 16;
  class = pci_read32(d, PCI_CLASS);
  d->class = class >> 8;
  d->revision = class;
  pin = pci_read32(d, PCI_INT) >> 8 & 0xff;
  if(pin >= 1 && pin <= 4)
    d->irq = machine.pci_irq_base + (pin - 1 + slot + swizzle) % 4;
  for(int n = 0; n < 6;)
    n += assign_bar(d, n, 6);
}

static void
scan_bus(uint bus, uint swizzle, int nest)
{
  if(((uint64)bus + 1) << 20 > machine.pci_ecam_size)
    return;
  for(uint slot = 0; slot < 32; slot++){
    if((uint16)ecam_read(bus, slot, 0, PCI_ID) == 0xffff)
      continue;
    int multi = ecam_read(bus, slot, 0, PCI_HEADER) >> 16 & HEADER_MULTI;
    for(uint fn = 0; fn < (multi ? 8 : 1); fn++)
      if((uint16)ecam_read(bus, slot, fn, PCI_ID) != 0xffff)
        scan_function(bus, slot, fn, swizzle, nest);
  }
}

void
pci_init(const struct pci_driver *const drivers[], int n)
{
  if(machine.pci_ecam == 0 || machine.pci_mmio == 0)
    return;
  window = machine.pci_mmio;
  window64 = machine.pci_mmio64;
  nbus = 1;
  scan_bus(0, 0, 0);
  for(int i = 0; i < ndev; i++)
    for(int k = 0; k < n; k++)
      if(devs[i].vendor == drivers[k]->vendor && devs[i].device == drivers[k]->device && drivers[k]->probe(&devs[i]) == 0)
        break;
}
