#ifndef RXV_SCHED_RUNQ_H
#define RXV_SCHED_RUNQ_H
// Between the files of sched/ only: the scheduler's lock, and what one does under it.

#include "core/bits.h"
#include "core/cpu.h"
#include "core/spinlock.h"
#include "sched/ipi.h"

// Guards every thread's state and links, the run queue, and all wait queues. One lock: a student can hold the
// whole of it in mind, and it is held for some tens of instructions.
extern struct spinlock sched_lock;

void sched_ready(struct proc *p);  // p may run: into the run queue, and a hart is told if one sleeps
void sched_switch(void);           // give up this hart; the caller has set its own state
void sched_tick(void);             // without the lock, from the timer: is the slice over?

// Releases sched_lock, then calls the harts that sched_ready() wants called.
static inline void
sched_release(void)
{
  struct cpu *c = mycpu();
  uint32 call = c->call;
  if(likely(call == 0)){
    release(&sched_lock);
    return;
  }
  c->call = 0;
  push_off();  // the others do not wait until this thread has its next turn
  release(&sched_lock);
  for(; call; call &= call - 1)
    ipi_send(lowest_bit(call));
  pop_off();
}

#endif
