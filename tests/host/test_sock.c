#include "fixture.h"
#include "core/cpu.h"
#include "sched/proc.h"

static int changes;

static void
count_change(struct sock *s)
{
  changes++;
}

static int
set_int(struct sock *s, int level, int name, int v)
{
  return sock_setopt(s, level, name, &v, sizeof(v));
}

// A port has one owner for each address; a socket has one port.
TEST(sock_bind)
{
  struct sock *a = udp_socket(0), *b = udp_socket(0), *c = udp_socket(0);
  CHECK_EQ(bind_to(a, OUR_IP, 2000), 0);
  CHECK_EQ(bind_to(a, OUR_IP, 2001), -EINVAL);
  CHECK_EQ(bind_to(b, OUR_IP, 2000), -EADDRINUSE);
  CHECK_EQ(bind_to(b, 0, 2000), -EADDRINUSE);
  CHECK_EQ(bind_to(b, PEER_IP, 2000), -EADDRNOTAVAIL);
  CHECK_EQ(bind_to(b, INADDR_LOOPBACK, 2000), 0);
  CHECK_EQ(bind_to(c, 0, 2001), 0);
  sock_close(a);
  sock_close(b);
  sock_close(c);
  a = udp_socket(2000);
  sock_close(a);
}

// Any free port is one from 49152 on, never twice, and not in order.
TEST(sock_ephemeral_ports)
{
  struct sock *s[100];
  struct endpoint name, peer;
  int steps = 0, last = 0;
  for(int i = 0; i < 100; i++){
    s[i] = udp_socket(0);
    CHECK_EQ(bind_to(s[i], 0, 0), 0);
    sock_name(s[i], &name, &peer);
    CHECK(name.port >= 49152);
    steps += name.port - last == 1;
    last = name.port;
    for(int k = 0; k < i; k++){
      struct endpoint other;
      sock_name(s[k], &other, &peer);
      CHECK(other.port != name.port);
    }
  }
  CHECK(steps < 10);
  for(int i = 0; i < 100; i++)
    sock_close(s[i]);
}

// Sending takes a port by itself, and answers to it arrive.
TEST(sock_send_binds)
{
  struct sock *s = udp_socket(0);
  struct endpoint name, peer;
  CHECK_EQ(send_to(s, GW_IP, 53, 4), 4);
  sock_name(s, &name, &peer);
  CHECK(name.port >= 49152);
  CHECK_EQ(ntohs(((struct udp *)sent_l4(0))->sport), name.port);
  feed_udp(GW_IP, 53, name.port, 9);
  CHECK_EQ(receive(s, 100, 0), 9);
  sock_close(s);
}

// There are only transports that somebody has registered.
TEST(sock_no_such_type)
{
  int err = 0;
  CHECK(sock_create(SOCK_STREAM, &err) == 0);
  CHECK_EQ(err, -EPROTONOSUPPORT);
  CHECK(sock_create(99, &err) == 0);
}

// Of several sockets that fit, the one that says most about itself gets the datagram.
TEST(sock_best_match)
{
  struct sock *any = udp_socket(0), *lo = udp_socket(0);
  CHECK_EQ(bind_to(lo, INADDR_LOOPBACK, 2000), 0);
  CHECK_EQ(bind_to(any, OUR_IP, 2000), 0);
  feed_udp(GW_IP, 9, 2000, 3);
  CHECK_EQ(receive(any, 10, 0), 3);
  struct sock *from = udp_socket(5555);
  CHECK_EQ(send_to(from, INADDR_LOOPBACK, 2000, 5), 5);
  CHECK_EQ(receive(any, 10, 0), -EAGAIN);
  CHECK_EQ(receive(lo, 10, 0), 5);
  sock_close(any);
  sock_close(lo);
  sock_close(from);
}

// Broadcasts need SO_BROADCAST.
TEST(sock_broadcast_option)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(send_to(s, NET_BCAST, 9, 4), -EACCES);
  CHECK_EQ(send_to(s, INADDR_BROADCAST, 9, 4), -EACCES);
  CHECK_EQ(set_int(s, SOL_SOCKET, SO_BROADCAST, 1), 0);
  CHECK_EQ(send_to(s, NET_BCAST, 9, 4), 4);
  CHECK_EQ(connect_to(s, NET_BCAST, 9), 0);
  sock_close(s);
}

