// Disk blocks in memory: a hash table finds a block, a list of those that nobody uses gives the next victim, oldest
// first. Both are O(1), under one spinlock that is held for some tens of instructions; nobody holds it while the disk
// works, and the disk's interrupt takes it to say that a transfer is over.

#include "core/check.h"
#include "core/list.h"
#include "core/assert.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "fs/bio.h"
#include "mm/kalloc.h"
#include "mm/layout.h"

// Blocks that are kept. More than can be pinned at once (two transactions, two blocks for each i-node in memory, the
// bitmap) and held (two a process).
#define NBUFFERS 1536
#define NHASH 512      // a power of 2

// c lock
static struct {
  struct spinlock lock;
  struct waitq freed;            // [c] somebody waits for any buffer
  struct waitq transfers;        // [c] bio_transfer() waits
  uint pending, failed;          // [c] its requests under way, and those that failed
  struct list hash[NHASH];       // [c] buffers that have a block
  struct list lru;               // [c] buffers with refs 0, the one to be reused next in front
} bcache = {.lock = SPINLOCK("bcache")};

struct kstat_disk disk_stat;

static struct list *
chain(uint blockno)
{
  return &bcache.hash[(blockno ^ blockno >> 9) & (NHASH - 1)];
}

// Make buffers: their heads and their data both come from whole pages.
int
bio_init(void)
{
  const uint heads = PGSIZE / sizeof(struct buf), blocks = PGSIZE / BSIZE;
  struct buf *head = 0;
  uint8 *data = 0;
  uint nhead = 0, ndata = 0;

  wq_init(&bcache.freed);
  wq_init(&bcache.transfers);
  list_init(&bcache.lru);
  for(uint i = 0; i < NHASH; i++)
    list_init(&bcache.hash[i]);
  for(uint i = 0; i < NBUFFERS; i++){
    if(nhead == 0){
      head = kzalloc();
      nhead = heads;
    }
    if(ndata == 0){
      data = kalloc();
      ndata = blocks;
    }
    if(head == 0 || data == 0)
      return -ENOMEM;
    struct buf *b = &head[--nhead];
    b->data = data + --ndata * BSIZE;
    b->req.data = b->data;
    wq_init(&b->waiters);
    list_init(&b->hash);
    list_add(&bcache.lru, &b->lru);
  }
  return 0;
}

// The buffer of this block, if there is one. lock: bcache.lock.
static struct buf *
bio_find(uint blockno)
{
  list_each(l, chain(blockno)){
    struct buf *b = container_of(l, struct buf, hash);
    if(b->blockno == blockno)
      return b;
  }
  return 0;
}

// Give the oldest unused buffer to this block, with one reference. 0: all are in use. lock: bcache.lock.
static struct buf *
reuse(uint blockno)
{
  struct list *l = list_pop(&bcache.lru);
  if(l == 0)
    return 0;
  struct buf *b = container_of(l, struct buf, lru);
  list_del(&b->hash);
  b->blockno = blockno;
  b->valid = 0;
  b->txn = 0;
  b->refs = 1;
  list_push(chain(blockno), &b->hash);
  return b;
}

// One reference more. lock: bcache.lock.
static void
ref(struct buf *b)
{
  if(b->refs++ == 0)
    list_del(&b->lru);
}

// One reference less. A buffer without content is the first to be reused. lock: bcache.lock.
static void
unref(struct buf *b)
{
  assert(b->refs > 0);
  if(--b->refs > 0)
    return;
  if(b->valid)
    list_add(&bcache.lru, &b->lru);
  else
    list_push(&bcache.lru, &b->lru);
  wq_wake_all(&bcache.freed);
}

struct buf *
bget(uint blockno)
{
  check_order_take(ORDER_BUFFER);
  acquire(&bcache.lock);
  for(;;){
    struct buf *b = bio_find(blockno);
    if(b){
      ref(b);
      while(b->busy)
        wq_sleep_hard(&b->waiters, &bcache.lock);
    } else
      b = reuse(blockno);
    if(b){
      b->busy = 1;
      release(&bcache.lock);
      return b;
    }
    wq_sleep_hard(&bcache.freed, &bcache.lock);
  }
}

// Let go of it. lock: bcache.lock.
static void
bio_put(struct buf *b)
{
  b->busy = 0;
  wq_wake_one(&b->waiters);
  unref(b);
}

void
brelse(struct buf *b)
{
  assert(b->busy);
  acquire(&bcache.lock);
  bio_put(b);
  release(&bcache.lock);
  check_order_drop(ORDER_BUFFER);
}

