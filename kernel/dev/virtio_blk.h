#ifndef RXV_DEV_VIRTIO_BLK_H
#define RXV_DEV_VIRTIO_BLK_H
// The disk: virtio 1.2 block device over MMIO (sections 4.2, 5.2).

#include "core/types.h"
#include "sched/waitq.h"

// Blocks of BSIZE bytes to be read or written: one, and as many more as are its neighbours on the disk and in memory.
// The requester owns it until it is submitted, and again when done is 1 (and, if it has an `end`, that was called).
struct blkreq {
  uint32 blockno;                  // of the first
  uint16 more;                     // how many follow it
  uint8 write;
  volatile uint8 done;
  int8 error;                      // 0, or -EIO
  void *data;                      // (more + 1) * BSIZE bytes in the direct map
  void (*end)(struct blkreq *r);   // called when done is set, with interrupts off and no lock held; may be 0
  struct blkreq *next;             // another to be submitted, or 0; then the driver's
  struct waitq waiters;            // the driver's
};

int virtio_blk_init(void);              // 0, or -ENODEV: no disk
uint64 virtio_blk_blocks(void);         // BSIZE blocks on the disk, 0: no disk
// Submit r and those that hang on it by `next`: the device is told once for all of them. Any number may be under way;
// does not sleep. No disk, no such block: -EIO.
void virtio_blk_submit(struct blkreq *r);
int virtio_blk_wait(struct blkreq *r);  // for one that was submitted: 0, or -EIO
int virtio_blk_rw(struct blkreq *r);    // submits and waits
int virtio_blk_flush(void);             // what was written is durable: 0, or -EIO

#endif
