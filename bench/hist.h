#ifndef RXV_BENCH_HIST_H
#define RXV_BENCH_HIST_H
// A histogram of times in nanoseconds, all of them, at a precision of 1/32: 32 buckets to each power of two.

#include <stdint.h>
#include <stdio.h>

enum { HIST_BUCKETS = 64 + 32 * 40 };  // up to 2^46 ns, and what is longer in the last

struct hist {
  uint64_t total;
  uint64_t count[HIST_BUCKETS];
};

static inline void
hist_add(struct hist *h, uint64_t ns)
{
  unsigned shift = ns < 64 ? 0 : 58 - __builtin_clzll(ns);  // leaves 32 to 63
  unsigned i = 32 * shift + (ns >> shift);
  h->count[i < HIST_BUCKETS ? i : HIST_BUCKETS - 1]++;
  h->total++;
}

// The middle of bucket i.
static inline uint64_t
hist_ns(unsigned i)
{
  unsigned shift = i < 64 ? 0 : i / 32 - 1;
  return ((uint64_t)(i - 32 * shift) << shift) + ((1ull << shift) >> 1);
}

// The time that share (0 to 1) of them did not exceed; 0 if there are none.
static inline uint64_t
hist_at(const struct hist *h, double share)
{
  uint64_t seen = 0;
  for(unsigned i = 0; i < HIST_BUCKETS; i++){
    seen += h->count[i];
    if(seen > 0 && seen >= share * h->total)
      return hist_ns(i);
  }
  return 0;
}

// As a member of a JSON object, after others.
static inline void
hist_print(const struct hist *h)
{
  const char *comma = "";
  printf(", \"hist_ns\": [");
  for(unsigned i = 0; i < HIST_BUCKETS; i++)
    if(h->count[i]){
      printf("%s[%llu, %llu]", comma, (unsigned long long)hist_ns(i), (unsigned long long)h->count[i]);
      comma = ", ";
    }
  printf("]");
}

#endif
