#ifndef RXV_DEV_VIRTIO_H
#define RXV_DEV_VIRTIO_H
// What all virtio devices over MMIO have in common (virtio 1.2): finding one, the handshake, one queue. The legacy interface
// (version 1, section 4.2.4), which QEMU gives unless told otherwise, is not driven; the console says so.

#include "core/types.h"

enum virtio_id { VIRTIO_BLK = 2, VIRTIO_RNG = 4 };  // section 5

#define VRING_MAX 128  // descriptors, at the most

// Rings, shared with the device (2.7). flags and indices are the other side's to write, too: volatile.
struct vring_desc {
  uint64 addr;   // physical
  uint32 len;
  uint16 flags;  // VRING_...
  uint16 next;
};
enum { VRING_NEXT = 1, VRING_DEV_WRITES = 2 };

struct vring_avail {
  uint16 flags;
  uint16 idx;    // free-running
  uint16 ring[];
};

struct vring_used {
  uint16 flags;
  uint16 idx;    // free-running
  struct {
    uint32 id, len;
  } ring[];
};

struct virtio {
  volatile uint32 *reg;
  uint32 irq;
  uint64 features;  // agreed on
  uint num;         // descriptors in the queue
  volatile struct vring_desc *desc;
  volatile struct vring_avail *avail;
  volatile struct vring_used *used;
  uint16 taken;     // how far we have read `used`
  uint16 offered;   // how far we have written `avail`
};

// Find the first device of this kind in any slot, agree on those of the wanted features (bits 0 to 31) that it has, and
// set up queue 0 in the given memory (VRING_BYTES of it, page-aligned, zeroed, for good).
// result: 0; -ENODEV none, or it does not agree.
int virtio_open(struct virtio *v, enum virtio_id id, uint32 want, void *rings);
#define VRING_BYTES 8192
void virtio_ready(struct virtio *v);              // the driver is set up: the device may go
void virtio_offer(struct virtio *v, uint16 head);  // a chain, seen by the device from the next virtio_publish() on
void virtio_publish(struct virtio *v);
void virtio_kick(struct virtio *v);               // look at what is published. QEMU works in it: hold no lock
int virtio_take(struct virtio *v, uint32 *id, uint32 *len);  // a chain that is done: 1; 0: none
uint32 virtio_ack(struct virtio *v);              // interrupt causes, taken back; bit 0: queue
int virtio_broken(struct virtio *v);              // the device asks to be reset
int virtio_reset(struct virtio *v);               // it forgets everything, and touches no memory. 0; -EIO: it does not answer
uint32 virtio_config32(struct virtio *v, uint offset);  // device-specific configuration

#endif
