// The pool of packets.
//
// Each hart has a short list of free packets of its own, so that taking and giving back costs neither a lock nor
// a shared cache line. When the list runs dry it takes a batch from the pool, and when it overflows it gives a
// batch back. Packets are made when they are first needed, up to a maximum, and keep their pages; a packet that
// came back is handed out as it is: nobody fills pages on the way.

#include "pkt/pktbuf.h"
#include "core/check.h"
#include "core/cpu.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "mm/kalloc.h"
#include "kernel/failalloc.h"

#define CACHE_BATCH 32              // packets that move between a hart and the pool at a time, at the most
#define WHOLE 64                    // the parts' unit
#define RESERVE 2                   // ... that are nobody's part
#define META_PER_PAGE (PGSIZE / sizeof(struct pktbuf))

// Each the hart's own, with interrupts off.
static struct cache {
  struct pktbuf *first;
  uint n;
} __attribute__((aligned(64))) caches[NCPU];

uint pkt_parts[NPART];
static const uint8 shares[NPART] = {
#define X(id, share) [PART_##id] = share,
  PKT_PARTS(X)
#undef X
};
#define X(id, share) + share
_Static_assert(0 PKT_PARTS(X) <= WHOLE - RESERVE, "the parts leave a reserve");
#undef X
static uint batch;          // [I] a hart keeps up to two

// p pool.lock   I constant after pkt_init()
static struct {
  struct spinlock lock;
  struct pktbuf *free;    // [p]
  uint nfree;             // [p]
  uint made, max;         // [p] [I]
  struct pktbuf *meta;    // [p] room for packets that are not made yet
  uint nmeta;             // [p]
  struct pktbuf *made_last;  // [p] all that were made, by `made`
} pool = { .lock = SPINLOCK("pktpool") };

void
pkt_init(uint npackets)
{
  pool.max = npackets;
  for(int i = 0; i < NPART; i++)
    pkt_parts[i] = (uint64)npackets * shares[i] / WHOLE;
  batch = MAX(1, MIN(CACHE_BATCH, pkt_parts[PART_CACHES] / (2 * ncpu)));
}

// A new packet with a page; 0: no memory, or as many as there may be. pool.lock is held.
static struct pktbuf *
pkt_make(void)
{
  if(pool.made >= pool.max)
    return 0;
  if(pool.nmeta == 0){
    if((pool.meta = kzalloc()) == 0)
      return 0;
    pool.nmeta = META_PER_PAGE;
  }
  uint8 *page = kalloc();
  if(page == 0)
    return 0;
  struct pktbuf *p = pool.meta++;
  pool.nmeta--;
  pool.made++;
  p->page = page;
  p->owner = PKT_POOL;
  p->made = pool.made_last;
  __atomic_store_n(&pool.made_last, p, __ATOMIC_RELEASE);
  check_pkt_made(p);
  return p;
}

// A batch for this hart's list.
static void
pkt_refill(struct cache *c)
{
  acquire(&pool.lock);
  while(c->n < batch){
    struct pktbuf *p = pool.free;
    if(p){
      pool.free = p->next;
      pool.nfree--;
    } else if((p = pkt_make()) == 0){
      break;
    }
    p->next = c->first;
    c->first = p;
    c->n++;
  }
  release(&pool.lock);
}

// A hart has too many. Interrupts are off before, and on again afterwards.
static void __attribute__((noinline))
pkt_return_batch(struct cache *c)
{
  acquire(&pool.lock);
  for(uint i = 0; i < batch; i++){
    struct pktbuf *p = c->first;
    c->first = p->next;
    p->next = pool.free;
    pool.free = p;
  }
  c->n -= batch;
  pool.nfree += batch;
  release(&pool.lock);
  pop_off();
}