// U7, U11: a flooded socket keeps so many datagrams and drops the rest by name; its neighbour is not hurt.
TEST(sock_flood_hurts_only_itself)
{
  struct sock *a = udp_socket(2000), *b = udp_socket(2001);
  for(int i = 0; i < 2000; i++)
    feed_udp(GW_IP, 9, 2000, 4);
  CHECK_EQ(drops(DROP_SOCK_FULL), 2000 - SOCK_RXMAX);
  CHECK_EQ(pkt_in_use(), SOCK_RXMAX);
  CHECK_EQ(nsent(), 0);  // no source quench (RFC 6633)
  feed_udp(GW_IP, 9, 2001, 4);
  CHECK_EQ(receive(b, 10, 0), 4);
  for(int i = 0; i < SOCK_RXMAX; i++)
    CHECK_EQ(receive(a, 10, 0), 4);
  CHECK_EQ(receive(a, 10, 0), -EAGAIN);
  sock_close(a);
  sock_close(b);
}

// U11: bytes are bounded by SO_RCVBUF.
TEST(sock_receive_buffer)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(set_int(s, SOL_SOCKET, SO_RCVBUF, 5000), 0);
  for(int i = 0; i < 10; i++)
    feed_udp(GW_IP, 9, 2000, 1400);
  CHECK_EQ(drops(DROP_SOCK_FULL), 7);
  CHECK_EQ(set_int(s, SOL_SOCKET, SO_RCVBUF, 0), -EINVAL);
  CHECK_EQ(set_int(s, SOL_SOCKET, SO_RCVBUF, -5), -EINVAL);
  CHECK_EQ(set_int(s, SOL_SOCKET, SO_RCVBUF, 0x7fffffff), 0);
  sock_close(s);
}

// The process that runs from now on.
static void
be_process(int pid)
{
  myproc()->pid = pid;
}

// U11: the sockets of one process fill half of what sockets share, and no more; those of others have the rest.
TEST(sock_floods_leave_packets_for_others)
{
  uint common = pkt_parts[PART_SOCKS] - pkt_parts[PART_SOCKS] / 4;
  struct sock *s[10], *late;
  for(int i = 0; i < 10; i++)
    s[i] = udp_socket(2000 + i);
  be_process(8);
  late = udp_socket(3000);
  for(int k = 0; k < 300; k++)
    for(int i = 0; i < 10; i++)
      feed_udp(GW_IP, 9, 2000 + i, 4);
  CHECK_EQ(pkt_in_use(), common / 2);
  for(int i = 0; i < 200; i++)
    feed_udp(GW_IP, 9, 3000, 4);
  for(int i = 0; i < 200; i++)
    CHECK_EQ(receive(late, 10, 0), 4);
  for(int i = 0; i < 10; i++)
    sock_close(s[i]);
  sock_close(late);
  be_process(7);
  CHECK(drops(DROP_SOCK_CLOSED) > 0);
}

// U9: a shorter buffer gets the beginning; the rest is lost, and MSG_TRUNC tells how much there was.
TEST(sock_short_buffer)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  memset(host_user, 0xee, 100);
  for(int i = 0; i < 3; i++)
    feed_udp(GW_IP, 9, 2000, 50);
  CHECK_EQ(receive(s, 10, 0), 10);
  CHECK_EQ(host_user[9], 9);
  CHECK_EQ(host_user[10], 0xee);
  CHECK_EQ(sock_recvfrom(s, UBASE, 10, &from, MSG_TRUNC, 1), 50);
  CHECK_EQ(host_user[10], 0xee);
  CHECK_EQ(receive(s, 0, 0), 0);
  CHECK_EQ(receive(s, 10, 0), -EAGAIN);
  sock_close(s);
}

// MSG_PEEK leaves the datagram where it is, in its place.
TEST(sock_peek)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  feed_udp(GW_IP, 9, 2000, 50);
  feed_udp(GW_IP, 9, 2000, 60);
  CHECK_EQ(sock_recvfrom(s, UBASE, 100, &from, MSG_PEEK, 1), 50);
  CHECK_EQ(sock_recvfrom(s, UBASE, 10, &from, MSG_PEEK | MSG_TRUNC, 1), 50);
  CHECK_EQ(receive(s, 100, 0), 50);
  CHECK_EQ(receive(s, 100, 0), 60);
  sock_close(s);
}

