#ifndef RXV_NET_ARP_H
#define RXV_NET_ARP_H
// ARP (RFC 826, RFC 1122 2.3.2, RFC 5227): messages that come in, and our own addresses. The cache is in arptab.h.

#include "pkt/netif.h"

void arp_init(void);
// nif came up or has a new address: what it knew is forgotten, and the address announced.
void arp_netif(struct netif *nif);

#endif
