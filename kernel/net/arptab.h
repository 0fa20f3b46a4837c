#ifndef RXV_NET_ARPTAB_H
#define RXV_NET_ARPTAB_H
// Between ARP's messages (arp.c) and its cache (arptab.c). The rest of net/ uses net/arp.h.

#include "net/arp.h"

void arptab_init(void);
// Somebody says that addr is at mac. add: make an entry if there is none. result: 1 if it is known now.
int arptab_learn(struct netif *nif, uint32 addr, const uint8 mac[6], int add);
// Forget all entries of nif (0: of any interface) but the static ones; statics: those too.
void arptab_clear(struct netif *nif, int statics);
// Ask who has addr; mac: whom to ask, 0: everybody. No lock may be held.
void arp_request(struct netif *nif, uint32 addr, const uint8 *mac);

#endif
