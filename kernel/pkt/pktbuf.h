#ifndef RXV_PKT_PKTBUF_H
#define RXV_PKT_PKTBUF_H
// One packet. Its bytes have a page of their own, so that the page can be lent to a process without lending
// this. Exactly one owner at any time; whoever a function marked TAKES gives it to owns it from then on.

#include "core/check.h"
#include "core/types.h"
#include "pkt/drop.h"
#include "pkt/trace.h"
#include "kernel/riscv.h"

struct netif;

enum pkt_owner { PKT_POOL, PKT_NIC, PKT_STACK, PKT_SOCK, PKT_USER, PKT_NOWNERS };

// Where a received frame begins: behind its Ethernet header the IP header is at 84, and behind UDP's the data at 112,
// aligned as programs' buffers are, so that it is copied by words.
#define PKT_HEADROOM 70
#define PKT_DATA (PKT_HEADROOM + 42)  // where data that is to be sent begins, with room for those three headers
#define PKT_RXBYTES 2048  // what a card may write from PKT_HEADROOM on
#define PKT_END (PGSIZE - CHECK_REDZONE)  // where the room for its bytes ends
#define PKT_MAXFRAG 16   // further pieces of a packet that is sent from several places

// Part of a page that the packet has a reference to (kref), after the bytes of its own.
struct pktfrag {
  uint8 *page;
  uint16 off, len;
};

// I constant   o whoever owns the packet
struct pktbuf {
  struct pktbuf *next;    // [o] link, only while on a queue
  struct pktbuf *more;    // [o] the rest of the same datagram, when it takes several pages; 0: this is all
  uint8 *page;            // [I] PGSIZE bytes in the direct map; the card is given its physical address
  uint16 head, tail;      // [o] first byte, one past the last; head <= tail <= PKT_END
  uint8 owner;            // [o] PKT_...; checked at each hand-over
  uint8 nfrag;            // [o]
  uint8 l2bcast;          // [o] 1: came in a broadcast or multicast frame
  uint8 csum_offload;     // [o] 1: the card puts the transport checksum in (csum_start, csum_off)
  uint16 l3, l4;          // [o] offsets in page of the IP and the transport header, once known
  uint16 csum_start, csum_off;  // [o] from page: where the sum starts, where it goes
  struct netif *nif;      // [o] came in there, or goes out there
  uint32 src, dst;        // [o] IP addresses in host order, once known
  uint16 sport, dport;    // [o] ports in host order, once known
  uint64 stamp;           // [o] now() at reception; 0: we made it
  struct pktfrag *frags;  // [o] nfrag of them, in the packet's own page, behind tail; 0: none
  struct trace trace;     // [o] its record
  struct pktbuf *made;    // [I] the one that was made before it
  struct check_pkt check;  // [o]
};

// The pool is shared out. What keeps packets for later has a part of it, in 64ths, and never exceeds that: so all of them
// together, full, leave what ARP, ICMP, and the replacements of received frames need. Who sends in many packets at a time
// has a part, too.
#define PKT_PARTS(X)                                                     \
  X(CACHES, 7)   /* free ones in the lists of the harts */                \
  X(RX, 12)      /* on the receive rings of all NICs */                   \
  X(TX, 4)       /* on their transmit rings */                            \
  X(OUTQ, 4)     /* frames that wait for the end of a poll round */       \
  X(LO, 4)       /* on lo */                                              \
  X(SOCKS, 14)   /* unread, in all sockets together (net/sockmem.c) */    \
  X(SEND, 4)     /* datagrams of several packets that are being made */   \
  X(FRAGS, 6)    /* pieces that wait for others */                        \
  X(ARP, 2)      /* wait for a neighbour's address */                     \
  X(IPQ, 1)      /* the IP input queue */                                 \
  X(FILTER, 2)   /* wait for the filter program */                        \
  X(FAULTY, 2)   /* delayed on purpose */
enum pkt_part {
#define X(id, share) PART_##id,
  PKT_PARTS(X)
#undef X
  NPART
};
extern uint pkt_parts[NPART];     // [I] packets