// U9, U12: buffers that are not the process's, read-only, half there, or wrap: an error, and the datagram still waits.
TEST(sock_bad_buffers)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  static const uint64 bad[] = { 0, UBASE - 1, UREADONLY, UREADONLY - 10, UBASE + UPAGES * 4096, ~0UL - 5, 0xffffffc080000000UL, 1UL << 38 };
  feed_udp(GW_IP, 9, 2000, 50);
  feed_fragments(GW_IP, 9, 2000, 5000, 1480, 1, 15);
  for(uint i = 0; i < NELEM(bad); i++){
    CHECK_EQ(sock_recvfrom(s, bad[i], 100, &from, 0, 1), -EFAULT);
    CHECK_EQ(sock_recvfrom(s, bad[i], ~0UL, &from, MSG_PEEK, 1), -EFAULT);
    if(bad[i] < UREADONLY - 10 || bad[i] > UREADONLY)
      CHECK_EQ(sock_sendto(s, bad[i], 20, &(struct endpoint){ GW_IP, 9 }, 0), -EFAULT);
  }
  CHECK_EQ(receive(s, 100, 0), 50);
  CHECK_EQ(sock_recvfrom(s, UREADONLY - 2000, 5000, &from, 0, 1), -EFAULT);  // the first piece fits
  CHECK_EQ(receive(s, 8000, 0), 5000);
  CHECK_EQ(nsent(), 0);
  sock_close(s);
}

// U9: a buffer that begins anywhere and spans pages.
TEST(sock_buffer_at_every_offset)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  for(uint at = 4080; at < 4100; at++){
    memset(host_user, 0xee, 6000);
    feed_udp(GW_IP, 9, 2000, 33);
    CHECK_EQ(sock_recvfrom(s, UBASE + at, 100, &from, 0, 1), 33);
    for(int i = 0; i < 33; i++)
      CHECK_EQ(host_user[at + i], i);
    CHECK_EQ(host_user[at - 1], 0xee);
    CHECK_EQ(host_user[at + 33], 0xee);
    CHECK_EQ(sock_sendto(s, UBASE + at, 33, &from, 0), 33);
    CHECK_BYTES(sent_l4(nsent() - 1) + 8, host_user + at, 33);
  }
  sock_close(s);
}

// Too long for a datagram is refused before a byte is copied.
TEST(sock_huge_lengths)
{
  struct sock *s = udp_socket(2000);
  static const uint64 bad[] = { 65508, 1UL << 20, 1UL << 32, ~0UL, 1UL << 63 };
  for(uint i = 0; i < NELEM(bad); i++)
    CHECK_EQ(sock_sendto(s, UBASE, bad[i], &(struct endpoint){ GW_IP, 9 }, 0), -EMSGSIZE);
  CHECK_EQ(pkt_in_use(), 0);
  sock_close(s);
}

// E10: no packets: an error from the call, and nothing is kept.
TEST(sock_send_without_packets)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  struct sock *s = udp_socket(2000);
  int n = 0;
  while((all[n] = pkt_alloc()) != 0)
    n++;
  for(int spare = 0; spare < 17; spare++){
    for(int i = 0; i < spare; i++)
      pkt_free(all[--n]);
    CHECK_EQ(send_to(s, INADDR_LOOPBACK, 9, 65507), -ENOBUFS);
    for(int i = 0; i < spare; i++)
      CHECK((all[n++] = pkt_alloc()) != 0);
  }
  while(n > 0)
    pkt_free(all[--n]);
  sock_close(s);
}

static struct sock *sleeper;

static void
datagram_comes(void)
{
  feed_udp(GW_IP, 9, 2000, 5);
}

static void
error_comes(void)
{
  static struct wire inner, w;
  w_udp(&inner, OUR_IP, 2000, GW_IP, 9, 0);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_UNREACH, ICMP_UNREACH_PORT, 0, inner.b + 14, 28);
  feed(&w);
}

static void
shutdown_comes(void)
{
  CHECK_EQ(sock_shutdown(sleeper, SHUT_RD), 0);
}

static int64
wait_for(struct sock *s, void (*what)(void))
{
  struct endpoint from;
  sleeper = s;
  host_on_sleep = what;
  return sock_recvfrom(s, UBASE, 100, &from, 0, 0);
}

