#ifndef RXV_NET_ARPMSG_H
#define RXV_NET_ARPMSG_H
// ARP's messages (RFC 826), as they are read and written.

#include "net/ether.h"

// An ARP message in host order.
struct arp_message {
  uint16 op;
  uint8 sha[6] ETHER_EVEN, tha[6] ETHER_EVEN;
  uint32 sip, tip;
};

// One message out, in a frame to ether_dst. No lock is held.
void arp_emit(struct netif *nif, const uint8 *ether_dst, const struct arp_message *m);
// Ask who has addr; mac: whom to ask, 0: everybody. No lock is held.
void arp_request(struct netif *nif, uint32 addr, const uint8 *mac);
// The message at a, n bytes, in host order. result: 0, or why it is dropped, plus 1.
int arp_parse(const struct arp *a, uint n, struct arp_message *m);

#endif
