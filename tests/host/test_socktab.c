// The table of sockets: made as they are needed, found by their ends (net/socktab.c).

#include "fixture.h"
#include "mm/kalloc.h"
#include "net/socktab.h"

#define MANY 1200  // sockets: more than there are chains

static struct sock *all[8192];

static uint
open_all(void)
{
  uint n = 0;
  int err = 0;
  while((all[n] = sock_create(SOCK_DGRAM, &err)) != 0)
    n++;
  CHECK_EQ(err, -ENOBUFS);
  return n;
}

// Sockets take pages as they are made, up to a part of memory; then there is an error, which is counted. What is closed can be
// made again, in the same pages.
TEST(socktab_is_bounded)
{
  uint most, pages, filled, n, before = host_pages_used;
  sock_memory(&most, &pages);
  CHECK_EQ(pages, 0);
  for(int round = 0; round < 2; round++){
    n = open_all();
    CHECK_EQ(n, most);
    CHECK_EQ(sock_count(), most);
    CHECK_EQ(lab_bind(3000), -ENOBUFS);
    CHECK_EQ(counted(NET_SOCK_REFUSED), 2 * (round + 1));
    sock_memory(&most, &filled);
    CHECK(filled > 100 && filled <= ktotal_pages() / 64);
    CHECK_EQ(host_pages_used, before + filled);
    while(n > 0)
      sock_close(all[--n]);
    CHECK_EQ(sock_count(), 0);
  }
}

// Without memory there is no socket; with memory there is one again.
TEST(socktab_without_memory)
{
  int err = 0;
  host_pages_left = 0;
  CHECK(sock_create(SOCK_DGRAM, &err) == 0);
  CHECK_EQ(err, -ENOBUFS);
  CHECK_EQ(counted(NET_SOCK_REFUSED), 1);
  host_pages_left = -1;
  struct sock *s = udp_socket(2000);
  feed_udp(GW_IP, 9, 2000, 5);
  CHECK_EQ(receive(s, 10, 0), 5);
  sock_close(s);
  CHECK_EQ(pkt_in_use(), 0);
}

// A new socket knows nothing of the one that had its place.
TEST(socktab_place_is_clean)
{
  struct kstat_sock r;
  struct sock *s = udp_socket(2000);
  CHECK_EQ(sock_record(0, &r), 1);
  feed_udp(GW_IP, 9, 2000, 5);
  sock_close(s);
  CHECK_EQ(sock_record(0, &r), 0);
  CHECK(udp_socket(0) == s);
  CHECK_EQ(sock_record(0, &r), 1);
  CHECK_EQ(r.lport + r.queued + r.received, 0);
  feed_udp(GW_IP, 9, 2000, 5);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
  sock_close(s);
}

static void
gets(struct sock *s, uint16 from, uint n)
{
  feed_udp(GW_IP, from, 2000, n);
  CHECK_EQ(receive(s, 100, 0), n);
}

// Connections from one port, so many that several share a chain: each hears its own peer, whichever of them are closed.
TEST(socktab_chains)
{
  int err;
  for(uint i = 0; i < MANY; i++)
    CHECK((all[i] = lab_connect(GW_IP, 2000, 1 + i, &err)) != 0);
  for(uint i = 0; i < MANY; i++)
    gets(all[i], 1 + i, i % 50);
  for(uint i = 0; i < MANY; i += 2)
    sock_close(all[i]);
  for(uint i = 1; i < MANY; i += 2)
    gets(all[i], 1 + i, i % 50);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 0);
  for(uint i = 0; i < MANY; i += 2)
    feed_udp(GW_IP, 1 + i, 2000, 4);
  CHECK_EQ(drops(DROP_UDP_NOPORT), MANY / 2);
  for(uint i = 1; i < MANY; i += 2)
    sock_close(all[i]);
  CHECK_EQ(sock_count(), 0);
}

// The same ends in another protocol are another socket's.
TEST(socktab_protocols)
{
  int err;
  struct sock *u = udp_socket(2000), *ping = sock_create(SOCK_RAW, &err);
  CHECK_EQ(sock_take_port(ping, 2000), 0);
  struct sock *s = sock_find(IPPROTO_UDP, OUR_IP, 2000, GW_IP, 9);
  CHECK(s == u);
  release(&s->lock);
  s = sock_find(IPPROTO_ICMP, OUR_IP, 2000, GW_IP, 0);
  CHECK(s == ping);
  release(&s->lock);
  CHECK(sock_find(IPPROTO_TCP, OUR_IP, 2000, GW_IP, 9) == 0);
  sock_close(u);
  sock_close(ping);
}

static void
set_ends(struct sock *s, uint32 laddr, uint32 faddr, uint16 fport)
{
  socktab_lock(s);
  socktab_set_ends(s, (struct endpoint){ laddr, 2000 }, (struct endpoint){ faddr, fport });
  socktab_unlock(s);
}

static struct sock *
finds(uint32 laddr, uint32 faddr, uint16 fport)
{
  struct sock *s = sock_find(IPPROTO_UDP, laddr, 2000, faddr, fport);
  if(s)
    release(&s->lock);
  return s;
}

// As a server and its connections will be: connected to the sender comes before bound to the address, and that before any address;
// whatever the order in which they came, and when one is gone the next one is found.
TEST(socktab_precedence)
{
  for(int order = 0; order < 2; order++){
    struct sock *any = udp_socket(0), *bound = udp_socket(0), *full = udp_socket(0);
    if(order == 0)
      set_ends(any, 0, 0, 0);
    set_ends(full, OUR_IP, GW_IP, 9);
    set_ends(bound, OUR_IP, 0, 0);
    if(order == 1)
      set_ends(any, 0, 0, 0);
    CHECK(finds(OUR_IP, GW_IP, 9) == full);
    CHECK(finds(OUR_IP, GW_IP, 7) == bound);
    CHECK(finds(OUR_IP, FAR_IP, 9) == bound);
    CHECK(finds(INADDR_LOOPBACK, GW_IP, 9) == any);
    CHECK(finds(NET_BCAST, GW_IP, 9) == any);
    sock_close(full);
    CHECK(finds(OUR_IP, GW_IP, 9) == bound);
    set_ends(bound, OUR_IP, GW_IP, 9);
    CHECK(finds(OUR_IP, GW_IP, 9) == bound);
    CHECK(finds(OUR_IP, GW_IP, 7) == any);
    sock_close(bound);
    CHECK(finds(OUR_IP, GW_IP, 9) == any);
    sock_close(any);
    CHECK(finds(OUR_IP, GW_IP, 9) == 0);
  }
}
