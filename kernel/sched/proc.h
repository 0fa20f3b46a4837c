#ifndef RXV_SCHED_PROC_H
#define RXV_SCHED_PROC_H
// Threads: user processes, and kernel threads that have no user memory. Their table, states and switching.
// What processes do to each other (fork, exec, wait) is in proc/, above.

#include "core/check.h"
#include "core/list.h"
#include "core/types.h"
#include "sched/waitq.h"
#include "kernel/kstat.h"  // PS_...

struct file;
struct inode;
struct vm;

// Registers that a function call must preserve: what a switch has to save. entry order is known to switch.S.
struct context {
  uint64 ra, sp;
  uint64 s[12];
};

// User registers, on the kernel stack's top while the process is in the kernel. Order is known to vector.S.
struct trapframe {
  uint64 epc;  // where to go on
  uint64 ra, sp, gp, tp, t0, t1, t2, s0, s1;
  uint64 a0, a1, a2, a3, a4, a5, a6, a7;
  uint64 s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
  uint64 t3, t4, t5, t6;
};

// I constant while the slot is used   s sched_lock   o the process itself   t proc_lock (tree: proc/)
struct proc {
  int pid;                // [I] 0: slot unused; below 0: kernel thread, so that they leave the numbers to processes
  int state;              // [s] PS_...
  volatile int killed;    // [a] must exit before it returns to user mode; blocking calls end with -EINTR
  int xstate;             // [t] exit status, once a zombie
  struct proc *parent;    // [t] 0: kernel thread or init
  struct list children;   // [t] living ones, by their sibling
  struct list zombies;    // [t] dead ones that nobody has waited for, by their sibling
  struct list sibling;    // [t]
  uint8 adopted;          // [t] init is its parent because the one it had is gone
  struct waitq childwait; // where it waits for a child's end
  struct waitq *wq;       // [s] where it waits; of one that does not, where it did so last (net/diagnose.c: who was woken)
  uint8 hard_wait;        // [s] a kill does not end this wait
  struct list link;       // [s] in the run queue or in wq
  int wake_result;        // [s] 0 woken, -ETIMEDOUT, -EINTR
  int last_cpu;           // [s] index of the hart it ran on; -1: none yet
  uint64 cpu_time;        // [o] ticks of the time CSR spent running
  uint64 started;         // [o] when it was last given a hart, or cpu_time was last added to
  uint64 had;             // [s] the same as cpu_time, as far as it decides whose turn it is: sched.c
  void *kstack;           // [I] lowest byte; mapped at boot, for good
  struct trapframe *tf;   // [I] user registers, 0: kernel thread
  struct context context; // [s] kernel registers while it does not run
  void (*entry)(void *);  // [I] what a new thread calls first
  void *arg;              // [I]
  struct vm *vm;          // [o] 0: kernel thread. Change it with proc_set_vm()
  struct file *ofile[NOFILE];  // [o]
  struct inode *cwd;           // [o]
  char name[16];               // [o]
  struct check_proc check;     // [o]
};

#define NSLOT (NPROC + NKTHREAD)

extern struct proc procs[NSLOT];  // processes, then kernel threads
extern struct proc *initproc;

// The number of p's address space in satp: its slot's, so a new process there begins with last_cpu -1, and a flush.
static inline uint
proc_asid(const struct proc *p)
{
  return p - procs + 1;
}

void proc_init(void);                                       // hart 0, at boot
struct proc *proc_alloc(void);                              // a process's slot with pid and stack, PS_EMBRYO; 0: none
int proc_room(void);                                        // 1: some slot is free; may be stale at once
void proc_free(struct proc *p);                             // gives the slot back; it does not run
void proc_start(struct proc *p);                            // EMBRYO -> READY
struct proc *proc_find(int pid);                            // any live slot; 0: none. May be stale at once
uint64 proc_memory(struct proc *p, uint64 *resident);       // of any process: bytes of its heap's top, and that are there
void proc_set_vm(struct vm *vm);                            // of the caller: takes over the reference, puts the old one
struct proc *kthread_create(const char *name, void (*fn)(void *), void *arg);  // it never ends; 0: no slot or memory

void sched_yield(void);                                     // let another ready thread run, whatever it has had
void sched_preempt(void);                                   // let another ready thread run, if it has had less
void sched_exit(void) __attribute__((noreturn));            // the caller is PS_ZOMBIE and never comes back
void sched_inherit(struct proc *child);                     // a child that is being made has had what the caller has
void sched_collect(const struct proc *child);               // ... and the caller what its child had, which is dead
void sched_credit(struct proc *p);                          // it comes first now, for CREDIT of time
// An interrupt's handler, or an idle hart, may do p's work on p's account, in the midst of whoever runs. Interrupts are off.
uint64 sched_borrow(const struct proc *p);                  // 0: it has had its share; wake it, and it waits for its turn
// since: what sched_borrow() said; the time from then on was p's. result: 1: a thread that was woken takes this hart next.
int sched_return(struct proc *p, uint64 since);
#define UNCHARGED 1                                         // for sched_return(): that time is nobody's
void sched_kill(struct proc *p);                            // sets killed, and ends its wait
void sched_hart_init(void);                                 // every hart: its idle thread
void sched_idle(void) __attribute__((noreturn));            // what a hart does when all is set up
void sched_dump(void);                                      // what each process waits for; takes no lock

// What an idle hart looks at before it sleeps: returns 1 if it found work. Registered at boot (pkt/poll.c).
extern int (*idle_poll)(void);
// Nobody looks from now on, interrupts must tell: returns 1 if work came just now. Registered at boot (pkt/poll.c).
extern int (*idle_stop)(void);
extern uint32 idle_harts;      // [a] bits of the harts that sleep in WFI
extern uint64 idle_spin_time;  // how long an idle hart looks before WFI, in ticks of the time CSR

#endif
