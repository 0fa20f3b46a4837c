#ifndef RXV_NIC_E1000_H
#define RXV_NIC_E1000_H
// Intel 82540EM gigabit Ethernet. Manual: PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
// Manual (317453), "SDM" in e1000.c.

#include "dev/pci.h"

extern const struct pci_driver e1000_driver;

#endif
