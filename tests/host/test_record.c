// What the kernel tells about itself: numbers beyond the tables, clean records, and packets that remember nothing.

#include "fixture.h"
#include "core/cpu.h"

// No record has a number below 0 or beyond its table.
TEST(record_numbers)
{
  static struct kstat_trace trace;
  struct kstat_arp arp;
  struct kstat_sock sock;
  struct kstat_route route;
  CHECK_EQ(arp_record(-1, &arp), -1);
  CHECK_EQ(arp_record(ARP_ENTRIES, &arp), -1);
  CHECK_EQ(sock_record(-1, &sock), -1);
  CHECK_EQ(sock_record(0, &sock), -1);
  CHECK_EQ(route_record(-1, &route), -1);
  CHECK_EQ(route_record(ROUTES_MAX, &route), -1);
  CHECK_EQ(trace_record(-1, &trace), -1);
  CHECK_EQ(trace_record(TRACE_N, &trace), -1);
}

// The record of a neighbour that is asked for has neither an address nor a time, whatever was in its place before.
TEST(record_of_a_neighbour)
{
  struct kstat_arp r;
  arp_flush();
  arp_ask(&card, PEER_IP);
  for(int i = 0; i < ARP_ENTRIES; i++){
    memset(&r, 0xa5, sizeof(r));
    if(arp_record(i, &r) != 1)
      continue;
    CHECK_EQ(r.state, ARP_PENDING);
    CHECK_EQ(r.age_ms, 0);
    CHECK_EQ(r.ttl_ms, 0);
    CHECK_EQ(r.ifname[7], 0);
  }
}

// A packet that comes back and goes out again remembers nothing.
TEST(record_of_a_packet)
{
  struct pktbuf *p = pkt_alloc();
  pkt_reserve(p, 500);
  p->l2bcast = p->csum_offload = 1;
  p->stamp = 5;
  p->nif = &card;
  p->l3 = p->l4 = 99;
  p->trace.number = 3;
  pkt_free(p);
  CHECK(pkt_alloc() == p);
  CHECK_EQ(p->l2bcast + p->csum_offload + p->stamp + p->l3 + p->l4 + p->trace.number + p->nfrag, 0);
  CHECK(p->nif == 0 && p->more == 0 && p->next == 0 && p->frags == 0);
  CHECK_EQ(p->head, PKT_HEADROOM);
  pkt_free(p);
}

// The verdict goes to the frame's own record, not to the one that has taken its place.
TEST(record_of_an_old_frame)
{
  struct kstat_trace r;
  struct pktbuf *old = pkt_alloc();
  pkt_put(old, 60);
  trace_in(&old->trace, card.name, 0, old->page, old->head, 60);
  for(int i = 0; i < TRACE_N; i++){
    struct pktbuf *p = pkt_alloc();
    pkt_put(p, 60);
    trace_in(&p->trace, card.name, 0, p->page, p->head, 60);
    pkt_free(p);
  }
  pkt_drop(old, DROP_NOMEM, 0);
  for(int i = 0; i < TRACE_N; i++){
    CHECK_EQ(trace_record(i, &r), 1);
    CHECK_TEXT(r.drop, "");
  }
}

// The record of a frame at the end of its page takes no byte of the next page.
TEST(record_at_the_end_of_a_page)
{
  struct kstat_trace r;
  struct pktbuf *p = pkt_alloc();
  pkt_reserve(p, PKT_END - 8);
  memcpy(pkt_put(p, 8), "the end.", 8);
  trace_in(&p->trace, card.name, 0, p->page, p->head, 8);
  CHECK_EQ(trace_record(p->trace.number % TRACE_N, &r), 1);
  CHECK_EQ(r.len, 8);
  pkt_free(p);
}

// A hart keeps few free packets for itself: another one can have all the rest.
TEST(record_of_free_packets)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  uint n = 0;
  while((all[n] = pkt_alloc()) != 0)
    n++;
  CHECK_EQ(n, pkt_total());
  while(n > 0)
    pkt_free(all[--n]);
  mycpu()->id = 1;
  while((all[n] = pkt_alloc()) != 0)
    n++;
  CHECK(n + 64 >= pkt_total());
  while(n > 0)
    pkt_free(all[--n]);
  mycpu()->id = 0;
}

// Memory may end between any two packets that are made, and be there again later.
TEST(record_of_packets_without_memory)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  uint n = 0;
  for(int i = 0; i < 200; i++){
    host_pages_left = i % 2;
    while((all[n] = pkt_alloc()) != 0)
      n++;
  }
  CHECK(n > 50 && n <= 200);
  host_pages_left = -1;
  while(n > 0)
    pkt_free(all[--n]);
}

// What is put back into an empty queue is its last packet, too.
TEST(record_of_a_queue)
{
  struct pktq q = { 0 };
  struct pktbuf *a = pkt_alloc(), *b = pkt_alloc();
  pktq_unget(&q, a);
  pktq_put(&q, b);
  CHECK(pktq_get(&q) == a);
  CHECK(pktq_get(&q) == b);
  CHECK(pktq_get(&q) == 0);
  CHECK(pkt_push(a, a->head) == a->page);  // headroom may be used to its last byte
  pkt_free(a);
  pkt_free(b);
}
