// Who runs where.
//
// Ready threads stand in one queue. A hart that has nothing to run executes its idle thread, which looks for work
// for a while and then sleeps in WFI. A switch goes straight from one thread to the next, with sched_lock held:
// acquired by the one that leaves, released by the one that comes.
//
// satp. A switch between a process and the idle thread, or a kernel thread, leaves satp alone: the upper half is
// the same everywhere. When the process comes back to the hart it ran on last, and nobody else was there meanwhile,
// its page table is still the right one and its TLB entries are good. Otherwise satp is written. Its slot's number is the
// process's ASID, so its entries are good even after others were there; they are flushed when it comes from another hart.

#include "core/bits.h"
#include "core/cpu.h"
#include "core/csr.h"
#include "core/irqoff.h"
#include "core/panic.h"
#include "core/printf.h"
#include "core/lockorder.h"
#include "core/string.h"
#include "mm/layout.h"
#include "mm/vm.h"
#include "sched/ipi.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/stackuse.h"
#include "sched/timer.h"

#define SLICE (10 * MSEC)

struct spinlock sched_lock = SPINLOCK("sched");
int (*idle_poll)(void);
int (*idle_stop)(void);
uint32 idle_harts;
uint64 idle_spin_time = 50 * USEC;

static LIST(run_queue);             // [s]
static struct proc idle_procs[NCPU];
static uint32 spinner;              // [a] hart that watches rings and run queue, plus 1; 0: none

void context_switch(struct context *old, struct context *new);

// Wake one hart that sleeps, if there is one and nobody is awake to look at the run queue anyway: when sched_lock has
// been let go, for the call is a device access, and the hart that wakes up wants that lock first of all.
static void
call_idle_hart(void)
{
  uint32 sleeping = __atomic_load_n(&idle_harts, __ATOMIC_SEQ_CST);
  if(sleeping && __atomic_load_n(&spinner, __ATOMIC_RELAXED) == 0)
    mycpu()->call = lowest_bit(sleeping) + 1;
}

void
sched_ready(struct proc *p)
{
  struct cpu *c = mycpu();
  int here = c->proc == c->idle_thread && list_empty(&run_queue);  // this hart will take it at once
  p->state = PS_READY;
  p->wq = 0;
  list_add(&run_queue, &p->link);
  if(!here)
    call_idle_hart();
}

static void
use_address_space(struct cpu *c, struct proc *p)
{
  int was_here = p->last_cpu == (int)c->id;
  c->uvm = p->vm;
  if(p->vm && !(was_here && c->vm == p->vm))
    vm_switch(p->vm, proc_asid(p), was_here);
}

void
sched_switch(void)
{
  struct cpu *c = mycpu();
  struct proc *p = c->proc, *n;
  struct list *l = list_pop(&run_queue);

  debug_assert(holding(&sched_lock) && c->noff == 1);
  n = l ? container_of(l, struct proc, link) : c->idle_thread;
  stack_check(p);
  c->resched = 0;
  if(n->state != PS_RUNNING)
    n->state = PS_RUNNING;
  if(n == p)
    return;
  uint64 t = now();
  p->cpu_time += t - p->started;
  n->started = t;
  c->switches++;
  c->proc = n;
  c->slice_end = t + SLICE;
  use_address_space(c, n);
  n->last_cpu = c->id;
  if(n->tf)
    c->kstack_top = (uint64)n->kstack + KSTACK_SIZE;
  if(c->slice_end < c->timer_at)
    timer_program();
  int intena = c->intena;  // belongs to the thread, not to the hart
  context_switch(&p->context, &n->context);
  mycpu()->intena = intena;
}

void
sched_yield(void)
{
  lockorder_may_sleep(0, "yield");
  acquire(&sched_lock);
  struct proc *p = myproc();
  if(list_empty(&run_queue)){
    mycpu()->resched = 0;
  } else {
    p->state = PS_READY;
    list_add(&run_queue, &p->link);
    sched_switch();
  }
  sched_release();
}

void
sched_exit(void)
{
  assert(holding(&sched_lock));
  sched_switch();
  panic("zombie runs");
}

void
sched_give_way(void)
{
  struct cpu *c = mycpu();
  if(c->proc != c->idle_thread)
    c->resched = 1;
}

// From the timer interrupt: the slice is over. Whoever is ready gets its turn when the trap returns.
void
sched_tick(void)
{
  struct cpu *c = mycpu();
  c->ticks++;
  c->slice_end = now() + SLICE;
  if(!list_empty(&run_queue))
    sched_give_way();
}

