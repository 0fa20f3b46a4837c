// The pool is shared out: whatever keeps packets is full, and ARP, ICMP, and another socket work all the same.

#include "fixture.h"
#include "card82540.h"
#include "core/cpu.h"
#include "net/filter.h"
#include "net/sockmem.h"
#include "nic/e1000_dev.h"
#include "pkt/poll.h"
#include "pkt/tune.h"
#include "sched/proc.h"

#define SOCKETS 127  // that nobody reads; the last one is somebody's who does

static struct sock *hoard[SOCKETS];

static void
open_sockets(int each_process)
{
  for(int i = 0; i < SOCKETS; i++){
    myproc()->pid = 100 + i / each_process;
    hoard[i] = udp_socket(2000 + i);
  }
}

// All sockets, those of eight processes, have n datagrams each, or as many as they may, one socket after the other.
static void
fill_sockets(int n)
{
  open_sockets(16);
  for(int i = 0; i < SOCKETS; i++)
    for(int k = 0; k < n; k++)
      feed_udp(GW_IP, 9, 2000 + i, 4);
}

static void
close_sockets(void)
{
  for(int i = 0; i < SOCKETS; i++)
    sock_close(hoard[i]);
}

static void
fill_fragments(void)
{
  for(int id = 0; id < 40; id++)
    feed_fragments(GW_IP, 9, 3000, 60000, 1400, id, 0xfffffffeffffffff);
}

static void
fill_arp(struct sock *s)
{
  for(int host = 100; host < 140; host++)
    for(int i = 0; i < 16; i++)
      send_to(s, MAKE_IP_ADDR(10, 0, 2, host), 9, 10);
  card_clean();
}

// The program looks at all that it is shown, and answers nothing; then it looks at no more.
static void
fill_filter(void)
{
  struct pktbuf *p;
  for(int i = 0; i < 400; i++){
    if((p = pkt_alloc()) == 0)
      continue;
    ip_forward_ask(p);
    if(i < 200)
      filter_read(UBASE, 100, 1);
  }
}

static void
fill_ipqueue(void)
{
  struct pktbuf *p;
  tunes[TUNE_IPQUEUE] = 1024;
  for(int i = 0; i < 1100; i++)
    if((p = pkt_alloc()) != 0)
      ipqueue_put(&card, p);
}

static void
fill_lo(struct sock *s)
{
  loopback.rxq[0].busy = 1;
  for(int i = 0; i < 400; i++)
    send_to(s, INADDR_LOOPBACK, 9, 10);
}

static void
fill_outq(struct sock *s)
{
  push_off();
  netif_tx_hold();
  for(int i = 0; i < 400; i++)
    send_to(s, GW_IP, 9, 10);
}

// ping, ARP, and a datagram each way.
static void
all_works(struct sock *s)
{
  struct wire w;
  long none = drops(DROP_NOMEM);
  sent_clear();
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHO, 0, 1, "ping", 4);
  feed(&w);
  CHECK_EQ(nsent(), 1);
  CHECK_EQ(sent_l4(0)[0], ICMP_ECHOREPLY);
  feed_arp(ARP_OP_REQUEST, peer_mac, PEER_IP, our_mac, OUR_IP);
  CHECK_EQ(nsent(), 2);
  CHECK_EQ(ntohs(sent_arp(1)->op), ARP_OP_REPLY);
  feed_udp(GW_IP, 9, 4000, 10);
  CHECK_EQ(receive(s, 100, 0), 10);
  CHECK_EQ(send_to(s, GW_IP, 9, 1000), 1000);
  CHECK_EQ(nsent(), 3);
  CHECK_EQ(drops(DROP_NOMEM), none);
  card_clean();
}

// 128 sockets of many processes with 16 unread datagrams each stop nobody; and each may hold one at least, also when others
// of its process hold many and what all share is taken.
TEST(parts_unread_sockets)
{
  struct sock *s = udp_socket(4000);
  fill_sockets(16);
  CHECK(pkt_in_use() <= pkt_parts[PART_SOCKS]);
  for(int i = 0; i < SOCKETS; i++)
    CHECK(hoard[i]->rxq.n >= 1);
  CHECK(drops(DROP_SOCK_FULL) > 0);
  all_works(s);
  close_sockets();
  sock_close(s);
}

// Each of many processes has a datagram of 41 packets, to which it would have a right if it were a short one.
TEST(parts_unread_long_datagrams)
{
  struct sock *s = udp_socket(4000);
  open_sockets(1);
  for(int i = 0; i < SOCKETS; i++)
    feed_fragments(GW_IP, 9, 2000 + i, 60000, 1480, i, ~0UL);
  CHECK(drops(DROP_SOCK_FULL) > 0);
  CHECK(pkt_in_use() <= pkt_parts[PART_SOCKS]);
  all_works(s);
  close_sockets();
  sock_close(s);
}

// A process that has closed its sockets leaves its account to others, however many there have been.
TEST(parts_accounts)
{
  for(int pid = 100; pid < 400; pid++){
    myproc()->pid = pid;
    struct sock *s = udp_socket(2000);
    feed_udp(GW_IP, 9, 2000, 4);
    CHECK_EQ(receive(s, 10, 0), 4);
    sock_close(s);
  }
}

