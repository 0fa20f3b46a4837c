// The file system on a damaged disk: an input says what is changed in a good image, and what a program does then.
//
// Nothing that the disk holds may make the kernel crash or wait for ever. And where fsck finds no fault with the disk, the
// kernel must mount it, and leave it so that fsck finds no fault again, when it was stopped in order.

#include "core/cpu.h"
#include "core/list.h"
#include "core/assert.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "dev/virtio_blk.h"
#include "fs/file.h"
#include "fs/log.h"
#include "fuzz.h"
#include "../fuzz/fuzz.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "mm/uaccess.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define PROCESSES 3

unsigned char the_disk[BLOCKS * 1024];
static struct proc processes[PROCESSES];
static uint64 until[PROCESSES];   // FOREVER: it does not wait for time
static int ready[PROCESSES], nprocesses = 1;
static uint64 nanoseconds = 1000;

// ---- core

void
acquire(struct spinlock *lk)
{
  if(lk->locked)
    fuzz_fail("the lock %s is taken twice", lk->name);
  lk->locked = 1;
}

void
release(struct spinlock *lk)
{
  lk->locked = 0;
}

void
panic(const char *fmt, ...)
{
  char text[300];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  fuzz_fail("panic: %s", text);
}

// ---- mm

static uint8 *arena;
static uint8 used[PAGES];
static uint npages;
static fuzz_byte junk;

void *
kalloc(void)
{
  while(npages < PAGES && used[npages])
    npages++;
  if(npages == PAGES)
    return 0;
  used[npages] = 1;
  uint8 *page = arena + (uint64)npages * PGSIZE;
  host_unpoison(page, PGSIZE);
  return memset(page, junk, PGSIZE);
}

void
kfree(void *page)
{
  uint i = ((uint8 *)page - arena) / PGSIZE;
  used[i] = 0;
  npages = MIN(npages, i);
  host_poison(page, PGSIZE);
}

static void
each_page(void (*fn)(void *page, unsigned long n))
{
  for(uint i = 0; i < PAGES; i++)
    if(used[i])
      fn(arena + (uint64)i * PGSIZE, PGSIZE);
}

int
copyin(void *dst, uint64 src, uint64 n)
{
  if(n && src < PGSIZE)
    return -EFAULT;
  memcpy(dst, (void *)src, n);
  return 0;
}

int
copyout(uint64 dst, const void *src, uint64 n)
{
  if(n && dst < PGSIZE)
    return -EFAULT;
  memcpy((void *)dst, src, n);
  return 0;
}

// ---- sched: a process runs until it waits; the clock goes on when all wait

unsigned long
host_nanoseconds(void)
{
  return nanoseconds += 100;
}

// Where the sleeper's turn goes. When nobody is ready, to the one whose time comes first.
static int
next_process(void)
{
  int best = -1;
  for(int i = 0; i < nprocesses; i++)
    if(ready[i])
      return i;
  for(int i = 0; i < nprocesses; i++)
    if(until[i] != FOREVER && (best < 0 || until[i] < until[best]))
      best = i;
  if(best < 0)
    fuzz_fail("everybody waits for ever");
  while(now() < until[best])
    nanoseconds += (until[best] - now()) * 100 / HURRY + 100;
  return best;
}

int
wq_sleep_until(struct waitq *q, struct spinlock *lk, uint64 when)
{
  struct proc *p = myproc();
  int i = p - processes;
  p->wq = q;
  list_add(&q->waiters, &p->link);
  ready[i] = 0;
  until[i] = when;
  release(lk);
  int to = next_process();
  if(to != i){
    host_proc = &processes[to];
    host_switch(i, to);
  }
  host_proc = p;
  int timed_out = p->wq != 0;
  if(timed_out)
    list_del(&p->link);
  p->wq = 0;
  ready[i] = 1;
  acquire(lk);
  return timed_out ? -ETIMEDOUT : 0;
}

