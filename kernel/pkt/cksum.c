// The Internet checksum (RFC 1071). Sums are kept in the byte order of memory, for the one's complement sum of
// byte-swapped words is the byte-swapped sum; eight bytes are added at a time, each carry at once (2^64 - 1 is a
// multiple of 2^16 - 1, so nothing is lost by that).

#include "pkt/cksum.h"

typedef uint64 __attribute__((may_alias)) word64;
typedef uint32 __attribute__((may_alias)) word32;
typedef uint16 __attribute__((may_alias)) word16;

static inline uint64
add(uint64 sum, uint64 v)
{
  sum += v;
  return sum + (sum < v);
}

static inline uint16
fold(uint64 sum)
{
  return ~cksum_field(sum);
}

// p is even.
static uint64
add_even(uint64 sum, const uint8 *p, uint n)
{
  if(((uint64)p & 2) && n >= 2){
    sum = add(sum, *(const word16 *)p);
    p += 2, n -= 2;
  }
  if(((uint64)p & 4) && n >= 4){
    sum = add(sum, *(const word32 *)p);
    p += 4, n -= 4;
  }
  for(; n >= 32; p += 32, n -= 32){
    const word64 *w = (const word64 *)p;
    sum = add(sum, w[0]);
    sum = add(sum, w[1]);
    sum = add(sum, w[2]);
    sum = add(sum, w[3]);
  }
  for(; n >= 8; p += 8, n -= 8)
    sum = add(sum, *(const word64 *)p);
  for(; n >= 2; p += 2, n -= 2)
    sum = add(sum, *(const word16 *)p);
  if(n)
    sum = add(sum, *p);  // the other byte of the word counts as zero
  return sum;
}

uint64
cksum_add(uint64 sum, const void *p, uint n)
{
  const uint8 *b = p;
  if(n == 0 || ((uint64)b & 1) == 0)
    return add_even(sum, b, n);
  // From an odd address: every byte is in the other half of its word, so the sum is byte-swapped.
  sum = add(sum, b[0]);
  return add(sum, bswaps(fold(add_even(0, b + 1, n - 1))));
}

uint16
cksum_fold(uint64 sum)
{
  return htons(cksum_field(sum));
}

uint16
cksum(const void *p, uint n)
{
  return cksum_fold(cksum_add(0, p, n));
}

uint16
cksum_update(uint16 field, uint16 was, uint16 is)
{
  return ~fold((uint64)(uint16)~field + (uint16)~was + is);
}
