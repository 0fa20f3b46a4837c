// Sockets: who waits, who is woken, what is counted, and whose datagram it is.

#include "fixture.h"
#include "core/cpu.h"
#include "net/socktab.h"
#include "sched/proc.h"

// Packets that sockets hold are counted out again when they are closed, and when they are read: a socket that comes later
// may hold as many as ever.
static void
fill(uint16 port, int n)
{
  for(int i = 0; i < n; i++)
    feed_udp(GW_IP, 7, port, 10);
}

TEST(waiting_packets_are_counted_out)
{
  struct sock *a = udp_socket(2000), *b = udp_socket(2001);
  fill(2000, 256);
  fill(2001, 256);
  CHECK(drops(DROP_SOCK_FULL) > 0);
  sock_close(a);
  sock_close(b);
  long before = drops(DROP_SOCK_FULL);
  a = udp_socket(2000);
  for(int i = 0; i < 5; i++){
    fill(2000, 100);
    for(int k = 0; k < 100; k++)
      CHECK_EQ(receive(a, 100, 0), 10);
  }
  fill(2000, 100);
  CHECK_EQ(drops(DROP_SOCK_FULL), before);
  sock_close(a);
}

// Whoever waits in a socket is woken when it is closed; and by somebody who was told of an error, and left a datagram.
TEST(waiting_is_woken)
{
  struct sock *s = udp_connected(2000, GW_IP, 7);
  fill(2000, 1);
  acquire(&s->lock);
  s->err = -ECONNREFUSED;
  release(&s->lock);
  int before = host_wakeups;
  CHECK_EQ(receive(s, 100, 0), -ECONNREFUSED);
  CHECK_EQ(host_wakeups, before + 1);
  CHECK_EQ(receive(s, 100, 0), 10);
  before = host_wakeups;
  sock_close(s);
  CHECK(host_wakeups > before);
}

static void
later(void)
{
  host_advance(600 * MSEC);
}

// A reader who is woken for nothing waits for the rest of its time, not for all of it again.
TEST(waiting_no_longer_than_asked)
{
  struct sock *s = udp_socket(2000);
  struct endpoint from = { 1, 2 };
  s->rcvtimeo = SEC;
  uint64 start = fake_now;
  host_on_sleep = later;
  CHECK_EQ(sock_recvfrom(s, UBASE, 100, &from, 0, 0), -EAGAIN);
  CHECK_EQ(fake_now - start, SEC);
  CHECK_EQ(from.addr + from.port, 0);
  sock_close(s);
}

// A datagram that could not be copied does not go back into a socket that was closed meanwhile.
TEST(waiting_closed_meanwhile)
{
  int err;
  struct sock *s = udp_socket(2000);
  fill(2000, 1);
  acquire(&s->lock);
  s->refs++;
  struct pktbuf *p = sock_wait(s, 1, &err);
  sock_close(s);
  sock_return(s, p);
  CHECK_EQ(pkt_in_use(), 0);
  sock_unref(s);
}

// Ports that share a bucket of the table are still different ports, and a port of UDP's is none of ping's.
TEST(waiting_at_many_ports)
{
  struct sock *s[100];
  struct wire w;
  struct endpoint ping = { 0, 3000 };
  int err;
  for(int i = 0; i < 100; i++)
    s[i] = udp_socket(3000 + i);
  for(int i = 0; i < 100; i++){
    fill(3000 + i, 1);
    CHECK_EQ(s[i]->rxq.n, 1);
    CHECK_EQ(receive(s[i], 100, 0), 10);
  }
  for(int i = 100; i < 200; i++)
    fill(3000 + i, 1);
  CHECK_EQ(drops(DROP_UDP_NOPORT), 100);
  w_icmp(&w, GW_IP, OUR_IP, ICMP_ECHOREPLY, 0, 3000 << 16, "reply", 5);
  feed(&w);
  CHECK_EQ(s[0]->rxq.n, 0);
  struct sock *raw = sock_create(SOCK_RAW, &err);
  CHECK_EQ(sock_bind(raw, &ping), 0);
  feed(&w);
  CHECK_EQ(raw->rxq.n, 1);
  CHECK_EQ(sock_take_port(raw, 4000), -EINVAL);
  sock_close(raw);
  for(int i = 0; i < 100; i++)
    sock_close(s[i]);
}

// The lab's calls find the port that is meant, by its whole number; a buffer that is too short gets no more than it holds.
TEST(waiting_at_a_port_of_the_lab)
{
  CHECK_EQ(lab_bind(4000), 0);
  for(int i = 1; i < 100; i++)
    CHECK_EQ(lab_unbind(4000 + i), -EINVAL);
  CHECK_EQ(lab_unbind(65536 + 4000), -EINVAL);
  fill(4000, 1);
  memset(host_user, 0x77, 20);
  CHECK_EQ(lab_recv(4000, UBASE, 4, UBASE + 100, UBASE + 104), 4);
  CHECK_EQ(host_user[3], 3);
  CHECK_EQ(host_user[4], 0x77);
  CHECK_EQ(lab_unbind(4000), 0);
}

// A process that ends gives back all its ports, also those in which another one still waits.
TEST(waiting_when_the_owner_ends)
{
  struct sock *s[2];
  for(int i = 0; i < 2; i++){
    CHECK_EQ(lab_bind(4000 + i), 0);
    s[i] = socktab_find_lab(4000 + i);
    s[i]->refs++;
    release(&s[i]->lock);
  }
  lab_exit(myproc()->pid);
  CHECK(socktab_find_lab(4000) == 0 && socktab_find_lab(4001) == 0);
  for(int i = 0; i < 2; i++)
    sock_unref(s[i]);
}

// Nobody sends to no address or to no port; a receive buffer has its bounds; an option has its level.
TEST(waiting_for_an_address)
{
  struct endpoint nowhere = { 0, 9 }, noport = { GW_IP, 0 };
  struct sock *s = udp_socket(2000);
  int v = 1;
  uint n = sizeof(v);
  CHECK_EQ(sock_sendto(s, UBASE, 4, &nowhere, 0), -EINVAL);
  CHECK_EQ(sock_sendto(s, UBASE, 4, &noport, 0), -EINVAL);
  CHECK_EQ(sock_sendto(s, UBASE, 4, 0, 0), -EDESTADDRREQ);
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_RCVBUF, &v, n), 0);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_RCVBUF, &v, &n), 0);
  CHECK_EQ(v, 2048);
  v = 1 << 30;
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_RCVBUF, &v, n), 0);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_RCVBUF, &v, &n), 0);
  CHECK_EQ(v, 4 * SOCK_RXBYTES);
  CHECK_EQ(sock_getopt(s, 99, SO_TYPE, &v, &n), -ENOPROTOOPT);
  sock_close(s);
}
