#ifndef RXV_PKT_PKTCHECK_H
#define RXV_PKT_PKTCHECK_H
// What the debug build checks of packets: that whoever uses, hands over, queues or frees one is its owner; that a free
// one stays as it is; that nobody writes beyond the ends of one; that a card is only sent into packets' pages. A packet
// knows who had it last. The release build has none of this.
//
//   page    | red zone | headroom ...  the card's 2048 bytes ...  | red zone |
//           0          PKT_REDZONE                                PKT_END    PGSIZE

#include "core/place.h"
#include "core/types.h"

struct pktbuf;

#ifdef DEBUG
#define PKT_REDZONE 16
#define PKT_POISON 0xdb  // a free packet is full of it; the red zones stay so

struct pktcheck {
  int queued;          // 1: it stands in a queue
  struct place since;  // who gave it to its owner
};

void pktcheck_made(struct pktbuf *p);
void pktcheck_alloc(struct pktbuf *p);   // it leaves the pool
void pktcheck_free(struct pktbuf *p);    // it will come back
void pktcheck_freed(struct pktbuf *p);   // it is in the pool
void pktcheck_own(struct pktbuf *p, int from, int to);
void pktcheck_put(struct pktbuf *p);     // into a queue
void pktcheck_got(struct pktbuf *p);     // out of one
void pktcheck_live(const struct pktbuf *p);  // somebody uses it
void pktcheck_dma(const void *at, uint n);   // a card is given this address: in a packet's own page
void pktcheck_lent(void *page, uint off, uint n);  // ... in a page that a packet has a reference to
#else
#define PKT_REDZONE 0
#define pktcheck_made(p) ((void)0)
#define pktcheck_alloc(p) ((void)0)
#define pktcheck_free(p) ((void)0)
#define pktcheck_freed(p) ((void)0)
#define pktcheck_own(p, from, to) ((void)0)
#define pktcheck_put(p) ((void)0)
#define pktcheck_got(p) ((void)0)
#define pktcheck_live(p) ((void)0)
#define pktcheck_dma(at, n) ((void)0)
#define pktcheck_lent(page, off, n) ((void)0)
#endif

#endif
