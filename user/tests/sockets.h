#ifndef RXV_UT_SOCKETS_H
#define RXV_UT_SOCKETS_H
// What the tests of BSD sockets share.

#include "user/tests/ut.h"
#include "user/socket.h"

#define PORT 7000  // the first of those that the tests use

static UT_UNUSED char buf[70000];
static char in[70000];

static UT_UNUSED struct sockaddr_in
at(uint32 addr, int port)
{
  struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16)port), .sin_addr.s_addr = htonl(addr) };
  return a;
}

static UT_UNUSED int
sock(void)
{
  return MUST(socket(AF_INET, SOCK_DGRAM, 0));
}

static UT_UNUSED int
bind_to(int fd, uint32 addr, int port)
{
  struct sockaddr_in a = at(addr, port);

  return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static UT_UNUSED int
connect_to(int fd, uint32 addr, int port)
{
  struct sockaddr_in a = at(addr, port);

  return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static UT_UNUSED int
send_to(int fd, int port, const void *b, uint n)
{
  struct sockaddr_in a = at(INADDR_LOOPBACK, port);

  return sendto(fd, b, n, 0, (struct sockaddr *)&a, sizeof(a));
}

// A socket that has the port.
static UT_UNUSED int
bound(int port)
{
  int fd = sock();

  if(bind_to(fd, INADDR_ANY, port) < 0)
    FAIL("expected to bind port %d, got errno %d", port, errno);
  return fd;
}

static UT_UNUSED int
port_of(int fd)
{
  struct sockaddr_in a;
  socklen_t len = sizeof(a);

  MUST(getsockname(fd, (struct sockaddr *)&a, &len));
  IS(len, sizeof(a));
  IS(a.sin_family, AF_INET);
  return ntohs(a.sin_port);
}

#endif
