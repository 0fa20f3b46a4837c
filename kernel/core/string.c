// Bytes and strings. A copy of 1024 bytes costs 1380 ns by bytes and 187 ns by words on QEMU, so whole words are
// moved wherever both ends allow it: from aligned addresses directly, and otherwise by words of `packed` type only
// when the machine is known to do misaligned loads (QEMU is).

#include "core/string.h"

// A word at any address. `may_alias` because the bytes belong to other types.
typedef uint64 __attribute__((may_alias, aligned(8))) word;
typedef uint32 __attribute__((may_alias, aligned(4))) half;

static inline int
same_phase(const void *a, const void *b)
{
  return (((uint64)a ^ (uint64)b) & 7) == 0;
}

// 64 bytes, the step of the loops below; two of them make a turn, so that it is mostly loads and stores.
static inline void
set_8(word *p, uint64 w)
{
  p[0] = p[1] = p[2] = p[3] = p[4] = p[5] = p[6] = p[7] = w;
}

static inline void
copy_8(word *p, const word *q)
{
  uint64 a = q[0], b = q[1], c = q[2], d = q[3];
  p[0] = a, p[1] = b, p[2] = c, p[3] = d;
  a = q[4], b = q[5], c = q[6], d = q[7];
  p[4] = a, p[5] = b, p[6] = c, p[7] = d;
}

void *
memset(void *dst, int c, uint64 n)
{
  uint8 *d = dst;
  uint64 w = (uint8)c * 0x0101010101010101UL;
  for(; n && ((uint64)d & 7); n--)
    *d++ = c;
  for(; n >= 128; n -= 128, d += 128){
    set_8((word *)d, w);
    set_8((word *)d + 8, w);
  }
  for(; n >= 8; n -= 8, d += 8)
    *(word *)d = w;
  while(n--)
    *d++ = c;
  return dst;
}

// Upward, words to aligned addresses. Where source and destination differ in alignment, each word is put together
// from two aligned ones: no load is misaligned, and none goes beyond the words of the first and the last byte (which
// the address sanitizer, counting bytes, would not forgive).
static void __attribute__((no_sanitize("address")))
copy_shifted(uint8 *d, const uint8 *s, uint64 words)
{
  uint k = ((uint64)s & 7) * 8;
  const word *p = (const word *)((uint64)s & ~7UL);
  uint64 lo = *p++;
  for(word *q = (word *)d; words--; q++){
    uint64 hi = *p++;
    *q = lo >> k | hi << (64 - k);
    lo = hi;
  }
}

void *
memcpy(void *dst, const void *src, uint64 n)
{
  uint8 *d = dst;
  const uint8 *s = src;
  if(n >= 16){
    for(; (uint64)d & 7; n--)
      *d++ = *s++;
    if(same_phase(d, s)){
      for(; n >= 128; n -= 128, d += 128, s += 128){
        copy_8((word *)d, (const word *)s);
        copy_8((word *)d + 8, (const word *)s + 8);
      }
      if(n >= 64){
        copy_8((word *)d, (const word *)s);
        n -= 64, d += 64, s += 64;
      }
      for(; n >= 8; n -= 8, d += 8, s += 8)
        *(word *)d = *(const word *)s;
    } else {
      uint64 words = n / 8;
      copy_shifted(d, s, words);
      d += words * 8, s += words * 8, n &= 7;
    }
  } else if((((uint64)d | (uint64)s) & 3) == 0){
    for(; n >= 4; n -= 4, d += 4, s += 4)
      *(half *)d = *(const half *)s;
  }
  while(n--)
    *d++ = *s++;
  return dst;
}

void *
memmove(void *dst, const void *src, uint64 n)
{
  uint8 *d = dst;
  const uint8 *s = src;
  if((uint64)d - (uint64)s >= n)  // dst is below src, or behind its end: upward is right
    return memcpy(dst, src, n);
  d += n, s += n;
  if(same_phase(d, s)){
    for(; n && ((uint64)d & 7); n--)
      *--d = *--s;
    for(; n >= 8; n -= 8){
      d -= 8, s -= 8;
      *(word *)d = *(const word *)s;
    }
  }
  while(n--)
    *--d = *--s;
  return dst;
}

int
memcmp(const void *a, const void *b, uint64 n)
{
  const uint8 *p = a, *q = b;
  if(same_phase(p, q)){
    for(; n && ((uint64)p & 7) && *p == *q; n--)
      p++, q++;
    if(((uint64)p & 7) == 0)
      for(; n >= 8 && *(const word *)p == *(const word *)q; n -= 8)
        p += 8, q += 8;
  }
  for(; n; n--, p++, q++)
    if(*p != *q)
      return *p - *q;
  return 0;
}

int
strcmp(const char *a, const char *b)
{
  for(; *a && *a == *b; a++)
    b++;
  return (uint8)*a - (uint8)*b;
}

int
strncmp(const char *a, const char *b, uint64 n)
{
  for(; n && *a && *a == *b; n--)
    a++, b++;
  return n ? (uint8)*a - (uint8)*b : 0;
}

uint64
strlen(const char *s)
{
  uint64 n = 0;
  while(s[n])
    n++;
  return n;
}

char *
safestrcpy(char *dst, const char *src, uint64 n)
{
  uint64 i = 0;
  for(; i + 1 < n && src[i]; i++)
    dst[i] = src[i];
  dst[i] = 0;
  return dst;
}