void
wq_wake_one(struct waitq *q)
{
  struct list *l = list_pop(&q->waiters);
  if(l == 0)
    return;
  struct proc *p = container_of(l, struct proc, link);
  p->wq = 0;
  ready[p - processes] = 1;
}

void
wq_wake_all(struct waitq *q)
{
  while(!list_empty(&q->waiters))
    wq_wake_one(q);
}

struct proc *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
  int i = nprocesses++;
  if(i == PROCESSES)
    fuzz_fail("too many threads");
  processes[i].pid = i + 1;
  ready[i] = 1;
  until[i] = FOREVER;
  host_process(i, fn, arg);
  return &processes[i];
}

// ---- dev

void
virtio_blk_submit(struct blkreq *r)
{
  for(struct blkreq *next; r; r = next){
    uint8 *there = the_disk + (uint64)r->blockno * BSIZE;
    uint n = (r->more + 1) * BSIZE;
    next = r->next;
    r->error = (uint64)r->blockno + r->more >= BLOCKS ? -EIO : 0;
    if(r->error == 0)
      memcpy(r->write ? there : r->data, r->write ? r->data : there, n);
    r->done = 1;
    r->end(r);
  }
}

int
virtio_blk_flush(void)
{
  return 0;
}

uint64
virtio_blk_blocks(void)
{
  return BLOCKS;
}

// ---- the family's side

static void
put_char(int c)
{
}

void
fuzz_boot(void)
{
  printf_putc = put_char;
  arena = host_pages((uint64)PAGES * PGSIZE);
  host_poison(arena, (uint64)PAGES * PGSIZE);
  memcpy(the_disk, fresh_disk, sizeof(the_disk));
  host_proc = &processes[0];
  processes[0].pid = 1;
  ready[0] = 1;
  file_init();
  if(bio_init() < 0)
    fuzz_fail("no buffers");
}

void
fuzz_pages(void (*fn)(void *page, unsigned long bytes))
{
  each_page(fn);
}

void
fuzz_drop_pages(void)
{
  each_page(host_poison);
}

void
fuzz_take_pages(void)
{
  host_proc = &processes[0];
  each_page(host_unpoison);
}

void
fuzz_junk(fuzz_byte with)
{
  junk = with;
}

// ---- the target: damage

static struct superblock *const good = (struct superblock *)(the_disk + BSIZE);
static struct superblock was;

// A number that means something to a file system, or any.
static uint
number(struct input *in)
{
  const uint special[] = { 0, 1, 2, BSIZE, MAXFILE * BSIZE, was.size, was.size - 1, was.inodestart, was.bmapstart,
    was.logstart, ~0u, 0x80000000, was.size - was.nblocks };
  uint how = in8(in);
  return how < 64 ? special[how % NELEM(special)] : how < 128 ? was.size - was.nblocks + in8(in) % 64 : how < 224 ? in8(in) : in32(in);
}

static void
damage_inode(struct input *in)
{
  struct dinode *d = (struct dinode *)(the_disk + was.inodestart * BSIZE) + in8(in) % 40;
  uint what = in8(in) % 18;
  uint v = number(in);
  switch(what){
  case 0:
    d->type = v;
    break;
  case 1:
    d->nlink = v;
    break;
  case 2:
    d->size = v;
    break;
  case 3:
    d->major = v;
    break;
  case 4:
    d->minor = v;
    break;
  default:
    d->addrs[what - 5] = v;
  }
}

static void
damage_entry(struct input *in)
{
  uint b = was.size - was.nblocks + in8(in) % 32;
  struct dirent *e = (struct dirent *)(the_disk + b * BSIZE) + in8(in) % (BSIZE / sizeof(struct dirent));
  const fuzz_byte *name;
  e->inum = number(in);
  uint n = in_bytes(in, in8(in) % (DIRSIZ + 1), &name);
  memcpy(e->name, name, n);
}

static void
damage_words(struct input *in)
{
  uint what = in8(in), b = what & 1 ? was.logstart : what & 2 ? was.bmapstart : was.size - was.nblocks + in8(in) % 128;
  uint *word = (uint *)(the_disk + b * BSIZE), at = in8(in);
  for(uint n = 1 + (what >> 2) % 8; n; n--)
    word[at++ % (BSIZE / 4)] = number(in);
}

