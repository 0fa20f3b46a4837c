#ifndef RXV_NET_ICMPERR_H
#define RXV_NET_ICMPERR_H
// ICMP errors that we send (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3.2).

#include "core/types.h"
#include "pkt/pktbuf.h"

#define ICMP_RATE 50         // errors a second that we send at the most, on average
#define ICMP_BURST 50        // ... at once; from a half to three halves of it
#define ICMP_QUOTE_MAX 548   // bytes of the datagram that an error quotes: 576 in all (RFC 1812 4.3.2.3)

void icmperr_init(void);
// Tell the sender of the datagram p what became of it; p->l3 is its IP header, p->src and dst are set. p stays the
// caller's. Does nothing where RFC 1122 forbids it, and when there have been too many. arg: the word after the checksum.
void icmp_error(struct pktbuf *p, uint8 type, uint8 code, uint32 arg);

#endif
