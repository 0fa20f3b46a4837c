#ifndef RXV_DEV_ECAM_H
#define RXV_DEV_ECAM_H
// Configuration space of PCI functions as memory: 4096 bytes each (PCI Express base specification 7.2.2).

#include "dev/fdt.h"
#include "mm/layout.h"

static inline volatile uint32 *
ecam(uint bus, uint slot, uint fn, uint reg)
{
  return pa2va(machine.pci_ecam + (bus << 20 | slot << 15 | fn << 12 | reg));
}

// reg: byte offset below 4096, a multiple of 4. A function that is not there reads as ones.
static inline uint32
ecam_read(uint bus, uint slot, uint fn, uint reg)
{
  return *ecam(bus, slot, fn, reg);
}

static inline void
ecam_write(uint bus, uint slot, uint fn, uint reg, uint32 v)
{
  *ecam(bus, slot, fn, reg) = v;
}

#endif
