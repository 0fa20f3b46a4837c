#ifndef RXV_NET_FORWARD_H
#define RXV_NET_FORWARD_H
// Forwarding between interfaces (TUNE_FORWARD).

#include "core/types.h"
#include "pkt/netif.h"

// p, which came in through `in`, starts at its IP header, whose form, source and options are checked; it is for nobody here.
void ip_forward(struct netif *in, TAKES struct pktbuf *p);
// May p go on? What is asked of it may have changed while a filter was thinking. result: the interface that it leaves by, and
// *next, the next hop on it; 0: no: its sender was told if he should be, and p is gone.
struct netif *ip_forward_check(struct pktbuf *p, uint32 *next);
// The second half: p may go on, to the next hop on out's link.
void ip_forward_out(struct netif *out, TAKES struct pktbuf *p, uint32 next);

// While this is not 0, it is told of each packet that may go on, and sees to it itself (net/filter.c).
extern void (*ip_forward_ask)(TAKES struct pktbuf *p);  // [a]

#endif
