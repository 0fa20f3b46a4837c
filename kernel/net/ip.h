#ifndef RXV_NET_IP_H
#define RXV_NET_IP_H
// IPv4 (RFC 791, RFC 1122 section 3) on the way in: is the datagram sound, and for us? Then to its transport. Addresses are in
// host order everywhere but in the header itself. The way out is in ipout.h.

#include "core/types.h"
#include "net/ether.h"
#include "net/ipopt.h"
#include "pkt/drop.h"

// What IP knows of a transport.
struct ip_transport {
  uint8 proto;  // IPPROTO_...
  // A datagram for us: p starts at the transport header; p->src, dst, l3, l4 are set; it may have more.
  netinput *input;
  // Something happened to a datagram that we sent: h is its header, l4 its next 8 bytes; err, -E..., is told to the socket
  // that sent it. result: 1: there is one. 0: nobody can be told.
  int (*error)(const struct ip *h, const uint8 *l4, int err);
};

void ip_init(void);
void ip_register(const struct ip_transport *t);  // at boot only
// err about the datagram whose header h is, with 8 bytes behind it, to the transport that sent it. result: as its error().
int ip_tell_error(const struct ip *h, int err);

#endif
