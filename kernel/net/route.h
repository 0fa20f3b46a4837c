#ifndef RXV_NET_ROUTE_H
#define RXV_NET_ROUTE_H
// The routing table: the longest mask that fits wins.

#include "core/types.h"
#include "pkt/netif.h"
#include "kernel/kstat.h"

#define ROUTES_MAX 16

// gateway 0: dest is on nif's link. result: 0; -EINVAL mask or bits under it; -EEXIST; -ENOSPC;
// -ENETUNREACH gateway is on no link of ours.
int route_add(uint32 dest, uint32 mask, uint32 gateway, struct netif *nif);
int route_delete(uint32 dest, uint32 mask);  // 0, -ENOENT
// The interface for dst, and the next hop on it; 0: no route. Interfaces that are down are passed over. Takes no lock.
struct netif *route_lookup(uint32 dst, uint32 *next);
// nif came up, went down or has a new address: its routes follow.
void route_netif(struct netif *nif);
int route_record(int i, struct kstat_route *r);  // 1: filled; -1: no number i

#endif
