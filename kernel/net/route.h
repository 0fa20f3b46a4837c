#ifndef RXV_NET_ROUTE_H
#define RXV_NET_ROUTE_H
// The routing table: the longest mask that fits wins; of several gateways to one net, the one that answers (RFC 1122 3.3.1).

#include "core/types.h"
#include "pkt/netif.h"
#include "kernel/kstat.h"

#define ROUTES_MAX 16
#define REDIRECTS_MAX 4           // ... of them that gateways told us
#define ROUTE_REDIRECT_S 600      // seconds that we believe a gateway for

// gateway 0: dest is on nif's link. A second gateway to the same net is used when the first one does not answer.
// result: 0; -EINVAL mask or bits under it; -EEXIST; -ENOSPC; -ENETUNREACH gateway is on no link of ours.
int route_add(uint32 dest, uint32 mask, uint32 gateway, struct netif *nif);
// gateway 0: whatever the gateway, all of them. result: 0, -ENOENT.
int route_delete(uint32 dest, uint32 mask, uint32 gateway);
// `from`, on the link of nif, says that `gateway` is the better next hop to the host dst. result: 1 we believe it.
int route_redirect(struct netif *nif, uint32 from, uint32 dst, uint32 gateway);
// `gateway`, on the link of nif, does not answer: other ways are tried before it.
void route_failed(struct netif *nif, uint32 gateway);
// The interface for dst, and the next hop on it; 0: no route. Interfaces that are down are passed over. Takes no lock.
struct netif *route_lookup(uint32 dst, uint32 *next);
// nif came up, went down or has a new address: its routes follow.
void route_netif(struct netif *nif);
void route_init(void);
int route_record(int i, void *rec);  // 1: filled; -1: no number i

#endif
