#ifndef RXV_PKT_CKSUM_H
#define RXV_PKT_CKSUM_H
// The Internet checksum (RFC 1071).

#include "core/types.h"
#include "kernel/net.h"

// Sum of n bytes from p on, in network order, on top of sum; not folded to the end, not inverted. n may be odd
// only in the last piece.
uint64 cksum_add(uint64 sum, const void *p, uint n);
// The same of n 32-bit words at an aligned address: an IP header.
static inline uint64 cksum_words(const void *p, uint n);
// The inverted 16-bit sum as it lies in the header's field; 0: the block held a right checksum.
static inline uint16 cksum_field(uint64 sum);
uint16 cksum_fold(uint64 sum);              // the inverted 16-bit sum, in host order: htons() it into the field
uint16 cksum(const void *p, uint n);        // of one piece; 0 if the piece holds a right checksum
// Sum of the pseudo-header (RFC 768). src and dst as they lie in a header, the rest in host order.
static inline uint64 cksum_pseudo(uint32 src, uint32 dst, uint8 proto, uint16 len);
uint16 cksum_update(uint16 field, uint16 was, uint16 is);              // RFC 1624: one word of the data changed

static inline uint64
cksum_words(const void *p, uint n)
{
  const uint32 __attribute__((may_alias)) *w = p;
  uint64 sum = 0;
  for(uint i = 0; i < n; i++)
    sum += w[i];
  return sum;
}

static inline uint16
cksum_field(uint64 sum)
{
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

static inline uint64
cksum_pseudo(uint32 src, uint32 dst, uint8 proto, uint16 len)
{
  return (uint64)src + dst + htons(proto) + htons(len);
}

#endif
