#ifndef RXV_DEV_VIRTIO_BLK_H
#define RXV_DEV_VIRTIO_BLK_H
// The disk: virtio 1.2 block device over MMIO (sections 4.2, 5.2).

#include "core/types.h"

// One block of BSIZE bytes to be read or written. The requester owns it until done is 1.
struct blkreq {
  uint32 blockno;
  uint8 write;
  volatile uint8 done;
  int8 error;                      // 0, or -EIO
  void *data;                      // BSIZE bytes in the direct map
  void (*end)(struct blkreq *r);   // called when done is set, from the interrupt; may be 0
  struct blkreq *next;
};

int virtio_blk_init(void);              // 0, or -ENODEV: no disk
uint64 virtio_blk_blocks(void);         // BSIZE blocks on the disk
void virtio_blk_submit(struct blkreq *r);  // queues it; any number may be under way; sleeps if the ring is full
int virtio_blk_rw(struct blkreq *r);    // submits and waits: 0, or -EIO
int virtio_blk_flush(void);             // what was written is durable: 0, or -EIO

#endif
