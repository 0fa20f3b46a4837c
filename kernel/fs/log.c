// The write-ahead log.
//
// Operations change buffers in memory; the running transaction collects those of all harts. The log thread closes
// it, copies its blocks aside, opens the next one at once, and then works from the copies:
//
//   1 copies to the log's slots, all under way at once; flush
//   2 header with the count and the blocks' numbers; flush    <- the transaction has happened
//   3 copies to the blocks' own places; flush
//   4 header with a count of 0; flush                         <- the slots are free for the next one
//
// A crash before 2 loses the whole transaction, after it none of it: log_init() does 3 and 4 again. Nobody waits for the
// disk but the log thread, who asks for log_sync(), and who finds the running transaction full. A transaction is
// closed COMMIT_DELAY after its first change, or when it is half full, or when somebody waits for it.
//
// When the disk fails, the transaction is kept and tried again, from the step that failed; until that succeeds every
// begin_op() returns -EIO, after one more try. Reading goes on: what could not be written is still in its buffers.
//
// On disk (xv6's layout): the header block holds the count and the blocks' numbers, slot i is the block i + 1 behind it.

#include "core/panic.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "fs/log.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define COMMIT_DELAY (50 * MSEC)
#define RETRY_DELAY SEC

struct header {
  uint n;
  uint block[LOGMAX];
};

_Static_assert(sizeof(struct header) == 512, "one sector");

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
  uint64 tries;                // [l] commits tried
  int error;                   // [l] how the last one ended: 0 or -EIO
  struct waitq room;           // [l] begin_op, log_sync
  struct waitq work;           // [l] the log thread

  enum stage stage;            // [t]
  uint64 closed;               // [t] number of the closed transaction; its blocks:
  struct buf *closed_buf[LOGMAX];  // [t]
  uint nclosed;                // [t]
  struct header *header;       // [t] a block
  uint8 *copy[LOGMAX];         // [I] blocks
  struct blkreq req[LOGMAX];   // [t]
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
}

void
log_write(struct buf *b)
{
  acquire(&log.lock);
  assert(log.nops > 0);
  int fresh = b->txn != log.running;
  if(fresh){
    assert(log.n < log.cap);
    b->txn = log.running;
    log.buf[log.n++] = b;
    if(log.n == 1){
      log.first_change = now();
      wq_wake_one(&log.work);
    }
  }
  release(&log.lock);
  if(fresh)
    bpin(b);
}

int
log_sync(void)
{
  acquire(&log.lock);
  uint64 target = log.n ? log.running : log.running - 1, tries = log.tries;
  int result = 0;
  while(log.durable < target && result == 0){
    log.wanted = 1;
    wq_wake_one(&log.work);
    wq_sleep_hard(&log.room, &log.lock);
    if(log.error && log.tries != tries)
      result = -EIO;
  }
  release(&log.lock);
  return result;
}

// The header block, and with it the fate of the slots.
static int
write_header(uint n)
{
  struct blkreq r = {.blockno = log.start, .write = 1, .data = log.header};
  log.header->n = n;
  return bio_transfer(&r, 1) < 0 || virtio_blk_flush() < 0 ? -EIO : 0;
}

// The copies to the slots, or to where they belong.
static int
write_copies(int home)
{
  for(uint i = 0; i < log.nclosed; i++)
    log.req[i] = (struct blkreq){
      .blockno = home ? log.header->block[i] : log.start + 1 + i,
      .write = 1,
      .data = log.copy[i],
    };
  return bio_transfer(log.req, log.nclosed) < 0 || virtio_blk_flush() < 0 ? -EIO : 0;
}

// Steps 1 to 4 for the closed transaction, or those of them that are left. 0: it is done, or -EIO.
static int
commit(void)
{
  if(log.stage == COPIED){
    // Also when this is a second try, and the first one's header is on the disk after all: the slots get the same again.
    if(write_copies(0) < 0 || write_header(log.nclosed) < 0)
      return -EIO;
    log.stage = COMMITTED;
    count_add(&disk_stat.commits, 1);
    acquire(&log.lock);
    log.durable = log.closed;
    wq_wake_all(&log.room);
    release(&log.lock);
  }
  if(write_copies(1) < 0 || write_header(0) < 0)
    return -EIO;
  for(uint i = 0; i < log.nclosed; i++)
    bunpin(log.closed_buf[i]);
  log.stage = EMPTY;
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
    log.header->block[i] = log.buf[i]->blockno;
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

// Wait until there is something to commit, and it is time to. lock: log.lock.
static void
wait_for_work(void)
{
  uint64 started = now();
  for(;;){
    uint64 when = FOREVER;
    if(log.stage != EMPTY)
      when = started + RETRY_DELAY;
    else if(log.n)
      when = log.n >= log.cap / 2 ? 0 : log.first_change + COMMIT_DELAY;
    if(when != FOREVER && (log.wanted || now() >= when))
      return;
    wq_sleep_until(&log.work, &log.lock, when);
  }
}

static void
log_thread(void *arg)
{
  acquire(&log.lock);
  for(;;){
    wait_for_work();
    log.wanted = 0;
    if(log.stage == EMPTY)
      close_running();
    release(&log.lock);
    int e = commit();
    acquire(&log.lock);
    if(e < 0 && log.error == 0)
      printf("fs: the disk does not take writes; changes wait in memory\n");
    if(e == 0 && log.error < 0)
      printf("fs: the disk takes writes again\n");
    log.error = e;
    log.tries++;
    wq_wake_all(&log.room);
  }
}

// What a crash left between steps 2 and 4. 0, -EIO, -EINVAL.
static int
recover(void)
{
  struct blkreq r = {.blockno = log.start, .data = log.header};
  if(bio_transfer(&r, 1) < 0){
    printf("fs: the disk fails where the log is (block %d)\n", log.start);
    return -EIO;
  }
  if(log.header->n == 0)
    return 0;
  if(log.header->n > log.cap){
    printf("fs: the log says %u blocks, but has room for %d: not replayed\n", log.header->n, log.cap);
    return -EINVAL;
  }
  log.nclosed = log.header->n;
  for(uint i = 0; i < log.nclosed; i++){
    uint b = log.header->block[i];
    if(b < log.inodestart || b >= log.size){
      printf("fs: the log names block %u, which is none of its: not replayed\n", b);
      return -EINVAL;
    }
    log.req[i] = (struct blkreq){.blockno = log.start + 1 + i, .data = log.copy[i]};
  }
  printf("fs: recovering %d blocks from the log\n", log.nclosed);
  if(bio_transfer(log.req, log.nclosed) < 0 || write_copies(1) < 0 || write_header(0) < 0){
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
