#ifndef RXV_FS_BIO_H
#define RXV_FS_BIO_H
// Disk blocks in memory. A buffer is held by one process at a time, from bget() or bread() to brelse(); others who
// want the block sleep. Only fs/ uses this.
//
// A changed buffer belongs to the log: log_write() pins it, and it stays here until the log has written it to
// its place. So a buffer that nobody holds and nobody has pinned is the same as the disk, and may be reused.

#include "dev/virtio_blk.h"
#include "kernel/fs.h"
#include "kernel/kstat.h"
#include "sched/waitq.h"

// c bcache.lock   h who holds the buffer   I constant after boot   l log.lock
struct buf {
  uint blockno;            // [c] which block; 0: none yet
  uint refs;               // [c] holder, those who wait for it, pins, a transfer nobody waits for
  uint8 busy;              // [c] held by a process, or by a transfer nobody waits for
  uint8 in_flight;         // [c] the disk works on it
  uint8 valid;             // [h] data holds what the disk, or the log, says
  uint64 txn;              // [l] number of the transaction that changed it last
  struct waitq waiters;    // [c]
  struct list hash, lru;   // [c] lru: only while refs is 0
  struct blkreq req;       // [h]
  uint8 *data;             // [I] BSIZE bytes, 8-aligned
};

int bio_init(void);                    // once, before fs_init(): 0, or -ENOMEM
// Held; content only if b->valid. The caller fills all of it and sets valid, or leaves valid as it was.
struct buf *bget(uint blockno);
struct buf *bget_zeroed(uint blockno); // held, zeros, without reading the disk
struct buf *bread(uint blockno);       // held, with its content; 0: the disk failed
// Start reading those that are not here, as far as buffers are free; never waits for the disk. n <= PREFETCHMAX.
#define PREFETCHMAX 32
void bprefetch(const uint *blockno, uint n);
void brelse(struct buf *b);
void bpin(struct buf *b);              // stays in memory until bunpin; the caller holds it, or it is pinned already
void bunpin(struct buf *b);
void bunpin_all(struct buf **b, uint n);

// Blocks straight to or from the disk, past the buffers, all under way at once: the log's and recovery's way. The requests'
// blockno, write and data are set, for one block each; n > 0, all the same way. Those whose neighbours on the disk and in
// memory follow them become one; so the requests are changed. One caller at a time. result: 0, or -EIO if one failed.
int bio_transfer(struct blkreq *r, uint n);

extern struct kstat_disk disk_stat;    // [a] counts; commits is the log's

#endif
