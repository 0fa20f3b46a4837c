// virtio entropy device (virtio 1.2, section 5.4): one buffer is offered at boot; when it comes back filled it
// goes into the generator. That takes some milliseconds, for which the machine waits only if it has no other seed.

#include "core/rand.h"
#include "dev/misc.h"
#include "dev/plic.h"
#include "dev/virtio.h"
#include "mm/layout.h"
#include "sched/timer.h"

#define RNG_WAIT (200 * MSEC)

static struct virtio rng;
static uint8 rings[VRING_BYTES] __attribute__((aligned(PGSIZE)));
static uint8 bytes[64];

// 1: the bytes have come, and gone into the generator.
static int
rng_take(void)
{
  uint32 id, len;

  if(!virtio_take(&rng, &id, &len))
    return 0;
  rand_seed(bytes, MIN(len, sizeof(bytes)));
  return 1;
}

static void
rng_interrupt(void *arg)
{
  virtio_ack(&rng);
  rng_take();
}

int
virtio_rng_init(int wait)
{
  if(virtio_open(&rng, VIRTIO_RNG, 0, rings) < 0)
    return 0;
  if(irq_register(rng.irq, rng_interrupt, 0, "virtio-rng") < 0)
    return 0;
  virtio_ready(&rng);
  rng.desc[0].addr = va2pa(bytes);
  rng.desc[0].len = sizeof(bytes);
  rng.desc[0].flags = VRING_DEV_WRITES;
  virtio_offer(&rng, 0);
  virtio_publish(&rng);
  virtio_kick(&rng);
  for(uint64 end = now() + RNG_WAIT; wait && now() < end; )
    if(rng_take())
      return 1;
  return !wait;
}
