#ifndef RXV_MM_KALLOC_H
#define RXV_MM_KALLOC_H
// Physical memory in pages of PGSIZE bytes. Pages are counted: a COW page or one that is lent has several
// owners, and is free again when the last one lets go. Any context; never sleeps.

#include "core/types.h"

void kalloc_init(uint64 from_pa, uint64 to_pa);  // these pages are free; hart 0, once
void *kalloc(void);                              // a page with old contents (poisoned in the debug build); 0: none left
void *kzalloc(void);                             // a page of zeros; 0: none left
void kfree(void *page);                          // one owner less
void kref(void *page);                           // one owner more
int krefs(void *page);                           // how many now
uint64 kfree_pages(void);                        // pages that are free
uint64 ktotal_pages(void);                       // ... were, at boot

#endif