// The first of this hart's list, as new. Interrupts are off before, and on again afterwards.
static inline struct pktbuf *
pkt_first(struct cache *c)
{
  struct pktbuf *p = c->first;

  c->first = p->next;
  c->n--;
  pop_off();
  check_pkt_alloc(p);
  if(unlikely(p->owner != PKT_POOL))
    panic("pkt_alloc: %p is free and has owner %d", p, p->owner);
  p->next = p->more = 0;
  p->head = p->tail = PKT_HEADROOM;
  p->owner = PKT_STACK;
  p->nfrag = p->l2bcast = p->csum_offload = 0;
  p->l3 = p->l4 = 0;
  p->nif = 0;
  p->stamp = 0;
  p->frags = 0;
  p->trace = (struct trace){ 0 };
  return p;
}

// The slow path of pkt_alloc(): this hart has none. Out of line, as that of pkt_free(), so that the fast paths need no stack.
static struct pktbuf * __attribute__((noinline))
pkt_alloc_slow(struct cache *c)
{
  pkt_refill(c);
  if(c->first)
    return pkt_first(c);
  pop_off();
  return 0;
}

struct pktbuf *
pkt_alloc(void)
{
  if(check_alloc_fails(FAIL_PACKET))
    return 0;
  push_off();
  struct cache *c = &caches[mycpu()->id];
  return likely(c->first != 0) ? pkt_first(c) : pkt_alloc_slow(c);
}

// One packet, of which nothing hangs, into this hart's list.
static inline void
pkt_free_one(struct pktbuf *p)
{
  check_pkt_free(p);
  if(unlikely(p->owner == PKT_POOL))
    panic("pkt_free: %p is free already", p);
  p->owner = PKT_POOL;
  check_pkt_freed(p);
  push_off();
  struct cache *c = &caches[mycpu()->id];
  p->next = c->first;
  c->first = p;
  if(unlikely(++c->n > 2 * batch))
    return pkt_return_batch(c);
  pop_off();
}

// ... with a record of the trace, pieces of others' pages, or more packets.
static void __attribute__((noinline))
pkt_free_slow(struct pktbuf *p)
{
  while(p){
    struct pktbuf *more = p->more;
    if(p->trace.kept)
      trace_end(&p->trace);
    for(uint i = 0; i < p->nfrag; i++)
      kfree(p->frags[i].page);
    pkt_free_one(p);
    p = more;
  }
}

void
pkt_free(struct pktbuf *p)
{
  if(unlikely(p == 0 || p->more || p->nfrag || p->trace.kept))
    pkt_free_slow(p);
  else
    pkt_free_one(p);
}

int
pkt_drop(struct pktbuf *p, enum drop_reason why, int err)
{
  trace_drop(&p->trace, why, p->page, p->head, pkt_len(p));
  pkt_free(p);
  return drop_count(why, err);
}

// Exact when no other hart is at work on packets.
uint
pkt_in_use(void)
{
  uint n = pool.made - pool.nfree;
  for(int i = 0; i < NCPU; i++)
    n -= caches[i].n;
  return n;
}

uint
pkt_total(void)
{
  return pool.max;
}

uint
pkt_made(void)
{
  return pool.made;
}

void
pkt_owners(uint n[PKT_NOWNERS])
{
  memset(n, 0, PKT_NOWNERS * sizeof(n[0]));
  for(const struct pktbuf *p = __atomic_load_n(&pool.made_last, __ATOMIC_ACQUIRE); p; p = p->made)
    n[p->owner < PKT_NOWNERS ? p->owner : PKT_STACK]++;
}

void
pkt_chain_trim(struct pktbuf *p, uint n)
{
  for(; p->more && n > pkt_len(p); p = p->more)
    n -= pkt_len(p);
  pkt_trim(p, n);
  if(p->more){
    pkt_free(p->more);
    p->more = 0;
  }
}

void
pktq_unget(struct pktq *q, struct pktbuf *p)
{
  check_pkt_queued(p);
  p->next = q->first;
  if(q->first == 0)
    q->last = p;
  q->first = p;
  q->n++;
  q->bytes += pkt_chain_len(p);
}
