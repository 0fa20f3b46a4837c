#ifndef RXV_CORE_RAND_H
#define RXV_CORE_RAND_H
// Random numbers: ChaCha20 (RFC 8439, 2.3) keyed from the device tree's seed, or else virtio-rng.

#include "core/types.h"

void rand_seed(const void *bytes, uint n);  // mixes them in
void rand_bytes(void *buf, uint n);         // from any context
uint32 rand32(void);

#endif
