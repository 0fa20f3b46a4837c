// What a trap was, and who deals with it.

#include "core/check.h"
#include "core/cpu.h"
#include "core/csr.h"
#include "core/assert.h"
#include "core/panic.h"
#include "core/printf.h"
#include "dev/intc.h"
#include "entry/offsets.h"
#include "entry/trap.h"
#include "mm/vm.h"
#include "proc/process.h"
#include "sched/timer.h"

_Static_assert(__builtin_offsetof(struct cpu, kstack_top) == CPU_KSTACK, "vector.S");
_Static_assert(__builtin_offsetof(struct cpu, proc) == 8, "myproc()");
_Static_assert(__builtin_offsetof(struct cpu, uvm) == 16, "uspace()");
_Static_assert(__builtin_offsetof(struct cpu, scratch) == CPU_SCRATCH, "vector.S");
_Static_assert(__builtin_offsetof(struct cpu, emergency) == CPU_EMERGENCY, "vector.S");
_Static_assert(sizeof(struct trapframe) == TF_SIZE, "vector.S");
_Static_assert(__builtin_offsetof(struct trapframe, a0) == TF_A0, "vector.S");
_Static_assert(__builtin_offsetof(struct trapframe, t6) == TF_T6, "vector.S");

const uint64 cpu_size = sizeof(struct cpu);  // for boot.S

// Exception codes in words (privileged ISA, table 4.2).
static const char *
cause_text(uint64 cause)
{
  static const char *const text[] = {
    "instruction address misaligned", "instruction access fault", "illegal instruction", "breakpoint",
    "load address misaligned", "load access fault", "store address misaligned", "store access fault",
    "environment call", "environment call from the kernel", "reserved", "environment call from machine mode",
    "instruction page fault", "load page fault", "reserved", "store page fault",
  };
  return cause < NELEM(text) ? text[cause] : "unknown cause";
}

// Interrupts are off. One of the three kinds; each handler clears what raised it.
static void
interrupt(uint64 cause)
{
  struct cpu *c = mycpu();
  c->irqs++;
  check_irqs_off(1);
  if(cause == SCAUSE_TIMER)
    timer_interrupt();
  else if(cause == SCAUSE_EXTERNAL)
    intc_interrupt();
  else if(cause == SCAUSE_SOFT){
    csr_clear(sip, SIE_SSIE);
    c->ipis++;
    if(panicked)
      panic_stop();
  } else
    panic("interrupt with unknown cause 0x%lx", cause);
}

static void
user_fault(struct trapframe *tf, uint64 cause, uint64 addr)
{
  struct proc *p = myproc();
  if(!p->killed)
    printf("pid %d %s: killed by %s, pc 0x%lx, address 0x%lx\n", p->pid, p->name, cause_text(cause), tf->epc, addr);
  proc_exit(-1);
}

static void
page_fault(struct trapframe *tf, uint64 cause, uint64 addr)
{
  int access = cause == SCAUSE_STORE_PAGE ? PTE_W : cause == SCAUSE_LOAD_PAGE ? PTE_R : PTE_X;
  if(!vm_fault(uspace(), addr, access))
    user_fault(tf, cause, addr);
}

void
trap_user(struct trapframe *tf, uint64 cause)
{
  struct cpu *c = mycpu();
  c->traps++;
  if((int64)cause < 0)
    interrupt(cause);
  else if(cause == SCAUSE_ECALL_U){
    intr_on();
    syscall(tf);
  } else {
    uint64 addr = csr_read(stval);
    intr_on();
    if(cause == SCAUSE_FETCH_PAGE || cause == SCAUSE_LOAD_PAGE || cause == SCAUSE_STORE_PAGE)
      page_fault(tf, cause, addr);
    else
      user_fault(tf, cause, addr);
  }
  // Looked at with interrupts on, or off: what comes after this is dealt with at the next trap, a slice later at most.
  while(cpu_load(resched))
    sched_preempt();
  if(myproc()->killed){
    intr_on();
    proc_exit(-1);
  }
  check_no_locks("return to the program");
  check_order_none("return to the program");
  check_irqs_on();
}

// From the kernel: interrupts only. A thread that runs with interrupts on holds no spinlock, and may be moved.
void
trap_kernel(uint64 cause)
{
  struct cpu *c = mycpu();
  interrupt(cause);
  if(c->resched && c->noff == 0 && c->proc != c->idle_thread)
    sched_preempt();
  check_irqs_on();
}

void
kernel_fault(uint64 cause, uint64 pc, uint64 addr, uint64 fp, uint64 sp)
{
  int guard = addr >= KSTACKS && (addr - KSTACKS) % (KSTACK_SIZE + PGSIZE) < PGSIZE;
  if(!panicked){
    printf_panicked();
    printf("\nkernel fault: %s%s, address 0x%lx, sp 0x%lx, at\n", cause_text(cause),
           guard ? " (stack overflow)" : "", addr, sp);
    backtrace_from(pc, fp);
  }
  panic("kernel fault");
}
