// Records of packets' ways (pkt/path.c): what they hold, who has them, and when there are no more.

#include "fixture.h"
#include "pkt/path.h"
#include "pkt/poll.h"
#include "sched/timer.h"

#define RECORDS 64

static struct kstat_path k;

// The records that are done, and the last one of them in k.
static int
done(void)
{
  struct kstat_path r;
  int n = 0;
  for(int i = 0; i < RECORDS; i++)
    if(path_record(i, &r) == 1){
      k = r;
      n++;
    }
  return n;
}

// A packet that begins its way, as one from the ring does.
static struct pktbuf *
begin(void)
{
  struct pktbuf *p = pkt_alloc();
  pkt_put(p, 60);
  path_came();
  host_advance(USEC * 100);
  path_begin(p, PATH_CAME, PATH_RING);
  return p;
}

// A received datagram comes by each stage in order, once, with one copy; the time is since the first stage.
TEST(path_received)
{
  struct sock *s = udp_socket(2000);
  struct wire w;
  struct endpoint from;
  path_set(1);
  struct pktbuf *p = begin();
  w_udp(&w, GW_IP, 7, OUR_IP, 2000, 18);
  p->tail = p->head;
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
  CHECK_EQ(k.copies, 1);
  CHECK_EQ(k.len, 60);
  CHECK_EQ(k.proto, IPPROTO_UDP);
  CHECK_EQ(k.src, GW_IP);
  CHECK_EQ(k.dst, OUR_IP);
  CHECK_EQ(k.sport, 7);
  CHECK_EQ(k.dport, 2000);
  CHECK_TEXT(k.drop, "");
  path_set(0);
  sock_close(s);
}

// A sent datagram: from the call to the card, one copy.
TEST(path_sent)
{
  struct sock *s = udp_socket(2000);
  path_set(1);
  CHECK_EQ(send_to(s, GW_IP, 7, 30), 30);
  CHECK_EQ(done(), 1);
  static const int way[] = { PATH_SEND, PATH_GATHER, PATH_IPOUT, PATH_ETHEROUT, PATH_CARD };
  for(uint i = 0; i < NELEM(way); i++)
    CHECK(k.stage[way[i]].seen);
  CHECK(!k.stage[PATH_CAME].seen);
  CHECK_EQ(k.copies, 1);
  CHECK_EQ(k.dport, 7);
  path_set(0);
  CHECK_EQ(send_to(s, GW_IP, 7, 30), 30);
  CHECK_EQ(done(), 1);
  sock_close(s);
}

// A packet that is dropped tells why.
TEST(path_dropped)
{
  path_set(1);
  struct pktbuf *p = begin();
  pkt_drop(p, DROP_UDP_NOPORT, 0);
  CHECK_EQ(done(), 1);
  CHECK_TEXT(k.drop, "udp.noport");
  path_set(0);
}

// The card takes no frame: it is dropped with its record, not told as sent.
TEST(path_card_full)
{
  struct sock *s = udp_socket(2000);
  path_set(1);
  card_full = 1;
  CHECK_EQ(send_to(s, GW_IP, 7, 30), -ENOBUFS);
  CHECK_EQ(done(), 1);
  CHECK(!k.stage[PATH_CARD].seen);
  CHECK_TEXT(k.drop, "tx.full");
  card_full = 0;
  path_set(0);
  sock_close(s);
}

// Nobody reads: the 65th packet ends recording, and later ones are not touched.
TEST(path_nobody_reads)
{
  path_set(1);
  for(int i = 0; i < RECORDS; i++)
    pkt_free(begin());
  CHECK(path_on);
  CHECK_EQ(done(), RECORDS);
  uint32 last = k.number;
  struct pktbuf *p = begin();
  CHECK(!path_on);
  CHECK(p->path == 0);
  pkt_free(p);
  CHECK_EQ(done(), RECORDS);
  CHECK_EQ(k.number, last);
}

// A record forgets the way of the packet that had it before.
TEST(path_forgets)
{
  struct sock *s = udp_socket(2000);
  struct kstat_path r;
  path_set(1);
  CHECK_EQ(send_to(s, GW_IP, 7, 30), 30);
  path_set(1);
  for(int i = 0; i < RECORDS; i++)
    pkt_free(begin());
  for(int i = 0; i < RECORDS; i++){
    CHECK_EQ(path_record(i, &r), 1);
    CHECK(!r.stage[PATH_GATHER].seen);
    CHECK_EQ(r.copies, 0);
  }
  path_set(0);
  sock_close(s);
}

// Turned on again, the records that are done are free; one whose packet is still on its way stays that packet's.
TEST(path_under_way)
{
  path_set(1);
  struct pktbuf *p = begin(), *all[RECORDS];
  for(int i = 1; i < RECORDS; i++)
    pkt_free(begin());
  CHECK_EQ(done(), RECORDS - 1);
  path_set(1);
  CHECK_EQ(done(), 0);
  for(int i = 1; i < RECORDS; i++){
    all[i] = begin();
    CHECK(all[i]->path != 0 && all[i]->path != p->path);
  }
  struct pktbuf *more = begin();
  CHECK(more->path == 0);
  pkt_free(p);
  CHECK_EQ(done(), 1);
  CHECK(!k.stage[PATH_CARD].seen);
  for(int i = 1; i < RECORDS; i++)
    pkt_free(all[i]);
  pkt_free(more);
  path_set(0);
  CHECK_EQ(done(), RECORDS);
}

// While it is off nothing gets a record.
TEST(path_off)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  path_set(1);
  path_set(0);
  feed_udp(GW_IP, 7, 2000, 10);
  CHECK_EQ(receive(s, 100, &from), 10);
  CHECK_EQ(done(), 0);
  CHECK_EQ(path_record(-1, &k), -1);
  CHECK_EQ(path_record(RECORDS, &k), -1);
  sock_close(s);
}
