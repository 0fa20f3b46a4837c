#ifndef RXV_DEV_PCI_H
#define RXV_DEV_PCI_H
// PCI Express through ECAM (PCI Express base specification 7.2.2): finds devices, behind bridges too, sizes their
// BARs and gives them addresses. There is no firmware that has done so before.

#include "core/types.h"

#define PCI_MAXDEV 32  // functions that are kept; more are reported and left alone

struct pci_dev {
  uint8 bus, slot, fn;
  uint16 vendor, device;
  uint32 class;         // class << 16 | subclass << 8 | programming interface
  uint8 revision;
  struct {
    uint64 pa;          // 0: no such BAR, or it found no address
    uint64 size;        // bytes, a power of 2
    uint8 io;           // 1: I/O space, which is not mapped
  } bar[6];
  uint32 irq;           // PLIC's number for its INTx pin; 0: no pin
};

struct pci_driver {
  const char *name;
  uint16 vendor, device;
  int (*probe)(struct pci_dev *d);  // 0: driven now, d stays valid for ever; -E...: not
};

void pci_init(const struct pci_driver *const drivers[], int n);  // enumerates, and probes in bus order
uint32 pci_read32(const struct pci_dev *d, uint reg);       // reg: byte offset below 4096, a multiple of 4
void pci_write32(const struct pci_dev *d, uint reg, uint32 v);
void pci_enable(struct pci_dev *d);         // memory space and bus master on
void *pci_bar(const struct pci_dev *d, int n);  // its registers, in the direct map; 0: none

#endif
