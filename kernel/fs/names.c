// Calls that change names: create, mkdir, link, unlink, rename. Each is one log operation, so a crash leaves all of it or
// nothing.
//
// They run one at a time: `names` is held from the first lookup to the end. Only these calls write entries and link counts, so
// what they look up stays true until they have used it, and they may read both without the i-node's lock. Other lookups do
// not take `names`. Everybody locks one i-node at a time, so the order of locks is short (inode.h).
//
// What can fail is done first: i-nodes are loaded, entries may need a block, or a disk that reads. Counts come after, and their
// blocks are pinned (inode.h). An entry that was changed is in the log, so changing it back cannot fail.

#include "core/check.h"
#include "fs/fsint.h"
#include "fs/inode.h"
#include "kernel/fcntl.h"

#define NLINK_MAX 32767

static struct sleeplock names;

// A name in a directory, and what it leads to.
struct entry {
  struct inode *dp;        // referenced
  char name[DIRSIZ + 1];
  uint off;                // where the entry is, or where it can be added
  struct inode *ip;        // referenced and loaded; 0: there is no entry of this name
};

void
names_init(void)
{
  initsleeplock(&names, "names");
}

static void
lock_names(void)
{
  check_order_take(ORDER_NAMES);
  acquiresleep(&names);
}

static void
unlock_names(void)
{
  releasesleep(&names);
  check_order_drop(ORDER_NAMES);
}

// Read it from the disk: from now on, as long as it is referenced, ilock() cannot fail.
static int
names_load(struct inode *ip)
{
  int e = ilock(ip);
  if(e == 0)
    iunlock(ip);
  return e;
}

// Find the entry of a path; that there is none is no error, if it can be added. put_entry() follows in any case.
// 0, or -E...; -EEXIST: the path is the root. lock: names.
static int
find_entry(const char *path, struct entry *en)
{
  *en = (struct entry){0};
  int e = lookup_parent(path, &en->dp, en->name);
  if(e < 0)
    return e;
  e = lookup_in(en->dp, en->name, &en->ip, &en->off);
  if(e == -ENOENT && en->dp->nlink > 0)
    return 0;
  return e < 0 ? e : names_load(en->ip);
}

static void
put_entry(struct entry *en)
{
  if(en->dp)
    iput(en->dp);
  if(en->ip)
    iput(en->ip);
}

// Inside an operation; cannot fail. lock: names.
static void
add_links(struct inode *ip, int n)
{
  ilock(ip);
  ip->nlink += n;
  iupdate(ip);
  iunlock(ip);
}

// A directory has come into dp (n = 1), whose ".." is a link to dp; or it has left (n = -1).
static void
add_child(struct inode *dp, int n)
{
  if(dp->nlink + n > 0)  // else the count on the disk was wrong
    add_links(dp, n);
}

// The first name for en->ip, a new i-node. Inside an operation.
static int
add_first_name(struct entry *en)
{
  struct inode *dp = en->dp, *ip = en->ip;
  int e, is_dir = ip->type == T_DIR;
  if(is_dir){
    if(dp->nlink >= NLINK_MAX)
      return -EMLINK;
    if((e = dir_put(ip, 0, ".", ip->inum)) < 0 || (e = dir_put(ip, sizeof(struct dirent), "..", dp->inum)) < 0)
      return e;
  }
  add_links(ip, 1);  // before others can find it
  if((e = dir_put(dp, en->off, en->name, ip->inum)) < 0){
    add_links(ip, -1);
    return e;
  }
  if(is_dir)
    add_child(dp, 1);
  return 0;
}

// A new i-node in en->ip, and the entry for it.
static int
make_new(struct entry *en, short type, short major, short minor)
{
  int e = begin_op(MAXOPBLOCKS);
  if(e < 0)
    return e;
  e = ialloc(type, major, minor, &en->ip);
  if(e == 0)
    e = add_first_name(en);
  end_op(MAXOPBLOCKS);
  return e;
}

