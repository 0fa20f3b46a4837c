#ifndef RXV_NET_FILTER_H
#define RXV_NET_FILTER_H
// A program in the router's way: each packet that is to be forwarded waits until it has said yes or no.

#include "core/types.h"
#include "pkt/pktbuf.h"

#define FILTER_QUEUE MIN(64, pkt_parts[PART_FILTER] / 2)  // packets that wait to be seen
#define FILTER_ASKED 64  // ... that it has seen, and not said anything of

int filter_open(void);          // the running program is the filter: 0; -EBUSY there is one already
void filter_close(void);        // and all that waited is dropped (ip.filtered)
// The oldest packet that it has not seen: a struct netctl_packet, then the packet from its IP header on, at most n bytes of
// both to uva of the running process. result: bytes; -EAGAIN (nonblock), -EINTR, -EFAULT; -EINVAL: no room for the first;
// -ENOBUFS: too many wait for an answer.
int filter_read(uint64 uva, int n, int nonblock);
// n bytes of struct netctl_verdict, in any order. result: n, or fewer: the next one's packet does not wait for an answer;
// -EINVAL: the first one's does not; -EFAULT.
int filter_write(uint64 uva, int n);
int filter_poll(void);          // POLLIN | POLLOUT

uint filter_waits(void);  // packets in its queues

#endif
