#ifndef RXV_PKT_GATE_H
#define RXV_PKT_GATE_H
// Feedback: a queue that fills faster than its reader empties it stops all input for a while, instead of letting the
// kernel work on packets that it will drop at the end of their way. While input is stopped the card holds the frames.
// source: Mogul, Ramakrishnan 1997, 6.6.1.

#include "core/types.h"

// A queue that may give feedback. Its own lock guards it. Zeroed: not choked.
struct feedback {
  uint32 choked;  // number of the stop that it caused; 0: none
  uint32 reads;   // how often its reader came since then
};

void gate_choke(struct feedback *f);   // 3/4 full: stops input for a while, if it may
void gate_read(struct feedback *f, int nearly_empty);  // choked, and its reader came. nearly_empty: 1/4 full at most
void gate_relax(struct feedback *f);   // choked, and gone

#endif
