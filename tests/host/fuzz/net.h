#ifndef HOST_FUZZ_NET_H
#define HOST_FUZZ_NET_H
// The fuzz targets of the stack: the unit tests' machine (fixture.h) with a second card, and what must hold of it.

#include "fixture.h"
#include "fuzz/fuzz.h"

#define OUR_IP2 MAKE_IP_ADDR(10, 0, 3, 15)
extern struct netif card2;  // e1, 10.0.3.15/24
extern struct wire *wire;  // for whoever makes a frame; in memory of its own, for it is large

extern void (*on_sent)(const struct frame *f);  // each frame, as it goes out; 0: nobody asks
extern int frames_damaged;  // on purpose (debug/faulty): what is sent is not checked
extern int forwarding;       // frames of others may go on, too

// After an input: everything is closed, time passes; no packet, socket, lock or timer may be left.
void net_end(void);

void feed_to(struct netif *nif, const void *b, uint n);  // nothing happens if there is no packet

// The frame in w gets right checksums (IP; ICMP, UDP when it is no fragment), so that nobody has to guess them.
void mend(struct wire *w);

// Numbers as they lie on the wire.
static inline uint
be16(const uint8 *b)
{
  return b[0] << 8 | b[1];
}

static inline uint32
be32(const uint8 *b)
{
  return (uint32)be16(b) << 16 | be16(b + 2);
}

#define MUST(e, ...)                 \
  do {                               \
    if(!(e))                         \
      fuzz_fail(__VA_ARGS__);        \
  } while(0)

#endif
