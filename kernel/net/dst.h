#ifndef RXV_NET_DST_H
#define RXV_NET_DST_H
// Where datagrams to one address go: the interface, the next hop, its MAC, our address there. Looked up for each datagram, or
// kept by a socket for as long as net_generation() stands still.

#include "core/types.h"
#include "net/ether.h"
#include "net/generation.h"

struct dst {
  uint64 generation;  // net_generation() before all this was looked up; 0: nothing is here
  uint32 addr;        // whose way this is
  uint32 src;         // source address to put in
  uint32 next;        // next hop on nif's link
  struct netif *nif;
  uint32 wire_src, wire_dst;  // src and addr as they lie in a header: both checksums have them
  uint16 mtu;         // nif's, read once: whoever sums up, cuts and sends agree, whatever netctl() does meanwhile
  uint8 broadcast;    // 1: to all hosts of a link
  uint8 mac[ETHADDR_LEN] ETHER_EVEN;  // of the next hop, if used is not 0
  uint8 *used;        // set to 1 by whoever sends to mac: the neighbour is in use; 0: ARP has to be asked
};

// The way to addr. src: the address that the socket is bound to, 0: any.
// result: 0; -ENETUNREACH; -EADDRNOTAVAIL src is no address of ours (RFC 1122 3.2.1.3).
int dst_find(uint32 addr, uint32 src, struct dst *d);
// The MAC of d's next hop, if it is known: for who keeps d.
void dst_neighbour(struct dst *d);

static inline int
dst_is_good(const struct dst *d, uint32 addr)
{
  return d->addr == addr && d->generation == net_generation();
}

#endif
