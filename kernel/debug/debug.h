#ifndef RXV_DEBUG_DEBUG_H
#define RXV_DEBUG_DEBUG_H
// What the files of debug/ share. No other folder includes it: the kernel knows the hooks of core/check.h alone.

#include "core/check.h"

#define PAGE_FRESH 0xa5   // kalloc() fills a page with it
#define PAGE_POISON 0x5a  // a free page is full of it
#define PKT_POISON 0xdb   // so is a free packet; the red zones stay so

#define BYTES8(b) ((b) * 0x0101010101010101UL)

#define STACK_SPARE 2048  // bytes of a kernel stack, above its guard page, that nobody may need

extern uint lockorder_wait_max;  // seconds that a lock may be waited for

// Note who called the function that calls this; skip: so many callers further up.
void place_note(struct check_place *at, int skip);
char *place_text(const struct check_place *at, char *buf, uint size);  // "pkt_drop < udp_input < deliver"; result: buf

const struct check_place *irqoff_place(void);  // who turned interrupts off on this hart
void stack_dump(void);                         // the deepest use of each kernel stack, on the console

#endif
