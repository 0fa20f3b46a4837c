// The disk driver's patience, on a device that answers when the test says so. The driver is a part of this file, because
// two harts at its watchdog are played by calling that by hand.

#include "fixture.h"
#include "dev/virtio_blk.c"

static struct vring_desc descs[VRING_MAX];
static uint16 avail[3 + VRING_MAX];
static int answered;     // chains that the device gives back at the next look
static uint32 chain_of;  // ... all with this number

int
virtio_open(struct virtio *v, enum virtio_id id, uint32 want, void *rings)
{
  v->irq = 1;
  v->num = VRING_MAX;
  v->desc = descs;
  v->avail = (void *)avail;
  return 0;
}

void
virtio_ready(struct virtio *v)
{
}

void
virtio_offer(struct virtio *v, uint16 head)
{
  chain_of = head;
}

void
virtio_publish(struct virtio *v)
{
}

void
virtio_kick(struct virtio *v)
{
}

int
virtio_take(struct virtio *v, uint32 *id, uint32 *len)
{
  *id = chain_of;
  *len = 1;
  if(answered == 0)
    return 0;
  disk.chain[chain_of / 3].status = STATUS_OK;
  answered--;
  return 1;
}

uint32
virtio_ack(struct virtio *v)
{
  return 1;
}

int
virtio_broken(struct virtio *v)
{
  return 0;
}

int
virtio_reset(struct virtio *v)
{
  return 0;
}

uint32
virtio_config32(struct virtio *v, uint offset)
{
  return offset == CONFIG_CAPACITY ? 2000 : 0;
}

static uint8 block[BSIZE];

static void
submit(struct blkreq *r)
{
  *r = (struct blkreq){ .blockno = 3, .data = block };
  virtio_blk_submit(r);
}

static void
answer(void)
{
  answered = 1;
  blk_interrupt(0);
}

// A disk that answers in time is never given up, however long it has been in use; a silent one is, after 30 seconds.
TEST(disk_patience)
{
  struct blkreq r;
  CHECK_EQ(virtio_blk_init(), 0);
  for(int i = 0; i < 20; i++){
    submit(&r);
    host_advance(29 * SEC);
    CHECK(!r.done);
    answer();
    CHECK(r.done && r.error == 0);
  }
  submit(&r);
  host_advance(61 * SEC);
  CHECK(r.done && r.error == -EIO);
  submit(&r);
  CHECK(r.done && r.error == -EIO);
}

// The watchdog goes off, and before it has the lock another hart finds it unset and sets it for a new request: it must
// not take that for one that waited.
TEST(disk_watchdog_is_early)
{
  struct blkreq r;
  CHECK_EQ(virtio_blk_init(), 0);
  submit(&r);
  look(0);
  CHECK(!r.done);
  answer();
  CHECK(r.done && r.error == 0);
  host_advance(31 * SEC);
}
