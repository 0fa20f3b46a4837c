#ifndef RXV_PKT_POLL_H
#define RXV_PKT_POLL_H
// Who drains the receive rings, and when: see the essay in poll.c. This is what the files poll.c, idle.c, gate.c and
// ipqueue.c know of each other.

#include "core/types.h"
#include "pkt/netif.h"

void poll_init(void);             // starts the threads, hooks the idle loop

// Drain up to quota frames of a queue, each to where the mode says; then send what that made. Any context; interrupts
// are off meanwhile. result: how many; quota: there may be more, or more to send; -EBUSY: another hart is at it, and
// looks once more before it ends.
int netif_poll(struct netif *nif, int q, int quota);
// Nobody drains nif's queues, and nobody begins to, until poll_release(): the driver's rx verbs are the caller's.
// Process context: gives way to others until they have let go.
void poll_hold(struct netif *nif);
void poll_release(struct netif *nif);  // and looks at the rings, for whoever was turned away
int poll_quota(const struct netif *nif);  // TUNE_RXQUOTA, where 0 is without end, but not for lo
// A packet onto the ring in place of each of the n frames that came out of it, before those go anywhere: the ring never gets
// poorer. Where there is none the frame is dropped by name, and its own buffer goes back. fresh: room for n. result: how
// many frames, the first ones of `in`, go up.
int poll_replace(struct netif *nif, const struct nic_ops *ops, int q, struct pktbuf **in, struct pktbuf **fresh, int n);
// In an interrupt, or on an idle hart: up to a quota of a queue, on the net thread's account, while that has not had its share.
// The rest is left. result: 1: somebody waited for these frames, and takes the hart from the program that runs.
int poll_on_account(struct netif *nif, int q);
void poll_first(void);            // the net thread comes before all others now, for 10 ms of work
// The rest of a queue is the net thread's; interrupts are masked until it is empty.
void poll_leave(struct netif *nif, int q);
// Interrupts of a queue that is empty on again. 1: a frame came since the last look, and no interrupt will tell.
int poll_unmask(struct netif *nif, int q);
void poll_thread_wake(void);
void netif_fill_rings(void);      // as many packets onto each receive ring as there may be now. Says so when that is few

// idle.c
void idle_init(void);
// Interrupts of this queue off: idle harts look at it, or else a timer, the first time after `look`.
void poll_watch(struct netif *nif, int q, uint64 look);

// gate.c: input as a whole, open or stopped.
void gate_init(void);
extern int gate_stops;            // [a] GATE_...: reasons to be stopped
extern int gate_stopped;          // [a] a queue has stopped input since the last batch of frames
static inline int
gate_open(void)
{
  return likely(count_get(&gate_stops) == 0);
}
void gate_charge(uint64 ticks);   // input has taken so much of a hart; stops it if that is its share of the period

// ipqueue.c
void ipqueue_init(void);
void ipqueue_put(struct netif *nif, TAKES struct pktbuf *p);
uint ipqueue_waits(void);         // packets in it

#endif
