// Calls that change names: make, link, unlink, rename. Each is one log operation, so a crash leaves all of it or nothing.
//
// The way of all of them: walk the paths, holding references only; open an operation; lock the i-nodes that take part,
// in ascending number, whatever the paths say of who is above whom; if a directory has changed since the walk (struct
// spot), look again, and if the name leads elsewhere now, start over. So no two calls can wait for each other, even in
// a tree that a bad disk has made a knot.
//
// What can fail is done first: entries may need a block, or a disk that reads. Counts come after, and their
// blocks are pinned (inode.h). An entry that was changed is in the log, so changing it back cannot fail.

#include "core/string.h"
#include "fs/fsint.h"
#include "kernel/fcntl.h"
#include "mm/layout.h"

#define NAME_TRIES 1000    // how often others may get in between, before a call gives up
#define NLINK_MAX 32767

// One directory moves at a time: only that changes who is below whom. Taken before begin_op.
static struct sleeplock tree_lock;

void
names_init(void)
{
  initsleeplock(&tree_lock, "tree");
}

// May an entry be added to dp? Locked.
static int
check_dir(const struct inode *dp)
{
  if(dp->type != T_DIR)
    return -ENOTDIR;
  return dp->nlink == 0 ? -ENOENT : 0;
}

// Does the name in dp still lead to inum (0: to nothing)? Locked. 0: yes, and the spot is right; -EAGAIN: no; or -E...
static int
still_there(struct inode *dp, struct spot *spot, const char *name, uint inum)
{
  uint found;
  int e = check_dir(dp);
  if(e < 0)
    return e;
  if(dp->changes == spot->changes)
    return 0;
  e = dir_find(dp, name, &found, &spot->off);
  return e == -EIO ? e : found == inum ? 0 : -EAGAIN;
}

// A name for ip, which has none yet, in dp, at a spot where it was not; both locked. -EAGAIN: now there is one.
static int
make_entry(struct inode *dp, struct spot *spot, const char *name, struct inode *ip)
{
  int e = still_there(dp, spot, name, 0);
  if(e < 0)
    return e;
  if(ip->type == T_DIR){
    if(dp->nlink >= NLINK_MAX)
      return -EMLINK;
    if((e = dir_put(ip, 0, ".", ip->inum)) < 0 || (e = dir_put(ip, sizeof(struct dirent), "..", dp->inum)) < 0)
      return e;
  }
  if((e = dir_put(dp, spot->off, name, ip->inum)) < 0)
    return e;
  ip->nlink = 1;
  iupdate(ip);
  if(ip->type == T_DIR){
    dp->nlink++;
    iupdate(dp);
  }
  return 0;
}

static int
make_new(struct inode *dp, struct spot *spot, const char *name, short type, short major, short minor,
  struct inode **ip)
{
  int e = begin_op(MAXOPBLOCKS);
  if(e < 0)
    return e;
  e = ialloc(type, major, minor, ip);
  if(e == 0){
    struct inode *set[] = {dp, *ip};
    if((e = ilock_set(set, 2)) == 0){
      e = make_entry(dp, spot, name, *ip);
      iunlock_set(set, 2);
    }
  } else
    *ip = 0;
  end_op(MAXOPBLOCKS);
  if(e < 0 && *ip)
    iput(*ip);  // without a name it is freed again
  return e;
}

