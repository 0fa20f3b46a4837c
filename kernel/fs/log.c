// The write-ahead log.
//
// Operations change buffers in memory; the running transaction collects those of all harts. The log thread closes
// it, copies its blocks aside, opens the next one at once, and then works from the copies:
//
//   1 copies to the next slots of the log, all under way at once; flush
//   2 header with the new count; flush                        <- the transaction has happened
//   3 copies to the blocks' own places
//
// Slots fill up, transaction behind transaction. When there is no room for the next one, or nothing to do, the log is
// emptied: flush (all is in its place now), header with a count of 0, flush. A crash before 2 loses the whole
// transaction, after it none of it: log_init() does 3 again, for all slots; of two copies of a block the later one counts.
//
// The header has two sectors, and only a sector is sure to be written whole. So the numbers of the new slots go out in 1,
// with the old count; 2 then changes nothing but the count, in the first sector.
//
// Nobody waits for the disk but the log thread, who asks for log_sync(), and who finds the running transaction full. A
// transaction is closed COMMIT_DELAY after its first change, or when it is half full, or when somebody waits for it.
//
// When the disk fails, the transaction is kept and tried again, into the same slots; until that succeeds every begin_op()
// returns -EIO, after one more try. Reading goes on: what could not be written is still in its buffers.
//
// On disk (xv6's layout): the header block holds the count and the blocks' numbers, slot i is the block i + 1 behind it.

#include "core/check.h"
#include "core/assert.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "fs/log.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define COMMIT_DELAY (50 * MSEC)
#define EMPTY_DELAY (200 * MSEC)  // without a change
#define RETRY_DELAY SEC

struct header {
  uint n;
  uint block[LOGMAX];
};

_Static_assert(sizeof(struct header) == BSIZE, "one block");

// Where the closed transaction is on its way.
enum stage { EMPTY, COPIED, COMMITTED };

// I constant after log_init   l lock   t the log thread (log_init before there is one)
static struct {
  struct spinlock lock;
  uint start;                  // [I] block of the header
  uint cap;                    // [I] slots that are used
  uint inodestart, size;       // [I] what a header may name: inodestart <= block < size

  uint64 running;              // [l] number of the running transaction; its blocks:
  struct buf *buf[LOGMAX];     // [l] pinned
  uint n;                      // [l] invariant: n + reserved <= cap
  uint reserved;               // [l] blocks promised to operations that are open
  uint nops;                   // [l] how many those are
  uint64 first_change;         // [l] when n became 1
  int closing;                 // [l] nobody may begin
  int wanted;                  // [l] somebody waits for a commit
  uint64 durable;              // [l] transactions up to this one are on the disk
  uint used;                   // [t, l] slots that hold transactions; the header on the disk says so
  int want_empty;              // [l] somebody waits until used is 0
  uint64 tries;                // [l] commits tried
  int error;                   // [l] how the last one ended: 0 or -EIO
  struct waitq room;           // [l] begin_op, log_sync, log_empty
  struct waitq work;           // [l] the log thread

  enum stage stage;            // [t]
  uint64 closed;               // [t] number of the closed transaction; its blocks:
  struct buf *closed_buf[LOGMAX];  // [t]
  uint nclosed;                // [t]
  struct header *header;       // [t] a block
  uint8 *copy[LOGMAX];         // [I] blocks
  struct blkreq req[LOGMAX + 1];  // [t]
} log = {.lock = SPINLOCK("log"), .running = 1};

uint
log_capacity(void)
{
  return log.cap;
}

int
begin_op(uint nblocks)
{
  assert(nblocks <= log.cap);
  check_order_take(ORDER_OPERATION);
  acquire(&log.lock);
  while(log.error || log.closing || log.n + log.reserved + nblocks > log.cap){
    uint64 tries = log.tries;
    if(log.n || log.error){  // otherwise it is the other operations' promises that fill it
      log.wanted = 1;
      wq_wake_one(&log.work);
    }
    wq_sleep_hard(&log.room, &log.lock);
    if(log.error && log.tries != tries){
      release(&log.lock);
      check_order_drop(ORDER_OPERATION);
      return -EIO;
    }
  }
  log.reserved += nblocks;
  log.nops++;
  release(&log.lock);
  return 0;
}

void
end_op(uint nblocks)
{
  acquire(&log.lock);
  assert(log.nops > 0 && log.reserved >= nblocks);
  log.reserved -= nblocks;
  log.nops--;
  if(log.closing ? log.nops == 0 : log.n >= log.cap / 2)
    wq_wake_one(&log.work);
  if(!log.closing)
    wq_wake_all(&log.room);
  release(&log.lock);
  check_order_drop(ORDER_OPERATION);
}

