#ifndef RXV_FS_INODE_H
#define RXV_FS_INODE_H
// Files without names: i-nodes, their blocks, their content; and the directories that name them (fs/dir.c).
//
// Nobody outside fs/ opens a log operation: these functions do that themselves where they need one.
// Order of locks: core/check.h; then spinlocks.

#include "fs/log.h"
#include "kernel/stat.h"
#include "sched/sleeplock.h"

// t itable lock   i the i-node's lock   I constant while referenced
struct inode {
  uint dev, inum;          // [I]
  int refs;                // [t]
  struct sleeplock lock;
  int valid;               // [i] read from the disk?
  short type, major, minor, nlink;  // [i]
  uint size;               // [i] bytes
  uint addrs[NDIRECT + 1]; // [i]
  uint ahead;              // [i] blocks before this one were read, or asked for
  struct buf *home;        // [i] block of the table of i-nodes, pinned while valid: iupdate() cannot fail
  struct buf *table;       // [i] block of the addresses behind the direct ones, pinned; 0: not needed so far
  struct list hash, lru;   // [t] lru: only while refs is 0
};

int fs_init(int dev);      // superblock, log, orphans; 0, or -E...: no file system there, with a sentence printed.
                           // In a thread that may sleep
struct inode *idup(struct inode *ip);
int ilock(struct inode *ip);                 // 0, or -EIO (then it is not locked)
void iunlock(struct inode *ip);
void iput(struct inode *ip);                 // one reference less; the last one of a file without names frees it.
                                             // No lock held, no operation open
void iunlockput(struct inode *ip);
void stati(struct inode *ip, struct stat *st);                         // locked
int readi(struct inode *ip, int user, uint64 dst, uint off, uint n);   // locked; bytes, or -E... A program's pages are there

struct inode *iroot(void);                                // referenced

// Calls on names, whole: 0 or -E...  Paths are kernel strings, relative ones start at the process's cwd.
int fs_lookup(const char *path, struct inode **ip);       // referenced, not locked
int fs_link(const char *old, const char *new);
int fs_unlink(const char *path);
int fs_rename(const char *old, const char *new);          // atomic: a crash leaves the old state or the new
int fs_mkdir(const char *path);
int fs_mknod(const char *path, short major, short minor);
int fs_chdir(const char *path);
// Opens or makes: the i-node, unlocked and referenced, in *ip. flags: O_... of kernel/fcntl.h.
int fs_open(const char *path, int flags, struct inode **ip);

// Files' way: at f's position, in operations of their own.
int fs_write(struct inode *ip, uint *off, int append, uint64 uva, uint n);  // bytes (fewer: disk full), or -E...
int fs_read(struct inode *ip, uint *off, uint64 uva, uint n);
int fs_sync(void);                                        // what has been written is durable: 0 or -EIO
int fs_stop(void);                                        // the same before power off: the log is left empty

void fs_counts(uint32 *inodes, uint32 *inodes_free);      // in memory

#endif
