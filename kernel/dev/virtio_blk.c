// The disk. A request is a chain of three descriptors: header, data, status (virtio 1.2, 5.2.6). Chain i is made of
// descriptors 3i to 3i+2, so the links are written once at boot; up to 42 are under way at a time, and more wait
// in a queue of ours. The device finishes them in any order.
//
// A disk that does not answer: if for 30 seconds nothing of what is under way comes back, or the device says that it
// is broken, every request ends with -EIO, now and later. A broken device is reset, so it touches no memory any more. One
// that is silent is not: QEMU would finish what is under way first, and stop the machine until then. It may still
// fill the blocks that it was asked for, but those are the buffer cache's for good, and nobody reads them any more.

#include "core/bits.h"
#include "core/check.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "dev/fdt.h"
#include "dev/intc.h"
#include "dev/virtio.h"
#include "dev/virtio_blk.h"
#include "kernel/fs.h"
#include "mm/layout.h"
#include "sched/timer.h"

enum { BLK_READ = 0, BLK_WRITE = 1, BLK_FLUSH = 4 };  // 5.2.6
enum { F_FLUSH = 9 };                                 // feature bit, 5.2.3
enum { CONFIG_CAPACITY = 0 };                         // in sectors, 64 bits, 5.2.4
enum { STATUS_OK = 0, STATUS_NONE = 0xff };           // 5.2.6; 0xff: the device has not written it

#define SECTOR 512
#define NCHAIN (VRING_MAX / 3)
#define PATIENCE (30 * SEC)       // a busy host may well need ten to bring a flush to its own disk
#define HASTY_PATIENCE (3 * SEC)  // ... with the boot argument disk=hasty

struct header {
  uint32 type, reserved;
  uint64 sector;
};

// I constant after boot   d lock
static struct {
  struct spinlock lock;
  struct virtio v;               // [d]
  int ok;                        // [d] there is a disk, and it works
  uint64 blocks;                 // [I]
  uint64 free;                   // [d] bit i: chain i is free
  struct blkreq *first, *last;   // [d] that wait for a chain, oldest first
  struct {
    struct header head;
    volatile uint8 status;
    struct blkreq *r;
  } chain[NCHAIN];               // [d]
  uint64 finished, seen;         // [d] requests that came back; as many when the watchdog was set
  uint64 until;                  // [d] nothing comes back until then: it is given up
  struct timer watchdog;         // [d]
} disk = {.lock = SPINLOCK("virtio")};

static uint8 rings[VRING_BYTES] __attribute__((aligned(PGSIZE)));

// A flush is a request without data; nobody else's has this block number.
#define FLUSH_BLOCK 0xffffffffu

// Fill chain i for request r. lock: disk.lock held.
static void
fill_chain(int i, struct blkreq *r)
{
  int flush = r->blockno == FLUSH_BLOCK;
  volatile struct vring_desc *d = &disk.v.desc[3 * i];

  disk.chain[i].head.type = flush ? BLK_FLUSH : r->write ? BLK_WRITE : BLK_READ;
  disk.chain[i].head.sector = flush ? 0 : (uint64)r->blockno * (BSIZE / SECTOR);
  disk.chain[i].status = STATUS_NONE;
  disk.chain[i].r = r;
  d[0].next = flush ? 3 * i + 2 : 3 * i + 1;
  if(flush)
    return;
  d[1].addr = va2pa(r->data);
  d[1].len = (r->more + 1) * BSIZE;
  d[1].flags = r->write ? VRING_NEXT : VRING_NEXT | VRING_DEV_WRITES;
}

// The parts of the chains that never change.
static void
link_chains(void)
{
  for(int i = 0; i < NCHAIN && 3 * i + 2 < (int)disk.v.num; i++){
    volatile struct vring_desc *d = &disk.v.desc[3 * i];
    d[0].addr = va2pa(&disk.chain[i].head);
    d[0].len = sizeof(struct header);
    d[0].flags = VRING_NEXT;
    d[1].next = 3 * i + 2;
    d[2].addr = va2pa((void *)&disk.chain[i].status);
    d[2].len = 1;
    d[2].flags = VRING_DEV_WRITES;
    disk.free |= 1ul << i;
  }
}

// From now on the disk has so much time to bring something back. lock: disk.lock held.
static void
be_patient(void)
{
  disk.seen = disk.finished;
  disk.until = now() + (machine.disk_hasty ? HASTY_PATIENCE : PATIENCE);
  timer_set(&disk.watchdog, disk.until);
}

// Give the device as many of the waiting requests as there are free chains. result: 1: it must be kicked, when the lock
// has been let go: QEMU works while the kick lasts, and other harts would spin meanwhile. lock: disk.lock held.
static int
disk_start(void)
{
  int n = 0;

  for(; disk.first && disk.free; n++){
    struct blkreq *r = disk.first;
    int i = lowest_bit(disk.free);
    disk.first = r->next;
    disk.free &= disk.free - 1;
    fill_chain(i, r);
    virtio_offer(&disk.v, 3 * i);
  }
  if(n == 0)
    return 0;
  virtio_publish(&disk.v);
  if(!disk.watchdog.set)
    be_patient();
  return 1;
}

