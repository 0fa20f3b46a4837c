// The process table, and kernel threads.

#include "core/cpu.h"
#include "core/assert.h"
#include "core/proctag.h"
#include "core/string.h"
#include "mm/layout.h"
#include "mm/vm.h"
#include "sched/ipi.h"
#include "sched/proc.h"
#include "sched/runq.h"

struct proc procs[NSLOT];
struct proc *initproc;

static struct spinlock procs_lock = SPINLOCK("procs");  // guards all of these
static LIST(free_slots);
static LIST(free_kslots);   // of kernel threads, which never end

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
  for(int i = 0; i < NSLOT; i++){
    // All stacks now: free memory does not depend on how many processes there ever were at a time.
    // A slot without a stack is none.
    if((procs[i].kstack = vm_map_kstack(i)) != 0)
      list_add(i < NPROC ? &free_slots : &free_kslots, &procs[i].link);
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

// A number that no process has. When all have been used they begin anew, and old processes still have theirs.
// lock: procs_lock.
static int
new_pid(void)
{
  static int next = 1, again;
  int pid;
  do {
    pid = next;
    again |= pid == 0x7fffffff;
    next = pid < 0x7fffffff ? pid + 1 : 2;
  } while(again && proc_find(pid));
  return pid;
}

static struct proc *
take_slot(struct list *slots, int *pid)
{
  static int kthreads;
  acquire(&procs_lock);
  struct list *l = list_pop(slots);
  *pid = l == 0 ? 0 : slots == &free_slots ? new_pid() : --kthreads;
  release(&procs_lock);
  return l ? container_of(l, struct proc, link) : 0;
}

int
proc_room(void)
{
  acquire(&procs_lock);
  int room = !list_empty(&free_slots);
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

// A slot of one of these lists, as a thread begins in it.
static struct proc *
slot_alloc(struct list *slots)
{
  int pid;
  struct proc *p = take_slot(slots, &pid);
  if(p == 0)
    return 0;
  void *stack = p->kstack;
  check_stack_new(p);
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

struct proc *
proc_alloc(void)
{
  return slot_alloc(&free_slots);
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

// While it is held no process lets go of its vm, so that others may look at one.
static struct spinlock vmlook = SPINLOCK("vmlook");

uint64
proc_memory(struct proc *p, uint64 *resident)
{
  uint64 size = 0;
  acquire(&vmlook);
  struct vm *vm = p->vm;
  if(vm){
    size = vm->size;
    *resident = vm->resident * PGSIZE;
  }
  release(&vmlook);
  return size;
}

void
proc_set_vm(struct vm *vm)
{
  struct proc *p = myproc();
  struct vm *old = p->vm;
  push_off();
  acquire(&vmlook);
  p->vm = vm;
  release(&vmlook);
  mycpu()->uvm = vm;
  vm_switch(vm, vm ? proc_asid(p) : 0, vm == 0);
  pop_off();
  if(vm)
    check_vm(vm);
  if(old == 0)
    return;
  check_vm(old);
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
  struct proc *p = slot_alloc(&free_kslots);
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
