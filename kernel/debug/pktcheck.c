// Whoever uses, hands over, queues or frees a packet is its owner; a free one stays as it is; nobody writes beyond the ends of
// one; a NIC is only sent into packets' pages. A broken rule is a panic that names the packet's owner, and who gave it to him.
//
//   page    | red zone | headroom ...  the NIC's 2048 bytes ...  | red zone |
//           0          CHECK_REDZONE                             PKT_END    PGSIZE

#include "pkt/pktbuf.h"
#include "core/string.h"
#include "debug/debug.h"
#include "mm/kalloc.h"

static void __attribute__((noreturn))
bad(const struct pktbuf *p, const char *what)
{
  static const char *const owners[] = {"the pool", "a card", "the stack", "a socket", "a program"};
  char since[120];
  panic("packet %p %s: it belongs to %s%s, by %s", p, what, p->owner < NELEM(owners) ? owners[p->owner] : "nobody",
        p->check.queued ? " and stands in a queue" : "", place_text(&p->check.since, since, sizeof(since)));
}

// ----- pages that a card may be sent to: packets keep theirs, so the table only grows -----

#define NPAGE 16384  // slots, a power of 2; more than twice as many as there may be packets

static uint64 pages[NPAGE];

static uint64 *
pktcheck_slot(uint64 page)
{
  uint i = page / PGSIZE * 0x9e3779b1u % NPAGE;
  while(pages[i] && pages[i] != page)
    i = (i + 1) % NPAGE;
  return &pages[i];
}

void
check_dma(const void *at, uint n)
{
  uint64 page = PGROUNDDOWN((uint64)at);
  if(*pktcheck_slot(page) != page || (uint64)at + n > page + PGSIZE)
    panic("a card is sent to %p, %d bytes: that is no packet's page", at, n);
}

void
check_dma_lent(void *page, uint off, uint n)
{
  if(krefs(page) == 0 || off + n > PGSIZE)
    panic("a card is sent to %p, %d bytes: nobody has that page", (uint8 *)page + off, n);
}

// ----- contents -----

static void
poison(struct pktbuf *p)
{
  memset(p->page, PKT_POISON, PGSIZE);
}

// [from, to) of the page should be poison; both are multiples of 8.
static void
check_poison(const struct pktbuf *p, uint from, uint to, const char *what)
{
  const uint64 *w = (const uint64 *)p->page;
  for(uint i = from / 8; i < to / 8; i++)
    if(w[i] != BYTES8(PKT_POISON))
      bad(p, what);
}

void
check_pkt_made(struct pktbuf *p)
{
  *pktcheck_slot((uint64)p->page) = (uint64)p->page;
  poison(p);
  place_note(&p->check.since, 0);
}

void
check_pkt_alloc(struct pktbuf *p)
{
  if(p->owner != PKT_POOL)
    bad(p, "is in the pool and not free");
  check_poison(p, 0, PGSIZE, "was written to when it was free");
  place_note(&p->check.since, 1);
}

void
check_pkt_free(struct pktbuf *p)
{
  if(p->owner == PKT_POOL)
    bad(p, "is freed again");
  if(p->check.queued)
    bad(p, "is freed");
  if(p->head > p->tail || p->tail > PKT_END)
    bad(p, "has its ends outside its page");
  check_poison(p, 0, CHECK_REDZONE, "was written to in front of its headroom");
  check_poison(p, PKT_END, PGSIZE, "was written to behind its end");
}

void
check_pkt_freed(struct pktbuf *p)
{
  poison(p);
  place_note(&p->check.since, 1);
}

// ----- owners -----

void
check_pkt_owner(struct pktbuf *p, int from, int to)
{
  if(p->owner != from)
    bad(p, "is handed over by somebody else");
  if(p->check.queued)
    bad(p, "is handed over");
  place_note(&p->check.since, 0);
}

void
check_pkt_queued(struct pktbuf *p)
{
  if(p->owner == PKT_POOL || p->check.queued)
    bad(p, "is put into a queue");
  p->check.queued = 1;
}

void
check_pkt_dequeued(struct pktbuf *p)
{
  if(!p->check.queued)
    bad(p, "is taken out of a queue where it is not");
  p->check.queued = 0;
}

void
check_pkt_live(const struct pktbuf *p)
{
  if(p->owner == PKT_POOL)
    bad(p, "is used");
}
