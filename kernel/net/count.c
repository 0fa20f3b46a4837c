// See count.h.

#include "net/count.h"

#define X(id, name, text) [NET_##id] = name,
const char *const net_count_names[NNET] = { NET_COUNTERS(X) };
#undef X

uint64 net_counts[NNET];
