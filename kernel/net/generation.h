#ifndef RXV_NET_GENERATION_H
#define RXV_NET_GENERATION_H
// A number that moves with every change of what the way of a packet is made from: routes, neighbours' MACs, our addresses, MTUs.
// Whoever keeps something that was looked up (struct dst) keeps the number of before the look, too, and uses it while that is
// still the same: so who changes something need not know who remembers it.

#include "core/types.h"

extern uint64 net_generations;  // [a]

static inline uint64
net_generation(void)
{
  return __atomic_load_n(&net_generations, __ATOMIC_ACQUIRE);
}

// Make the change first, then call this. Any context.
void net_changed(void);

#endif
