#ifndef RXV_DEV_MISC_H
#define RXV_DEV_MISC_H
// Small devices: the test finisher (power), goldfish RTC (the date), virtio-rng (randomness), software interrupts.

#include "core/types.h"

void finisher_exit(int status) __attribute__((noreturn));  // ends QEMU with this exit status, 0..255
uint64 rtc_now(void);                                     // nanoseconds since 1970 UTC; 0: no clock
// Feeds rand_seed() from virtio-rng. wait: not later than now, for nothing else does; 0: by and by, from an interrupt.
// result: 1; 0: there is no such device, or it did not answer within RNG_WAIT.
int virtio_rng_init(int wait);

#endif
