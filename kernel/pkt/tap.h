#ifndef RXV_PKT_TAP_H
#define RXV_PKT_TAP_H
// The last packets the stack saw, for people who ask what happened: direction, layer, verdict, first bytes.

#include "core/types.h"

struct netif;
struct pktbuf;

#include "kernel/kstat.h"  // struct kstat_tap

#define TAP_N 64  // frames that it remembers; a power of 2

// A frame comes in or goes out: remembered, with its first bytes. Costs a short copy; no lock.
void tap_frame(struct netif *nif, struct pktbuf *p, int out);
void tap_drop(struct pktbuf *p, int why);  // what became of it
// Frame number i of those that are remembered, 0 the oldest. 1: there; 0: no such frame yet, or just being written; -1: no number i.
int tap_read(int i, void *rec);

#endif
