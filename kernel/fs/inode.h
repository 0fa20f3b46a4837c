#ifndef RXV_FS_INODE_H
#define RXV_FS_INODE_H
// Files without names: i-nodes, their blocks, their content; and the directories that name them (fs/dir.c).

#include "fs/log.h"
#include "kernel/stat.h"

struct inode {
  uint dev, inum;
  int refs;                // [t] table lock
  struct sleeplock lock;   // guards what follows
  int valid;               // read from the disk?
  short type, major, minor, nlink;
  uint size;
  uint addrs[NDIRECT + 1];
  struct list hash;        // [t]
};

int fs_init(int dev);      // reads the superblock, recovers the log; 0, or -EINVAL: no file system there, with a sentence printed
struct inode *ialloc(uint dev, short type);  // referenced, not locked; 0: none free
struct inode *idup(struct inode *ip);
int ilock(struct inode *ip);                 // 0, or -EIO (then it is not locked)
void iunlock(struct inode *ip);
void iput(struct inode *ip);                 // inside begin_op: may free the file
void iunlockput(struct inode *ip);
void iupdate(struct inode *ip);
void itrunc(struct inode *ip);
void stati(struct inode *ip, struct stat *st);
int readi(struct inode *ip, int user, uint64 dst, uint off, uint n);   // bytes, or -E...
int writei(struct inode *ip, int user, uint64 src, uint off, uint n);  // bytes (fewer: disk full), or -E...

// Names. The directory is locked by the caller where it is given.
struct inode *dirlookup(struct inode *dp, const char *name, uint *off);  // referenced; 0: not there
int dirlink(struct inode *dp, const char *name, uint inum);              // 0, -EEXIST, -ENOSPC, -EIO
struct inode *namei(const char *path);                    // referenced; 0: no such file. Inside begin_op
struct inode *nameiparent(const char *path, char *name);  // the directory, and the last part (DIRSIZ bytes)
struct inode *iroot(void);                                // referenced

// Calls on names, whole and inside their own begin_op: 0 or -E...
int fs_link(const char *old, const char *new);
int fs_unlink(const char *path);
int fs_rename(const char *old, const char *new);
int fs_mkdir(const char *path);
int fs_mknod(const char *path, short major, short minor);
// Opens or makes: the i-node, unlocked and referenced, in *ip. flags: O_... of kernel/fcntl.h.
int fs_open(const char *path, int flags, struct inode **ip);

void fs_counts(uint32 *inodes, uint32 *inodes_free);

#endif
