// I-nodes in memory, and the content of files.
//
// An i-node in memory is found by a hash of its number. Those without references stay, oldest first on a list, until
// their place is needed; so a path that is walked again costs no disk and no decoding.

#include "core/check.h"
#include "core/list.h"
#include "core/assert.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "fs/fsint.h"
#include "fs/inode.h"
#include "mm/uaccess.h"

#define NCACHED (4 * NINODE)  // more than NINODE: every process has a cwd, every open file an i-node
#define NHASH 128             // a power of 2
#define AHEAD PREFETCHMAX     // blocks that are read ahead of a reader

// t lock
static struct {
  struct spinlock lock;
  struct inode inode[NCACHED];
  struct list hash[NHASH];  // [t]
  struct list lru;          // [t] those with refs 0
  uint nfree;               // [t] their number
} itable = {.lock = SPINLOCK("inode table")};

void
inode_init(void)
{
  list_init(&itable.lru);
  for(int i = 0; i < NHASH; i++)
    list_init(&itable.hash[i]);
  for(int i = 0; i < NCACHED; i++){
    struct inode *ip = &itable.inode[i];
    initsleeplock(&ip->lock, "inode");
    list_init(&ip->hash);
    list_add(&itable.lru, &ip->lru);
  }
  itable.nfree = NCACHED;
}

// The i-node in memory, with a reference; 0: it is not. lock: itable.lock.
static struct inode *
inode_find(uint inum)
{
  list_each(l, &itable.hash[inum % NHASH]){
    struct inode *ip = container_of(l, struct inode, hash);
    if(ip->inum == inum){
      if(ip->refs++ == 0){
        list_del(&ip->lru);
        itable.nfree--;
      }
      return ip;
    }
  }
  return 0;
}

// What memory knows of it is no longer so. Locked, or nobody else can find it.
static void
inode_forget(struct inode *ip)
{
  ip->valid = 0;
  ip->ahead = 0;
  if(ip->home)
    bunpin(ip->home);
  if(ip->table)
    bunpin(ip->table);
  ip->home = ip->table = 0;
}

int
iget(uint inum, struct inode **ipp)
{
  if(inum == 0 || inum >= sb.ninodes)
    return -EIO;
  acquire(&itable.lock);
  struct inode *ip = inode_find(inum);
  struct list *l;
  if(ip == 0 && (l = list_pop(&itable.lru)) != 0){
    ip = container_of(l, struct inode, lru);
    itable.nfree--;
    list_del(&ip->hash);
    inode_forget(ip);
    ip->dev = ROOTDEV;
    ip->inum = inum;
    ip->refs = 1;
    list_push(&itable.hash[inum % NHASH], &ip->hash);
  }
  release(&itable.lock);
  *ipp = ip;
  return ip ? 0 : -ENFILE;
}

struct inode *
idup(struct inode *ip)
{
  acquire(&itable.lock);
  ip->refs++;
  release(&itable.lock);
  return ip;
}

struct inode *
iroot(void)
{
  struct inode *ip;
  return iget(ROOTINO, &ip) < 0 ? 0 : ip;
}

void
fs_counts(uint32 *inodes, uint32 *inodes_free)
{
  acquire(&itable.lock);
  *inodes = NCACHED;
  *inodes_free = itable.nfree;
  release(&itable.lock);
}

// The i-node as it is on the disk, which may be anything: 0, or -EIO if it is free or cannot be right.
static int
inode_load(struct inode *ip)
{
  struct buf *b = bread(IBLOCK(ip->inum, sb));
  if(b == 0)
    return -EIO;
  const struct dinode *d = (struct dinode *)b->data + ip->inum % IPB;
  if(d->type < T_DIR || d->type > T_DEVICE || d->size > MAXFILE * BSIZE || d->nlink < 0){
    brelse(b);
    return -EIO;
  }
  ip->type = d->type;
  ip->major = d->major;
  ip->minor = d->minor;
  ip->nlink = d->nlink;
  ip->size = d->size;
  memcpy(ip->addrs, d->addrs, sizeof(ip->addrs));
  bpin(b);
  ip->home = b;
  ip->valid = 1;
  brelse(b);
  return 0;
}

static void
lock(struct inode *ip)
{
  check_order_take(ORDER_INODE);
  acquiresleep(&ip->lock);
}

int
ilock(struct inode *ip)
{
  lock(ip);
  if(ip->valid || inode_load(ip) == 0)
    return 0;
  iunlock(ip);
  return -EIO;
}

void
iunlock(struct inode *ip)
{
  releasesleep(&ip->lock);
  check_order_drop(ORDER_INODE);
}

void
iunlockput(struct inode *ip)
{
  iunlock(ip);
  iput(ip);
}

void
iupdate(struct inode *ip)
{
  struct buf *b = bread(ip->home->blockno);  // a pinned one: no disk, no error
  struct dinode *d = (struct dinode *)b->data + ip->inum % IPB;
  d->type = ip->type;
  d->major = ip->major;
  d->minor = ip->minor;
  d->nlink = ip->nlink;
  d->size = ip->size;
  memcpy(d->addrs, ip->addrs, sizeof(ip->addrs));
  log_write(b);
  brelse(b);
}

