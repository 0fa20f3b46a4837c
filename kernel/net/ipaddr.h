#ifndef RXV_NET_IPADDR_H
#define RXV_NET_IPADDR_H
// What an IPv4 address is (RFC 1122 3.2.1.3, RFC 6890), in host order.

#include "core/types.h"

static inline int
ip_is_multicast(uint32 a)
{
  return a >> 28 == 0xe;
}

// May one host have it? Then it may be a source, and something may be told to it.
static inline int
ip_is_host(uint32 a)
{
  return a >> 24 != 0 && a >> 28 < 0xe;
}

static inline int
ip_is_loopback(uint32 a)
{
  return a >> 24 == 127;
}

#endif