// Make a file, directory or device. 0, or -E...; -EEXIST: it was there before, and is in *ip, referenced.
static int
create(const char *path, short type, short major, short minor, struct inode **ip)
{
  char name[DIRSIZ + 1];
  struct inode *dp;
  struct spot spot;
  int e = lookup_parent(path, &dp, name);
  if(e == -EEXIST){
    *ip = iroot();
    return *ip ? -EEXIST : -ENFILE;
  }
  if(e < 0)
    return e;
  e = -EAGAIN;
  for(int i = 0; i < NAME_TRIES && e == -EAGAIN; i++){
    e = lookup_in(dp, name, ip, &spot);
    if(e == 0)
      e = -EEXIST;
    else if(e == -ENOENT)
      e = make_new(dp, &spot, name, type, major, minor, ip);
  }
  iput(dp);
  return e == -EAGAIN ? -EBUSY : e;
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

// Both locked.
static int
link_locked(struct inode *ip, struct inode *dp, const char *name)
{
  uint inum, off;
  int e = check_dir(dp);
  if(ip->type == T_DIR)
    return -EPERM;
  if(e < 0 || ip->nlink == 0)
    return e < 0 ? e : -ENOENT;
  if(ip->nlink >= NLINK_MAX)
    return -EMLINK;
  if((e = dir_find(dp, name, &inum, &off)) != -ENOENT)
    return e < 0 ? e : -EEXIST;
  if((e = dir_put(dp, off, name, ip->inum)) < 0)
    return e;
  ip->nlink++;
  iupdate(ip);
  return 0;
}

int
fs_link(const char *old, const char *new)
{
  char name[DIRSIZ + 1];
  struct inode *ip, *dp;
  int e = fs_lookup(old, &ip);
  if(e < 0)
    return e;
  if((e = lookup_parent(new, &dp, name)) < 0){
    iput(ip);
    return e;
  }
  if((e = begin_op(MAXOPBLOCKS)) == 0){
    struct inode *set[] = {ip, dp};
    if((e = ilock_set(set, 2)) == 0){
      e = link_locked(ip, dp, name);
      iunlock_set(set, 2);
    }
    end_op(MAXOPBLOCKS);
  }
  iput(dp);
  iput(ip);
  return e;
}

// A directory goes away for good only when it is empty. Locked. 0, or -E...
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

// ip has lost a name in dp. Locked; cannot fail.
static void
drop_name(struct inode *dp, struct inode *ip)
{
  if(ip->type == T_DIR && dp->nlink > 1){
    dp->nlink--;
    iupdate(dp);
  }
  ip->nlink--;
  iupdate(ip);
}

// Take an entry away. -EAGAIN: it leads elsewhere now.
static int
unlink_entry(struct inode *dp, struct spot *spot, const char *name, struct inode *ip)
{
  struct inode *set[] = {dp, ip};
  int e = begin_op(MAXOPBLOCKS);
  if(e < 0)
    return e;
  if((e = ilock_set(set, 2)) == 0){
    if((e = still_there(dp, spot, name, ip->inum)) == 0)
      e = dp == ip ? -EINVAL : check_removable(ip);
    if(e == 0 && (e = dir_put(dp, spot->off, "", 0)) == 0)
      drop_name(dp, ip);
    iunlock_set(set, 2);
  }
  end_op(MAXOPBLOCKS);
  return e;
}

int
fs_unlink(const char *path)
{
  char name[DIRSIZ + 1];
  struct inode *dp, *ip;
  struct spot spot;
  int e = lookup_parent(path, &dp, name);
  if(e < 0)
    return e == -EEXIST ? -EBUSY : e;
  e = name_is_dots(name) ? -EINVAL : -EAGAIN;
  for(int i = 0; i < NAME_TRIES && e == -EAGAIN; i++){
    if((e = lookup_in(dp, name, &ip, &spot)) < 0)
      break;
    e = unlink_entry(dp, &spot, name, ip);
    iput(ip);
  }
  iput(dp);
  return e == -EAGAIN ? -EBUSY : e;
}

// A rename under way: from entry `from` of directory dfrom to entry `to` of directory dto.
struct move {
  struct inode *dfrom, *dto;
  char from[DIRSIZ + 1], to[DIRSIZ + 1];
  struct inode *ip;           // what moves
  struct inode *victim;       // what is called `to` now, 0: nothing
  struct spot spot_from, spot_to;  // where the entries are
};

// May ip take victim's name?
static int
move_check(struct move *m)
{
  if(m->ip == m->dfrom || m->ip == m->dto || m->ip->inum == ROOTINO)
    return -EINVAL;
  if(m->ip->type == T_DIR && m->dfrom != m->dto && m->dto->nlink >= NLINK_MAX)
    return -EMLINK;
  if(m->victim == 0)
    return 0;
  if(m->victim == m->dfrom || m->victim == m->dto)
    return -ENOTEMPTY;
  if(m->ip->type != T_DIR && m->victim->type == T_DIR)
    return -EISDIR;
  if(m->ip->type == T_DIR && m->victim->type != T_DIR)
    return -ENOTDIR;
  return check_removable(m->victim);
}

// The entries: ".." of a directory that changes its parent, the new name, the old one. The later ones undo the
// earlier ones when they fail.
static int
move_entries(struct move *m)
{
  uint inum, off_up = 0;
  int e, turns = m->ip->type == T_DIR && m->dfrom != m->dto;
  if(turns){
    if((e = dir_find(m->ip, "..", &inum, &off_up)) < 0)
      return e;
    if((e = dir_put(m->ip, off_up, "..", m->dto->inum)) < 0)
      return e;
  }
  e = dir_put(m->dto, m->spot_to.off, m->to, m->ip->inum);
  if(e == 0 && (e = dir_put(m->dfrom, m->spot_from.off, "", 0)) < 0)
    dir_put(m->dto, m->spot_to.off, m->victim ? m->to : "", m->victim ? m->victim->inum : 0);
  if(e < 0 && turns)
    dir_put(m->ip, off_up, "..", m->dfrom->inum);
  return e;
}

static int
move_locked(struct move *m)
{
  int e = still_there(m->dfrom, &m->spot_from, m->from, m->ip->inum);
  if(e == 0)
    e = still_there(m->dto, &m->spot_to, m->to, m->victim ? m->victim->inum : 0);
  if(e < 0 || (e = move_check(m)) < 0 || (e = move_entries(m)) < 0)
    return e;
  if(m->victim)
    drop_name(m->dto, m->victim);
  if(m->ip->type == T_DIR && m->dfrom != m->dto){
    if(m->dfrom->nlink > 1)
      m->dfrom->nlink--;
    iupdate(m->dfrom);
    m->dto->nlink++;
    iupdate(m->dto);
  }
  return 0;
}

// Is dp the same as ip, or somewhere below it? Walks up. tree_lock is held: nobody turns the way. 1, 0, or -E...
static int
is_below(struct inode *dp, struct inode *ip)
{
  struct inode *up, *at = idup(dp);
  struct spot spot;
  int result = 0;
  for(uint steps = 0; at != ip && at->inum != ROOTINO; steps++){
    int e = steps > sb.ninodes ? -EIO : lookup_in(at, "..", &up, &spot);
    if(e < 0){
      iput(at);
      return e;
    }
    iput(at);
    at = up;
  }
  if(at == ip)
    result = 1;
  iput(at);
  return result;
}

// With the entries found, and the i-nodes referenced.
static int
move_found(struct move *m)
{
  int e = ilock(m->ip);
  if(e < 0)
    return e;
  int is_dir = m->ip->type == T_DIR;
  iunlock(m->ip);
  int turns = is_dir && m->dfrom != m->dto;
  if(turns){
    acquiresleep(&tree_lock);
    e = is_below(m->dto, m->ip);
    e = e > 0 ? -EINVAL : e;
  }
  if(e == 0 && (e = begin_op(MAXOPBLOCKS)) == 0){
    struct inode *set[] = {m->dfrom, m->dto, m->ip, m->victim};
    if((e = ilock_set(set, 4)) == 0){
      e = move_locked(m);
      iunlock_set(set, 4);
    }
    end_op(MAXOPBLOCKS);
  }
  if(turns)
    releasesleep(&tree_lock);
  return e;
}

// One try: find both entries, move. -EAGAIN: somebody was quicker.
static int
move_try(struct move *m)
{
  int e = lookup_in(m->dfrom, m->from, &m->ip, &m->spot_from);
  if(e < 0)
    return e;
  m->victim = 0;
  e = lookup_in(m->dto, m->to, &m->victim, &m->spot_to);
  if(e == -ENOENT)
    m->victim = 0;
  if(e == 0 || e == -ENOENT)
    e = m->victim == m->ip ? 0 : move_found(m);  // two names of one file: nothing is to be done
  if(m->victim)
    iput(m->victim);
  iput(m->ip);
  return e;
}

int
fs_rename(const char *old, const char *new)
{
  struct move m;
  int e = lookup_parent(old, &m.dfrom, m.from);
  if(e < 0)
    return e == -EEXIST ? -EBUSY : e;
  if((e = lookup_parent(new, &m.dto, m.to)) < 0){
    iput(m.dfrom);
    return e == -EEXIST ? -EBUSY : e;
  }
  e = name_is_dots(m.from) || name_is_dots(m.to) ? -EINVAL : -EAGAIN;
  for(int i = 0; i < NAME_TRIES && e == -EAGAIN; i++)
    e = move_try(&m);
  iput(m.dfrom);
  iput(m.dto);
  return e == -EAGAIN ? -EBUSY : e;
}
