// Pipes: a ring of bytes in one page, with its head and tail in the same page.
//
// Bytes are copied between the ring and a program without the spinlock. That is safe because one reader and one writer at
// a time have the right to copy (`reading`, `writing`): the reader takes only bytes that are counted, and the writer fills
// only room that is not, so the two never touch the same bytes; the counts change under the lock, after the copy.
// A writer keeps its right for the whole call, so what one write() puts in stays together.

#include "core/spinlock.h"
#include "core/types.h"
#include "fs/file.h"
#include "kernel/socket.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "mm/uaccess.h"

// p lock   r who has `reading`   w who has `writing`
struct pipe {
  struct spinlock lock;
  struct waitq readers;      // [p] wait for bytes, or for the right to read
  struct waitq writers;      // [p] wait for room, or for the right to write
  uint head;                 // [p] where the oldest byte is
  uint count;                // [p] bytes in it
  uint8 reading, writing;    // [p]
  uint8 read_open, write_open;  // [p]
  // RING bytes: [r] from head on, [w] the rest. Aligned, and their number too: copies go by words.
  uint8 ring[] __attribute__((aligned(64)));
};

#define RING (PGSIZE - sizeof(struct pipe))

// Copy n bytes between the ring, at `at`, and the program, over the ring's end if need be.
static int
copy_ring(struct pipe *p, uint at, uint64 uva, uint n, int out)
{
  uint first = MIN(n, RING - at);
  int e = out ? copyout(uva, p->ring + at, first) : copyin(p->ring + at, uva, first);
  if(e < 0 || first == n)
    return e;
  uva += first, n -= first;
  return out ? copyout(uva, p->ring, n) : copyin(p->ring, uva, n);
}

// Wait until there are bytes and nobody else takes them. 1; 0: the end; or -EAGAIN, -EINTR. lock: p->lock.
static int
wait_readable(struct pipe *p, int nonblock)
{
  while(p->reading || p->count == 0){
    if(!p->reading && !p->write_open)
      return 0;
    if(nonblock)
      return -EAGAIN;
    int e = wq_sleep(&p->readers, &p->lock);
    if(e < 0)
      return e;
  }
  return 1;
}

static int
pipe_read(struct file *f, uint64 uva, int n)
{
  struct pipe *p = f->data;
  if(n == 0)
    return 0;
  acquire(&p->lock);
  int e = wait_readable(p, f->flags & O_NONBLOCK);
  if(e <= 0){
    release(&p->lock);
    return e;
  }
  uint m = MIN((uint)n, p->count), at = p->head;
  p->reading = 1;
  release(&p->lock);

  e = copy_ring(p, at, uva, m, 1);

  acquire(&p->lock);
  p->reading = 0;
  if(e == 0){
    p->head = (p->head + m) % RING;
    p->count -= m;
    wq_wake_all(&p->writers);
  }
  if(p->write_open)
    wq_wake_one(&p->readers);
  else
    wq_wake_all(&p->readers);  // those who find nothing left must all see the end
  release(&p->lock);
  if(e == 0)
    file_changed();
  return e < 0 ? e : (int)m;
}

// Wait until there is room. 0, -EPIPE, -EAGAIN, -EINTR. lock: p->lock.
static int
wait_writable(struct pipe *p, int nonblock)
{
  while(p->read_open && p->count == RING){
    if(nonblock)
      return -EAGAIN;
    int e = wq_sleep(&p->writers, &p->lock);
    if(e < 0)
      return e;
  }
  return p->read_open ? 0 : -EPIPE;
}

// The right to write. 0, -EPIPE, -EAGAIN, -EINTR. lock: p->lock.
static int
claim_writing(struct pipe *p, int nonblock)
{
  while(p->writing && p->read_open){
    if(nonblock)
      return -EAGAIN;
    int e = wq_sleep(&p->writers, &p->lock);
    if(e < 0)
      return e;
  }
  if(!p->read_open)
    return -EPIPE;
  p->writing = 1;
  return 0;
}

static int
pipe_write(struct file *f, uint64 uva, int n)
{
  struct pipe *p = f->data;
  int nonblock = f->flags & O_NONBLOCK, done = 0;
  acquire(&p->lock);
  int e = claim_writing(p, nonblock);
  if(e < 0){
    release(&p->lock);
    return e;
  }
  while(done < n && (e = wait_writable(p, nonblock)) == 0){
    uint m = MIN((uint)(n - done), RING - p->count), at = (p->head + p->count) % RING;
    release(&p->lock);
    e = copy_ring(p, at, uva + done, m, 0);
    acquire(&p->lock);
    if(e < 0)
      break;
    p->count += m;
    done += m;
    wq_wake_one(&p->readers);
    release(&p->lock);
    file_changed();
    acquire(&p->lock);
  }
  p->writing = 0;
  wq_wake_all(&p->writers);
  release(&p->lock);
  return done ? done : e;
}

static int
pipe_poll(struct file *f)
{
  struct pipe *p = f->data;
  int found;
  acquire(&p->lock);
  if(f->readable)
    found = (p->count ? POLLIN : 0) | (p->write_open ? 0 : POLLHUP);
  else
    found = p->read_open ? p->count < RING && !p->writing ? POLLOUT : 0 : POLLERR | POLLOUT;
  release(&p->lock);
  return found;
}

static int
pipe_stat(struct file *f, struct stat *st)
{
  struct pipe *p = f->data;
  st->type = T_PIPE;
  st->nlink = 1;
  acquire(&p->lock);
  st->size = p->count;
  release(&p->lock);
  return 0;
}

static void
pipe_close(struct file *f)
{
  struct pipe *p = f->data;
  acquire(&p->lock);
  if(f->readable)
    p->read_open = 0;
  else
    p->write_open = 0;
  int last = !p->read_open && !p->write_open;
  wq_wake_all(&p->readers);
  wq_wake_all(&p->writers);
  release(&p->lock);
  if(last)
    kfree(p);
  file_changed();
}

static const struct fileops read_ops = {
  .kind = "pipe",
  .read = pipe_read,
  .poll = pipe_poll,
  .stat = pipe_stat,
  .close = pipe_close,
};

static const struct fileops write_ops = {
  .kind = "pipe",
  .write = pipe_write,
  .poll = pipe_poll,
  .stat = pipe_stat,
  .close = pipe_close,
};

static struct file *
pipe_end(struct pipe *p, const struct fileops *ops)
{
  struct file *f = filealloc();
  if(f){
    f->data = p;
    f->readable = ops->read != 0;
    f->writable = ops->write != 0;
    f->flags = f->writable ? O_WRONLY : O_RDONLY;
  }
  return f;
}

int
pipe_alloc(struct file **rd, struct file **wr)
{
  struct pipe *p = kalloc();
  if(p == 0)
    return -ENOMEM;
  *rd = pipe_end(p, &read_ops);
  *wr = pipe_end(p, &write_ops);
  if(*rd == 0 || *wr == 0){
    // Without operations a close only gives the file back.
    if(*rd)
      fileclose(*rd);
    if(*wr)
      fileclose(*wr);
    kfree(p);
    return -ENFILE;
  }
  initlock(&p->lock, "pipe");
  wq_init(&p->readers);
  wq_init(&p->writers);
  p->head = p->count = 0;
  p->reading = p->writing = 0;
  p->read_open = p->write_open = 1;
  (*rd)->ops = &read_ops;
  (*wr)->ops = &write_ops;
  return 0;
}
