#ifndef HOST_SHIM_H
#define HOST_SHIM_H
// What the kernel's pure files expect from the floors below them, on the host: locks that are checked, pages, a clock
// that the test turns, timers, wait queues, and the memory of one process.

#include "core/types.h"
#include "sched/timer.h"
#include "shim/host.h"

extern uint64 fake_now;
void host_advance(uint64 ticks);         // the clock goes on; timers fire on the way
int host_timers(void);                   // that are set

extern int host_locks;                   // spinlocks that are held
// What another hart does as soon as a lock of this name is let go: called once.
void host_when_released(const char *lock, void (*fn)(void));
extern int host_pages_used;
extern int host_pages_left;              // how many kalloc() still gives; < 0: as many as there are
#define HOST_SECRET 0xa5                 // what a fresh page is full of: must never be seen on a wire
extern uint8 host_junk;                  // ... at first; a fuzzer tries other bytes
void host_each_page(void (*fn)(void *page, unsigned long bytes));  // of those in use


// A process would wait now. 0: it is killed (-EINTR), or its time runs out. Else it is called once, without locks, and
// the process wakes up.
extern void (*host_on_sleep)(void);
extern int host_wakeups;

// User memory: UPAGES pages from UBASE on; the last one is read-only, and nothing lies before or behind them.
#define UBASE 0x10000UL
#define UPAGES 20
#define UREADONLY (UBASE + (UPAGES - 1) * 4096UL)
extern uint8 host_user[UPAGES * 4096];   // where they are on the host

// The panics of a piece of code: host_panics is set to 1 and the code is left.
extern sigjmp_buf host_panic_jump;
extern int host_panic_caught;
extern char host_panic_text[200];
#define PANICS(code)                           \
  ({                                           \
    volatile int panicked_ = 1;                \
    host_panic_caught = 1;                     \
    if(sigsetjmp(host_panic_jump, 0) == 0){    \
      code;                                    \
      panicked_ = 0;                           \
    }                                          \
    host_panic_caught = 0;                     \
    panicked_;                                 \
  })

#endif
