#ifndef RXV_NET_IPOPT_H
#define RXV_NET_IPOPT_H
// The header of an IPv4 packet, and its options (RFC 791 3.1).

#include "core/types.h"
#include "kernel/net.h"
#include "pkt/drop.h"

#define IP_MAXLEN 65535  // bytes of a datagram, with its header
#define IP_OPTMAX 40     // bytes of options

#define IPOPT_END 0
#define IPOPT_NOP 1
#define IPOPT_RECORD 7
#define IPOPT_TIMESTAMP 68
#define IPOPT_LSRR 131
#define IPOPT_SSRR 137
#define IPOPT_COPIED 0x80  // bit of the options that every fragment has

// Ethernet's 14 bytes begin 2 bytes behind a multiple of 4 (PKT_HEADROOM, PKT_DATA), so IP's header, and the
// transport's, are aligned, and their fields are loaded whole.
#define IP_ALIGNED(p) __builtin_assume_aligned((p), 4)

static inline uint
ip_hlen(const struct ip *h)
{
  return (h->ip_vhl & 15) * 4;
}

// The options between the header's first 20 bytes and its end. result: 0, or the drop reason plus 1; *at: the bad byte.
int ipopt_check(const struct ip *h, uint *at);
// May a program send these n bytes as options? 1: they are well-formed, and no source route.
int ipopt_may_send(const uint8 *options, uint n);
// Of these options, those that a piece of a datagram has: all of them in the first one, else those that are to be copied; to
// the next word filled with ends. to: room for IP_OPTMAX. result: bytes.
uint ipopt_of_piece(const uint8 *o, uint optlen, int first, uint8 *to);

#endif