// recv waits, and is woken by a datagram, an error, a shutdown; a kill ends it.
TEST(sock_recv_waits)
{
  struct sock *s = udp_connected(2000, GW_IP, 9);
  host_wakeups = 0;
  CHECK_EQ(wait_for(s, datagram_comes), 5);
  CHECK_EQ(host_wakeups, 1);
  CHECK_EQ(wait_for(s, error_comes), -ECONNREFUSED);
  CHECK_EQ(wait_for(s, 0), -EINTR);
  CHECK_EQ(wait_for(s, shutdown_comes), 0);
  sock_close(s);
}

// O_NONBLOCK and MSG_DONTWAIT do not wait.
TEST(sock_nonblocking)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from;
  CHECK_EQ(sock_recvfrom(s, UBASE, 10, &from, 0, 1), -EAGAIN);
  CHECK_EQ(sock_recvfrom(s, UBASE, 10, &from, MSG_DONTWAIT, 0), -EAGAIN);
  sock_close(s);
}

// SO_RCVTIMEO: waits that long, no longer, and says EAGAIN; what comes in time is had.
TEST(sock_receive_timeout)
{
  struct sock *s = udp_socket(2000);
  struct timeval tv = { 2, 500000 }, got;
  uint n = sizeof(got);
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_RCVTIMEO, &got, &n), 0);
  CHECK_BYTES(&got, &tv, sizeof(tv));
  uint64 start = fake_now;
  CHECK_EQ(wait_for(s, 0), -EAGAIN);
  CHECK_EQ(fake_now - start, 2500 * MSEC);
  CHECK_EQ(wait_for(s, datagram_comes), 5);
  static const struct timeval bad[] = { { -1, 0 }, { 0, -1 }, { 0, 1000000 } };
  for(uint i = 0; i < NELEM(bad); i++)
    CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_RCVTIMEO, &bad[i], sizeof(tv)), -EINVAL);
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, 8), -EINVAL);
  tv = (struct timeval){ 0x7fffffffffffffffL, 0 };
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)), 0);
  CHECK_EQ(wait_for(s, 0), -EINTR);
  sock_close(s);
}

// shutdown: no more reading, what comes is dropped; no more writing.
TEST(sock_shutdown)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(sock_shutdown(s, SHUT_RD), -ENOTCONN);
  CHECK_EQ(connect_to(s, GW_IP, 9), 0);
  CHECK_EQ(sock_shutdown(s, 3), -EINVAL);
  CHECK_EQ(sock_shutdown(s, -1), -EINVAL);
  CHECK_EQ(sock_shutdown(s, SHUT_WR), 0);
  CHECK_EQ(send_to(s, 0, 0, 4), -EPIPE);
  CHECK_EQ(sock_poll(s), 0);
  CHECK_EQ(sock_shutdown(s, SHUT_RD), 0);
  CHECK_EQ(sock_poll(s), POLLIN | POLLHUP);
  feed_udp(GW_IP, 9, 2000, 5);
  CHECK_EQ(drops(DROP_SOCK_CLOSED), 1);
  CHECK_EQ(receive(s, 10, 0), 0);
  sock_close(s);
}

// poll() is told of every change, and sees what there is.
TEST(sock_poll_events)
{
  struct sock *s = udp_socket(2000);
  sock_changed = count_change;
  CHECK_EQ(sock_poll(s), POLLOUT);
  feed_udp(GW_IP, 9, 2000, 5);
  CHECK_EQ(changes, 1);
  CHECK_EQ(sock_poll(s), POLLIN | POLLOUT);
  CHECK_EQ(receive(s, 10, 0), 5);
  CHECK_EQ(sock_poll(s), POLLOUT);
  sock_close(s);
}

// Who hears of it may need any lock.
TEST(sock_tells_without_locks)
{
  static struct spinlock driver = SPINLOCK("txlock");
  struct sock *s = udp_socket(2000);
  sock_changed = count_change;
  acquire(&driver);
  CHECK(PANICS(sock_tell(s)));
  release(&driver);
  CHECK_EQ(changes, 0);
  sock_tell(s);
  CHECK_EQ(changes, 1);
  sock_close(s);
}