void
log_write(struct buf *b)
{
  if(b->txn == log.running)  // without the lock: a transaction is closed only when no operation is open, and ours is
    return;
  acquire(&log.lock);
  assert(log.nops > 0 && log.n < log.cap);
  b->txn = log.running;
  log.buf[log.n++] = b;
  if(log.n == 1){
    log.first_change = now();
    wq_wake_one(&log.work);
  }
  release(&log.lock);
  bpin(b);
}

// Wait for the log thread to do what `done` says. 0, or -EIO. lock: log.lock.
static int
log_wait_until(int (*done)(uint64 target), uint64 target)
{
  uint64 tries = log.tries;
  while(!done(target)){
    log.wanted = 1;
    wq_wake_one(&log.work);
    wq_sleep_hard(&log.room, &log.lock);
    if(log.error && log.tries != tries)
      return -EIO;
  }
  return 0;
}

static int
is_durable(uint64 target)
{
  return log.durable >= target;
}

static int
is_empty(uint64 target)
{
  if(log.durable >= target && log.used == 0 && log.stage == EMPTY)
    return 1;
  log.want_empty = 1;
  return 0;
}

int
log_sync(void)
{
  acquire(&log.lock);
  int e = log_wait_until(is_durable, log.n ? log.running : log.running - 1);
  release(&log.lock);
  return e;
}

int
log_empty(void)
{
  acquire(&log.lock);
  int e = log_wait_until(is_empty, log.n ? log.running : log.running - 1);
  release(&log.lock);
  return e;
}

// The header with this count: how many slots a crash would replay.
static int
write_header(uint n)
{
  struct blkreq r = {.blockno = log.start, .write = 1, .data = log.header};
  log.header->n = n;
  return bio_transfer(&r, 1) < 0 || virtio_blk_flush() < 0 ? -EIO : 0;
}

static struct blkreq
write_request(uint blockno, void *data)
{
  return (struct blkreq){.blockno = blockno, .write = 1, .data = data};
}

// Step 1: the copies to the slots behind the used ones, and their numbers to the header.
static int
write_slots(void)
{
  for(uint i = 0; i < log.nclosed; i++){
    log.header->block[log.used + i] = log.closed_buf[i]->blockno;
    log.req[i] = write_request(log.start + 1 + log.used + i, log.copy[i]);
  }
  log.header->n = log.used;
  log.req[log.nclosed] = write_request(log.start, log.header);
  return bio_transfer(log.req, log.nclosed + 1) < 0 || virtio_blk_flush() < 0 ? -EIO : 0;
}

// Step 3: the copies to where they belong.
static int
write_home(void)
{
  for(uint i = 0; i < log.nclosed; i++)
    log.req[i] = write_request(log.closed_buf[i]->blockno, log.copy[i]);
  return bio_transfer(log.req, log.nclosed);
}

// All that the slots hold is in its place: make it stay there, then forget the slots.
static int
empty_slots(void)
{
  if(virtio_blk_flush() < 0 || write_header(0) < 0)
    return -EIO;
  acquire(&log.lock);
  log.used = 0;
  release(&log.lock);
  return 0;
}

// What is left to be done for the closed transaction. 0, or -EIO.
static int
commit(void)
{
  if(log.stage == COPIED){
    if(log.used + log.nclosed > log.cap && empty_slots() < 0)
      return -EIO;
    if(write_slots() < 0 || write_header(log.used + log.nclosed) < 0)
      return -EIO;
    count_add(&disk_stat.commits, 1);
    acquire(&log.lock);
    log.stage = COMMITTED;
    log.used += log.nclosed;
    log.durable = log.closed;
    wq_wake_all(&log.room);
    release(&log.lock);
  }
  if(write_home() < 0)
    return -EIO;
  bunpin_all(log.closed_buf, log.nclosed);
  return 0;
}

// Close the running transaction, copy its blocks aside, open the next one. lock: log.lock, let go of meanwhile.
static void
close_running(void)
{
  log.closing = 1;
  while(log.nops)
    wq_sleep_hard(&log.work, &log.lock);
  release(&log.lock);
  // No operation is open and none may begin, so the buffers stand still.
  for(uint i = 0; i < log.n; i++){
    log.closed_buf[i] = log.buf[i];
    memcpy(log.copy[i], log.buf[i]->data, BSIZE);
  }
  acquire(&log.lock);
  log.nclosed = log.n;
  log.closed = log.running++;
  log.n = 0;
  log.closing = 0;
  log.stage = COPIED;
  wq_wake_all(&log.room);
}

