// The debug build's eye on packets: each mistake that it is there for is made once, and must end in a panic that names it.

#include "fixture.h"
#include "mm/kalloc.h"
#include "debug/debug.h"

// Was the last panic about this?
static int
said(const char *what)
{
  uint n = strlen(what);
  for(const char *s = host_panic_text; *s; s++)
    if(strncmp(s, what, n) == 0)
      return 1;
  return 0;
}

// The panic leaves the packet as it was, so the test can put right what it did.
#define CAUGHT(code, what)  \
  do {                      \
    CHECK(PANICS(code));    \
    CHECK(said(what));      \
  } while(0)

TEST(pktcheck_queues)
{
  struct pktq q = { 0 }, other = { 0 };
  struct pktbuf *p = pkt_alloc();
  pktq_put(&q, p);
  CAUGHT(pktq_put(&other, p), "is put into a queue");
  CAUGHT(pktq_unget(&other, p), "is put into a queue");
  CAUGHT(pkt_free(p), "is freed: it belongs to the stack and stands in a queue");
  CAUGHT(pkt_own(p, PKT_STACK, PKT_SOCK), "is handed over: it belongs to the stack and stands in a queue");
  CHECK(pktq_get(&q) == p);
  struct pktq forged = { .first = p, .last = p, .n = 1 };
  CAUGHT(pktq_get(&forged), "is taken out of a queue where it is not");
  pkt_free(p);
}

TEST(pktcheck_after_free)
{
  struct pktq q = { 0 };
  struct pktbuf *p = pkt_alloc();
  pkt_free(p);
  CAUGHT(pkt_put(p, 1), "is used");
  CAUGHT(pktq_put(&q, p), "is put into a queue");
  // It is the next one that will be given out.
  p->page[1000] ^= 1;
  CAUGHT(pkt_alloc(), "was written to when it was free");
  p->page[1000] ^= 1;
  p->owner = PKT_STACK;
  pkt_free(p);
}

// It went back by the pool's list, and not by pkt_free().
TEST(pktcheck_in_the_pool_and_owned)
{
  struct pktbuf *p = pkt_alloc();
  pkt_free(p);
  p->owner = PKT_SOCK;
  CAUGHT(pkt_alloc(), "is in the pool and not free");
  pkt_free(p);
}

TEST(pktcheck_ends)
{
  struct pktbuf *p = pkt_alloc();
  uint16 tail = p->tail;
  p->tail = p->head - 1;
  CAUGHT(pkt_free(p), "has its ends outside its page");
  p->tail = PKT_END + 1;
  CAUGHT(pkt_free(p), "has its ends outside its page");
  p->tail = tail;
  p->page[CHECK_REDZONE - 1] ^= 1;
  CAUGHT(pkt_free(p), "was written to in front of its headroom");
  p->page[CHECK_REDZONE - 1] ^= 1;
  p->page[PKT_END] ^= 1;
  CAUGHT(pkt_free(p), "was written to behind its end");
  p->page[PKT_END] ^= 1;
  pkt_free(p);
}

// Enough packets that some share a place in the table of pages.
static void
go_through_many(void)
{
  struct pktbuf *all[200];
  for(uint i = 0; i < NELEM(all); i++){
    all[i] = pkt_alloc();
    check_dma(all[i]->page, PGSIZE);
    check_dma(all[i]->page + PGSIZE - 1, 1);
  }
  for(uint i = 0; i < NELEM(all); i++)
    pkt_free(all[i]);
}

// A descriptor may lead a card into a packet's page, all of it, and nowhere else.
TEST(pktcheck_dma)
{
  static uint8 elsewhere[64];
  struct pktbuf *p = pkt_alloc();
  go_through_many();
  CAUGHT(check_dma(p->page + 1, PGSIZE), "no packet's page");
  CAUGHT(check_dma(elsewhere, sizeof(elsewhere)), "no packet's page");
  pkt_free(p);
}

// A page that is lent to a packet must be somebody's.
TEST(pktcheck_lent)
{
  uint8 *page = kalloc();
  check_dma_lent(page, 0, PGSIZE);
  CAUGHT(check_dma_lent(page, 1, PGSIZE), "nobody has that page");
  kfree(page);
}