// A socket that is closed gives back what waits on it, by name.
TEST(sock_close_drops_the_queue)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 7; i++)
    feed_udp(GW_IP, 9, 2000, 5);
  feed_fragments(GW_IP, 9, 2000, 5000, 1480, 1, 15);
  sock_close(s);
  CHECK_EQ(drops(DROP_SOCK_CLOSED), 8);
  CHECK_EQ(pkt_in_use(), 0);
  feed_udp(GW_IP, 9, 2000, 5);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 1);
}

// Options: values come back as they were set; unknown ones, and values of wrong sizes, are refused.
TEST(sock_options)
{
  struct sock *s = udp_socket(2000);
  int v = 0;
  uint n = sizeof(v);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_TYPE, &v, &n), 0);
  CHECK_EQ(v, SOCK_DGRAM);
  CHECK_EQ(set_int(s, IPPROTO_IP, IP_TTL, 3), 0);
  CHECK_EQ(sock_getopt(s, IPPROTO_IP, IP_TTL, &v, &n), 0);
  CHECK_EQ(v, 3);
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  CHECK_EQ(sent_ip(0)->ip_ttl, 3);
  CHECK_EQ(sent_ip(0)->ip_tos, 0);
  CHECK_EQ(set_int(s, IPPROTO_IP, IP_TOS, 0xb8), 0);
  CHECK_EQ(sock_getopt(s, IPPROTO_IP, IP_TOS, &v, &n), 0);
  CHECK_EQ(v, 0xb8);
  CHECK_EQ(send_to(s, GW_IP, 9, 3000), 3000);
  for(int i = 1; i < 4; i++){
    CHECK_EQ(sent_ip(i)->ip_tos, 0xb8);
    CHECK_EQ(sent_ip(i)->ip_ttl, 3);
  }
  CHECK_EQ(set_int(s, IPPROTO_IP, IP_TOS, -1), -EINVAL);
  CHECK_EQ(set_int(s, IPPROTO_IP, IP_TOS, 256), -EINVAL);
  CHECK_EQ(set_int(s, IPPROTO_IP, IP_TTL, 0), -EINVAL);
  CHECK_EQ(set_int(s, IPPROTO_IP, IP_TTL, 256), -EINVAL);
  CHECK_EQ(set_int(s, SOL_SOCKET, SO_TYPE, 1), -ENOPROTOOPT);
  CHECK_EQ(set_int(s, SOL_SOCKET, 9999, 1), -ENOPROTOOPT);
  CHECK_EQ(set_int(s, 77, SO_BROADCAST, 1), -ENOPROTOOPT);
  CHECK_EQ(set_int(s, SOL_SOCKET, SO_REUSEADDR, 1), 0);
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_BROADCAST, &v, 3), -EINVAL);
  n = 3;
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_TYPE, &v, &n), -EINVAL);
  n = 8;
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_RCVTIMEO, &v, &n), -EINVAL);
  sock_close(s);
}

// The IP options of frame i, n bytes, are these, and its header is right.
static void
check_sent_options(int i, const char *want, uint n)
{
  const struct ip *h = sent_ip(i);
  CHECK_EQ(ip_hlen(h), 20 + n);
  CHECK_EQ(ref_cksum((uint8 *)h, 20 + n, 0), 0);
  CHECK_BYTES(h + 1, want, n);
  CHECK(sent(i)->len <= 1514);
}

