#ifndef RXV_NET_FRAG_H
#define RXV_NET_FRAG_H
// Fragments that wait for the rest of their datagram (RFC 791 3.2).

#include "core/types.h"
#include "pkt/pktbuf.h"

void frag_init(void);
// p starts at its IP header, l3 set, header checked. result: the whole datagram, its first packet starting at the IP
// header, if this was the last piece; else 0.
struct pktbuf *frag_input(TAKES struct pktbuf *p);
void frag_counts(uint *datagrams, uint *pieces);  // that wait

#endif
