#ifndef RXV_DEV_MISC_H
#define RXV_DEV_MISC_H
// Small devices: the test finisher (power), goldfish RTC (the date), virtio-rng (randomness), software interrupts.

#include "core/types.h"

void finisher_exit(int status) __attribute__((noreturn));  // ends QEMU with this exit status, 0..255
uint64 rtc_now(void);                                     // nanoseconds since 1970 UTC; 0: no clock
// Feed rand_seed() from virtio-rng. result: 0; -ENODEV: there is no such device; -EIO: it did not answer within 0.2 s.
int virtio_rng_seed(void);

#endif
