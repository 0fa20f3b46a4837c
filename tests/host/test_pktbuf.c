#include "fixture.h"
#include "mm/kalloc.h"

// A fresh packet is empty, ours, and has headroom for every header.
TEST(pktbuf_fresh)
{
  struct pktbuf *p = pkt_alloc();
  CHECK_EQ(p->owner, PKT_STACK);
  CHECK_EQ(pkt_len(p), 0);
  CHECK_EQ(p->head, PKT_HEADROOM);
  CHECK_EQ(pkt_in_use(), 1);
  CHECK_EQ((PKT_HEADROOM + 14) % 4, 0);
  CHECK_EQ((PKT_HEADROOM + 14 + 20 + 8) % 16, 0);
  pkt_free(p);
  CHECK_EQ(pkt_in_use(), 0);
}

// push, pull, put and trim move the ends by what was asked, or refuse and leave all as it was.
TEST(pktbuf_ends)
{
  struct pktbuf *p = pkt_alloc();
  CHECK(pkt_put(p, 100) == p->page + PKT_HEADROOM);
  CHECK(pkt_push(p, 8) == p->page + PKT_HEADROOM - 8);
  CHECK_EQ(pkt_len(p), 108);
  CHECK(pkt_pull(p, 8) == p->page + PKT_HEADROOM - 8);
  CHECK(pkt_pull(p, 101) == 0);
  CHECK(pkt_push(p, PKT_HEADROOM + 1) == 0);
  CHECK(pkt_put(p, PGSIZE) == 0);
  CHECK_EQ(pkt_len(p), 100);
  pkt_trim(p, 200);
  CHECK_EQ(pkt_len(p), 100);
  pkt_trim(p, 30);
  CHECK_EQ(pkt_len(p), 30);
  CHECK(pkt_put(p, PKT_END - p->tail) != 0);
  CHECK(pkt_put(p, 1) == 0);
  pkt_free(p);
}

// A packet that is freed twice stops the kernel where it happens.
TEST(pktbuf_double_free_panics)
{
  struct pktbuf *p = pkt_alloc();
  pkt_free(p);
  CHECK(PANICS(pkt_free(p)));
}

// A hand-over by somebody who is not the owner stops the debug kernel.
TEST(pktbuf_wrong_owner_panics)
{
  struct pktbuf *p = pkt_alloc();
  CHECK(PANICS(pkt_own(p, PKT_NIC, PKT_STACK)));
  pkt_own(p, PKT_STACK, PKT_SOCK);
  CHECK_EQ(p->owner, PKT_SOCK);
  pkt_free(p);
}

// The pool ends: then there is none, and all come back, and can be had again.
TEST(pktbuf_pool_is_bounded)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  uint n = 0;
  for(int round = 0; round < 3; round++){
    for(n = 0; (all[n] = pkt_alloc()) != 0; n++)
      ;
    CHECK_EQ(n, pkt_total());
    CHECK_EQ(pkt_in_use(), pkt_total());
    for(uint i = 0; i < n; i++)
      for(uint j = i + 1; j < MIN(n, i + 3); j++)
        CHECK(all[i]->page != all[j]->page);
    for(uint i = 0; i < n; i++)
      pkt_free(all[i * 7 % n]);
    CHECK_EQ(pkt_in_use(), 0);
  }
  CHECK_EQ(pkt_made(), pkt_total());
}

// E10: memory runs out at any point of making packets: none, and later there are some again.
TEST(pktbuf_out_of_memory)
{
  struct pktbuf *all[400];
  int n;
  for(int left = 0; left < 70; left++){
    host_pages_left = left;
    for(n = 0; n < 400 && (all[n] = pkt_alloc()) != 0; n++)
      ;
    host_pages_left = -1;
    while(n > 0)
      pkt_free(all[--n]);
    CHECK_EQ(pkt_in_use(), 0);
  }
  CHECK((all[0] = pkt_alloc()) != 0);
  pkt_free(all[0]);
}

// Pages that a packet only has a reference to are let go with it, not freed.
TEST(pktbuf_fragments_are_references)
{
  struct pktbuf *p = pkt_alloc();
  uint8 *page = kalloc();
  kref(page);
  p->frags = (struct pktfrag *)(p->page + 2048);
  p->frags[0] = (struct pktfrag){ page, 0, 100 };
  p->nfrag = 1;
  pkt_free(p);
  CHECK_EQ(krefs(page), 1);
  kfree(page);
}

// A datagram in several packets has one length, is cut at any place, and goes as one.
TEST(pktbuf_chain)
{
  for(uint cut = 0; cut <= 400; cut += 50){
    struct pktbuf *first = 0, **at = &first;
    for(int i = 0; i < 3; i++){
      *at = pkt_alloc();
      pkt_put(*at, 100);
      at = &(*at)->more;
    }
    CHECK_EQ(pkt_chain_len(first), 300);
    pkt_chain_trim(first, cut);
    CHECK_EQ(pkt_chain_len(first), MIN(cut, 300));
    CHECK_EQ(pkt_in_use(), MAX(1, MIN(3, (cut + 99) / 100)));
    pkt_free(first);
    CHECK_EQ(pkt_in_use(), 0);
  }
}

// A queue gives in order what it got, knows its length in packets and bytes, and takes one back at the front.
TEST(pktbuf_queue)
{
  struct pktq q = { 0 };
  struct pktbuf *p;
  for(uint i = 1; i <= 3; i++){
    p = pkt_alloc();
    pkt_put(p, i);
    pktq_put(&q, p);
  }
  CHECK_EQ(q.n, 3);
  CHECK_EQ(q.bytes, 6);
  p = pktq_get(&q);
  CHECK_EQ(pkt_len(p), 1);
  pktq_unget(&q, p);
  for(uint i = 1; i <= 3; i++){
    p = pktq_get(&q);
    CHECK_EQ(pkt_len(p), i);
    pkt_free(p);
  }
  CHECK(pktq_get(&q) == 0);
  CHECK_EQ(q.n + q.bytes, 0);
  p = pkt_alloc();
  pktq_unget(&q, p);
  CHECK(q.first == p && q.last == p);
  pkt_free(pktq_get(&q));
}
