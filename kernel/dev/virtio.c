// virtio over MMIO. Sections of virtio 1.2.

#include "core/printf.h"
#include "core/string.h"
#include "dev/fdt.h"
#include "dev/virtio.h"
#include "mm/layout.h"

// Byte offsets (4.2.2, 4.2.4).
enum {
  MAGIC = 0x00, VERSION = 0x04, DEVICE_ID = 0x08,
  DEV_FEATURES = 0x10, DEV_FEATURES_SEL = 0x14, DRV_FEATURES = 0x20, DRV_FEATURES_SEL = 0x24,
  QUEUE_SEL = 0x30, QUEUE_NUM_MAX = 0x34, QUEUE_NUM = 0x38, QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50,
  INTERRUPT_STATUS = 0x60, INTERRUPT_ACK = 0x64, STATUS = 0x70,
  QUEUE_DESC = 0x80, QUEUE_DRIVER = 0x90, QUEUE_DEVICE = 0xa0,  // two words each
  CONFIG = 0x100,
};
enum { ACKNOWLEDGE = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, NEEDS_RESET = 64, FAILED = 128 };  // 2.1

#define VIRTIO_MAGIC 0x74726976
#define PATIENCE 100000  // register reads, some 10 ms

static inline uint32
get(struct virtio *v, uint reg)
{
  return v->reg[reg / 4];
}

// Earlier memory stores (rings, data) are seen before this device store.
static inline void
virtio_set(struct virtio *v, uint reg, uint32 value)
{
  asm volatile("fence w, o" ::: "memory");
  v->reg[reg / 4] = value;
}

static void
set64(struct virtio *v, uint reg, uint64 value)
{
  virtio_set(v, reg, value);
  virtio_set(v, reg + 4, value >> 32);
}

static int
virtio_find(struct virtio *v, enum virtio_id id)
{
  for(int i = 0; i < machine.nvirtio; i++){
    v->reg = pa2va(machine.virtio[i]);
    v->irq = machine.virtio_irq[i];
    if(get(v, MAGIC) != VIRTIO_MAGIC || get(v, DEVICE_ID) != id)
      continue;
    if(get(v, VERSION) == 2)
      return 0;
    printf("virtio: the device at %lx has interface version %d; only version 2 is driven (QEMU: -global virtio-mmio.force-legacy=false)\n",
           machine.virtio[i], get(v, VERSION));
  }
  return -ENODEV;
}

// source: 3.1.1; VIRTIO_F_VERSION_1 is bit 32.
static int
agree(struct virtio *v, uint32 want)
{
  virtio_set(v, DEV_FEATURES_SEL, 0);
  v->features = get(v, DEV_FEATURES) & want;
  virtio_set(v, DRV_FEATURES_SEL, 0);
  virtio_set(v, DRV_FEATURES, v->features);
  virtio_set(v, DEV_FEATURES_SEL, 1);
  if((get(v, DEV_FEATURES) & 1) == 0)
    return -ENODEV;
  virtio_set(v, DRV_FEATURES_SEL, 1);
  virtio_set(v, DRV_FEATURES, 1);
  v->features |= 1ul << 32;
  virtio_set(v, STATUS, ACKNOWLEDGE | DRIVER | FEATURES_OK);
  return get(v, STATUS) & FEATURES_OK ? 0 : -ENODEV;
}

// The descriptors and the available ring share a page; the used ring, which the device writes, has the next one.
static int
set_up_queue(struct virtio *v, uint8 *rings)
{
  virtio_set(v, QUEUE_SEL, 0);
  v->num = MIN(get(v, QUEUE_NUM_MAX), (uint32)VRING_MAX);
  if(v->num < 4 || (v->num & (v->num - 1)))
    return -ENODEV;
  v->desc = (void *)rings;
  v->avail = (void *)(rings + 16 * v->num);
  v->used = (void *)(rings + PGSIZE);
  virtio_set(v, QUEUE_NUM, v->num);
  set64(v, QUEUE_DESC, va2pa(rings));
  set64(v, QUEUE_DRIVER, va2pa((uint8 *)v->avail));
  set64(v, QUEUE_DEVICE, va2pa((uint8 *)v->used));
  virtio_set(v, QUEUE_READY, 1);
  return 0;
}

_Static_assert(16 * VRING_MAX + 6 + 2 * VRING_MAX <= PGSIZE && 6 + 8 * VRING_MAX <= PGSIZE, "rings fit VRING_BYTES");

int
virtio_open(struct virtio *v, enum virtio_id id, uint32 want, void *rings)
{
  memset(v, 0, sizeof(*v));
  if(virtio_find(v, id) < 0 || virtio_reset(v) < 0)
    return -ENODEV;
  virtio_set(v, STATUS, ACKNOWLEDGE | DRIVER);
  if(agree(v, want) < 0 || set_up_queue(v, rings) < 0){
    virtio_set(v, STATUS, FAILED);
    return -ENODEV;
  }
  return 0;
}

void
virtio_ready(struct virtio *v)
{
  virtio_set(v, STATUS, get(v, STATUS) | DRIVER_OK);
}

void
virtio_offer(struct virtio *v, uint16 head)
{
  v->avail->ring[v->offered++ % v->num] = head;
}

void
virtio_publish(struct virtio *v)
{
  // The chains, and their places in the ring, are seen before the index that covers them.
  asm volatile("fence w, w" ::: "memory");
  v->avail->idx = v->offered;
}

void
virtio_kick(struct virtio *v)
{
  virtio_set(v, QUEUE_NOTIFY, 0);
}

int
virtio_take(struct virtio *v, uint32 *id, uint32 *len)
{
  if(v->used->idx == v->taken)
    return 0;
  // The index is read before the entry that it covers, and before the data.
  asm volatile("fence r, r" ::: "memory");
  *id = v->used->ring[v->taken % v->num].id;
  *len = v->used->ring[v->taken % v->num].len;
  v->taken++;
  return 1;
}

uint32
virtio_ack(struct virtio *v)
{
  uint32 causes = get(v, INTERRUPT_STATUS) & 3;

  virtio_set(v, INTERRUPT_ACK, causes);
  return causes;
}

int
virtio_broken(struct virtio *v)
{
  return (get(v, STATUS) & NEEDS_RESET) != 0;
}

int
virtio_reset(struct virtio *v)
{
  virtio_set(v, STATUS, 0);
  for(int i = 0; i < PATIENCE; i++)
    if(get(v, STATUS) == 0)
      return 0;
  return -EIO;
}

uint32
virtio_config32(struct virtio *v, uint offset)
{
  return get(v, CONFIG + offset);
}
