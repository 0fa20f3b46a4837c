#ifndef RXV_PKT_POLL_H
#define RXV_PKT_POLL_H
// Interrupt, then poll: who drains the receive rings, and when. See the essay in poll.c.

#include "core/types.h"

struct netif;

extern int poll_quota;            // frames that an interrupt, or one turn of the net thread, drains at the most

void poll_init(void);             // starts the net thread, hooks the idle loop
// Drain up to quota frames up the stack. Any context; interrupts are off meanwhile.
// result: how many; quota: there may be more; -EBUSY: another hart is at it, and looks once more before it ends.
int netif_poll(struct netif *nif, int q, int quota);
// Nobody drains nif's queues, and nobody begins to, until poll_release(): the driver's rx verbs are the caller's.
// Process context: gives way to others until they have let go.
void poll_hold(struct netif *nif);
void poll_release(struct netif *nif);  // and looks at the rings, for whoever was turned away
int poll_idle(void);              // for the idle loop: look at every ring once; 1: there was something

#endif
