// Open files that have an i-node: files and directories, whose content is on the disk; and devices, where the i-node
// only says which.

#include "core/rand.h"
#include "core/string.h"
#include "dev/console.h"
#include "fs/file.h"
#include "kernel/file.h"
#include "kernel/socket.h"
#include "mm/uaccess.h"

#define PIECE 256  // bytes that DEVZERO and DEVRANDOM make at a time

static int
inode_read(struct file *f, uint64 uva, int n)
{
  return fs_read(f->ip, &f->off, uva, n);
}

static int
inode_write(struct file *f, uint64 uva, int n)
{
  return fs_write(f->ip, &f->off, f->flags & O_APPEND, uva, n);
}

static int
inode_stat(struct file *f, struct stat *st)
{
  int e = ilock(f->ip);
  if(e < 0)
    return e;
  stati(f->ip, st);
  iunlock(f->ip);
  return 0;
}

// All blocks of a file, its data too, go through the log, and transactions reach the disk in their order: when the running
// one is there, so is all that was written to this file before.
static int
inode_sync(struct file *f)
{
  return fs_sync();
}

static void
inode_close(struct file *f)
{
  iput(f->ip);
}

static const struct fileops inode_ops = {
  .kind = "file",
  .read = inode_read,
  .write = inode_write,
  .stat = inode_stat,
  .sync = inode_sync,
  .close = inode_close,
};

// n bytes that `make` fills in, piece by piece.
static int
ifile_fill(uint64 uva, int n, void (*make)(void *buf, uint n))
{
  uint8 piece[PIECE];
  for(int done = 0, m; done < n; done += m){
    m = MIN(n - done, PIECE);
    make(piece, m);
    if(copyout(uva + done, piece, m) < 0)
      return -EFAULT;
  }
  return n;
}

static void
make_zeros(void *buf, uint n)
{
  memset(buf, 0, n);
}

static int
device_read(struct file *f, uint64 uva, int n)
{
  switch(f->major){
  case CONSOLE:
    return console_read(1, uva, n, f->flags & O_NONBLOCK);
  case DEVNULL:
    return 0;
  case DEVZERO:
    return ifile_fill(uva, n, make_zeros);
  case DEVRANDOM:
    return ifile_fill(uva, n, rand_bytes);
  }
  return -ENODEV;
}

static int
device_write(struct file *f, uint64 uva, int n)
{
  switch(f->major){
  case CONSOLE:
    return console_write(1, uva, n);
  case DEVNULL:
  case DEVZERO:
  case DEVRANDOM:
    return n;
  }
  return -ENODEV;
}

static int
device_poll(struct file *f)
{
  int in = f->major != CONSOLE || console_ready() ? POLLIN : 0;
  return (f->readable ? in : 0) | (f->writable ? POLLOUT : 0);
}

static const struct fileops device_ops = {
  .kind = "device",
  .read = device_read,
  .write = device_write,
  .poll = device_poll,
  .stat = inode_stat,
  .close = inode_close,
};

int
file_open(struct file *f, const char *path, int flags)
{
  struct inode *ip;
  int e = fs_open(path, flags, &ip);
  if(e < 0)
    return e;
  // Type and device numbers do not change while the i-node is referenced, and fs_open() has read them.
  f->ip = ip;
  f->flags = flags & (O_WRONLY | O_RDWR | O_APPEND | O_NONBLOCK);  // what else the caller may have set means nothing
  f->readable = !(flags & O_WRONLY);
  f->writable = (flags & (O_WRONLY | O_RDWR)) != 0;
  f->major = ip->major;
  f->ops = ip->type == T_DEVICE ? &device_ops : &inode_ops;
  return 0;
}
