#ifndef RXV_PUBLIC_SPINLOCK_H
#define RXV_PUBLIC_SPINLOCK_H
// Here for programs that include it out of habit; the kernel's is core/spinlock.h.
#endif
