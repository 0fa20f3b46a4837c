#ifndef RXV_FS_LOG_H
#define RXV_FS_LOG_H
// The write-ahead log: the blocks that one operation changes reach the disk together or not at all. Only fs/ uses
// this; who calls fs/ from above opens no operation of his own.
//
// An operation: begin_op(n), then lock i-nodes, change buffers, log_write() each, unlock, end_op(n). begin_op may
// wait for room, so no i-node and no buffer may be held when it is called.

#include "fs/bio.h"

#define LOGMAX (BSIZE / sizeof(uint) - 1)  // block numbers that fit behind the count in the header block

int log_init(const struct superblock *sb);  // replays what a crash left; 0, -EIO, -EINVAL, -ENOMEM, with a sentence
uint log_capacity(void);       // the most blocks that one operation can change
int begin_op(uint nblocks);    // waits until that many blocks of log are free: 0, or -EIO: the disk takes no writes
void end_op(uint nblocks);     // the same number. The change is durable soon, see COMMIT_DELAY; or use log_sync()
// The caller, inside an operation, has changed b. It holds b; or b is pinned, and nobody else changes it.
void log_write(struct buf *b);
int log_sync(void);            // everything that ended before is on the disk: 0 or -EIO
int log_empty(void);           // ... and in its place, the log is empty: before power off. 0 or -EIO

#endif
