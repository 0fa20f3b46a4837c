// The end of processes: exit(), wait(), kill(), and ^C.

#include "kernel/syscall.h"
#include "core/cpu.h"
#include "core/panic.h"
#include "core/printf.h"
#include "fs/file.h"
#include "mm/uaccess.h"
#include "mm/vm.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/runq.h"

void (*proc_exiting)(int pid);

// t tree_lock
static int foreground;   // [t] pid that ^C is for; 0: nobody
static int waiting;      // [t] pid whose wait() ^C ends; 0: nobody
static int interrupted;  // [t] 1: ^C has come for one of them

static void
close_files(struct proc *p)
{
  for(int i = 0; i < NOFILE; i++)
    if(p->ofile[i]){
      struct file *f = p->ofile[i];
      p->ofile[i] = 0;
      fileclose(f);
    }
  if(p->cwd){
    iput(p->cwd);
    p->cwd = 0;
  }
}

static void
adopt(struct list *sibling, struct list *where)
{
  struct proc *p = container_of(sibling, struct proc, sibling);
  p->parent = initproc;
  p->adopted = 1;
  list_add(where, sibling);
}

// p's children, dead and alive, become init's. tree_lock is held.
static void
orphan_children(struct proc *p)
{
  int dead = !list_empty(&p->zombies);
  struct list *l;
  while((l = list_pop(&p->children)))
    adopt(l, &initproc->children);
  while((l = list_pop(&p->zombies)))
    adopt(l, &initproc->zombies);
  if(dead)
    wq_wake_all(&initproc->childwait);
}

void
proc_exit(int status)
{
  struct proc *p = myproc();
  if(p == initproc)
    give_up("init has ended, with status %d.", status);
  if(proc_exiting)
    proc_exiting(p->pid);
  close_files(p);
  proc_set_vm(0);  // memory goes back now, not when somebody waits for us

  acquire(&tree_lock);
  if(foreground == p->pid)
    foreground = 0;
  if(waiting == p->pid)
    waiting = 0;
  orphan_children(p);
  p->xstate = status;
  list_del(&p->sibling);
  list_add(&p->parent->zombies, &p->sibling);
  wq_wake_all(&p->parent->childwait);
  // Whoever finds us among the zombies frees the slot only after sched_lock was let go by the next thread.
  acquire(&sched_lock);
  p->state = PS_ZOMBIE;
  release(&tree_lock);
  sched_exit();
}

int
proc_wait(uint64 status_uva)
{
  struct proc *p = myproc();
  int e = 0;
  acquire(&tree_lock);
  while(list_empty(&p->zombies)){
    if(waiting == p->pid && interrupted)
      e = -EINTR;
    else
      e = list_empty(&p->children) ? -ECHILD : wq_sleep(&p->childwait, &tree_lock);
    if(e < 0){
      release(&tree_lock);
      return e;
    }
  }
  struct proc *child = container_of(list_pop(&p->zombies), struct proc, sibling);
  int pid = child->pid, status = child->xstate;
  release(&tree_lock);

  // Nobody else sees the child while the status is copied.
  if(status_uva && copyout(status_uva, &status, sizeof(status)) < 0){
    acquire(&tree_lock);
    list_push(&p->zombies, &child->sibling);
    release(&tree_lock);
    return -EFAULT;
  }
  sched_collect(child);
  proc_free(child);
  return pid;
}

int
proc_reap_orphan(void)
{
  struct proc *found = 0;
  acquire(&tree_lock);
  list_each(l, &initproc->zombies){
    struct proc *p = container_of(l, struct proc, sibling);
    if(p->adopted){
      found = p;
      list_del(l);
      break;
    }
  }
  release(&tree_lock);
  if(found)
    proc_free(found);
  return found != 0;
}

int
proc_kill(int pid)
{
  int e = -ESRCH;
  acquire(&tree_lock);
  struct proc *p = proc_find(pid);
  if(p == initproc && p){
    e = -EPERM;  // its end is the machine's
  } else if(p && p->state != PS_ZOMBIE && p->parent){
    sched_kill(p);
    e = 0;
  }
  release(&tree_lock);
  return e;
}

int
proc_fg(int pid)
{
  int came;
  acquire(&tree_lock);
  foreground = pid > 0 ? pid : 0;
  waiting = pid == FG_WAIT ? myproc()->pid : 0;
  came = pid <= 0 && interrupted;
  if(pid <= 0)
    interrupted = 0;
  release(&tree_lock);
  return came;
}

// Is a among p's ancestors, or p itself? tree_lock is held; the tree is never deeper than the table is long.
static int
descends(struct proc *p, struct proc *a)
{
  for(int depth = 0; p && depth < NPROC; depth++, p = p->parent)
    if(p == a)
      return 1;
  return 0;
}

// From the console's interrupt.
void
proc_interrupt(void)
{
  acquire(&tree_lock);
  struct proc *fg = proc_find(foreground), *in_wait = proc_find(waiting);
  if(fg || in_wait)
    interrupted = 1;
  if(in_wait)
    wq_wake_all(&in_wait->childwait);
  if(fg && fg != initproc)
    for(struct proc *p = procs; p < procs + NPROC; p++)
      if(p->pid && p->state != PS_UNUSED && p->state != PS_ZOMBIE && p->parent && descends(p, fg))
        sched_kill(p);
  release(&tree_lock);
}
