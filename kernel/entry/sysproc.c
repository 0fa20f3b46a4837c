// System calls on processes, memory and time.

#include "core/check.h"
#include "core/cpu.h"
#include "core/rand.h"
#include "core/string.h"
#include "dev/misc.h"
#include "entry/sys.h"
#include "fs/inode.h"
#include "mm/kalloc.h"
#include "mm/uaccess.h"
#include "mm/vm.h"
#include "proc/process.h"
#include "sched/timer.h"
#include "kernel/vm.h"

int64
sys_fork(const uint64 a[6])
{
  return proc_fork();
}

int64
sys_exit(const uint64 a[6])
{
  proc_exit(a[0]);
}

int64
sys_wait(const uint64 a[6])
{
  return proc_wait(a[0]);
}

int64
sys_kill(const uint64 a[6])
{
  return proc_kill(a[0]);
}

int64
sys_getpid(const uint64 a[6])
{
  return myproc()->pid;
}

int64
sys_getppid(const uint64 a[6])
{
  struct proc *parent = myproc()->parent;
  return parent ? parent->pid : 0;
}

int64
sys_yield(const uint64 a[6])
{
  sched_yield();
  return 0;
}

int64
sys_failalloc(const uint64 a[6])
{
  return check_fail_nth(a[0], a[1], myproc()->pid);
}

int64
sys_kdebug(const uint64 a[6])
{
  return check_provoke(a[0], a[1]);
}

int64
sys_fgproc(const uint64 a[6])
{
  return proc_fg(a[0]);
}

// sbrk(bytes, how). Stock programs of 2022 pass one argument, so only SBRK_LAZY means lazy.
int64
sys_sbrk(const uint64 a[6])
{
  int64 n = (int)a[0];
  uint64 old = vm_sbrk(myproc()->vm, n, a[1] != SBRK_LAZY);
  return old == (uint64)-1 ? -ENOMEM : (int64)old;
}

// pause(ticks), once called sleep. Less than nothing is nothing.
int64
sys_pause(const uint64 a[6])
{
  static struct spinlock lock = SPINLOCK("pause");
  static WAITQ(nobody_wakes);
  int ticks = a[0];
  uint64 until = now() + (ticks > 0 ? ticks : 0) * TICK;
  acquire(&lock);
  int e = wq_sleep_until(&nobody_wakes, &lock, until);
  release(&lock);
  return e == -ETIMEDOUT ? 0 : e;
}

int64
sys_uptime(const uint64 a[6])
{
  return now() / TICK;
}

int64
sys_clock(const uint64 a[6])
{
  if(a[0] == CLOCK_BOOT)
    return now() * NSEC_OF_COUNT;
  if(a[0] == CLOCK_WALL)
    return rtc_now();
  return -EINVAL;
}

int64
sys_getrandom(const uint64 a[6])
{
  uint8 bytes[64];
  uint64 n = MIN(a[1], 4096UL);
  for(uint64 done = 0, m; done < n; done += m){
    m = MIN(n - done, sizeof(bytes));
    rand_bytes(bytes, m);
    if(copyout(a[0] + done, bytes, m) < 0)
      return -EFAULT;
  }
  return n;
}

int64
sys_halt(const uint64 a[6])
{
  fs_stop();
  finisher_exit((int)a[0] & 0xff);
}

// The program's argument strings, packed into pages of the kernel's: a string is at most a page long, all of them
// together at most what a user stack holds anyway.
struct args {
  char *argv[MAXARG + 1];
  char *text;  // one page
  uint used;
};

static int
fetch_args(struct args *g, uint64 uargv)
{
  for(int i = 0; i <= MAXARG; i++){
    uint64 uarg;
    if(copyin(&uarg, uargv + i * sizeof(uarg), sizeof(uarg)) < 0)
      return -EFAULT;
    if(uarg == 0){
      g->argv[i] = 0;
      return 0;
    }
    if(i == MAXARG || g->used == PGSIZE)
      return -E2BIG;
    g->argv[i] = g->text + g->used;
    int n = copyinstr(g->argv[i], uarg, PGSIZE - g->used);
    if(n < 0)
      return n == -ENAMETOOLONG ? -E2BIG : n;
    g->used += n + 1;
  }
  return -E2BIG;
}

int64
sys_exec(const uint64 a[6])
{
  char path[MAXPATH];
  struct args g = {.text = kalloc()};
  if(g.text == 0)
    return -ENOMEM;
  int64 e = copyinstr(path, a[0], sizeof(path));
  if(e >= 0 && (e = fetch_args(&g, a[1])) >= 0)
    e = proc_exec(path, g.argv);
  kfree(g.text);
  return e;
}
