#ifndef RXV_NET_ARPTAB_H
#define RXV_NET_ARPTAB_H
// The ARP cache: who has an IPv4 address on this link, and what waits to know it.

#include "core/types.h"
#include "kernel/kstat.h"
#include "pkt/drop.h"
#include "pkt/netif.h"

#define ARP_ENTRIES 128      // addresses that are known or asked for, on all interfaces
#define ARP_HOLD 48          // packets that wait for one address: the fragments of the largest datagram
#define ARP_HOLD_TOTAL pkt_parts[PART_ARP]  // ... for all of them together
#define ARP_TRIES 3          // requests without an answer before it gives up
#define ARP_INTERVAL_MS 1000  // between two requests for one address (RFC 1122 2.3.2.1: at most one a second)
#define ARP_DEFEND_MS 10000  // between two defences of our own address (RFC 5227 2.4), or two lines on the console

void arptab_init(void);
// An IP packet to the next hop `next`, on the link of nif: sent at once, or held until the address is known.
// result: 0 sent or held; -ENOBUFS; -ENETDOWN.
int arp_output(struct netif *nif, TAKES struct pktbuf *p, uint32 next);
// Is the MAC of next known? Then it is put into mac, and the result is the mark to be set to 1 by whoever sends there,
// for as long as net_generation() does not move; 0: no.
uint8 *arp_known(struct netif *nif, uint32 next, uint8 mac[6]);
// Ask for an address before anybody needs it.
void arp_ask(struct netif *nif, uint32 addr);

int arp_add_static(struct netif *nif, uint32 addr, const uint8 mac[6]);  // 0, -EINVAL, -ENOSPC
int arp_delete(uint32 addr);                                             // 0, -ENOENT
void arp_flush(void);                                                    // all but the static ones
int arp_record(int i, void *rec);  // 1: filled; 0: number i is empty; -1: no number i
// Somebody says that addr is at mac. add: make an entry if there is none. result: 1 if it is known now.
int arptab_learn(struct netif *nif, uint32 addr, const uint8 mac[6], int add);
// Forget all entries of nif (0: of any interface) but the static ones; statics: those too.
void arptab_clear(struct netif *nif, int statics);

// Set at boot by who wants to know; no lock is held when they are called.
extern void (*arp_undeliverable)(TAKES struct pktbuf *p, enum drop_reason why);  // a packet, from its IP header on, that no one answered for
extern void (*arp_silent)(struct netif *nif, uint32 addr);  // a neighbour does not answer

#endif