struct buf *
bget_zeroed(uint blockno)
{
  struct buf *b = bget(blockno);
  memset(b->data, 0, BSIZE);
  b->valid = 1;
  return b;
}

// A transfer is over. In the disk's interrupt.
static void
read_done(struct blkreq *r)
{
  struct buf *b = container_of(r, struct buf, req);
  acquire(&bcache.lock);
  b->in_flight = 0;
  b->valid = r->error == 0;
  if(r->error)
    count_add(&disk_stat.errors, 1);
  wq_wake_all(&b->waiters);
  release(&bcache.lock);
}

// The same, when nobody waits for it: the transfer itself held the buffer.
static void
prefetch_done(struct blkreq *r)
{
  struct buf *b = container_of(r, struct buf, req);
  acquire(&bcache.lock);
  b->in_flight = 0;
  b->valid = r->error == 0;
  if(r->error)
    count_add(&disk_stat.errors, 1);
  bio_put(b);
  release(&bcache.lock);
}

// The request that fills b, which is busy and marked in flight; the next one of a list.
static struct blkreq *
read_request(struct buf *b, void (*end)(struct blkreq *r), struct blkreq *next)
{
  b->req.blockno = b->blockno;
  b->req.write = 0;
  b->req.end = end;
  b->req.next = next;
  count_add(&disk_stat.reads, 1);
  count_add(&disk_stat.cache_misses, 1);
  return &b->req;
}

struct buf *
bread(uint blockno)
{
  struct buf *b = bget(blockno);
  if(b->valid){
    count_add(&disk_stat.cache_hits, 1);
    return b;
  }
  b->in_flight = 1;
  virtio_blk_submit(read_request(b, read_done, 0));
  acquire(&bcache.lock);
  while(b->in_flight)
    wq_sleep_hard(&b->waiters, &bcache.lock);
  release(&bcache.lock);
  if(b->valid)
    return b;
  brelse(b);
  return 0;
}

void
bprefetch(const uint *blockno, uint n)
{
  struct blkreq *list = 0;
  acquire(&bcache.lock);
  while(n-- > 0){  // from the last one, so that the list begins with the first
    struct buf *b = bio_find(blockno[n]) ? 0 : reuse(blockno[n]);
    if(b){
      b->busy = 1;
      b->in_flight = 1;
      list = read_request(b, prefetch_done, list);
    }
  }
  release(&bcache.lock);
  if(list)
    virtio_blk_submit(list);
}

void
bpin(struct buf *b)
{
  acquire(&bcache.lock);
  assert(b->refs > 0 && b->valid);
  b->refs++;
  release(&bcache.lock);
}

void
bunpin(struct buf *b)
{
  bunpin_all(&b, 1);
}

void
bunpin_all(struct buf **b, uint n)
{
  acquire(&bcache.lock);
  while(n-- > 0)
    unref(*b++);
  release(&bcache.lock);
}

static void
transfer_done(struct blkreq *r)
{
  acquire(&bcache.lock);
  bcache.pending--;
  if(r->error){
    bcache.failed++;
    count_add(&disk_stat.errors, 1);
  }
  if(bcache.pending == 0)
    wq_wake_all(&bcache.transfers);
  release(&bcache.lock);
}

// Make one of those that are neighbours, and a list of all. result: how many are left.
static uint
bio_join(struct blkreq *r, uint n)
{
  uint last = 0;
  for(uint i = 1; i < n; i++){
    uint blocks = r[last].more + 1;
    if(r[i].blockno == r[last].blockno + blocks && r[i].data == (uint8 *)r[last].data + blocks * BSIZE)
      r[last].more++;
    else
      r[++last] = r[i];
  }
  for(uint i = 0; i <= last; i++){
    r[i].end = transfer_done;
    r[i].next = i < last ? &r[i + 1] : 0;
  }
  return last + 1;
}

int
bio_transfer(struct blkreq *r, uint n)
{
  count_add(r->write ? &disk_stat.writes : &disk_stat.reads, n);
  acquire(&bcache.lock);
  assert(bcache.pending == 0);
  bcache.pending = bio_join(r, n);
  bcache.failed = 0;
  release(&bcache.lock);
  virtio_blk_submit(r);
  acquire(&bcache.lock);
  while(bcache.pending)
    wq_sleep_hard(&bcache.transfers, &bcache.lock);
  int result = bcache.failed ? -EIO : 0;
  release(&bcache.lock);
  return result;
}