void pkt_init(uint npackets);     // makes the pool: this many at the most (pages come as they are needed)
struct pktbuf *pkt_alloc(void);   // empty, at PKT_HEADROOM, owner STACK; 0: none left. Any context
void pkt_free(TAKES struct pktbuf *p);  // with all that hangs on it: more, and the references of frags
// The end of p, which does not arrive: counts, traces, frees. result: err, so that a function can end with it.
int pkt_drop(TAKES struct pktbuf *p, enum drop_reason why, int err);
uint pkt_in_use(void);            // not in the pool
uint pkt_total(void);             // the most that may be made
uint pkt_made(void);              // made so far: they keep their pages
void pkt_owners(uint n[PKT_NOWNERS]);  // how many belong to each; takes no lock
void pkt_chain_trim(struct pktbuf *p, uint n);   // cut the datagram to its first n bytes

static inline uint8 *
pkt_data(struct pktbuf *p)
{
  check_pkt_live(p);
  return p->page + p->head;
}

static inline uint
pkt_len(const struct pktbuf *p)
{
  return p->tail - p->head;
}

// A stage of p's path. In a chain the first packet has the record.
static inline void
pkt_stage(struct pktbuf *p, enum path_stage stage)
{
  if(unlikely(p->trace.kept))
    trace_mark(&p->trace, stage);
}

// Grow at the front by n bytes; 0: no headroom.
static inline void *
pkt_push(struct pktbuf *p, uint n)
{
  check_pkt_live(p);
  if(n > p->head)
    return 0;
  p->head -= n;
  return p->page + p->head;
}

// Room for n bytes of headers in an empty packet, more than PKT_HEADROOM.
static inline void
pkt_reserve(struct pktbuf *p, uint n)
{
  p->head = p->tail = n;
}

// Strip n bytes from the front, and have their address; 0: too short.
static inline void *
pkt_pull(struct pktbuf *p, uint n)
{
  check_pkt_live(p);
  void *at = p->page + p->head;
  if(n > pkt_len(p))
    return 0;
  p->head += n;
  return at;
}

// Grow at the end by n bytes, and have their address; 0: no room.
static inline void *
pkt_put(struct pktbuf *p, uint n)
{
  check_pkt_live(p);
  void *at = p->page + p->tail;
  if(n > (uint)(PKT_END - p->tail))
    return 0;
  p->tail += n;
  return at;
}

// Cut to n bytes; longer than it is: nothing happens.
static inline void
pkt_trim(struct pktbuf *p, uint n)
{
  check_pkt_live(p);
  if(n < pkt_len(p))
    p->tail = p->head + n;
}

// A hand-over: from, who must own it now; to, who owns it next.
static inline void
pkt_own(struct pktbuf *p, enum pkt_owner from, enum pkt_owner to)
{
  check_pkt_owner(p, from, to);
  p->owner = to;
}

// Bytes of p and all of its more.
static inline uint
pkt_chain_len(const struct pktbuf *p)
{
  uint n = pkt_len(p);
  while(unlikely((p = p->more) != 0))
    n += pkt_len(p);
  return n;
}

// First in, first out; the owner's lock guards it.
struct pktq {
  struct pktbuf *first, *last;
  uint n;       // packets
  uint bytes;   // in them, with their more
};

void pktq_unget(struct pktq *q, TAKES struct pktbuf *p);  // back to where it was: the front

static inline void
pktq_put(struct pktq *q, TAKES struct pktbuf *p)
{
  check_pkt_queued(p);
  p->next = 0;
  if(q->first)
    q->last->next = p;
  else
    q->first = p;
  q->last = p;
  q->n++;
  q->bytes += pkt_chain_len(p);
}

// 0: empty.
static inline struct pktbuf *
pktq_get(struct pktq *q)
{
  struct pktbuf *p = q->first;
  if(p == 0)
    return 0;
  check_pkt_dequeued(p);
  q->first = p->next;
  p->next = 0;
  q->n--;
  q->bytes -= pkt_chain_len(p);
  return p;
}

#endif
