// Options of sockets: each comes back as it was set, or is refused and stays.

#include "fixture.h"
#include "kernel/socket.h"

// What getsockopt() tells of an option that is an int.
static int
got(struct sock *s, int level, int name)
{
  int v = -1;
  uint n = sizeof(v);
  CHECK_EQ(sock_getopt(s, level, name, &v, &n), 0);
  CHECK_EQ(n, sizeof(v));
  return v;
}

static int
set(struct sock *s, int level, int name, int v)
{
  return sock_setopt(s, level, name, &v, sizeof(v));
}

TEST(options_come_back_as_they_were_set)
{
  static const struct {
    int level, name, first, value;
  } option[] = {
    { SOL_SOCKET, SO_BROADCAST, 0, 1 }, { SOL_SOCKET, SO_SNDBUF, 65536, 5000 }, { SOL_SOCKET, SO_RCVBUF, SOCK_RXBYTES, 5000 },
    { IPPROTO_IP, IP_TTL, IP_TTL_DEFAULT, 3 }, { IPPROTO_IP, IP_TOS, 0, 0x10 },
  };
  struct sock *s = udp_socket(0);
  for(uint i = 0; i < NELEM(option); i++){
    CHECK_EQ(got(s, option[i].level, option[i].name), option[i].first);
    CHECK_EQ(set(s, option[i].level, option[i].name, option[i].value), 0);
    CHECK_EQ(got(s, option[i].level, option[i].name), option[i].value);
  }
  CHECK_EQ(set(s, SOL_SOCKET, SO_BROADCAST, 77), 0);
  CHECK_EQ(got(s, SOL_SOCKET, SO_BROADCAST), 1);
  sock_close(s);
}

// A buffer is at least 2048 bytes, and at most four times what it is at first; no size at all is an error.
TEST(options_buffers_have_bounds)
{
  static const int names[] = { SO_SNDBUF, SO_RCVBUF };
  struct sock *s = udp_socket(0);
  for(uint i = 0; i < NELEM(names); i++){
    CHECK_EQ(set(s, SOL_SOCKET, names[i], 1), 0);
    CHECK_EQ(got(s, SOL_SOCKET, names[i]), 2048);
    CHECK_EQ(set(s, SOL_SOCKET, names[i], 0x7fffffff), 0);
    CHECK_EQ(got(s, SOL_SOCKET, names[i]), 4 * SOCK_RXBYTES);
    CHECK_EQ(set(s, SOL_SOCKET, names[i], 0), -EINVAL);
    CHECK_EQ(set(s, SOL_SOCKET, names[i], -1), -EINVAL);
    CHECK_EQ(got(s, SOL_SOCKET, names[i]), 4 * SOCK_RXBYTES);
  }
  sock_close(s);
}

// The two timeouts are apart.
TEST(options_timeouts)
{
  static const struct timeval two = { 2, 250000 }, three = { 3, 0 };
  struct timeval back;
  uint n = sizeof(back);
  struct sock *s = udp_socket(0);
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_SNDTIMEO, &two, sizeof(two)), 0);
  CHECK_EQ(sock_setopt(s, SOL_SOCKET, SO_RCVTIMEO, &three, sizeof(three)), 0);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_SNDTIMEO, &back, &n), 0);
  CHECK(n == sizeof(back) && back.tv_sec == 2 && back.tv_usec == 250000);
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_RCVTIMEO, &back, &n), 0);
  CHECK(back.tv_sec == 3 && back.tv_usec == 0);
  n = sizeof(back) - 1;
  CHECK_EQ(sock_getopt(s, SOL_SOCKET, SO_SNDTIMEO, &back, &n), -EINVAL);
  sock_close(s);
}

// How many sockets there are, for kstat().
TEST(options_sockets_are_counted)
{
  struct kstat_mem before, m;
  netstat_socks(&before);
  CHECK(before.socks > 1000);
  CHECK_EQ(before.socks_free, before.socks);
  CHECK_EQ(before.sock_pages, 0);
  struct sock *s = udp_socket(0);
  netstat_socks(&m);
  CHECK_EQ(m.socks_free, before.socks - 1);
  CHECK_EQ(m.sock_pages, 1);
  sock_close(s);
  netstat_socks(&m);
  CHECK_EQ(m.socks_free, before.socks);
  CHECK_EQ(m.sock_pages, 1);
}