// RFC 1122 4.1.4: what a program gives as IP options is in all that it sends: in the first fragment all of them, in the
// others those that say so. Malformed ones and source routes are refused.
TEST(sock_ip_options)
{
  struct sock *s = udp_socket(2000);
  uint8 cut[IP_OPTMAX];  // as long as options may be; the last one's pointer would lie behind it
  for(int i = 0; i < 2; i++){
    memset(cut, IPOPT_NOP, sizeof(cut));
    cut[IP_OPTMAX - 2] = i ? IPOPT_TIMESTAMP : IPOPT_RECORD;
    cut[IP_OPTMAX - 1] = 2;
    CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, cut, sizeof(cut)), -EINVAL);
  }
  static const char options[] = "\x07\x07\x04\0\0\0\0\x01\x88\x04\x12\x34";  // record route, nothing, stream identifier
  uint8 back[44];
  uint n = sizeof(back);
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, options, 12), 0);
  CHECK_EQ(sock_getopt(s, IPPROTO_IP, IP_OPTIONS, back, &n), 0);
  CHECK_EQ(n, 12);
  CHECK_BYTES(back, options, 12);
  for(int caps = 0; caps < 2; caps++){
    card.caps = caps ? NETIF_CSUM : 0;
    sent_clear();
    CHECK_EQ(send_to(s, GW_IP, 9, 1460), 1460);
    CHECK_EQ(nsent(), 1);
    check_sent_options(0, options, 12);
    CHECK_EQ(ntohs(((const struct udp *)sent_l4(0))->dport), 9);
    uint32 pseudo = (OUR_IP >> 16) + (OUR_IP & 0xffff) + (GW_IP >> 16) + (GW_IP & 0xffff) + 17 + 1468;
    CHECK_EQ(ref_cksum(sent_l4(0), 1468, pseudo), 0);
    CHECK_EQ(send_to(s, GW_IP, 9, 1472), 1472);  // fits without options, so that the card must not compute its checksum
    uint8 all[1480];
    uint first = ntohs(sent_ip(1)->ip_len) - 32;
    memcpy(all, sent_l4(1), first);
    memcpy(all + first, sent_l4(2), 1480 - first);
    CHECK_EQ(ref_cksum(all, 1480, pseudo + 12), 0);
    sent_clear();
    CHECK_EQ(send_to(s, GW_IP, 9, 3000), 3000);
    CHECK_EQ(nsent(), 3);
    check_sent_options(0, options, 12);
    check_sent_options(1, options + 8, 4);
    check_sent_options(2, options + 8, 4);
  }
  CHECK_EQ(send_to(s, GW_IP, 9, 65507 - 12), 65507 - 12);
  CHECK_EQ(send_to(s, GW_IP, 9, 65507 - 11), -EMSGSIZE);
  CHECK_EQ(send_to(s, INADDR_LOOPBACK, 2000, 3000), 3000);
  CHECK_EQ(receive(s, 4000, 0), 3000);
  static const char *bad[] = { "\x94\x01\0\0", "\x94\x05\0\0", "\x83\x03\x04\0", "\x07\x03\x03\0" };
  for(uint i = 0; i < NELEM(bad); i++)
    CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, bad[i], 4), -EINVAL);
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, options, 11), -EINVAL);
  uint8 many[44];
  memset(many, 1, sizeof(many));
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, many, 44), -EINVAL);
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, many, 40), 0);
  sent_clear();
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  check_sent_options(0, (char *)many, 40);
  CHECK_EQ(sock_setopt(s, IPPROTO_IP, IP_OPTIONS, 0, 0), 0);
  CHECK_EQ(send_to(s, GW_IP, 9, 1), 1);
  check_sent_options(1, 0, 0);
  sock_close(s);
}

// --- the lab's calls ---

#define LAB_FROM 8192  // where in user memory the lab's recv() puts the sender

static int64
lab_receive(uint16 port, uint n, struct endpoint *from)
{
  int64 got = lab_recv(port, UBASE, n, UBASE + LAB_FROM, UBASE + LAB_FROM + 4);
  if(got >= 0 && from){
    memcpy(&from->addr, host_user + LAB_FROM, 4);
    memcpy(&from->port, host_user + LAB_FROM + 4, 2);
  }
  return got;
}

// bind takes a port once; what comes is had in order, with its sender; unbind gives the port back.
TEST(lab_calls)
{
  struct endpoint from;
  CHECK_EQ(lab_bind(2000), 0);
  CHECK_EQ(lab_bind(2000), -EADDRINUSE);
  CHECK_EQ(lab_bind(0), -EINVAL);
  CHECK_EQ(lab_bind(65536), -EINVAL);
  for(int i = 1; i <= 3; i++)
    feed_udp(GW_IP, 5000 + i, 2000, i);
  for(int i = 1; i <= 3; i++){
    CHECK_EQ(lab_receive(2000, 100, &from), i);
    CHECK_EQ(from.addr, GW_IP);
    CHECK_EQ(from.port, 5000 + i);
  }
  CHECK_EQ(lab_receive(2001, 100, 0), -EINVAL);
  CHECK_EQ(lab_unbind(2000), 0);
  CHECK_EQ(lab_unbind(2000), -EINVAL);
  CHECK_EQ(lab_unbind(70000), -EINVAL);
  CHECK_EQ(lab_receive(2000, 100, 0), -EINVAL);
  CHECK_EQ(lab_bind(2000), 0);
  CHECK_EQ(lab_unbind(2000), 0);
}

