#ifndef RXV_FS_FILE_H
#define RXV_FS_FILE_H
// Open files: what a descriptor stands for. Each kind (i-node, device, pipe, socket) brings one table of
// operations; above it nobody asks for the kind.

#include "core/types.h"
#include "fs/inode.h"
#include "kernel/fcntl.h"

struct file;

struct fileops {
  const char *kind;
  // Bytes done, or -E... . The position, if the kind has one, moves. Buffers are the running process's.
  int (*read)(struct file *f, uint64 uva, int n);
  int (*write)(struct file *f, uint64 uva, int n);
  // Which of POLLIN, POLLOUT, POLLERR, POLLHUP hold now; absent: always readable and writable.
  int (*poll)(struct file *f);
  int (*stat)(struct file *f, struct stat *st);
  // What was written is on the disk: 0, or -EIO. Absent: it has nothing on a disk.
  int (*sync)(struct file *f);
  void (*close)(struct file *f);  // the last reference is gone
};

// a atomic   I constant once open   i under the i-node's lock
struct file {
  int refs;                   // [a]
  const struct fileops *ops;  // [I]
  int flags;                  // O_... as opened; O_NONBLOCK and O_APPEND may change
  uint8 readable, writable;   // [I]
  uint off;                   // [i] position
  struct inode *ip;           // [I] i-nodes and devices
  void *data;                 // [I] pipe, socket
  short major;                // [I] devices
  struct list free;           // [ftable lock] while nobody has it open
};

void file_init(void);
struct file *filealloc(void);          // one reference, ops unset; 0: table full (ENFILE)
struct file *filedup(struct file *f);
void fileclose(struct file *f);        // also of a file whose ops are unset. No lock held: may sleep
int fileread(struct file *f, uint64 uva, int n);
int filewrite(struct file *f, uint64 uva, int n);
int filestat(struct file *f, struct stat *st);
int filesync(struct file *f);          // 0, -EIO, -EINVAL: not a file on the disk
int filepoll(struct file *f);          // POLLIN | ...
void file_counts(uint32 *files, uint32 *files_free);

// Makes f, fresh from filealloc, an open i-node or device. Takes over the reference to ip, unless it fails.
int file_open(struct file *f, const char *path, int flags);  // 0, or -E... of fs_open()
int pipe_alloc(struct file **rd, struct file **wr);          // 0, -ENFILE, -ENOMEM

// poll(): one queue for all who wait in poll. Whoever makes something readable or writable calls
// file_changed(); it costs a fence and a load when nobody polls. Any context, any lock held but the scheduler's.
void file_changed(void);
// A poller: seq = file_poll_begin(), then look at its files; nothing ready: file_poll_wait(seq), then look again
// with the number it gave; at the end file_poll_end().
uint64 file_poll_begin(void);
int file_poll_wait(uint64 *seq, uint64 when);  // sleep until a change after *seq, or `when`: 0, -ETIMEDOUT, -EINTR
void file_poll_end(void);

#endif
