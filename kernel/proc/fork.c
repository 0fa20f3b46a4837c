// fork(), and the first process.

#include "core/cpu.h"
#include "core/assert.h"
#include "core/panic.h"
#include "core/printf.h"
#include "core/string.h"
#include "fs/file.h"
#include "mm/vm.h"
#include "proc/process.h"
#include "proc/tree.h"
#include "sched/proc.h"

struct spinlock tree_lock = SPINLOCK("proctree");

// A new process goes to user mode with the registers in its trap frame.
static void
to_user(void *arg)
{
  if(myproc()->killed)
    proc_exit(-1);
  return_to_user();
}

static void
share_files(struct proc *from, struct proc *to)
{
  for(int i = 0; i < NOFILE; i++)
    if(from->ofile[i])
      to->ofile[i] = filedup(from->ofile[i]);
  if(from->cwd)
    to->cwd = idup(from->cwd);
}

int
proc_fork(void)
{
  struct proc *p = myproc(), *child;
  // A full table may only mean that init has not had its turn; or it has it just now, on another hart.
  while((child = proc_alloc()) == 0 && (proc_reap_orphan() || proc_room()))
    ;
  if(child == 0)
    return -EAGAIN;
  struct vm *vm = vm_fork(p->vm);
  if(vm == 0){
    proc_free(child);
    return -ENOMEM;
  }
  __atomic_store_n(&child->vm, vm, __ATOMIC_RELEASE);  // proc_memory() may look at it from now on
  *child->tf = *p->tf;
  child->tf->a0 = 0;
  child->entry = to_user;
  safestrcpy(child->name, p->name, sizeof(child->name));
  share_files(p, child);
  sched_inherit(child);

  acquire(&tree_lock);
  child->parent = p;
  child->killed = p->killed;  // ^C while the child was made: it could not be found yet
  list_add(&p->children, &child->sibling);
  int pid = child->pid;
  release(&tree_lock);
  proc_start(child);
  return pid;
}

// Process 1 starts inside the kernel: the file system can only be read by somebody who can sleep.
static void
first_process(void *arg)
{
  char *argv[] = {"init", 0};
  struct proc *p = myproc();
  void (*mount_root)(void) = arg;
  mount_root();
  p->cwd = iroot();
  int e = proc_exec("/init", argv);
  if(e < 0)
    give_up("There is no program /init on the disk that can be run (error %d).", -e);
  p->tf->a0 = e;
  return_to_user();
}

void
userinit(void (*mount_root)(void))
{
  struct proc *p = proc_alloc();
  assert(p);
  assert(p->pid == 1);
  safestrcpy(p->name, "init", sizeof(p->name));
  p->entry = first_process;
  p->arg = mount_root;
  initproc = p;
  proc_start(p);
}
