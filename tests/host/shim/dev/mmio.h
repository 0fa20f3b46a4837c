#ifndef RXV_DEV_MMIO_H
#define RXV_DEV_MMIO_H
// Registers of a device that a test makes up, in place of kernel/dev/mmio.h.

#include "core/types.h"

uint32 mmio_read(const volatile void *at);
void mmio_write(volatile void *at, uint32 v);

static inline void
mmio_read_order(void)
{
}

#endif
