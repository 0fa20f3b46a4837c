// See generation.h.

#include "net/generation.h"

uint64 net_generations = 1;

void
net_changed(void)
{
  __atomic_fetch_add(&net_generations, 1, __ATOMIC_SEQ_CST);
}
