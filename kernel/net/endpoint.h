#ifndef RXV_NET_ENDPOINT_H
#define RXV_NET_ENDPOINT_H
// One end of a connection, or of a datagram.

#include "core/types.h"

// Address and port of one end: one word, loaded and stored whole, so that nobody who looks without a lock has the address of
// one and the port of another.
struct endpoint {
  uint32 addr;   // host order, 0: any
  uint16 port;   // host order, 0: none
} __attribute__((aligned(8)));

static inline struct endpoint
endpoint_load(const struct endpoint *e)
{
  struct endpoint v;
  __atomic_load(e, &v, __ATOMIC_RELAXED);
  return v;
}

static inline void
endpoint_store(struct endpoint *e, struct endpoint v)
{
  __atomic_store(e, &v, __ATOMIC_RELAXED);
}

#endif
