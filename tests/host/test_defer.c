// Answers of a program for which more requests wait go out together (netif_tx_defer).

#include "fixture.h"
#include "pkt/poll.h"
#include "pkt/tune.h"

// A server with so many requests before it, which knows the way back.
static struct sock *
server(int requests)
{
  struct sock *s = udp_socket(2000);
  for(int i = 0; i < 3; i++)
    CHECK_EQ(send_to(s, GW_IP, 7, 20), 20);
  for(int i = 0; i < requests; i++)
    feed_udp(GW_IP, 7, 2000, 20);
  sent_clear();
  card_doorbells = 0;
  return s;
}

// It takes a request and answers it with n bytes.
static void
serve(struct sock *s, uint n)
{
  struct endpoint from;
  CHECK(receive(s, 2000, &from) >= 0);
  CHECK_EQ(send_to(s, from.addr, from.port, n), n);
}

static void
check_order(int n)
{
  CHECK_EQ(nsent(), n);
  for(int i = 0; i < n; i++)
    CHECK_EQ(ntohs(((const struct udp *)sent_l4(i))->ulen), 8 + 20 + i);
}

// The answer to the last request takes the others along, in order and with one tail write.
TEST(defer_until_the_last)
{
  struct sock *s = server(5);
  for(int i = 0; i < 4; i++)
    serve(s, 20 + i);
  CHECK_EQ(nsent(), 0);
  serve(s, 24);
  check_order(5);
  CHECK_EQ(card_doorbells, 1);
  CHECK_EQ(card.outq.n, 0);
  sock_close(s);
}

// As many as txdefer says go out whatever else waits; none is told to wait for a single one.
TEST(defer_as_many)
{
  struct sock *s = server(40);
  for(int i = 0; i < 32; i++){
    CHECK_EQ(nsent(), i / 16 * 16);
    serve(s, 20 + i);
  }
  check_order(32);
  CHECK_EQ(card_doorbells, 2);
  CHECK_EQ(tune_set("txdefer", 1), 0);
  serve(s, 20);
  CHECK_EQ(nsent(), 33);
  sock_close(s);
}

// They wait for 200 us at the most, each of them.
TEST(defer_not_for_long)
{
  struct sock *s = server(10);
  for(int round = 0; round < 3; round++){
    serve(s, 20);
    host_advance(100 * USEC);
    serve(s, 20);
    CHECK_EQ(nsent(), 2 * round);
    host_advance(100 * USEC);
    CHECK_EQ(nsent(), 2 * round + 2);
  }
  sock_close(s);
}

// Another socket's frame goes out at once, behind those that wait; so does what a turn sends, at its end.
TEST(defer_others)
{
  struct sock *s = server(5), *other = udp_socket(2001);
  serve(s, 20);
  CHECK_EQ(nsent(), 0);
  CHECK_EQ(send_to(other, GW_IP, 7, 21), 21);
  check_order(2);
  serve(s, 20);
  netif_tx_hold();
  CHECK_EQ(send_to(other, GW_IP, 7, 20), 20);
  CHECK_EQ(nsent(), 2);
  CHECK_EQ(netif_tx_release(), 0);
  CHECK_EQ(nsent(), 4);
  sock_close(other);
  sock_close(s);
}

// A frame that is sent at once finds room behind a full queue, which it takes along.
TEST(defer_full_queue)
{
  struct sock *s = server(0);
  netif_tx_hold();
  for(int i = 0; i < 256; i++)
    CHECK_EQ(send_to(s, GW_IP, 7, 20), 20);
  netif_tx_defer();
  CHECK_EQ(card.outq.n, 256);
  CHECK_EQ(send_to(s, GW_IP, 7, 20), 20);
  CHECK_EQ(card.outq.n, 0);
  CHECK_EQ(drops(DROP_TX_QUEUE), 0);
  sock_close(s);
}

// `txdefer 0`, and the modes to be compared with, send each answer when it is made; what waited when that was set does not
// wait longer, or behind others.
TEST(defer_off)
{
  struct sock *s = server(9);
  serve(s, 20);
  CHECK_EQ(tune_set("txdefer", 0), 0);
  serve(s, 21);
  check_order(2);
  serve(s, 22);
  check_order(3);
  CHECK_EQ(tune_set("txdefer", 16), 0);
  for(int mode = MODE_INTR; mode <= MODE_THREAD; mode++){
    CHECK_EQ(tune_set("mode", mode), 0);
    serve(s, 23 + mode);
    CHECK_EQ(nsent(), 4 + mode);
  }
  sock_close(s);
}

// A frame that the card does not take is dropped by name, and the next one is not.
TEST(defer_full)
{
  struct sock *s = server(5);
  card_full = 1;
  serve(s, 20);
  serve(s, 20);
  host_advance(300 * USEC);
  CHECK_EQ(drops(DROP_TX_FULL), 2);
  card_full = 0;
  serve(s, 20);
  host_advance(300 * USEC);
  check_order(1);
  sock_close(s);
}

// One that is closed with answers under way loses none.
TEST(defer_closed)
{
  struct sock *s = server(5);
  serve(s, 20);
  serve(s, 21);
  sock_close(s);
  host_advance(300 * USEC);
  check_order(2);
}