// Make a file, directory or device. 0, or -E...; -EEXIST: it was there before. In both cases it is in *ip, referenced.
static int
create(const char *path, short type, short major, short minor, struct inode **ip)
{
  struct entry en;
  lock_names();
  int e = find_entry(path, &en);
  if(e == -EEXIST)
    e = (en.ip = iroot()) ? -EEXIST : -ENFILE;
  else if(e == 0)
    e = en.ip ? -EEXIST : make_new(&en, type, major, minor);
  unlock_names();
  if(e == 0 || e == -EEXIST){
    *ip = en.ip;
    en.ip = 0;
  }
  put_entry(&en);  // a new i-node that got no name is freed by this
  return e;
}

// Make something that must not be there yet.
static int
create_new(const char *path, short type, short major, short minor)
{
  struct inode *ip;
  int e = create(path, type, major, minor, &ip);
  if(e == 0 || e == -EEXIST)
    iput(ip);
  return e;
}

int
fs_mkdir(const char *path)
{
  return create_new(path, T_DIR, 0, 0);
}

int
fs_mknod(const char *path, short major, short minor)
{
  return create_new(path, T_DEVICE, major, minor);
}

// May it be opened in this way? Not locked.
static int
check_open(struct inode *ip, int flags)
{
  int writes = (flags & (O_WRONLY | O_RDWR)) != 0, e = ilock(ip);
  if(e < 0)
    return e;
  if(ip->type == T_DIR && (writes || (flags & (O_CREATE | O_TRUNC))))
    e = -EISDIR;
  if(ip->type == T_DEVICE && (ip->major < 0 || ip->major >= NDEV))
    e = -ENODEV;
  iunlock(ip);
  return e;
}

int
fs_open(const char *path, int flags, struct inode **ip)
{
  int e;
  if(flags & O_CREATE){
    e = create(path, T_FILE, 0, 0, ip);
    if(e == -EEXIST)
      e = 0;
  } else
    e = fs_lookup(path, ip);
  if(e < 0)
    return e;
  e = check_open(*ip, flags);
  if(e == 0 && (flags & O_TRUNC) && (*ip)->type == T_FILE && (*ip)->size > 0)
    e = itrunc(*ip);
  if(e < 0)
    iput(*ip);
  return e;
}

static int
add_link(struct entry *from, struct entry *to)
{
  if(from->ip->type == T_DIR)
    return -EPERM;
  if(from->ip->nlink == 0)
    return -ENOENT;
  if(from->ip->nlink >= NLINK_MAX)
    return -EMLINK;
  if(to->ip)
    return -EEXIST;
  int e = begin_op(MAXOPBLOCKS);
  if(e < 0)
    return e;
  if((e = dir_put(to->dp, to->off, to->name, from->ip->inum)) == 0)
    add_links(from->ip, 1);
  end_op(MAXOPBLOCKS);
  return e;
}

int
fs_link(const char *old, const char *new)
{
  struct entry from = {0}, to = {0};
  lock_names();
  int e = fs_lookup(old, &from.ip);
  if(e == 0 && (e = names_load(from.ip)) == 0 && (e = find_entry(new, &to)) == 0)
    e = add_link(&from, &to);
  unlock_names();
  put_entry(&from);
  put_entry(&to);
  return e;
}

// A directory goes away for good only when it is empty. 0, or -E...
static int
check_removable(struct inode *ip)
{
  if(ip->nlink < 1)
    return -EIO;
  if(ip->type != T_DIR)
    return 0;
  if(ip->inum == ROOTINO)
    return -EBUSY;
  int empty = dir_empty(ip);
  return empty < 0 ? empty : empty ? 0 : -ENOTEMPTY;
}

// The entry en has gone. Inside an operation; cannot fail.
static void
drop_name(struct entry *en)
{
  if(en->ip->type == T_DIR)
    add_child(en->dp, -1);
  add_links(en->ip, -1);
}

static int
remove_entry(struct entry *en)
{
  if(name_is_dots(en->name))
    return -EINVAL;
  if(en->ip == 0)
    return -ENOENT;
  int e = check_removable(en->ip);
  if(e < 0 || (e = begin_op(MAXOPBLOCKS)) < 0)
    return e;
  if((e = dir_put(en->dp, en->off, "", 0)) == 0)
    drop_name(en);
  end_op(MAXOPBLOCKS);
  return e;
}

