#ifndef RXV_DEV_FDT_H
#define RXV_DEV_FDT_H
// What the device tree says of the machine (devicetree specification 0.4, chapter 5: flattened format).
// Read once by the boot hart, constant from then on. Addresses are physical; 0: the machine has no such device.

#include "core/types.h"

#define NVIRTIO 8

struct machine {
  uint64 ram_start, ram_size;     // bytes
  int nhart;                      // harts that the tree lists, may be more than NCPU
  uint64 timebase;                // counts of the time CSR in a second
  uint64 uart, plic, clint, finisher, rtc;
  int nplic;                      // how many there are: one for each socket
  uint32 uart_irq;
  uint64 pci_ecam, pci_ecam_size;
  uint64 pci_mmio, pci_mmio_size;      // window for BARs below 4 GB
  uint64 pci_mmio64, pci_mmio64_size;  // ... above
  uint64 virtio[NVIRTIO];         // transports by slot: in ascending order of address
  uint32 virtio_irq[NVIRTIO];
  int nvirtio;
  uint32 pci_irq_base;            // interrupt line of INTA in slot 0
  uint8 seed[64];                 // /chosen/rng-seed
  uint seed_len;
  int console_lf;                 // /chosen/bootargs has "console=lf": lines end with LF alone
  int disk_hasty;                 // ... "disk=hasty": a disk that is silent is given up soon
};

extern struct machine machine;
int fdt_read(const void *dtb);    // fills machine; 0, or -EINVAL: this is no device tree, or a damaged one

#endif