int
ialloc(short type, short major, short minor, struct inode **ipp)
{
  uint inum;
  struct inode *ip;
  int e = inum_alloc(&inum);
  if(e < 0)
    return e;
  if((e = iget(inum, &ip)) < 0){
    inum_free(inum);
    return e;
  }
  lock(ip);
  struct buf *b = bread(IBLOCK(inum, sb));
  if(b == 0){
    iunlock(ip);
    inum_free(inum);
    iput(ip);
    return -EIO;
  }
  inode_forget(ip);
  ip->type = type;
  ip->major = major;
  ip->minor = minor;
  ip->nlink = 0;
  ip->size = 0;
  memset(ip->addrs, 0, sizeof(ip->addrs));
  bpin(b);
  ip->home = b;
  ip->valid = 1;
  brelse(b);
  iupdate(ip);
  iunlock(ip);
  *ipp = ip;
  return 0;
}

uint
itrunc_blocks(void)
{
  return 1 + MIN(bitmap_blocks, MAXFILE + 1);
}

// An address from the disk: a block that may hold content, or 0 for none. 0, -EIO.
static int
check_addr(uint addr, uint *blockno)
{
  if(addr != 0 && (addr < data_start || addr >= sb.size))
    return -EIO;
  *blockno = addr;
  return 0;
}

// Pin b, which is held, as the block of the addresses behind the direct ones, and let go of it.
static void
keep_table(struct inode *ip, struct buf *b)
{
  bpin(b);
  brelse(b);
  ip->table = b;
}

// The addresses behind the direct ones, in *addr; 0: there are none. Nobody but the i-node's owner changes them, so they
// are read, and changed, without holding their buffer. 0, -EIO.
static int
get_table(struct inode *ip, const uint **addr)
{
  uint bn;
  *addr = 0;
  if(ip->table == 0){
    if(check_addr(ip->addrs[NDIRECT], &bn) < 0)
      return -EIO;
    if(bn == 0)
      return 0;
    struct buf *b = bread(bn);
    if(b == 0)
      return -EIO;
    keep_table(ip, b);
  }
  *addr = (const uint *)ip->table->data;
  return 0;
}

// Give back all blocks of the content. What can fail (reading the table) comes first. Inside an operation of
// itrunc_blocks(), locked.
static int
free_content(struct inode *ip)
{
  const uint *addr = ip->table ? (const uint *)ip->table->data : 0;
  if(check_addr(ip->addrs[NDIRECT], &(uint){0}) == 0 && get_table(ip, &addr) < 0)
    return -EIO;
  if(ip->table){
    bfree(addr, NINDIRECT);
    bunpin(ip->table);
    ip->table = 0;
  }
  bfree(ip->addrs, NDIRECT + 1);
  memset(ip->addrs, 0, sizeof(ip->addrs));
  ip->size = 0;
  ip->ahead = 0;
  return 0;
}

int
itrunc(struct inode *ip)
{
  int e = begin_op(itrunc_blocks());
  if(e < 0)
    return e;
  if((e = ilock(ip)) == 0){
    e = free_content(ip);
    iupdate(ip);
    iunlock(ip);
  }
  end_op(itrunc_blocks());
  return e;
}

// The last reference to a file without names goes away: so does the file. If the disk fails, it stays there as an
// orphan that fs_init frees at the next boot. 0, -EIO.
static int
destroy(struct inode *ip)
{
  int e = begin_op(itrunc_blocks());
  if(e < 0)
    return e;
  if((e = ilock(ip)) == 0){
    if(ip->nlink == 0 && (e = free_content(ip)) == 0){
      ip->type = 0;
      iupdate(ip);
      inode_forget(ip);
      inum_free(ip->inum);
    }
    iunlock(ip);
  }
  end_op(itrunc_blocks());
  return e;
}

void
iput(struct inode *ip)
{
  int e = 0;
  acquire(&itable.lock);
  assert(ip->refs > 0);
  while(e == 0 && ip->refs == 1 && ip->valid && ip->nlink == 0){
    // Nobody else has it, and no name leads to it, so nobody will. But as soon as its number is free, somebody may make
    // a new file of it and give that up again, all while we still hold our reference: then that one is ours to destroy.
    release(&itable.lock);
    e = destroy(ip);
    acquire(&itable.lock);
  }
  if(--ip->refs == 0){
    if(ip->valid)
      list_add(&itable.lru, &ip->lru);
    else
      list_push(&itable.lru, &ip->lru);
    itable.nfree++;
  }
  release(&itable.lock);
}

void
stati(struct inode *ip, struct stat *st)
{
  *st = (struct stat){.dev = ip->dev, .ino = ip->inum, .type = ip->type, .nlink = ip->nlink, .size = ip->size};
}

