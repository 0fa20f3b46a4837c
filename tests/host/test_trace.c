// The trace (pkt/trace.c): the last frames and their verdicts; stages, who has their records, and when there are no more.

#include "fixture.h"
#include "pkt/poll.h"
#include "sched/timer.h"

static struct kstat_trace k;

// The paths that are over, and the record of the last of them in k.
static int
done(void)
{
  struct kstat_trace r;
  int n = 0;
  for(int i = 0; i < TRACE_N; i++)
    if(trace_record(i, &r) == 1 && r.done){
      if(n == 0 || r.number > k.number)
        k = r;
      n++;
    }
  return n;
}

// A packet that begins its path, as one from the ring does.
static struct pktbuf *
begin(void)
{
  struct pktbuf *p = pkt_alloc();
  memset(pkt_put(p, 60), 0, 60);
  trace_came();
  host_advance(USEC * 100);
  trace_in(&p->trace, card.name, now(), p->page, p->head, pkt_len(p));
  return p;
}

// A received datagram comes by each stage in order, once, with one copy; the time is since the first stage.
TEST(trace_received)
{
  struct sock *s = udp_socket(2000);
  struct wire w;
  struct endpoint from;
  trace_set(1);
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 18);
  trace_came();
  host_advance(USEC * 100);
  struct pktbuf *p = pkt_alloc();
  memcpy(pkt_put(p, w.n), w.b, w.n);
  netif_rx(&card, p);
  CHECK_EQ(done(), 0);
  CHECK_EQ(receive(s, 100, &from), 18);
  CHECK_EQ(done(), 1);
  static const int way[] = { PATH_CAME, PATH_RING, PATH_ETHER, PATH_IP, PATH_UDP, PATH_QUEUE, PATH_READER, PATH_COPIED };
  int n = 0;
  for(int i = 0; i < NPATH; i++)
    n += k.stage[i].seen;
  CHECK_EQ(n, NELEM(way));
  for(uint i = 0; i < NELEM(way); i++){
    CHECK(k.stage[way[i]].seen);
    CHECK(i == 0 || k.stage[way[i]].ns >= k.stage[way[i - 1]].ns);
  }
  CHECK_EQ(k.stage[PATH_CAME].ns, 0);
  CHECK(k.stage[PATH_RING].ns > 0);
  CHECK_EQ(k.len, 60);
  CHECK_EQ(k.out, 0);
  CHECK_TEXT(k.ifname, "e0");
  CHECK_BYTES(k.bytes, w.b, KSTAT_TRACEBYTES);
  CHECK_TEXT(k.drop, "");
  trace_set(0);
  sock_close(s);
}

// A sent datagram: from the call to the card, one copy.
TEST(trace_sent)
{
  struct sock *s = udp_socket(2000);
  trace_set(1);
  CHECK_EQ(send_to(s, GW_IP, 7, 30), 30);
  CHECK_EQ(done(), 1);
  static const int way[] = { PATH_SEND, PATH_GATHER, PATH_IPOUT, PATH_ETHEROUT, PATH_CARD };
  for(uint i = 0; i < NELEM(way); i++)
    CHECK(k.stage[way[i]].seen);
  CHECK(!k.stage[PATH_CAME].seen);
  CHECK_EQ(k.out, 1);
  CHECK_EQ(k.bytes[37], 7);  // the port
  trace_set(0);
  CHECK_EQ(send_to(s, GW_IP, 7, 30), 30);
  CHECK_EQ(done(), 1);
  sock_close(s);
}

// A packet that is dropped tells why.
TEST(trace_dropped)
{
  trace_set(1);
  struct pktbuf *p = begin();
  pkt_drop(p, DROP_UDP_NOPORT, 0);
  CHECK_EQ(done(), 1);
  CHECK_TEXT(k.drop, "udp.noport");
  trace_set(0);
}

// The card takes no frame: it is dropped with its record, not told as sent.
TEST(trace_card_full)
{
  struct sock *s = udp_socket(2000);
  trace_set(1);
  card_full = 1;
  CHECK_EQ(send_to(s, GW_IP, 7, 30), -ENOBUFS);
  CHECK_EQ(done(), 1);
  CHECK(!k.stage[PATH_CARD].seen);
  CHECK_TEXT(k.drop, "tx.full");
  card_full = 0;
  trace_set(0);
  sock_close(s);
}