// What has come to be kept since there were `before` is no more than its part.
static void
only_its_part(enum pkt_part part, uint before)
{
  uint kept = pkt_in_use() - before;
  CHECK(kept > 0);
  CHECK(kept <= pkt_parts[part]);
}

static void
everything_is_full(uint packets)
{
  pkt_init(packets);
  poll_init();
  netif_share();
  myproc()->pid = 7;
  struct sock *s = udp_socket(4000);
  CHECK_EQ(filter_open(), 0);
  uint before = pkt_in_use();
  fill_sockets(64);
  only_its_part(PART_SOCKS, before);
  before = pkt_in_use();
  fill_fragments();
  only_its_part(PART_FRAGS, before);
  before = pkt_in_use();
  fill_arp(s);
  only_its_part(PART_ARP, before);
  before = pkt_in_use();
  fill_filter();
  only_its_part(PART_FILTER, before);
  before = pkt_in_use();
  fill_ipqueue();
  only_its_part(PART_IPQ, before);
  fill_lo(s);
  CHECK_EQ(loop_waits(), MIN(256, pkt_parts[PART_LO]));
  all_works(s);
  before = pkt_in_use();
  fill_outq(s);
  only_its_part(PART_OUTQ, before);
  CHECK(pkt_in_use() <= pkt_total() - pkt_total() / 32);
  while(netif_tx_release())
    card_clean();
  pop_off();
  card_clean();
  all_works(s);
  close_sockets();
  filter_close();
  loopback.rxq[0].busy = 0;
  loopback.sent(&loopback);
  net_thread();
  net_ip_thread();
  sock_close(s);
}

// All that keeps packets is full at once.
TEST(parts_everything_is_full)
{
  everything_is_full(TEST_PACKETS);
}

// ... on a machine with 16 MB.
TEST(parts_everything_is_full_small)
{
  everything_is_full(500);
}

// Long messages that are being made at once are bounded; a short one needs no leave, and in the end all is as before.
TEST(parts_long_messages)
{
  struct sock *s = udp_socket(4000);
  int n = 0;
  while(sockmem_send(65507))
    n++;
  CHECK_EQ(n, pkt_parts[PART_SEND] / (65507 / SOCK_PAGE + 1));
  for(int i = 1; i <= 20; i++){  // what is refused is not counted
    CHECK_EQ(send_to(s, GW_IP, 9, 65507), -ENOBUFS);
    CHECK_EQ(drops(DROP_SOCK_SEND), i);
  }
  CHECK_EQ(send_to(s, GW_IP, 9, SOCK_PAGE - 100), SOCK_PAGE - 100);
  card_clean();
  while(n-- > 0)
    sockmem_sent(65507);
  for(int i = 0; i < 100; i++){
    CHECK_EQ(send_to(s, GW_IP, 9, 65507), 65507);
    CHECK_EQ(sock_sendto(s, UREADONLY + 100, 65507, &(struct endpoint){ GW_IP, 9 }, 0), -EFAULT);
    card_clean();
    sent_clear();
  }
  CHECK_EQ(pkt_in_use(), 0);
  sock_close(s);
}

// A hart's list is no longer than its share, however small the pool is: the rest is there for another hart.
TEST(parts_lists_of_the_harts)
{
  static struct pktbuf *all[101];
  uint n = 0;
  pkt_init(100);
  while((all[n] = pkt_alloc()) != 0)
    n++;
  CHECK_EQ(n, 100);
  while(n > 0)
    pkt_free(all[--n]);
  mycpu()->id = 1;
  while((all[n] = pkt_alloc()) != 0)
    n++;
  CHECK(n >= 100 - pkt_parts[PART_CACHES]);
  while(n > 0)
    pkt_free(all[--n]);
  mycpu()->id = 0;
}

// As many NICs as there may be share the pool: none has more than its part, none is without, and the console says so.
TEST(e1000_many_share_the_pool)
{
  uint n = 0, all = 0;
  for(int i = 0; nnetif < NETIF_MAX; i++){
    nic_plug(i);
    CHECK_EQ(nic_probe(), 0);
    CHECK_EQ(nic_owns(), 0);  // nothing before it is known how many share
  }
  pkt_init(1000);
  poll_init();
  netif_fill_rings();
  n = netif_nics();
  for(int i = 0; i < nnetif; i++)
    if(netifs[i]->ops == &e1000_ops){
      struct e1000 *e = netifs[i]->drv;
      CHECK_EQ(e->rx.provided - e->rx.taken, pkt_parts[PART_RX] / n);
      CHECK(netifs[i]->txmost >= PKT_MAXFRAG + 4);
      all += e->rx.provided - e->rx.taken;
    }
  CHECK(all <= pkt_parts[PART_RX]);
  CHECK(pkt_total() - pkt_in_use() > pkt_total() / 2);
  check_said("rxv: 8 network cards share 1000 packets: 23 on each receive ring, not 255.\n");
  struct netif *nif = netifs[nnetif - 1];
  CHECK_EQ(netif_reset(nif), 0);  // and a reset puts no more on the ring
  CHECK_EQ(((struct e1000 *)nif->drv)->rx.provided, pkt_parts[PART_RX] / n);
  host_advance(3 * SEC);
  for(int i = 0; i < nnetif; i++)
    if(netifs[i]->ops == &e1000_ops)
      nic_take(netifs[i]);
}