// At most 16 datagrams wait on a port; the others are dropped, and other ports are not hurt.
TEST(lab_queue_of_16)
{
  CHECK_EQ(lab_bind(2000), 0);
  CHECK_EQ(lab_bind(2001), 0);
  for(int i = 0; i < 100; i++)
    feed_udp(GW_IP, 9, 2000, i);
  CHECK_EQ(drops(DROP_SOCK_FULL), 84);
  feed_udp(GW_IP, 9, 2001, 77);
  CHECK_EQ(lab_receive(2001, 100, 0), 77);
  for(int i = 0; i < 16; i++)
    CHECK_EQ(lab_receive(2000, 100, 0), i);
  CHECK_EQ(lab_unbind(2000), 0);
  CHECK_EQ(lab_unbind(2001), 0);
}

// send needs no bind.
TEST(lab_send)
{
  memcpy(host_user, "a message", 9);
  CHECK_EQ(lab_send(2000, GW_IP, 53, UBASE, 9), 0);
  const struct udp *u = (const struct udp *)sent_l4(0);
  CHECK_EQ(ntohs(u->sport), 2000);
  CHECK_EQ(ntohs(u->dport), 53);
  CHECK_BYTES((const uint8 *)(u + 1), "a message", 9);
  CHECK_EQ(lab_send(2000, GW_IP, 53, 0, 9), -EFAULT);
  CHECK_EQ(lab_send(2000, GW_IP, 53, UBASE, 1 << 20), -EMSGSIZE);
  CHECK_EQ(lab_send(0, GW_IP, 53, UBASE, 9), -EINVAL);
  CHECK_EQ(lab_send(2000, GW_IP, 0, UBASE, 9), -EINVAL);
  CHECK_EQ(lab_send(2000, MAKE_IP_ADDR(224, 0, 0, 1), 53, UBASE, 9), -ENETUNREACH);
  CHECK_EQ(nsent(), 1);
}

static void
somebody_unbinds(void)
{
  CHECK_EQ(lab_unbind(2000), 0);
}

// recv waits; somebody else's unbind ends it; so does a kill. A bad buffer loses nothing.
TEST(lab_recv_waits)
{
  CHECK_EQ(lab_bind(2000), 0);
  host_on_sleep = datagram_comes;
  CHECK_EQ(lab_receive(2000, 100, 0), 5);
  CHECK_EQ(lab_receive(2000, 100, 0), -EINTR);
  feed_udp(GW_IP, 9, 2000, 6);
  CHECK_EQ(lab_recv(2000, 0, 100, UBASE, UBASE), -EFAULT);
  CHECK_EQ(lab_recv(2000, UBASE, 100, UREADONLY, UBASE), -EFAULT);
  CHECK_EQ(lab_recv(2000, UBASE, 100, UBASE, UREADONLY), -EFAULT);
  CHECK_EQ(lab_receive(2000, 100, 0), 6);
  host_on_sleep = somebody_unbinds;
  CHECK_EQ(lab_receive(2000, 100, 0), -EBADF);
}

// The end of a process gives back its ports and what waits there, and nobody else's.
TEST(lab_ports_of_a_dead_process)
{
  struct sock *mine = udp_socket(3000);
  CHECK_EQ(lab_bind(2000), 0);
  CHECK_EQ(lab_bind(2001), 0);
  feed_udp(GW_IP, 9, 2000, 6);
  lab_exit(99);
  CHECK_EQ(sock_count(), 3);
  lab_exit(7);
  CHECK_EQ(sock_count(), 1);
  CHECK_EQ(drops(DROP_SOCK_CLOSED), 1);
  CHECK_EQ(lab_bind(2000), 0);
  lab_exit(7);
  sock_close(mine);
}

// A lab port and a BSD socket are the same kind of port: one of them has it.
TEST(lab_and_bsd_share_ports)
{
  struct sock *s = udp_socket(2000);
  CHECK_EQ(lab_bind(2000), -EADDRINUSE);
  CHECK_EQ(lab_receive(2000, 10, 0), -EINVAL);
  CHECK_EQ(lab_unbind(2000), -EINVAL);
  sock_close(s);
}