// Nobody reads: the 65th packet ends recording, and later ones are not touched.
TEST(trace_nobody_reads)
{
  trace_set(1);
  for(int i = 0; i < TRACE_KEPT; i++)
    pkt_free(begin());
  CHECK(trace_on);
  CHECK_EQ(done(), TRACE_KEPT);
  uint32 last = k.number;
  struct pktbuf *p = begin();
  CHECK(!trace_on);
  CHECK(!p->trace.kept);
  pkt_free(p);
  CHECK_EQ(done(), TRACE_KEPT);
  CHECK_EQ(k.number, last);
}

// A record forgets the path of the packet that had it before.
TEST(trace_forgets)
{
  struct sock *s = udp_socket(2000);
  struct kstat_trace r;
  trace_set(1);
  for(int i = 0; i < TRACE_KEPT; i++)
    CHECK_EQ(send_to(s, GW_IP, 7, 30), 30);
  for(int round = 0; round < TRACE_N / TRACE_KEPT; round++){
    trace_set(1);
    for(int i = 0; i < TRACE_KEPT; i++)
      pkt_free(begin());
    for(int i = 0; i < TRACE_N; i++){
      CHECK(trace_record(i, &r) >= 0);
      CHECK(!r.done || !r.stage[PATH_GATHER].seen);
    }
  }
  trace_set(0);
  sock_close(s);
}

// Turned on again, the records that are done are free; one whose packet is still under way stays that packet's.
TEST(trace_under_way)
{
  trace_set(1);
  struct pktbuf *p = begin(), *all[TRACE_KEPT];
  for(int i = 1; i < TRACE_KEPT; i++)
    pkt_free(begin());
  CHECK_EQ(done(), TRACE_KEPT - 1);
  trace_set(1);
  CHECK_EQ(done(), 0);
  for(int i = 1; i < TRACE_KEPT; i++){
    all[i] = begin();
    CHECK(all[i]->trace.kept && all[i]->trace.number != p->trace.number);
  }
  struct pktbuf *more = begin();
  CHECK(!more->trace.kept);
  pkt_free(p);
  CHECK_EQ(done(), 1);
  CHECK(!k.stage[PATH_CARD].seen);
  for(int i = 1; i < TRACE_KEPT; i++)
    pkt_free(all[i]);
  pkt_free(more);
  trace_set(0);
  CHECK_EQ(done(), TRACE_KEPT);
  trace_set(1);  // what found no room has taken none
  for(int i = 0; i < TRACE_KEPT; i++){
    all[i] = begin();
    CHECK(all[i]->trace.kept);
  }
  for(int i = 0; i < TRACE_KEPT; i++)
    pkt_free(all[i]);
}

// While it is off nothing gets a record.
TEST(trace_off)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  trace_set(1);
  trace_set(0);
  feed_udp(GW_IP, 7, 2000, 10);
  CHECK_EQ(receive(s, 100, &from), 10);
  CHECK_EQ(done(), 0);
  CHECK_EQ(trace_record(-1, &k), -1);
  CHECK_EQ(trace_record(TRACE_N, &k), -1);
  sock_close(s);
}

// Frame number n, counted back from the last.
static int
frame(uint32 back)
{
  static struct kstat_trace all[TRACE_N];
  uint32 last = 0;
  for(int i = 0; i < TRACE_N; i++){
    if(trace_record(i, &all[i]) != 1)
      all[i].number = 0;
    last = MAX(last, all[i].number);
  }
  for(int i = 0; i < TRACE_N; i++)
    if(all[i].number && all[i].number == last - back){
      k = all[i];
      return 1;
    }
  return 0;
}

