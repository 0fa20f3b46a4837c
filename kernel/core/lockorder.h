#ifndef RXV_CORE_LOCKORDER_H
#define RXV_CORE_LOCKORDER_H
// The order in which spinlocks nest, checked by the debug build: a lock may be acquired only while all that the
// hart holds stand before it in the table of lockorder.c. Who waits for a lock for a minute waits for ever, and
// who sleeps may hold no spinlock but that of the condition. The release build has none of this.

#include "core/spinlock.h"

#ifdef DEBUG
void lockorder_check(struct spinlock *lk, const char *file, int line);  // before it is acquired
void lockorder_push(struct spinlock *lk, const char *file, int line);   // it is held now
void lockorder_pop(struct spinlock *lk);                                // it will be released
void lockorder_dump(void);                                              // what every hart holds
void lockorder_no_locks(const char *what);  // the caller is about to touch user memory, or to leave: none may be held
// The caller is about to give up the hart: lk is the only lock held (0: none), and nobody else needs interrupts off.
void lockorder_may_sleep(struct spinlock *lk, const char *what);
uint64 lockorder_patience(void);                               // until when one may wait for a lock
void lockorder_waits(struct spinlock *lk, uint64 until);
extern uint lockorder_wait_max;                                // seconds
#else
#define lockorder_check(lk, file, line) ((void)0)
#define lockorder_push(lk, file, line) ((void)0)
#define lockorder_pop(lk) ((void)0)
#define lockorder_dump() ((void)0)
#define lockorder_no_locks(what) ((void)0)
#define lockorder_may_sleep(lk, what) ((void)0)
#define lockorder_patience() 0
#define lockorder_waits(lk, until) ((void)(until))
#endif

#endif
