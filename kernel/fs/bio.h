#ifndef RXV_FS_BIO_H
#define RXV_FS_BIO_H
// Disk blocks in memory. A buffer is used by one process at a time, under its sleep lock.

#include "dev/virtio_blk.h"
#include "sched/sleeplock.h"
#include "kernel/fs.h"

struct buf {
  uint dev, blockno;
  int valid;               // data holds what the disk, or the log, says
  int refs;
  struct sleeplock lock;
  struct list hash, lru;
  struct blkreq req;
  uint8 *data;             // BSIZE bytes
};

void bio_init(void);
struct buf *bread(uint dev, uint blockno);  // locked, with its content; 0: the disk failed (-EIO for the caller to return)
struct buf *bget_zeroed(uint dev, uint blockno);  // locked, zeros, without reading the disk
int bwrite(struct buf *b);                  // to the disk now: 0 or -EIO
void brelse(struct buf *b);
void bpin(struct buf *b);                   // stays in memory until bunpin
void bunpin(struct buf *b);

#endif
