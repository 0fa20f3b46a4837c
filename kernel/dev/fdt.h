#ifndef RXV_DEV_FDT_H
#define RXV_DEV_FDT_H
// What the device tree says of the machine (devicetree specification 0.4, chapter 5: flattened format).
// Read once by the boot hart. Physical addresses.

#include "core/types.h"

struct machine {
  uint64 ram_start, ram_size;
  int nhart;                      // harts that the tree lists, may be more than NCPU
  uint64 timebase;                // counts of the time CSR in a second
  uint64 uart, plic, clint, finisher, rtc, pci_ecam, pci_mmio, pci_mmio_size;
  uint32 uart_irq, rtc_irq;
  uint64 virtio[8];               // by slot
  uint32 virtio_irq[8];
  int nvirtio;
  uint32 pci_irq_base;            // of INTA in slot 0
  uint8 seed[64];                 // /chosen/rng-seed
  uint seed_len;
};

extern struct machine machine;
int fdt_read(const void *dtb);    // fills machine; 0, or -EINVAL: this is no device tree

#endif