int
bmap(struct inode *ip, uint i, uint *blockno)
{
  const uint *addr;
  if(i < NDIRECT)
    return check_addr(ip->addrs[i], blockno);
  *blockno = 0;
  if(get_table(ip, &addr) < 0)
    return -EIO;
  return addr ? check_addr(addr[i - NDIRECT], blockno) : 0;
}

// Take a block for the addresses behind the direct ones. 0, -ENOSPC.
static int
make_table(struct inode *ip)
{
  int e = balloc(&ip->addrs[NDIRECT]);
  if(e < 0)
    return e;
  struct buf *b = bget_zeroed(ip->addrs[NDIRECT]);
  log_write(b);
  keep_table(ip, b);
  return 0;
}

// The same, but a hole gets a new block, whose content the caller must write; *fresh says so. 0, -ENOSPC, -EIO.
static int
bmap_alloc(struct inode *ip, uint i, uint *blockno, int *fresh)
{
  int e = bmap(ip, i, blockno);
  *fresh = 0;
  if(e < 0 || *blockno)
    return e;
  if((e = balloc(blockno)) < 0)
    return e;
  if(i >= NDIRECT && ip->table == 0 && (e = make_table(ip)) < 0){
    bfree(blockno, 1);  // a full disk: no table without a block to name in it
    return e;
  }
  *fresh = 1;
  if(i < NDIRECT){
    ip->addrs[i] = *blockno;
    return 0;
  }
  ((uint *)ip->table->data)[i - NDIRECT] = *blockno;
  log_write(ip->table);
  return 0;
}

// Is enough of what follows block i on its way, or here?
static inline int
is_ahead(const struct inode *ip, uint i)
{
  return ip->ahead > i + AHEAD / 2 && ip->ahead <= i + AHEAD;
}

// A reader is at block i: keep the disk busy with what comes next.
static void __attribute__((noinline))
read_ahead(struct inode *ip, uint i)
{
  uint end = (ip->size + BSIZE - 1) / BSIZE, block[AHEAD], n = 0;
  if(i + AHEAD < ip->ahead || i > ip->ahead)
    ip->ahead = i;  // it went elsewhere
  for(uint j = ip->ahead; j < MIN(i + AHEAD, end); j++)
    if(bmap(ip, j, &block[n]) == 0 && block[n])
      n++;
  bprefetch(block, n);
  ip->ahead = i + AHEAD;
}

int
readi(struct inode *ip, int user, uint64 dst, uint off, uint n)
{
  static const uint8 zeros[BSIZE];
  if(off >= ip->size)
    return 0;
  n = MIN(n, ip->size - off);
  uint done = 0, bn;
  for(uint m; done < n; done += m){
    uint at = (off + done) % BSIZE;
    m = MIN(n - done, BSIZE - at);
    uint i = (off + done) / BSIZE;
    if(!is_ahead(ip, i))
      read_ahead(ip, i);
    struct buf *b = 0;
    if(bmap(ip, i, &bn) < 0 || (bn && (b = bread(bn)) == 0))
      return done ? (int)done : -EIO;
    int e = copy_to(user, dst + done, b ? b->data + at : zeros, m);
    if(b)
      brelse(b);
    if(e < 0)
      return e;
  }
  return done;
}

// m bytes into block bn of a file, at byte `at` of it. fresh: the block was just taken, its old content is not ours; what is
// not written over becomes zeros.
static int
write_block(uint bn, int fresh, uint at, int user, uint64 src, uint m)
{
  struct buf *b;
  if(m == BSIZE)
    b = bget(bn);  // all of it is overwritten: no need to read it
  else if(fresh)
    b = bget_zeroed(bn);
  else
    b = bread(bn);
  if(b == 0)
    return -EIO;
  int e = copy_from(b->data + at, user, src, m);
  if(e < 0 && fresh)
    memset(b->data, 0, BSIZE);
  if(e == 0 || fresh || b->valid){
    b->valid = 1;
    log_write(b);
  }
  brelse(b);
  return e;
}

uint
write_blocks(uint n)
{
  uint data = n / BSIZE + 2;
  return data + 2 + MIN(bitmap_blocks, data + 1);  // the table of indirect blocks, and the i-node's block
}

int
writei(struct inode *ip, int user, uint64 src, uint off, uint n)
{
  uint done = 0, bn;
  int e = 0, fresh;
  if(off > ip->size)
    return -EINVAL;
  if(off >= MAXFILE * BSIZE)
    return n ? -EFBIG : 0;
  n = MIN(n, MAXFILE * BSIZE - off);
  for(uint m; done < n; done += m){
    uint at = (off + done) % BSIZE;
    m = MIN(n - done, BSIZE - at);
    if((e = bmap_alloc(ip, (off + done) / BSIZE, &bn, &fresh)) < 0)
      break;
    if((e = write_block(bn, fresh, at, user, src + done, m)) < 0)
      break;
  }
  if(off + done > ip->size)
    ip->size = off + done;
  iupdate(ip);
  return done ? (int)done : e;
}