int
fs_unlink(const char *path)
{
  struct entry en;
  lock_names();
  int e = find_entry(path, &en);
  if(e == 0)
    e = remove_entry(&en);
  unlock_names();
  put_entry(&en);
  return e == -EEXIST ? -EBUSY : e;
}

// Is dp the same as ip, or somewhere below it? Walks up. 1, 0, or -E...
static int
is_below(struct inode *dp, struct inode *ip)
{
  struct inode *up, *at = idup(dp);
  uint off;
  int e = 0;
  for(uint steps = 0; e == 0 && at != ip && at->inum != ROOTINO; steps++){
    e = steps > sb.ninodes ? -EIO : lookup_in(at, "..", &up, &off);
    if(e == 0){
      iput(at);
      at = up;
    }
  }
  int below = at == ip;
  iput(at);
  return e < 0 ? e : below;
}

static int
changes_parent(const struct entry *from, const struct entry *to)
{
  return from->ip->type == T_DIR && from->dp != to->dp;
}

// May from->ip take the name `to`?
static int
check_move(const struct entry *from, const struct entry *to)
{
  struct inode *ip = from->ip, *victim = to->ip;
  if(ip == from->dp || ip->inum == ROOTINO)
    return -EINVAL;
  if(changes_parent(from, to)){
    int below = is_below(to->dp, ip);
    if(below)
      return below < 0 ? below : -EINVAL;
    if(to->dp->nlink >= NLINK_MAX)
      return -EMLINK;
  }
  if(victim == 0)
    return 0;
  if(ip->type != T_DIR && victim->type == T_DIR)
    return -EISDIR;
  if(ip->type == T_DIR && victim->type != T_DIR)
    return -ENOTDIR;
  return check_removable(victim);
}

// The entries: ".." of a directory that changes its parent (at off_up), the new name, the old one. The later ones undo the
// earlier ones when they fail. Inside an operation.
static int
move_entries(struct entry *from, struct entry *to, uint off_up)
{
  int e, turns = changes_parent(from, to);
  if(turns && (e = dir_put(from->ip, off_up, "..", to->dp->inum)) < 0)
    return e;
  e = dir_put(to->dp, to->off, to->name, from->ip->inum);
  if(e == 0 && (e = dir_put(from->dp, from->off, "", 0)) < 0)
    dir_put(to->dp, to->off, to->ip ? to->name : "", to->ip ? to->ip->inum : 0);
  if(e < 0 && turns)
    dir_put(from->ip, off_up, "..", from->dp->inum);
  return e;
}

// The move itself. Inside an operation.
static int
move(struct entry *from, struct entry *to, uint off_up)
{
  int e = move_entries(from, to, off_up);
  if(e < 0)
    return e;
  if(to->ip)
    drop_name(to);
  if(changes_parent(from, to)){
    add_child(from->dp, -1);
    add_child(to->dp, 1);
  }
  return 0;
}

static int
rename_entry(struct entry *from, struct entry *to)
{
  struct inode *up = 0;
  uint off_up = 0;
  if(name_is_dots(from->name) || name_is_dots(to->name))
    return -EINVAL;
  if(from->ip == 0)
    return -ENOENT;
  if(from->ip == to->ip)
    return 0;  // two names of one file: nothing is to be done
  int e = check_move(from, to);
  if(e == 0 && changes_parent(from, to) && (e = lookup_in(from->ip, "..", &up, &off_up)) == 0)
    iput(up);
  if(e < 0 || (e = begin_op(MAXOPBLOCKS)) < 0)
    return e;
  e = move(from, to, off_up);
  end_op(MAXOPBLOCKS);
  return e;
}

int
fs_rename(const char *old, const char *new)
{
  struct entry from, to = {0};
  lock_names();
  int e = find_entry(old, &from);
  if(e == 0 && (e = find_entry(new, &to)) == 0)
    e = rename_entry(&from, &to);
  unlock_names();
  put_entry(&from);
  put_entry(&to);
  return e == -EEXIST ? -EBUSY : e;
}
