// Who runs where.
//
// Ready threads stand in one queue, ordered by the time that each has had of harts: who has had least is next. Time is
// measured, in each switch, and not counted in slices, so two that wake each other a thousand times a second have no more of a
// hart than one that computes. Whoever waits has nothing meanwhile, and so comes before those who compute when it is woken:
// at once, by taking a hart from one of them. Two bounds make that fair. However long a thread waited, it is not more than CREDIT
// behind; or else it could have the machine for itself for as long as it had slept. And it must be GRAIN behind the one that
// runs, or else there would be a switch for every packet. (Stoica, Abdel-Wahab: Earliest eligible virtual deadline first, 1995,
// has the theory; this is the least of it.)
//
// A child begins with its parent's account, and a parent that waits for a child has had what the child had: a shell that
// starts one short command after the other is as one that computes.
//
// A hart that has nothing to run executes its idle thread, which looks for work for a while and then sleeps in WFI. A switch
// goes straight from one thread to the next, with sched_lock held: acquired by the one that leaves, released by the one that
// comes.
//
// satp. A switch between a process and the idle thread, or a kernel thread, leaves satp alone: the upper half is
// the same everywhere. When the process comes back to the hart it ran on last, and nobody else was there meanwhile,
// its page table is still the right one and its TLB entries are good. Otherwise satp is written. Its slot's number is the
// process's ASID, so its entries are good even after others were there; they are flushed when it comes from another hart.

#include "core/bits.h"
#include "core/check.h"
#include "core/cpu.h"
#include "core/csr.h"
#include "core/assert.h"
#include "core/panic.h"
#include "core/printf.h"
#include "core/string.h"
#include "mm/layout.h"
#include "mm/vm.h"
#include "sched/ipi.h"
#include "sched/proc.h"
#include "sched/runq.h"
#include "sched/timer.h"

#define SLICE (5 * MSEC)    // after which it is looked whose turn it is
#define CREDIT (10 * MSEC)  // the most that one who waited is behind those who compute
#define GRAIN (1 * MSEC)    // by so much a woken thread must be behind the running one to take its hart

struct spinlock sched_lock = SPINLOCK("sched");
int (*idle_poll)(void);
int (*idle_stop)(void);
uint32 idle_harts;
uint64 idle_spin_time = 50 * USEC;

static LIST(run_queue);             // [s] by `had`, the least first
static uint64 level = CREDIT;       // [s] what those who compute have had: the most that anybody had when its turn came
static struct proc idle_procs[NCPU];
static uint32 spinner;              // [a] hart that watches rings and run queue, plus 1; 0: none

void context_switch(struct context *old, struct context *new);

// ----- whose turn it is; sched_lock is held -----

// p runs, and has had its hart until t. Nobody runs for more than a slice without a look: what goes beyond that the host took.
static void
charge(struct proc *p, uint64 t)
{
  p->cpu_time += t - p->started;
  p->had += MIN(t - p->started, SLICE);
  p->started = t;
}

static struct proc *
first_ready(void)
{
  return list_empty(&run_queue) ? 0 : container_of(run_queue.next, struct proc, link);
}

// Behind all that have had as little.
static void
sched_enqueue(struct proc *p)
{
  struct list *at = run_queue.prev;
  while(at != &run_queue && container_of(at, struct proc, link)->had > p->had)
    at = at->prev;
  p->state = PS_READY;
  list_push(at, &p->link);
}

static void
call(int cpu)
{
  mycpu()->call |= 1u << cpu;
}

// All harts are busy: the running thread that has had most gives way to p, if that is much more; this hart's if it will do, for it
// need not be called.
static void
take_a_hart(const struct proc *p)
{
  uint64 t = now(), most = p->had + GRAIN;
  int victim = -1, me = mycpu()->id;
  for(int i = 0; i < ncpu; i++){
    const struct proc *r = cpus[i].proc;
    if(r == 0)
      continue;  // at boot: it has not got so far
    if(r == cpus[i].idle_thread)
      return;  // it is about to look at the queue
    uint64 had = r->had + (t - r->started);
    if(had > most && victim != me){
      most = i == me ? most : had;
      victim = i;
    }
  }
  if(victim < 0)
    return;
  cpus[victim].resched = 1;
  if(victim != me)
    call(victim);
}

// One hart for p, which is in the queue: one that sleeps, unless another is awake to look at the queue anyway. It is called when
// sched_lock has been let go, for that is a device access, and the hart that wakes up wants that lock first of all.
static void
find_hart(const struct proc *p)
{
  uint32 sleeping = __atomic_load_n(&idle_harts, __ATOMIC_SEQ_CST);
  if(__atomic_load_n(&spinner, __ATOMIC_RELAXED))
    return;
  if(sleeping)
    call(lowest_bit(sleeping));
  else
    take_a_hart(p);
}

// p is not more than CREDIT behind.
static void
limit_credit(struct proc *p)
{
  p->had = MAX(p->had, level - CREDIT);
}

void
sched_ready(struct proc *p)
{
  struct cpu *c = mycpu();
  int here = c->proc == c->idle_thread && list_empty(&run_queue);  // this hart will take it at once
  limit_credit(p);
  sched_enqueue(p);
  if(!here)
    find_hart(p);
}

