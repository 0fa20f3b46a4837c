// Mistakes on purpose, one for each check, so that a test can see it fire (kernel/provoke.h).

#include "core/cpu.h"
#include "core/string.h"
#include "debug/debug.h"
#include "mm/kalloc.h"
#include "mm/layout.h"
#include "mm/uaccess.h"
#include "pkt/netif.h"
#include "sched/proc.h"
#include "sched/sleeplock.h"
#include "sched/timer.h"
#include "kernel/provoke.h"

static struct spinlock outer = SPINLOCK("pause"), inner = SPINLOCK("rand"), other = SPINLOCK("poll");
static WAITQ(nobody_wakes);

static void
nap(struct spinlock *lk)
{
  acquire(lk);
  wq_sleep_until(&nobody_wakes, lk, now() + MSEC);
  release(lk);
}

// ----- locks -----

static void
provoke_sleeplock(void)
{
  static struct sleeplock lk;
  initsleeplock(&lk, "provoked");
  acquire(&outer);
  acquiresleep(&lk);
}

static void
keep_lock(void *arg)
{
  acquire(&inner);
  for(;;)
    if(panicked)
      panic_stop();
}

static void
provoke_wait(void)
{
  lockorder_wait_max = 1;
  assert(ncpu > 1 && kthread_create("keeper", keep_lock, 0));
  while(!__atomic_load_n(&inner.locked, __ATOMIC_RELAXED))
    sched_yield();
  acquire(&inner);
}

static void
provoke_lock(int what)
{
  if(what == PROVOKE_ORDER){
    acquire(&inner);
    acquire(&other);
  }
  acquire(&outer);
  if(what == PROVOKE_RELOCK)
    acquire(&outer);
  if(what == PROVOKE_SLEEP)
    nap(&other);
  if(what == PROVOKE_COPY)
    copyout(0, &what, sizeof(what));
  // PROVOKE_LEAVE: that was all
}

// ----- packets -----

static void
provoke_packet(int what)
{
  struct pktq one = {0}, two = {0};
  struct pktbuf *p = pkt_alloc();
  assert(p);
  switch(what){
  case PROVOKE_PKT_FREE:
  case PROVOKE_PKT_USE:
  case PROVOKE_PKT_WRITE:
    pkt_free(p);
    if(what == PROVOKE_PKT_FREE)
      pkt_free(p);
    if(what == PROVOKE_PKT_USE)
      pkt_put(p, 1);
    p->page[1000] ^= 1;
    while(pkt_alloc())  // until its turn comes
      ;
    return;
  case PROVOKE_PKT_QUEUES:
    pktq_put(&one, p);
    pktq_put(&two, p);
    return;
  case PROVOKE_PKT_QUEUED:
    pktq_put(&one, p);
    pkt_free(p);
    return;
  case PROVOKE_PKT_OWNER:
    pkt_own(p, PKT_STACK, PKT_SOCK);
    pkt_own(p, PKT_NIC, PKT_STACK);
    return;
  case PROVOKE_PKT_FRONT:
    p->page[CHECK_REDZONE - 1] ^= 1;
    break;
  case PROVOKE_PKT_END:
    p->page[PKT_END] ^= 1;
    break;
  }
  pkt_free(p);
}

static void
provoke_dma(void)
{
  struct pktbuf *p = pkt_alloc();
  assert(p && nnetif > 1);
  pkt_put(p, 60);
  p->page = (uint8 *)PGROUNDDOWN((uint64)&procs);
  netif_tx(netifs[nnetif - 1], p);
}

static void
provoke_page(int what)
{
  uint8 *page = kalloc();
  assert(page);
  kfree(page);
  if(what == PROVOKE_PAGE_FREE)
    kfree(page);
  page[1000] = 1;
  for(int i = 0; i < 100 && kalloc(); i++)  // it is the next one, unless another hart has just taken it
    ;
}

// ----- stacks, and what the compiler looks for -----

// Down to `left` bytes above the guard page; 0: for ever.
static int __attribute__((noinline))
dig(uint64 left)
{
  volatile char hole[256];
  hole[0] = left;
  if(left && (uint64)__builtin_frame_address(0) - (uint64)myproc()->kstack < left)
    for(int i = 0; i < 1000; i++)
      nap(&outer);  // on a busy host its time may be over before it sleeps, and the check is made by the switch
  else
    hole[0] += dig(left);
  return hole[0];
}

static void
provoke_undefined(int what)
{
  static volatile int many = 1000, most = 0x7fffffff;
  static int few[4];
  static uint64 words[2];
  static int *volatile nowhere;
  switch(what){
  case PROVOKE_SHIFT:
    few[0] = 1 << many;
    break;
  case PROVOKE_INDEX:
    few[0] = few[many];
    break;
  case PROVOKE_SUM:
    few[0] = most + many;
    break;
  case PROVOKE_ALIGN:
    few[0] = *(uint64 *)((uint8 *)words + many % 7);
    break;
  case PROVOKE_NULL:
    few[0] = *nowhere;
    break;
  }
}

// Not inlined: its name is what the report must show.
static void __attribute__((noinline))
without_interrupts(uint64 ticks)
{
  push_off();
  for(uint64 start = now(); now() - start < ticks;)
    ;
  pop_off();
}

static void
report(void)
{
  check_show_irqs();
  stack_dump();
}

static void
provoke(int what)
{
  if(what == KDEBUG_REPORT)
    report();
  else if(what == PROVOKE_SLEEPLOCK)
    provoke_sleeplock();
  else if(what == PROVOKE_WAIT)
    provoke_wait();
  else if(what == PROVOKE_SLEEPORDER){
    check_order_take(ORDER_INODE);
    check_order_take(ORDER_INODE);
  } else if(what == PROVOKE_FAULT){
    check_order_take(ORDER_INODE);
    copyin(&what, MAXVA - PGSIZE, 1);
  } else if(what == PROVOKE_YIELD){
    push_off();
    sched_yield();
  } else if(what <= PROVOKE_LEAVE)
    provoke_lock(what);
  else if(what <= PROVOKE_PKT_END)
    provoke_packet(what);
  else if(what == PROVOKE_DMA)
    provoke_dma();
  else if(what <= PROVOKE_PAGE_WRITE)
    provoke_page(what);
  else if(what <= PROVOKE_OVERFLOW)
    dig(what == PROVOKE_STACK ? STACK_SPARE : 0);
  else if(what <= PROVOKE_NULL)
    provoke_undefined(what);
  else
    without_interrupts(what == PROVOKE_HANG ? FOREVER : SEC / 2);
}

int
check_provoke(uint64 what, uint64 key)
{
  if(what >= NPROVOKE || key != KDEBUG_KEY)
    return -EINVAL;
  provoke(what);
  return 0;
}
