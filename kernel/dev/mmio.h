#ifndef RXV_DEV_MMIO_H
#define RXV_DEV_MMIO_H
// Registers of a device that writes to memory (DMA), 32 bits wide, and the order in which both sides see what the other
// has done. The unit tests have a device of their own behind these three (tests/host/shim/dev/mmio.h).

#include "core/types.h"

static inline uint32
mmio_read(const volatile void *at)
{
  return *(const volatile uint32 *)at;
}

// Earlier memory stores (w: descriptors, data) are seen before this device store (o): no doorbell rings early.
static inline void
mmio_write(volatile void *at, uint32 v)
{
  asm volatile("fence w, o" ::: "memory");
  *(volatile uint32 *)at = v;
}

// What the device wrote before the word that was just read from memory is read after it.
static inline void
mmio_read_order(void)
{
  asm volatile("fence r, r" ::: "memory");
}

#endif
