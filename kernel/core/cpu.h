#ifndef RXV_CORE_CPU_H
#define RXV_CORE_CPU_H
// A hart, as the kernel sees it. While the kernel runs, tp points to the hart's struct cpu.

#include "core/check.h"
#include "core/csr.h"
#include "core/types.h"

struct proc;
struct vm;

// Fields are the hart's own; others only look, for display. Assembly knows the offsets of those up to emergency.
struct cpu {
  uint64 kstack_top;     // 0: where a trap from user mode starts its stack
  struct proc *proc;     // 8: what runs now; the idle thread when nothing does
  struct vm *uvm;        // 16: user memory of what runs now; 0: a kernel thread
  uint64 scratch[2];     // 24, 32: for the trap vector
  uint64 emergency;      // 40: top of the stack for faults of the kernel itself
  int noff;              // depth of push_off(); interrupts are off while it is not 0
  int intena;            // were interrupts on before the first push_off()?
  uint32 id;             // index into cpus[]
  uint32 hartid;         // the machine's number
  volatile int resched;  // the running thread should give way
  volatile int idle;     // IDLE_...
  uint32 call;           // harts to be called when sched_lock is let go, as bits
  struct proc *idle_thread;
  struct vm *vm;         // whose page table satp holds; 0: the kernel's own
  uint64 slice_end;      // time at which the running thread should give way
  uint64 timer_at;       // what stimecmp holds

  uint64 switches, satp_writes, traps, irqs, ipis, ticks, idle_time, wfis;  // for kstat
};

enum { CPU_BUSY, CPU_SPINNING, CPU_SLEEPING };

extern struct cpu cpus[NCPU];
extern int ncpu;  // harts in use; constant once the first process runs

// This hart. Interrupts must be off: a thread that is moved holds the record of a hart that it has left, and would read
// and write what is another thread's by now. The debug kernel looks.
static inline struct cpu *
mycpu(void)
{
  struct cpu *c;
  check_mycpu();
  asm volatile("mv %0, tp" : "=r"(c));
  return c;
}

// A word of this hart's record, in one instruction: right even with interrupts on, for nobody is moved in the midst of it.
#define cpu_load(field)                                                                                       \
  ({                                                                                                          \
    long v_;                                                                                                  \
    asm volatile("lw %0, %1(tp)" : "=r"(v_) : "i"(__builtin_offsetof(struct cpu, field)) : "memory");         \
    (int)v_;                                                                                                  \
  })
#define cpu_store(field, v) \
  asm volatile("sw %0, %1(tp)" : : "r"((long)(v)), "i"(__builtin_offsetof(struct cpu, field)) : "memory")

// The running thread: one load, too.
static inline struct proc *
myproc(void)
{
  struct proc *p;
  asm volatile("ld %0, 8(tp)" : "=r"(p));
  return p;
}

// Nested "interrupts off" (xv6's words): as many pops as pushes turn them on again, if they were on.
//
// Turning interrupts off costs a CSR access, which on QEMU is as dear as 150 plain instructions. So only the
// outermost push pays: while noff is above 0 they are off, and noff is this hart's own. Before they are off each access is a
// single instruction by tp, and no address made from tp is kept: `mycpu()->intena = intr_off()` let the compiler take
// the address first, and a thread that was moved in between wrote another hart's flag. `make check` looks at what it makes.
static inline void
push_off(void)
{
  int depth = cpu_load(noff);
  if(depth == 0){
    int were_on = intr_off();
    cpu_store(intena, were_on);
    check_irqs_off(were_on);
  }
  cpu_store(noff, depth + 1);  // if this thread was moved, it was 0 there, too
}

static inline void
pop_off(void)
{
  struct cpu *c = mycpu();
  debug_assert(c->noff > 0 && !intr_get());
  if(--c->noff == 0 && c->intena){
    check_irqs_on();
    intr_on();
  }
}

#endif
