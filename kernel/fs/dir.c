// Directories: entries in a file's content; and paths, which lead through them.
//
// On disk a directory is an array of struct dirent; number 0 marks a free entry. All functions look at it a
// block at a time. Names longer than DIRSIZ are cut off, as xv6 does.

#include "core/cpu.h"
#include "core/string.h"
#include "fs/fsint.h"
#include "fs/inode.h"
#include "sched/proc.h"

#define EPB (BSIZE / sizeof(struct dirent))  // entries in a block

// Entries of a directory; a size that is not a multiple of one counts down.
static uint
entries(const struct inode *dp)
{
  return dp->size / sizeof(struct dirent);
}

// The block with entry i, held, and in *n how many entries it has from there on; 0 in *b: a hole. 0, -EIO.
static int
entry_block(struct inode *dp, uint i, struct buf **b, uint *n)
{
  uint bn;
  *n = MIN(EPB, entries(dp) - i);
  *b = 0;
  if(bmap(dp, i / EPB, &bn) < 0)
    return -EIO;
  if(bn && (*b = bread(bn)) == 0)
    return -EIO;
  return 0;
}

// Calls see() with the used and the free entries in order, until it returns 1. 0, -EIO.
static int
each_entry(struct inode *dp, int (*see)(const struct dirent *de, void *arg), void *arg)
{
  struct buf *b;
  for(uint i = 0, n, stop = 0; i < entries(dp) && !stop; i += EPB){
    if(entry_block(dp, i, &b, &n) < 0)
      return -EIO;
    if(b == 0)
      continue;
    for(uint j = 0; j < n && !stop; j++)
      stop = see((struct dirent *)b->data + j, arg);
    brelse(b);
  }
  return 0;
}

// The index of the entry of this name (not empty) among n of them, or n. *hole: the first free one, if it was n before.
static uint
find_name(const struct dirent *de, uint n, const char *name, uint *hole)
{
  uint last = MIN(strlen(name), (uint64)DIRSIZ) - 1;  // its last byte tells names apart best: f1, f2, f3
  for(uint i = 0; i < n; i++){
    if(de[i].inum == 0){
      if(*hole == n)
        *hole = i;
    } else if(de[i].name[last] == name[last] && strncmp(de[i].name, name, DIRSIZ) == 0)
      return i;
  }
  return n;
}

// Look for a name in dp, which is locked. 0, -ENOENT, -EIO; *off: where the entry is, or where it may be added.
static int
dir_find(struct inode *dp, const char *name, uint *inum, uint *off)
{
  struct buf *b;
  uint hole = entries(dp);
  *inum = 0;
  for(uint i = 0, n; i < entries(dp); i += EPB){
    if(entry_block(dp, i, &b, &n) < 0)
      return -EIO;
    if(b == 0)
      continue;
    uint free = n, at = find_name((struct dirent *)b->data, n, name, &free);
    if(at < n)
      *inum = ((struct dirent *)b->data)[at].inum;
    brelse(b);
    if(at < n){
      *off = (i + at) * sizeof(struct dirent);
      return 0;
    }
    if(free < n)
      hole = MIN(hole, i + free);
  }
  *off = hole * sizeof(struct dirent);
  return -ENOENT;
}

static int
see_other(const struct dirent *de, void *arg)
{
  char name[DIRSIZ + 1];
  memcpy(name, de->name, DIRSIZ);
  name[DIRSIZ] = 0;
  if(de->inum == 0 || name_is_dots(name))
    return 0;
  *(int *)arg = 0;
  return 1;
}

int
dir_empty(struct inode *dp)
{
  int empty = 1, e = ilock(dp);
  if(e < 0)
    return e;
  e = each_entry(dp, see_other, &empty);
  iunlock(dp);
  return e < 0 ? e : empty;
}

int
dir_put(struct inode *dp, uint off, const char *name, uint inum)
{
  struct dirent de = {.inum = inum};
  for(int i = 0; i < DIRSIZ && name[i]; i++)
    de.name[i] = name[i];
  int n = ilock(dp);
  if(n < 0)
    return n;
  n = writei(dp, 0, (uint64)&de, off, sizeof(de));
  iunlock(dp);
  if(n < 0)
    return n == -EFBIG ? -ENOSPC : n;
  return n == sizeof(de) ? 0 : -ENOSPC;
}

int
name_is_dots(const char *name)
{
  return strncmp(name, ".", DIRSIZ) == 0 || strncmp(name, "..", DIRSIZ) == 0;
}

int
lookup_in(struct inode *dp, const char *name, struct inode **ip, uint *off)
{
  uint inum;
  int e = ilock(dp);
  if(e < 0)
    return e;
  if(dp->type != T_DIR)
    e = -ENOTDIR;
  else if(dp->nlink == 0)
    e = -ENOENT;  // removed: its ".." may lead to something else by now
  else if((e = dir_find(dp, name, &inum, off)) == 0)
    e = iget(inum, ip);
  iunlock(dp);
  return e;
}

// The next part of a path: copies it and moves *path behind it and its slashes. 0: there is none.
static int
next_part(const char **path, char name[DIRSIZ + 1])
{
  const char *p = *path;
  int n = 0;
  while(*p == '/')
    p++;
  if(*p == 0)
    return 0;
  for(; *p && *p != '/'; p++)
    if(n < DIRSIZ)
      name[n++] = *p;
  name[n] = 0;
  while(*p == '/')
    p++;
  *path = p;
  return 1;
}

// Walk along a path, to its end or to the directory of its last part. One i-node at a time is locked.
static int
dir_walk(const char *path, int parent, char name[DIRSIZ + 1], struct inode **out)
{
  struct proc *p = myproc();
  struct inode *ip, *next;
  uint off;

  if(*path == 0)
    return -ENOENT;
  ip = *path == '/' || p->cwd == 0 ? iroot() : idup(p->cwd);
  if(ip == 0)
    return -ENFILE;
  while(next_part(&path, name)){
    if(parent && *path == 0){
      *out = ip;
      return 0;
    }
    int e = lookup_in(ip, name, &next, &off);
    iput(ip);
    if(e < 0)
      return e;
    ip = next;
  }
  if(parent){
    iput(ip);
    return -EEXIST;  // the root: there is no directory that it is in
  }
  *out = ip;
  return 0;
}

int
fs_lookup(const char *path, struct inode **ip)
{
  char name[DIRSIZ + 1];
  return dir_walk(path, 0, name, ip);
}

int
lookup_parent(const char *path, struct inode **dp, char *name)
{
  return dir_walk(path, 1, name, dp);
}

int
fs_chdir(const char *path)
{
  struct proc *p = myproc();
  struct inode *ip, *old = p->cwd;
  int e = fs_lookup(path, &ip);
  if(e < 0)
    return e;
  if((e = ilock(ip)) == 0){
    if(ip->type != T_DIR)
      e = -ENOTDIR;
    iunlock(ip);
  }
  if(e < 0){
    iput(ip);
    return e;
  }
  p->cwd = ip;
  if(old)
    iput(old);
  return 0;
}
