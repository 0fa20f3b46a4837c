// The process table, and kernel threads.

#include "core/cpu.h"
#include "core/panic.h"
#include "core/proctag.h"
#include "core/string.h"
#include "mm/layout.h"
#include "mm/vm.h"
#include "sched/ipi.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/stackuse.h"

struct proc procs[NPROC];
struct proc *initproc;

static struct spinlock procs_lock = SPINLOCK("procs");  // guards the free list and next_pid
static LIST(free_slots);
static LIST(dead_kthreads);  // their slots go back when the next one is wanted
static int next_pid = 2;     // 1 is init's (proc/fork.c), though kernel threads start before it

static void
tag(int *pid, const char **name)
{
  struct proc *p = myproc();
  if(p){
    *pid = p->pid;
    *name = p->name;
  }
}

void
proc_init(void)
{
  for(int i = 0; i < NPROC; i++){
    // All stacks now: free memory does not depend on how many processes there ever were at a time.
    // A slot without a stack is none.
    if((procs[i].kstack = vm_map_kstack(i)) != 0)
      list_add(&free_slots, &procs[i].link);
  }
  proc_tag = tag;
}

// A thread's first steps, on its own stack: sched_lock is still held by the switch that led here. Whoever left the hart may
// have been in an interrupt; this one was not, and begins with interrupts on.
static void
thread_start(void)
{
  struct proc *p = myproc();
  mycpu()->intena = 1;
  sched_release();
  debug_assert(intr_get());
  p->entry(p->arg);
  panic("thread %s returned", p->name);
}

static struct proc *
take_slot(int *pid)
{
  struct list *l;
  acquire(&procs_lock);
  if((l = list_pop(&free_slots)) == 0)
    l = list_pop(&dead_kthreads);
  *pid = next_pid++;
  if(next_pid <= 0)
    next_pid = 2;
  release(&procs_lock);
  if(l == 0)
    return 0;
  // A kernel thread that died may still be on its way off its stack: it holds the lock until it is.
  acquire(&sched_lock);
  release(&sched_lock);
  return container_of(l, struct proc, link);
}

int
proc_room(void)
{
  acquire(&procs_lock);
  int room = !list_empty(&free_slots) || !list_empty(&dead_kthreads);
  release(&procs_lock);
  return room;
}

static void
give_slot(struct proc *p)
{
  acquire(&procs_lock);
  p->pid = 0;
  p->state = PS_UNUSED;
  list_push(&free_slots, &p->link);
  release(&procs_lock);
}

struct proc *
proc_alloc(void)
{
  int pid;
  struct proc *p = take_slot(&pid);
  if(p == 0)
    return 0;
  void *stack = p->kstack;
  stack_paint(p);
  memset(p, 0, sizeof(*p));
  list_init(&p->link);
  p->kstack = stack;
  list_init(&p->children);
  list_init(&p->zombies);
  list_init(&p->sibling);
  wq_init(&p->childwait);
  p->last_cpu = -1;
  uint64 top = (uint64)stack + KSTACK_SIZE;
  p->tf = (struct trapframe *)(top - sizeof(struct trapframe));
  p->context.ra = (uint64)thread_start;
  p->context.sp = (uint64)p->tf & ~15UL;
  p->pid = pid;
  p->state = PS_EMBRYO;
  return p;
}

void
proc_free(struct proc *p)
{
  assert(p->vm == 0);
  // It has switched away for good once it has let go of the lock.
  acquire(&sched_lock);
  assert(p->state == PS_EMBRYO || p->state == PS_ZOMBIE);
  sched_release();
  give_slot(p);
}

void
proc_start(struct proc *p)
{
  acquire(&sched_lock);
  sched_ready(p);
  sched_release();
}

struct proc *
proc_find(int pid)
{
  for(struct proc *p = procs; pid > 0 && p < procs + NPROC; p++)
    if(p->pid == pid && p->state != PS_UNUSED)
      return p;
  return 0;
}

void
proc_set_vm(struct vm *vm)
{
  struct proc *p = myproc();
  struct vm *old = p->vm;
  push_off();
  p->vm = vm;
  mycpu()->uvm = vm;
  vm_switch(vm, vm ? proc_asid(p) : 0, vm == 0);
  pop_off();
  if(vm)
    vm_check(vm);
  if(old == 0)
    return;
  vm_check(old);
  vm_clear(old);
  __atomic_store_n(&old->dead, 1, __ATOMIC_SEQ_CST);
  for(int i = 0; i < ncpu; i++)
    if(cpus[i].vm == old && cpus[i].idle == CPU_SLEEPING)
      ipi_send(i);  // sleep_for_work() lets go of it
  vm_put(old);
}

struct proc *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
  struct proc *p = proc_alloc();
  if(p == 0)
    return 0;
  safestrcpy(p->name, name, sizeof(p->name));
  p->context.sp = (uint64)p->kstack + KSTACK_SIZE;
  p->tf = 0;
  p->entry = fn;
  p->arg = arg;
  proc_start(p);
  return p;
}

void
kthread_exit(void)
{
  struct proc *p = myproc();
  // Under sched_lock until this stack is left: take_slot() waits for it.
  acquire(&sched_lock);
  p->state = PS_ZOMBIE;
  p->pid = 0;
  acquire(&procs_lock);
  list_add(&dead_kthreads, &p->link);
  release(&procs_lock);
  sched_switch();
  panic("dead thread runs");
}

int
killed(struct proc *p)
{
  return p->killed;
}
