#ifndef RXV_NET_IPOUT_H
#define RXV_NET_IPOUT_H
// IPv4 on the way out: header, fragments, and to the neighbour.

#include "core/types.h"
#include "net/dst.h"
#include "net/ipopt.h"
#include "pkt/pktbuf.h"

#define IP_TTL_DEFAULT 64

// What a datagram's header has besides the addresses, lengths and sums.
struct ip_form {
  uint8 proto, ttl, tos;
  uint8 optlen;          // bytes of options, a multiple of 4, at most IP_OPTMAX
  const uint8 *options;
};

void ipout_init(void);
// The transport message p (and its more) as a datagram on this way, in fragments if it must be.
// result: 0; -EMSGSIZE, -ENOBUFS, -ENETDOWN.
int ip_output(const struct dst *d, TAKES struct pktbuf *p, const struct ip_form *form);
// p, starting at its IP header, as it came in, is too long for the link of nif: in pieces to the next hop (RFC 791 3.2).
void ip_refragment(struct netif *nif, TAKES struct pktbuf *p, uint32 next);
// A new identification, for a datagram that goes out in fragments or whole.
uint16 ip_new_id(int fragmented);

#endif