// Request r is over. It goes on *over if somebody wants to be called. lock: disk.lock held; r is its requester's
// again as soon as that is let go.
static void
finish(struct blkreq *r, int error, struct blkreq **over)
{
  disk.finished++;
  r->error = error;
  if(r->end){
    r->next = *over;
    *over = r;
  }
  __atomic_store_n(&r->done, 1, __ATOMIC_RELEASE);  // its data and error are seen first
  wq_wake_all(&r->waiters);
}

static void
call_ends(struct blkreq *over)
{
  struct blkreq *r;

  while((r = over) != 0){
    over = r->next;
    check_no_locks("the end of a disk's request");
    r->end(r);
  }
}

// Take back what the device has finished. lock: disk.lock held.
static void
collect(struct blkreq **over)
{
  uint32 id, len;

  while(virtio_take(&disk.v, &id, &len)){
    uint i = id / 3;
    struct blkreq *r = i < NCHAIN && id % 3 == 0 ? disk.chain[i].r : 0;
    if(r == 0)
      continue;  // not a chain that it had
    disk.chain[i].r = 0;
    disk.free |= 1ul << i;
    finish(r, disk.chain[i].status == STATUS_OK ? 0 : -EIO, over);
  }
}

// The disk is no use any more. lock: disk.lock held.
static void
fail_all(const char *why, struct blkreq **over)
{
  struct blkreq *r;

  printf("disk: %s; everything fails from now on\n", why);
  disk.ok = 0;
  for(int i = 0; i < NCHAIN; i++){
    r = disk.chain[i].r;
    disk.chain[i].r = 0;
    if(r)
      finish(r, -EIO, over);
  }
  while((r = disk.first) != 0){
    disk.first = r->next;
    finish(r, -EIO, over);
  }
}

static int
under_way(void)
{
  for(int i = 0; i < NCHAIN; i++)
    if(disk.chain[i].r)
      return 1;
  return 0;
}

// The watchdog. Another hart may have set it anew after it went off and before it got the lock: then it is early.
static void
look(void *arg)
{
  struct blkreq *over = 0;

  acquire(&disk.lock);
  if(disk.ok)
    collect(&over);
  if(disk.ok && under_way()){
    if(disk.seen == disk.finished && now() >= disk.until)
      fail_all(machine.disk_hasty ? "no answer for 3 seconds" : "no answer for 30 seconds", &over);
    else
      be_patient();
  }
  release(&disk.lock);
  call_ends(over);
}

static void
blk_interrupt(void *arg)
{
  struct blkreq *over = 0;
  uint32 causes = virtio_ack(&disk.v);
  int kick = 0;

  acquire(&disk.lock);
  if(disk.ok){
    collect(&over);
    kick = disk_start();
    if((causes & 2) && virtio_broken(&disk.v)){
      virtio_reset(&disk.v);
      fail_all("the device says that it is broken", &over);
    }
  }
  release(&disk.lock);
  if(kick)
    virtio_kick(&disk.v);
  call_ends(over);
}

// Put r behind those that wait for a chain. lock: disk.lock held.
static void
disk_enqueue(struct blkreq *r, struct blkreq **over)
{
  r->done = 0;
  r->error = 0;
  r->next = 0;
  wq_init(&r->waiters);
  if(!disk.ok || ((uint64)r->blockno + r->more >= disk.blocks && r->blockno != FLUSH_BLOCK)){
    finish(r, -EIO, over);
    return;
  }
  if(disk.first)
    disk.last->next = r;
  else
    disk.first = r;
  disk.last = r;
}

void
virtio_blk_submit(struct blkreq *r)
{
  struct blkreq *over = 0, *next;

  acquire(&disk.lock);
  for(; r; r = next){
    next = r->next;
    disk_enqueue(r, &over);
  }
  int kick = disk_start();
  release(&disk.lock);
  if(kick)
    virtio_kick(&disk.v);
  call_ends(over);
}

// A kill does not end the wait: the device would write into memory that has another owner by then.
int
virtio_blk_wait(struct blkreq *r)
{
  acquire(&disk.lock);
  while(!r->done)
    wq_sleep_hard(&r->waiters, &disk.lock);
  release(&disk.lock);
  return r->error;
}

int
virtio_blk_rw(struct blkreq *r)
{
  virtio_blk_submit(r);
  return virtio_blk_wait(r);
}

int
virtio_blk_flush(void)
{
  struct blkreq r = {.blockno = FLUSH_BLOCK};

  if((disk.v.features & 1 << F_FLUSH) == 0)
    return disk.ok ? 0 : -EIO;  // it has no cache that forgets
  return virtio_blk_rw(&r);
}

uint64
virtio_blk_blocks(void)
{
  return disk.blocks;
}

int
virtio_blk_init(void)
{
  uint64 sectors;

  if(virtio_open(&disk.v, VIRTIO_BLK, 1u << F_FLUSH, rings) < 0)
    return -ENODEV;
  sectors = (uint64)virtio_config32(&disk.v, CONFIG_CAPACITY + 4) << 32 | virtio_config32(&disk.v, CONFIG_CAPACITY);
  disk.blocks = MIN(sectors / (BSIZE / SECTOR), (uint64)FLUSH_BLOCK);
  link_chains();
  timer_init(&disk.watchdog, look, 0);
  if(irq_alloc(disk.v.irq, 0, blk_interrupt, 0, "virtio-blk") < 0)
    return -ENODEV;
  disk.ok = 1;
  virtio_ready(&disk.v);
  return 0;
}