// When there is something to do next; FOREVER: nothing. lock: log.lock.
static uint64
next_work(uint64 since)
{
  if(log.stage != EMPTY || log.error)
    return log.wanted ? 0 : since + RETRY_DELAY;
  if(log.n)
    return log.wanted || log.n >= log.cap / 2 ? 0 : log.first_change + COMMIT_DELAY;
  if(log.used)
    return log.want_empty ? 0 : since + EMPTY_DELAY;
  return FOREVER;
}

// One piece of work. lock: log.lock, let go of meanwhile. 0, or -EIO.
static int
log_work(void)
{
  int e;
  if(log.stage == EMPTY && log.n)
    close_running();
  enum stage stage = log.stage;
  release(&log.lock);
  e = stage == EMPTY ? empty_slots() : commit();
  acquire(&log.lock);
  if(e == 0)
    log.stage = EMPTY;
  return e;
}

static void
log_thread(void *arg)
{
  acquire(&log.lock);
  for(;;){
    uint64 since = now(), when;
    while((when = next_work(since)) == FOREVER || now() < when)
      wq_sleep_until(&log.work, &log.lock, when);
    log.wanted = log.want_empty = 0;
    int e = log_work();
    if(e < 0 && log.error == 0)
      printf("fs: the disk does not take writes; changes wait in memory\n");
    if(e == 0 && log.error < 0)
      printf("fs: the disk takes writes again\n");
    log.error = e;
    log.tries++;
    wq_wake_all(&log.room);
  }
}

// The blocks that the header names must be ones that operations change.
static int
check_header(void)
{
  const struct header *h = log.header;
  if(h->n > log.cap){
    printf("fs: the log says %u blocks, but has room for %d: not replayed\n", h->n, log.cap);
    return -EINVAL;
  }
  for(uint i = 0; i < h->n; i++)
    if(h->block[i] < log.inodestart || h->block[i] >= log.size){
      printf("fs: the log names block %u, which is none of its: not replayed\n", h->block[i]);
      return -EINVAL;
    }
  return 0;
}

static int
is_last_copy(uint i)
{
  for(uint j = i + 1; j < log.header->n; j++)
    if(log.header->block[j] == log.header->block[i])
      return 0;
  return 1;
}

// What a crash left in the slots goes to its places. 0, -EIO, -EINVAL.
static int
recover(void)
{
  struct blkreq r = {.blockno = log.start, .data = log.header};
  uint n = 0;
  if(bio_transfer(&r, 1) < 0){
    printf("fs: the disk fails where the log is (block %d)\n", log.start);
    return -EIO;
  }
  if(log.header->n == 0)
    return 0;
  if(check_header() < 0)
    return -EINVAL;
  printf("recovering %d blocks from the log\n", log.header->n);
  for(uint i = 0; i < log.header->n; i++)
    log.req[i] = (struct blkreq){.blockno = log.start + 1 + i, .data = log.copy[i]};
  int e = bio_transfer(log.req, log.header->n);
  for(uint i = 0; i < log.header->n; i++)
    if(is_last_copy(i))
      log.req[n++] = write_request(log.header->block[i], log.copy[i]);
  if(e < 0 || bio_transfer(log.req, n) < 0 || empty_slots() < 0){
    printf("fs: the disk failed while the log was replayed\n");
    return -EIO;
  }
  return 0;
}

int
log_init(const struct superblock *sb)
{
  wq_init(&log.room);
  wq_init(&log.work);
  log.start = sb->logstart;
  log.cap = MIN(sb->nlog - 1, LOGMAX);
  log.inodestart = sb->inodestart;
  log.size = sb->size;
  for(uint i = 0; i < log.cap + 1; i += PGSIZE / BSIZE){
    uint8 *page = kalloc();
    if(page == 0)
      return -ENOMEM;
    for(uint j = 0; j < PGSIZE / BSIZE; j++)
      if(i + j == log.cap)
        log.header = (struct header *)(page + j * BSIZE);
      else if(i + j < log.cap)
        log.copy[i + j] = page + j * BSIZE;
  }
  int e = recover();
  if(e < 0)
    return e;
  memset(log.header, 0, BSIZE);
  return kthread_create("log", log_thread, 0) ? 0 : -ENOMEM;
}
