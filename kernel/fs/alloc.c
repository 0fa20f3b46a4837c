// Which blocks and which i-nodes are free. The bitmap of blocks is on disk, in buffers; which i-nodes are free says
// their type, so a bitmap of them is made in memory at boot. Both are searched from where the last search ended.

#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "fs/fsint.h"
#include "fs/inode.h"
#include "mm/kalloc.h"
#include "mm/layout.h"

#define INODE_BITS (PGSIZE * 8)  // in one page of the i-node bitmap
#define INODE_PAGES 2            // 65536 numbers: all that a directory entry can name

// f lock   a atomic
static struct {
  struct spinlock lock;
  uint blocks_free;              // [f] zeros in the bitmap; changed together, while its buffer is held
  uint next_block;               // [a] where to look first
  uint64 *inode_used[INODE_PAGES];  // [f] a bit each
  uint inodes_free;              // [f]
  uint next_inode;               // [f]
} map = {.lock = SPINLOCK("fs maps")};

// The first zero bit in [from, to) of a bitmap, or `to`. Whole words of ones are passed over at once.
static uint
first_zero(const uint64 *bits, uint from, uint to)
{
  for(uint i = from; i < to; i++){
    if(i % 64 == 0)
      while(i < to && bits[i / 64] == ~0UL)
        i += 64;
    if(i >= to)
      break;
    if((bits[i / 64] & 1UL << i % 64) == 0)
      return i;
  }
  return to;
}

// Blocks free in bitmap block m, counted. It stays in memory from now on, so that taking and freeing blocks cannot fail
// half-way for want of it.
static int
count_free(uint m, uint *nfree)
{
  struct buf *b = bread(sb.bmapstart + m);
  if(b == 0)
    return -EIO;
  const uint64 *bits = (const uint64 *)b->data;
  uint end = MIN(sb.size - m * BPB, BPB);
  for(uint i = m == 0 ? data_start : 0; i < end; i++)
    if((bits[i / 64] & 1UL << i % 64) == 0)
      ++*nfree;
  bpin(b);
  brelse(b);
  return 0;
}

static void
mark_inode(uint inum, int used)
{
  uint64 *word = &map.inode_used[inum / INODE_BITS][inum % INODE_BITS / 64], bit = 1UL << inum % 64;
  *word = used ? *word | bit : *word & ~bit;
}

// Start reading blocks first .. end-1, as many as may be under way at once.
static void
prefetch(uint first, uint end)
{
  uint block[PREFETCHMAX], n = 0;
  for(uint b = first; b < end && n < PREFETCHMAX; b++)
    block[n++] = b;
  bprefetch(block, n);
}

// The i-nodes of one block: used, free, used without a name.
static int
count_inodes(uint blockno, uint *norphans)
{
  uint inum = (blockno - sb.inodestart) * IPB;
  struct buf *b = bread(blockno);
  if(b == 0)
    return -EIO;
  const struct dinode *d = (struct dinode *)b->data;
  for(uint i = 0; i < IPB && inum < sb.ninodes; i++, inum++){
    if(inum == 0 || d[i].type)
      mark_inode(inum, 1);
    else
      map.inodes_free++;
    *norphans += inum && d[i].type && d[i].nlink == 0;
  }
  brelse(b);
  return 0;
}

int
alloc_init(uint *norphans)
{
  uint inodes_end = IBLOCK(sb.ninodes - 1, sb) + 1;

  for(uint i = 0; i < INODE_PAGES; i++)
    if((map.inode_used[i] = kzalloc()) == 0)
      return -ENOMEM;
  map.next_block = data_start;
  map.next_inode = ROOTINO;
  *norphans = 0;
  prefetch(sb.bmapstart, sb.bmapstart + bitmap_blocks);
  for(uint b = sb.inodestart; b < inodes_end; b++){
    if((b - sb.inodestart) % PREFETCHMAX == 0)
      prefetch(b, inodes_end);
    if(count_inodes(b, norphans) < 0)
      return -EIO;
  }
  for(uint m = 0; m < bitmap_blocks; m++)
    if(count_free(m, &map.blocks_free) < 0)
      return -EIO;
  return 0;
}

// Take a free block of bitmap block m, at `from` (a bit) or behind it. 0, -ENOSPC.
static int
take_in(uint m, uint from, uint *blockno)
{
  uint end = MIN(sb.size - m * BPB, BPB);
  struct buf *b = bread(sb.bmapstart + m);
  uint64 *bits = (uint64 *)b->data;
  uint bit = first_zero(bits, from, end);
  if(bit == end){
    brelse(b);
    return -ENOSPC;
  }
  bits[bit / 64] |= 1UL << bit % 64;
  log_write(b);
  *blockno = m * BPB + bit;
  acquire(&map.lock);
  map.blocks_free--;
  __atomic_store_n(&map.next_block, *blockno + 1 < sb.size ? *blockno + 1 : data_start, __ATOMIC_RELAXED);
  release(&map.lock);
  brelse(b);
  return 0;
}

// Search all bitmap blocks, from where the last search ended, round to it again.
int
balloc(uint *blockno)
{
  uint from = __atomic_load_n(&map.next_block, __ATOMIC_RELAXED), first = from / BPB;
  for(uint i = 0; i <= bitmap_blocks; i++){
    uint m = (first + i) % bitmap_blocks;
    uint low = m == 0 ? data_start : 0;
    int e = take_in(m, i == 0 ? MAX(from % BPB, low) : low, blockno);
    if(e != -ENOSPC)
      return e;
  }
  return -ENOSPC;
}

// So many bits of a bitmap block have been cleared: note it, and let go of the block.
static void
end_freeing(struct buf *b, uint n)
{
  if(n){
    log_write(b);
    acquire(&map.lock);
    map.blocks_free += n;
    release(&map.lock);
  }
  brelse(b);
}

void
bfree(const uint *blockno, uint n)
{
  struct buf *b = 0;
  uint cleared = 0;
  for(uint i = 0; i < n; i++){
    if(blockno[i] < data_start || blockno[i] >= sb.size)
      continue;
    if(b && b->blockno != BBLOCK(blockno[i], sb)){
      end_freeing(b, cleared);
      b = 0;
    }
    if(b == 0){
      b = bread(BBLOCK(blockno[i], sb));  // a pinned one: no disk, no error
      cleared = 0;
    }
    uint64 *word = (uint64 *)b->data + blockno[i] % BPB / 64, bit = 1UL << blockno[i] % 64;
    cleared += (*word & bit) != 0;
    *word &= ~bit;
  }
  if(b)
    end_freeing(b, cleared);
}

int
inum_alloc(uint *inum)
{
  int e = -ENOSPC;
  acquire(&map.lock);
  for(uint round = 0; round < 2 && e < 0 && map.inodes_free; round++){
    for(uint i = map.next_inode; i < sb.ninodes && e < 0;){
      uint page = i / INODE_BITS, end = MIN(sb.ninodes - page * INODE_BITS, INODE_BITS);
      uint bit = first_zero(map.inode_used[page], i % INODE_BITS, end);
      i = page * INODE_BITS + bit;
      if(bit < end){
        mark_inode(i, 1);
        map.inodes_free--;
        map.next_inode = i + 1;
        *inum = i;
        e = 0;
      }
    }
    if(e < 0)
      map.next_inode = ROOTINO;
  }
  release(&map.lock);
  return e;
}

void
inum_free(uint inum)
{
  acquire(&map.lock);
  mark_inode(inum, 0);
  map.inodes_free++;
  if(inum < map.next_inode)
    map.next_inode = inum;
  release(&map.lock);
}
