#ifndef RXV_CORE_LOCKORDER_H
#define RXV_CORE_LOCKORDER_H
// The order in which spinlocks nest, checked by the debug build: a lock may be acquired only while all that the
// hart holds stand before it in the table of lockorder.c. The release build has none of this.

#include "core/spinlock.h"

#ifdef DEBUG
void lockorder_check(struct spinlock *lk, const char *file, int line);  // before it is acquired
void lockorder_push(struct spinlock *lk, const char *file, int line);   // it is held now
void lockorder_pop(struct spinlock *lk);                                // it will be released
void lockorder_dump(void);                                              // what every hart holds
void lockorder_no_locks(const char *what);  // the caller is about to sleep or to touch user memory: none may be held
#else
#define lockorder_check(lk, file, line) ((void)0)
#define lockorder_push(lk, file, line) ((void)0)
#define lockorder_pop(lk) ((void)0)
#define lockorder_no_locks(what) ((void)0)
#endif

#endif
