// virtio entropy device (virtio 1.2, section 5.4), for a machine whose device tree has no seed. It is asked once, at boot, by
// polling: one buffer goes to the device and comes back filled.

#include "core/rand.h"
#include "dev/misc.h"
#include "dev/virtio.h"
#include "mm/layout.h"
#include "sched/timer.h"

#define RNG_WAIT (200 * MSEC)  // QEMU answers within some milliseconds

static uint8 rings[VRING_BYTES] __attribute__((aligned(PGSIZE)));
static uint8 bytes[64];

int
virtio_rng_seed(void)
{
  struct virtio rng;
  uint32 id, len = 0;
  int answered = 0;

  if(virtio_open(&rng, VIRTIO_RNG, 0, rings) < 0)
    return -ENODEV;
  virtio_ready(&rng);
  rng.desc[0].addr = va2pa(bytes);
  rng.desc[0].len = sizeof(bytes);
  rng.desc[0].flags = VRING_DEV_WRITES;
  virtio_offer(&rng, 0);
  virtio_publish(&rng);
  virtio_kick(&rng);
  for(uint64 end = now() + RNG_WAIT; !answered && now() < end; )
    answered = virtio_take(&rng, &id, &len);
  if(answered)
    rand_seed(bytes, MIN(len, sizeof(bytes)));
  virtio_reset(&rng);  // nobody would take the interrupt that it raised
  return answered ? 0 : -EIO;
}
