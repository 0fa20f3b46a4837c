#ifndef RXV_NET_ETHER_H
#define RXV_NET_ETHER_H
// Ethernet II framing (RFC 894). Frames come in through netif_input; protocols are found by the frame's type.

#include "core/types.h"
#include "pkt/netif.h"
#include "kernel/net.h"

#define ETHER_MINLEN 60  // bytes of the shortest frame, without CRC (802.3, 4.2.3.3)

typedef void netinput(struct netif *nif, TAKES struct pktbuf *p);

#define ETHER_EVEN __attribute__((aligned(2)))

extern const uint8 ether_broadcast[ETHADDR_LEN] ETHER_EVEN;

void ether_init(void);
// A frame that starts with its Ethernet header, to the protocol of its type.
netinput ether_input;
// From now on frames of this type go to fn, without their Ethernet header. At boot only.
void ether_register(uint16 type, netinput *fn);
// Put the header in front of p, pad with zeros, and send it. dst: at an even address, like all MACs in headers.
// result: netif_tx()'s, or -EMSGSIZE.
int ether_output(struct netif *nif, TAKES struct pktbuf *p, const uint8 dst[ETHADDR_LEN], uint16 type);

static inline int
ether_same(const uint8 *a, const uint8 *b)
{
  return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3] && a[4] == b[4] && a[5] == b[5];
}

#endif
