#ifndef RXV_FS_FILE_H
#define RXV_FS_FILE_H
// Open files: what a descriptor stands for. Each kind (i-node, device, pipe, socket) brings one table of
// operations; above it nobody asks for the kind.

#include "core/types.h"
#include "fs/inode.h"
#include "kernel/fcntl.h"

struct file;
struct pollwait;

struct fileops {
  const char *kind;
  // Bytes done, or -E... . The position, if the kind has one, moves. Buffers are the running process's.
  int (*read)(struct file *f, uint64 uva, int n);
  int (*write)(struct file *f, uint64 uva, int n);
  // Which of POLLIN, POLLOUT, POLLERR, POLLHUP hold now.
  int (*poll)(struct file *f);
  int (*stat)(struct file *f, struct stat *st);
  void (*close)(struct file *f);  // the last reference is gone
};

struct file {
  int refs;                   // [file table lock]
  const struct fileops *ops;  // [I]
  int flags;                  // O_... as opened; O_NONBLOCK may change
  uint8 readable, writable;   // [I]
  uint off;                   // position, under the i-node's lock
  struct inode *ip;           // i-nodes and devices
  void *data;                 // [I] pipe, socket
  short major;                // devices
};

void file_init(void);
struct file *filealloc(void);          // one reference, ops unset; 0: table full (ENFILE)
struct file *filedup(struct file *f);
void fileclose(struct file *f);        // also of a file whose ops are unset
int fileread(struct file *f, uint64 uva, int n);
int filewrite(struct file *f, uint64 uva, int n);
int filestat(struct file *f, struct stat *st);
void file_counts(uint32 *files, uint32 *files_free);

extern const struct fileops inode_ops, device_ops;  // set by fs/open in entry/sysfile.c
int pipe_alloc(struct file **rd, struct file **wr);  // 0, -ENFILE, -ENOMEM

// poll(): one queue for all who wait in poll. Whoever makes something readable or writable calls
// file_changed(); it costs a load when nobody polls. Any context.
void file_changed(void);
int file_poll_wait(uint64 seq, uint64 when);  // sleep until a change after seq, or `when`: 0, -ETIMEDOUT, -EINTR
uint64 file_poll_seq(void);

#endif
