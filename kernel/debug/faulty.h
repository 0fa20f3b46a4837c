#ifndef RXV_DEBUG_FAULTY_H
#define RXV_DEBUG_FAULTY_H
// A layer between a card and the stack that loses, duplicates, reorders, damages and delays frames, both ways. While it
// is on it stands in for the driver's verbs (netif.ops); off, nothing of it is on the packet's way.

#include "kernel/kstat.h"
#include "kernel/netctl.h"

// As s says: on, with counters that start at 0, or off; frames that still waited go on their way.
// 0, -ENODEV, or -EINVAL: a share above FAULTY_ALL, or a delay above FAULTY_DELAY_MAX. Process context.
int faulty_set(const struct netctl_faulty *s);
// 1: *out is what faults interface i has, and what they did so far; 0: none.
int faulty_get(int i, struct kstat_faulty *out);

#endif
