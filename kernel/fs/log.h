#ifndef RXV_FS_LOG_H
#define RXV_FS_LOG_H
// The write-ahead log: the blocks that one system call changes reach the disk together or not at all.

#include "fs/bio.h"

int log_init(int dev, struct superblock *sb);  // replays what a crash left; 0, -EIO, -EINVAL
void begin_op(void);          // waits until MAXOPBLOCKS blocks of log are free
void end_op(void);            // the last one out commits
void log_write(struct buf *b);  // instead of bwrite(), between begin_op and end_op
int log_sync(void);           // everything that ended before is on the disk: 0 or -EIO

#endif
