#ifndef RXV_PUBLIC_SLEEPLOCK_H
#define RXV_PUBLIC_SLEEPLOCK_H
// Here for programs that include it out of habit; the kernel's is sched/sleeplock.h.
#endif
