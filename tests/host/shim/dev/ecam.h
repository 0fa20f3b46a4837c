#ifndef RXV_DEV_ECAM_H
#define RXV_DEV_ECAM_H
// Configuration space of PCI functions that a test makes up, in place of kernel/dev/ecam.h.

#include "core/types.h"
#include "mm/layout.h"

uint32 ecam_read(uint bus, uint slot, uint fn, uint reg);
void ecam_write(uint bus, uint slot, uint fn, uint reg, uint32 v);

#endif