// The last frames with their verdicts, and no more of them than there were bytes.
TEST(trace_remembers_verdicts)
{
  struct wire w;
  for(int i = 0; i < TRACE_N; i++)
    CHECK(trace_record(i, &k) == 0 || k.number > 0);
  feed_udp(GW_IP, 7, 2000, 10);
  w_eth(&w, our_mac, gw_mac, 0x1234);
  feed(&w);
  CHECK(frame(0));
  CHECK_EQ(k.len, 14);
  CHECK_TEXT(k.drop, "eth.type");
  CHECK_TEXT(k.ifname, "e0");
  CHECK_EQ(k.out, 0);
  CHECK_EQ(k.done, 0);
  CHECK_BYTES(k.bytes, w.b, 14);
  for(int i = 14; i < KSTAT_TRACEBYTES; i++)
    CHECK_EQ(k.bytes[i], 0);
  CHECK(frame(1));
  CHECK_EQ(k.out, 1);  // the ICMP error
  CHECK_EQ(k.drop[0], 0);
  CHECK_EQ(k.bytes[12], 8);
  CHECK(frame(2));
  CHECK_TEXT(k.drop, "udp.noport");
  for(int i = 0; i < 3 * TRACE_N; i++)
    feed_udp(GW_IP, 7, i, 10);
  for(int i = 0; i < TRACE_N; i++)
    CHECK(frame(i));
}

// While records are kept the trace goes on, in the others.
TEST(trace_passes_kept_records_by)
{
  struct pktbuf *kept[TRACE_KEPT];
  trace_set(1);
  for(int i = 0; i < TRACE_KEPT; i++)
    kept[i] = begin();
  trace_set(0);
  for(int i = 0; i < 2 * TRACE_N; i++)
    feed_udp(GW_IP, 7, i, 10);
  CHECK(frame(0));
  CHECK_TEXT(k.drop, "udp.noport");
  for(int i = 0; i < TRACE_KEPT; i++){
    CHECK(kept[i]->trace.kept);
    CHECK_EQ(trace_record(kept[i]->trace.number % TRACE_N, &k), 1);
    CHECK_EQ(k.number, kept[i]->trace.number);
    pkt_free(kept[i]);
  }
  CHECK_EQ(done(), TRACE_KEPT);
}

// A request that is answered in its own packet has one record, which shows the answer in the end; so has one over lo, but two.
TEST(trace_answered)
{
  struct wire w;
  trace_set(1);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHO, 0, 0, "ask", 3);
  feed(&w);
  CHECK_EQ(done(), 1);
  CHECK(k.stage[PATH_ETHER].seen && k.stage[PATH_ETHEROUT].seen && k.stage[PATH_CARD].seen);
  CHECK_EQ(k.out, 1);
  trace_set(0);
}

TEST(trace_over_lo)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  trace_set(1);
  CHECK_EQ(send_to(s, INADDR_LOOPBACK, 2000, 30), 30);
  CHECK_EQ(done(), 1);
  CHECK(k.stage[PATH_SEND].seen && k.stage[PATH_CARD].seen && !k.stage[PATH_RING].seen);
  CHECK_EQ(receive(s, 100, &from), 30);
  CHECK_EQ(done(), 2);
  CHECK(k.stage[PATH_RING].seen && k.stage[PATH_COPIED].seen && !k.stage[PATH_SEND].seen);
  trace_set(0);
  sock_close(s);
}

// One that is sent, and dropped before it is a frame, shows the header that it has.
TEST(trace_never_a_frame)
{
  struct sock *s = udp_socket(2000);
  trace_set(1);
  CHECK_EQ(send_to(s, PEER_IP, 7, 30), 30);
  CHECK_EQ(done(), 0);
  arp_flush();
  CHECK_EQ(done(), 1);
  CHECK_TEXT(k.ifname, "");
  CHECK(k.stage[PATH_IPOUT].seen && !k.stage[PATH_ETHEROUT].seen);
  CHECK_EQ(k.bytes[0], 0x45);
  CHECK_EQ(k.bytes[9], IPPROTO_UDP);
  trace_set(0);
  sock_close(s);
}

// A packet that is sent over lo when recording has just ended still ends its path there: it begins a new one when it comes in.
TEST(trace_lo_when_it_is_off)
{
  struct pktbuf *p = pkt_alloc();
  memset(pkt_put(p, 60), 0, 60);
  trace_set(1);
  trace_send(&p->trace);
  trace_set(0);
  loopback.rxq[0].busy = 1;
  CHECK_EQ(netif_tx(&loopback, p), 0);
  CHECK_EQ(done(), 1);
  CHECK(k.stage[PATH_CARD].seen);
  loopback.rxq[0].busy = 0;
  loopback.sent(&loopback);
}