void
sched_inherit(struct proc *child)
{
  acquire(&sched_lock);
  struct proc *p = myproc();
  charge(p, now());
  child->had = p->had;
  sched_release();
}

void
sched_collect(const struct proc *child)
{
  acquire(&sched_lock);
  struct proc *p = myproc();
  p->had = MAX(p->had, child->had);
  sched_release();
}

// Somebody else's account is changed; his place in the queue with it.
static void
set_had(struct proc *p, uint64 had)
{
  p->had = had;
  if(p->state == PS_READY){
    list_del(&p->link);
    sched_enqueue(p);
    find_hart(p);
  }
}

void
sched_credit(struct proc *p)
{
  acquire(&sched_lock);
  set_had(p, MIN(p->had, level - CREDIT));
  sched_release();
}

uint64
sched_borrow(const struct proc *p)
{
  const struct cpu *c = mycpu();
  return c->proc == c->idle_thread || (p->state == PS_WAITING && p->had <= level + GRAIN) ? now() : 0;
}

int
sched_return(struct proc *p, uint64 since)
{
  struct cpu *c = mycpu();
  if(since == UNCHARGED)
    return 0;
  acquire(&sched_lock);
  uint64 t = now() - since;
  c->proc->started += t;
  p->cpu_time += t;
  set_had(p, MAX(p->had, level - CREDIT) + MIN(t, SLICE));
  if(c->proc == c->idle_thread)
    level = MAX(level, p->had);  // it was p's turn, for nobody else wanted the hart
  int woke = c->resched;
  sched_release();
  return woke;
}

// ----- switching -----

static void
use_address_space(struct cpu *c, struct proc *p)
{
  int was_here = p->last_cpu == (int)c->id;
  c->uvm = p->vm;
  if(p->vm && !(was_here && c->vm == p->vm))
    vm_switch(p->vm, proc_asid(p), was_here);
}

// Leave the hart to the next one at the time t, until when the caller is charged.
static void
switch_at(uint64 t)
{
  struct cpu *c = mycpu();
  struct proc *p = c->proc, *n;
  struct list *l = list_pop(&run_queue);

  debug_assert(holding(&sched_lock) && c->noff == 1);
  n = l ? container_of(l, struct proc, link) : c->idle_thread;
  check_stack(p);
  c->resched = 0;
  n->state = PS_RUNNING;
  if(l && n->had > level)
    level = n->had;
  if(n == p)
    return;
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
sched_switch(void)
{
  uint64 t = now();
  charge(myproc(), t);
  switch_at(t);
}

// The next one's turn, if it has had less; or, to_all, in any case: then the caller has had as much.
static inline void
give_turn(int to_all)
{
  check_may_sleep(0, "yield");
  acquire(&sched_lock);
  struct proc *p = myproc(), *n = first_ready();
  if(n == 0){
    mycpu()->resched = 0;
  } else {
    uint64 t = now();
    charge(p, t);
    if(to_all)
      p->had = MAX(p->had, n->had);
    sched_enqueue(p);
    switch_at(t);
  }
  sched_release();
}

void
sched_yield(void)
{
  give_turn(1);
}

void
sched_preempt(void)
{
  give_turn(0);
}

void
sched_exit(void)
{
  assert(holding(&sched_lock));
  sched_switch();
  panic("zombie runs");
}

// From the timer interrupt: the slice is over. Whoever has had less gets its turn when the trap returns.
void
sched_tick(void)
{
  struct cpu *c = mycpu();
  uint64 t = now();
  c->ticks++;
  c->slice_end = t + SLICE;
  acquire(&sched_lock);
  struct proc *p = c->proc, *n = first_ready();
  if(p != c->idle_thread){
    charge(p, t);
    level = MAX(level, p->had);
    c->resched |= n && n->had <= p->had;
  }
  sched_release();
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
sched_has_work(struct cpu *c)
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
    return sched_has_work(c);
  uint64 end = now() + idle_spin_time;
  do {
    for(int i = 0; i < 16; i++){  // now() is dear
      if((found = sched_has_work(c)))
        break;
      if(idle_poll && idle_poll())
        end = now() + idle_spin_time;
    }
  } while(!found && (now() < end || (idle_stop && idle_stop())));
  __atomic_store_n(&spinner, 0, __ATOMIC_SEQ_CST);
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
  return found || sched_has_work(c);  // again: nobody was called while we were the spinner
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
  if(!sched_has_work(c) && !panicked){
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
        find_hart(container_of(run_queue.next->next, struct proc, link));  // more than one waits
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
  check_show_locks();
  check_show_irqs();
  for(int i = 0; i < ncpu; i++){
    const struct cpu *c = &cpus[i];
    printf("hart %d: %s pid %d noff %d resched %d%s%s\n", i, c->proc ? c->proc->name : "-", c->proc ? c->proc->pid : 0,
           c->noff, c->resched, c->idle == CPU_SLEEPING ? " asleep" : "", spinner == c->id + 1 ? " looks for work" : "");
  }
}
