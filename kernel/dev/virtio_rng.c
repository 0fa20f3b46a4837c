// virtio entropy device (virtio 1.2, section 5.4): one buffer is offered at boot; when it comes back filled it
// goes into the generator. Nobody waits for it: it takes some milliseconds, and the device tree has a seed too.

#include "core/rand.h"
#include "dev/misc.h"
#include "dev/plic.h"
#include "dev/virtio.h"
#include "mm/layout.h"

static struct virtio rng;
static uint8 rings[VRING_BYTES] __attribute__((aligned(PGSIZE)));
static uint8 bytes[64];

static void
rng_interrupt(void *arg)
{
  uint32 id, len;

  virtio_ack(&rng);
  if(virtio_take(&rng, &id, &len))
    rand_seed(bytes, MIN(len, sizeof(bytes)));
}

void
virtio_rng_init(void)
{
  if(virtio_open(&rng, VIRTIO_RNG, 0, rings) < 0)
    return;
  if(irq_register(rng.irq, rng_interrupt, 0, "virtio-rng") < 0)
    return;
  virtio_ready(&rng);
  rng.desc[0].addr = va2pa(bytes);
  rng.desc[0].len = sizeof(bytes);
  rng.desc[0].flags = VRING_DEV_WRITES;
  virtio_offer(&rng, 0);
  virtio_publish(&rng);
  virtio_kick(&rng);
}
