#ifndef RXV_CORE_CHECK_H
#define RXV_CORE_CHECK_H
// The hooks of debug/: calls at the places where a rule of the kernel could be broken. In the debug build (make DEBUG=1) the
// files of debug/ implement them: a broken rule is a panic. In a release build each hook is an empty function and each
// struct check_... is empty, so that a reader may skip them.

#include "core/assert.h"
#include "core/types.h"
#include "kernel/errno.h"

struct kstat_faulty;
struct netctl_faulty;
struct netif;
struct pktbuf;
struct proc;
struct spinlock;
struct vm;

// The order in which a process takes what others sleep for.
enum sleeporder {
  ORDER_NAMES,      // the right to change names (fs/names.c)
  ORDER_OPERATION,  // an operation of the log (begin_op)
  ORDER_INODE,      // an i-node (ilock)
  ORDER_BUFFER,     // a disk block's buffer (bget)
};

#ifdef DEBUG
#define HOOK(...) void __VA_ARGS__                 // a rule is checked
#define HOOK_ASKS(release, ...) int __VA_ARGS__    // debug/ decides; a release build always has this answer
#define debug_assert(e) assert(e)
#define CHECK_STACK_PAGES 2  // more for each kernel stack: the compiler's own checks need them
#define CHECK_REDZONE 16     // bytes at both ends of a packet's page that nobody may write

struct check_place {
  uint64 pc[3];  // return addresses, nearest first; 0: no more
};

struct check_lock {
  int rank;          // [I] from the table of debug/lockorder.c
  const char *file;  // where it was acquired
  int line;
};

struct check_proc {
  uint8 order;  // a bit for each kind of what it holds (enum sleeporder)
};

struct check_pkt {
  int queued;                // 1: it is in a queue
  struct check_place since;  // who gave it to its owner
};
#else
#define HOOK(...) static inline void __VA_ARGS__ {}
#define HOOK_ASKS(release, ...) static inline int __VA_ARGS__ { return release; }
#define debug_assert(e) ((void)0)
#define CHECK_STACK_PAGES 0
#define CHECK_REDZONE 0
struct check_lock {};
struct check_proc {};
struct check_pkt {};
#endif

// Locks (debug/lockorder.c), and time with interrupts off (debug/irqoff.c).
HOOK(check_acquire(struct spinlock *lk, const char *file, int line));   // it is about to be acquired
HOOK(check_acquired(struct spinlock *lk, const char *file, int line));  // it is held now
HOOK(check_release(struct spinlock *lk));                               // it will be released
HOOK(check_waiting(struct spinlock *lk, uint64 since));                 // it is not free; since: time CSR
HOOK(check_no_locks(const char *what));                                 // no lock may be held by who is about to do this
HOOK(check_may_sleep(struct spinlock *lk, const char *what));           // ... but this one (0: none), and interrupts are on
HOOK(check_show_locks(void));                                           // print what every hart holds
HOOK(check_mycpu(void));                                                // interrupts must be off
HOOK(check_irqs_off(int were_on));                                      // they went off in the caller
HOOK(check_irqs_on(void));                                              // they are about to go on
HOOK(check_show_irqs(void));                                            // print the longest time of each hart

// What others sleep for (debug/sleeporder.c): a process may take only what stands below all that it holds.
HOOK(check_order_take(enum sleeporder what));  // before it waits for it
HOOK(check_order_drop(enum sleeporder what));
HOOK(check_order_none(const char *what));      // it is about to do this: it may hold nothing

// Pages (debug/pagecheck.c), page tables (debug/vmcheck.c), kernel stacks (debug/stackuse.c).
HOOK(check_page_unwritten(void *page));         // it comes from the free list: nobody wrote to it there
HOOK(check_page_taken(void *page));             // it was handed out; its contents are anything
HOOK(check_page_freed(void *page));             // nobody owns it any more
HOOK(check_page_freed_twice(void *page));       // panics
HOOK(check_vm(struct vm *vm));                  // of the running process, or of one that does not run yet
HOOK(check_stack_new(struct proc *p));          // nobody runs on it; p still has the name of who did
HOOK(check_stack(const struct proc *p));        // p leaves the hart

// Packets (debug/pktcheck.c).
HOOK(check_pkt_made(struct pktbuf *p));
HOOK(check_pkt_alloc(struct pktbuf *p));        // it leaves the pool
HOOK(check_pkt_free(struct pktbuf *p));         // it is about to go back
HOOK(check_pkt_freed(struct pktbuf *p));        // it is in the pool
HOOK(check_pkt_owner(struct pktbuf *p, int from, int to));
HOOK(check_pkt_queued(struct pktbuf *p));       // it is put into a queue
HOOK(check_pkt_dequeued(struct pktbuf *p));
HOOK(check_pkt_live(const struct pktbuf *p));   // somebody uses it
HOOK(check_dma(const void *at, uint n));        // a NIC is given this address: in a packet's own page
HOOK(check_dma_lent(void *page, uint off, uint n));  // ... in a page that a packet has a reference to

// Failures on purpose (debug/failpoint.c), faults on a wire (debug/faulty.c), mistakes (debug/provoke.c).
HOOK_ASKS(0, check_alloc_fails(int kind));                               // kind: FAIL_... (kernel/failalloc.h)
HOOK_ASKS(-EOPNOTSUPP, check_fail_nth(uint64 kind, uint64 n, int pid));   // system call failalloc
HOOK_ASKS(0, check_rx_damaged(struct netif *nif));                       // shall this frame count as damaged?
HOOK_ASKS(-EOPNOTSUPP, check_set_faults(const struct netctl_faulty *s));  // NETCTL_FAULTY
HOOK_ASKS(0, check_get_faults(int i, struct kstat_faulty *out));         // KSTAT_FAULTY. 1: interface i has some
HOOK_ASKS(-EOPNOTSUPP, check_provoke(uint64 what, uint64 key));           // system call kdebug

#undef HOOK
#undef HOOK_ASKS

#endif
