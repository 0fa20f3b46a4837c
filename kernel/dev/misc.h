#ifndef RXV_DEV_MISC_H
#define RXV_DEV_MISC_H
// Small devices: the test finisher (power), goldfish RTC (the date), virtio-rng (randomness), software interrupts.

#include "core/types.h"

void finisher_exit(int status) __attribute__((noreturn));  // ends QEMU with this exit status, 0..255
uint64 rtc_now(void);                                     // nanoseconds since 1970 UTC; 0: no clock
void virtio_rng_init(void);                               // feeds rand_seed(), if there is such a device

#endif
