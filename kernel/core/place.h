#ifndef RXV_CORE_PLACE_H
#define RXV_CORE_PLACE_H
// Who did it: a few return addresses, noted when something changes hands, and named when it turns out to have been
// wrong (debug build).

#include "core/types.h"

#ifdef DEBUG
struct place {
  uint64 pc[3];  // nearest first; 0: no more
};

// Who called the function that calls this; skip: so many callers further up.
void place_note(struct place *at, int skip);
char *place_text(const struct place *at, char *buf, uint size);  // "pkt_drop < udp_input < deliver"; result: buf
#endif

#endif