static void
damage(struct input *in)
{
  uint n = in8(in) % 24;
  was = *good;
  for(; n && in_left(in); n--){
    uint what = in8(in);
    if(what < 16){
      uint field = what & 7;
      ((uint *)good)[field] = number(in);
    } else if(what < 120)
      damage_inode(in);
    else if(what < 190)
      damage_entry(in);
    else
      damage_words(in);
  }
}

// ---- ... and use

#define OPEN 4
static struct file *open[OPEN];
static uint8 data[BSIZE * 40];

static const char *
path(struct input *in)
{
  static const char *const names[] = {
    "a", "b", "d", "d/x", "d/e", "d/e/y", "d/e/..", "d/..", ".", "..", "/", "dev/console", "name-of-14-let", "new", "d/new",
    "d/e/new", "many/7", "many", "", "/d//e/", "a/b",
  };
  return names[in8(in) % NELEM(names)];
}

static void
drop(uint i)
{
  if(open[i])
    fileclose(open[i]);
  open[i] = 0;
}

static void
file_step(struct input *in, uint what)
{
  static const int flags[] = { O_RDONLY, O_RDWR, O_CREATE | O_RDWR, O_CREATE | O_TRUNC | O_WRONLY, O_APPEND | O_WRONLY };
  uint i = in8(in) % OPEN, how = in8(in);
  struct stat st;
  if(what == 0){
    drop(i);
    struct file *f = filealloc();
    if(f && file_open(f, path(in), flags[how % NELEM(flags)]) == 0)
      open[i] = f;
    else if(f)
      fileclose(f);
  } else if(open[i] == 0)
    return;
  else if(what == 1){
    int n = fileread(open[i], (uint64)data, how * 160);
    if(n > 0)
      fuzz_digest(data, n);
  } else if(what == 2)
    filewrite(open[i], (uint64)data, how * 160);
  else if(filestat(open[i], &st) == 0)
    fuzz_digest_number(st.size);
}

static void
use(struct input *in)
{
  for(int n = 0; in_left(in) && n < 60; n++){
    const char *a, *b;
    uint what = in8(in) % 14;
    switch(what){
    case 4:
      fuzz_digest_number(fs_unlink(path(in)));
      break;
    case 5:
    case 6:
      a = path(in), b = path(in);
      fuzz_digest_number(what == 5 ? fs_link(a, b) : fs_rename(a, b));
      break;
    case 7:
      fuzz_digest_number(fs_mkdir(path(in)));
      break;
    case 8:
      fuzz_digest_number(fs_chdir(path(in)));
      break;
    case 9:
      in8(in);  // was a call; the inputs of the corpus keep their meaning
      break;
    case 10:
      fuzz_digest_number(fs_mknod(path(in), 1, 2));
      break;
    case 11:
      drop(in8(in) % OPEN);
      break;
    case 12:
      fuzz_digest_number(fs_sync());
      break;
    default:
      file_step(in, what % 4);
    }
  }
}

FUZZ(fs, 0)
{
  damage(in);
  static unsigned char before[BSIZE];
  memcpy(before, the_disk + BSIZE, BSIZE);
  // fsck looks at a copy of the log's replay, and the kernel has to do its own.
  int clean = host_fsck(0) == 0;
  int e = fs_init(ROOTDEV);
  fuzz_digest_number(e);
  if(e < 0){
    if(clean)
      fuzz_fail("fsck finds no fault, and the kernel does not mount it: %d", e);
    return;
  }
  use(in);
  for(uint i = 0; i < OPEN; i++)
    drop(i);
  fs_chdir("/");
  e = fs_stop();
  if(memcmp(before, the_disk + BSIZE, BSIZE) != 0)
    fuzz_fail("the superblock was written");
  if(clean && (e != 0 || host_fsck(0) != 0))
    fuzz_fail("the disk was whole, and is not any more");
}