void
sched_kill(struct proc *p)
{
  acquire(&sched_lock);
  p->killed = 1;
  if(p->state == PS_WAITING && !p->hard_wait){
    list_del(&p->link);
    p->wake_result = -EINTR;
    sched_ready(p);
  }
  sched_release();
}

// ----- idle -----

void
sched_hart_init(void)
{
  struct cpu *c = mycpu();
  struct proc *p = &idle_procs[c->id];
  list_init(&p->link);
  safestrcpy(p->name, "idle", sizeof(p->name));
  p->kstack = (void *)KSTACK(NSLOT + c->id);
  p->state = PS_RUNNING;
  p->last_cpu = c->id;
  p->started = now();
  c->timer_at = ~0UL;
  c->slice_end = ~0UL;
  c->proc = c->idle_thread = p;
}

static int
work(struct cpu *c)
{
  return !list_empty(&run_queue) || c->resched;
}

// Look for work for idle_spin_time. One hart does so at a time: the others would only take host cores from it.
static int
spin_for_work(struct cpu *c)
{
  uint32 nobody = 0;
  int found;
  if(!__atomic_compare_exchange_n(&spinner, &nobody, c->id + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
    return work(c);
  uint64 end = now() + idle_spin_time;
  do {
    for(int i = 0; i < 16; i++){  // now() is dear
      if((found = work(c)))
        break;
      if(idle_poll && idle_poll())
        end = now() + idle_spin_time;
    }
  } while(!found && (now() < end || (idle_stop && idle_stop())));
  __atomic_store_n(&spinner, 0, __ATOMIC_SEQ_CST);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return found || work(c);  // again: nobody was called while we were the spinner
}

// Sleep until an interrupt. With interrupts off, so that none slips in between the last look and WFI; a pending one
// ends WFI all the same (privileged ISA 3.3.3), and is taken when they are on again.
static void
sleep_for_work(struct cpu *c)
{
  uint32 me = 1u << c->id;
  intr_off();
  c->idle = CPU_SLEEPING;
  __atomic_fetch_or(&idle_harts, me, __ATOMIC_SEQ_CST);
  if(c->vm && __atomic_load_n(&c->vm->dead, __ATOMIC_SEQ_CST))
    vm_switch(0, 0, 1);
  if(!work(c) && !panicked){
    uint64 t = now();
    c->wfis++;
    asm volatile("wfi" ::: "memory");
    c->idle_time += now() - t;
  }
  __atomic_fetch_and(&idle_harts, ~me, __ATOMIC_SEQ_CST);
  c->idle = CPU_BUSY;
  intr_on();
}

void
sched_idle(void)
{
  struct cpu *c = mycpu();  // the idle thread never leaves its hart
  intr_on();
  for(;;){
    if(!spin_for_work(c))
      sleep_for_work(c);
    c->resched = 0;
    if(list_empty(&run_queue))
      continue;
    acquire(&sched_lock);
    if(!list_empty(&run_queue)){
      if(run_queue.next->next != &run_queue)
        call_idle_hart();  // more than one waits
      c->idle_thread->state = PS_READY;
      sched_switch();
    }
    sched_release();
  }
}

// ----- what everybody does, for people who ask; no lock -----

void
sched_dump(void)
{
  static const char *const states[] = {"unused", "embryo", "ready", "running", "waiting", "zombie"};
  printf("\n");
  for(struct proc *p = procs; p < procs + NSLOT; p++){
    uint64 off = 0;
    if(p->state == PS_UNUSED || p->pid == 0)
      continue;
    printf("%d %s %s hart %d", p->pid, p->name, states[p->state], p->last_cpu);
    if(p->state == PS_WAITING)
      printf(" on %p", p->wq);
    printf("\n");
    if(p->state == PS_WAITING)
      for(uint64 pc = p->context.ra, fp = p->context.s[0], i = 0; i < 6 && (int64)fp < 0; i++){
        const char *name = symbol_name(pc, &off);
        printf("    %s+0x%lx\n", name, off);
        pc = *(uint64 *)(fp - 8);
        fp = *(uint64 *)(fp - 16);
      }
  }
  lockorder_dump();
  irqoff_dump();
  for(int i = 0; i < ncpu; i++){
    const struct cpu *c = &cpus[i];
    printf("hart %d: %s pid %d noff %d resched %d%s%s\n", i, c->proc ? c->proc->name : "-", c->proc ? c->proc->pid : 0,
           c->noff, c->resched, c->idle == CPU_SLEEPING ? " asleep" : "", spinner == c->id + 1 ? " looks for work" : "");
  }
}
