// System calls on files and names: arguments are checked here, the work is done in fs/.

#include "core/cpu.h"
#include "dev/console.h"
#include "entry/sys.h"
#include "kernel/file.h"
#include "kernel/socket.h"
#include "mm/uaccess.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define POLLMAX 64  // descriptors of one poll(), some of which may be named twice

struct file *
fd_file(uint64 fd)
{
  int i = (int)fd;
  return i < 0 || i >= NOFILE ? 0 : myproc()->ofile[i];
}

int
fd_alloc(TAKES struct file *f)
{
  struct proc *p = myproc();
  for(int i = 0; i < NOFILE; i++)
    if(p->ofile[i] == 0){
      p->ofile[i] = f;
      return i;
    }
  fileclose(f);
  return -EMFILE;
}

// Is a descriptor free? Asked first by calls that should not do half their work.
static int
fd_left(void)
{
  struct proc *p = myproc();
  for(int i = 0; i < NOFILE; i++)
    if(p->ofile[i] == 0)
      return 1;
  return 0;
}

int64
sys_read(const uint64 a[6])
{
  struct file *f = fd_file(a[0]);
  return f ? fileread(f, a[1], (int)a[2]) : -EBADF;
}

int64
sys_write(const uint64 a[6])
{
  struct file *f = fd_file(a[0]);
  return f ? filewrite(f, a[1], (int)a[2]) : -EBADF;
}

int64
sys_close(const uint64 a[6])
{
  struct file *f = fd_file(a[0]);
  if(f == 0)
    return -EBADF;
  myproc()->ofile[(int)a[0]] = 0;
  fileclose(f);
  return 0;
}

int64
sys_dup(const uint64 a[6])
{
  struct file *f = fd_file(a[0]);
  return f ? fd_alloc(filedup(f)) : -EBADF;
}

int64
sys_fstat(const uint64 a[6])
{
  struct file *f = fd_file(a[0]);
  struct stat st;
  if(f == 0)
    return -EBADF;
  int e = filestat(f, &st);
  return e < 0 ? e : copyout(a[1], &st, sizeof(st));
}

// A path from the program, at most MAXPATH bytes with its zero. 0, -EFAULT, -ENAMETOOLONG.
static int
fetch_path(char path[MAXPATH], uint64 uva)
{
  int n = copyinstr(path, uva, MAXPATH);
  return n < 0 ? n : 0;
}

int64
sys_open(const uint64 a[6])
{
  char path[MAXPATH];
  int e = fetch_path(path, a[0]);
  if(e < 0)
    return e;
  if(!fd_left())
    return -EMFILE;
  struct file *f = filealloc();
  if(f == 0)
    return -ENFILE;
  if((e = file_open(f, path, (int)a[1])) < 0){
    fileclose(f);
    return e;
  }
  return fd_alloc(f);
}

int64
sys_link(const uint64 a[6])
{
  char old[MAXPATH], new[MAXPATH];
  int e;
  if((e = fetch_path(old, a[0])) < 0 || (e = fetch_path(new, a[1])) < 0)
    return e;
  return fs_link(old, new);
}

int64
sys_rename(const uint64 a[6])
{
  char old[MAXPATH], new[MAXPATH];
  int e;
  if((e = fetch_path(old, a[0])) < 0 || (e = fetch_path(new, a[1])) < 0)
    return e;
  return fs_rename(old, new);
}

int64
sys_unlink(const uint64 a[6])
{
  char path[MAXPATH];
  int e = fetch_path(path, a[0]);
  return e < 0 ? e : fs_unlink(path);
}

int64
sys_mkdir(const uint64 a[6])
{
  char path[MAXPATH];
  int e = fetch_path(path, a[0]);
  return e < 0 ? e : fs_mkdir(path);
}

int64
sys_mknod(const uint64 a[6])
{
  char path[MAXPATH];
  int e = fetch_path(path, a[0]);
  return e < 0 ? e : fs_mknod(path, (short)a[1], (short)a[2]);
}

int64
sys_chdir(const uint64 a[6])
{
  char path[MAXPATH];
  int e = fetch_path(path, a[0]);
  return e < 0 ? e : fs_chdir(path);
}

// Undo what a call has put into a descriptor.
static void
fd_drop(int fd)
{
  struct file *f = fd_file(fd);
  myproc()->ofile[fd] = 0;
  fileclose(f);
}

int64
sys_pipe(const uint64 a[6])
{
  struct file *rd, *wr;
  int fd[2];
  int e = pipe_alloc(&rd, &wr);
  if(e < 0)
    return e;
  if((fd[0] = fd_alloc(rd)) < 0){
    fileclose(wr);
    return -EMFILE;
  }
  if((fd[1] = fd_alloc(wr)) < 0){
    fd_drop(fd[0]);
    return -EMFILE;
  }
  if(copyout(a[0], fd, sizeof(fd)) < 0){
    fd_drop(fd[0]);
    fd_drop(fd[1]);
    return -EFAULT;
  }
  return 0;
}

// Look at all files once: how many have something to report.
static int
poll_look(struct pollfd *p, int n)
{
  int found = 0;
  for(int i = 0; i < n; i++){
    p[i].revents = 0;
    if(p[i].fd < 0)
      continue;
    struct file *f = fd_file(p[i].fd);
    p[i].revents = f == 0 ? POLLNVAL : filepoll(f) & (p[i].events | POLLERR | POLLHUP);
    found += p[i].revents != 0;
  }
  return found;
}

// poll(struct pollfd *, n, timeout in milliseconds; < 0: for ever): how many have something to report.
int64
sys_poll(const uint64 a[6])
{
  struct pollfd p[POLLMAX];
  int n = (int)a[1], timeout = (int)a[2], found, e = 0;
  if(n < 0 || n > POLLMAX)
    return -EINVAL;
  if(copyin(p, a[0], n * sizeof(p[0])) < 0)
    return -EFAULT;
  uint64 when = timeout < 0 ? FOREVER : now() + timeout * MSEC;
  uint64 seq = file_poll_begin();
  while((found = poll_look(p, n)) == 0 && timeout != 0 && e == 0)
    e = file_poll_wait(&seq, when);
  file_poll_end();
  if(e == -EINTR)
    return e;
  return copyout(a[0], p, n * sizeof(p[0])) < 0 ? -EFAULT : found;
}

int64
sys_fcntl(const uint64 a[6])
{
  const int changeable = O_NONBLOCK | O_APPEND;
  struct file *f = fd_file(a[0]);
  if(f == 0)
    return -EBADF;
  switch((int)a[1]){
  case F_GETFL:
    return f->flags;
  case F_SETFL:
    f->flags = (f->flags & ~changeable) | ((int)a[2] & changeable);
    return 0;
  case F_SETRAW:
    if(f->ip == 0 || f->ip->type != T_DEVICE || f->major != CONSOLE)
      return -EOPNOTSUPP;
    console_raw((int)a[2] != 0);
    return 0;
  }
  return -EINVAL;
}

int64
sys_sync(const uint64 a[6])
{
  return fs_sync();
}

int64
sys_fsync(const uint64 a[6])
{
  struct file *f = fd_file(a[0]);
  return f ? filesync(f) : -EBADF;
}
