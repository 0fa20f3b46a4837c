// ut_connect: connected sockets, over the loopback interface. Run by usertests, or alone.

#include "user/tests/sockets.h"

// A connected socket knows its peer, hears nobody else, and can be read and written like a file.
static void
connected(void)
{
  int a = bound(PORT), b = bound(PORT + 1), c = sock();
  struct sockaddr_in peer;
  socklen_t len = sizeof(peer);

  FAILS_AS(write(b, "x", 1), EDESTADDRREQ);
  FAILS(send(b, "x", 1, 0));
  MUST(connect_to(b, INADDR_LOOPBACK, PORT));
  MUST(getpeername(b, (struct sockaddr *)&peer, &len));
  IS(ntohs(peer.sin_port), PORT);
  IS(ntohl(peer.sin_addr.s_addr), INADDR_LOOPBACK);
  IS(write(b, "hello", 5), 5);
  IS(read(a, in, sizeof(in)), 5);
  IS(send_to(c, PORT + 1, "stranger", 8), 8);
  IS(send_to(a, PORT + 1, "friend", 6), 6);
  IS(recv(b, in, sizeof(in), 0), 6);
  IS(memcmp(in, "friend", 6), 0);
  FAILS_AS(recv(b, in, sizeof(in), MSG_DONTWAIT), EAGAIN);
  MUST(connect_to(b, INADDR_LOOPBACK, PORT + 2));
  FAILS(connect_to(b, INADDR_LOOPBACK, 0));
}

static struct sockaddr_in
name_of(int fd)
{
  struct sockaddr_in a;
  socklen_t len = sizeof(a);

  MUST(getsockname(fd, (struct sockaddr *)&a, &len));
  return a;
}

// POSIX connect(): again, to another peer, whose source is chosen anew; to nobody (AF_UNSPEC), which takes back what was chosen.
// What others have sent before is not received any more, and an error changes nothing.
static void
reconnected(void)
{
  int a = bound(PORT), b = bound(PORT + 1), c = sock(), free_port;
  struct sockaddr none = { .sa_family = AF_UNSPEC }, peer;
  socklen_t len = sizeof(peer);

  for(int i = 0; i < 3; i++){
    MUST(connect_to(c, INADDR_LOOPBACK, PORT));
    IS(ntohl(name_of(c).sin_addr.s_addr), INADDR_LOOPBACK);
    FAILS_AS(connect_to(c, MAKE_IP_ADDR(224, 0, 0, 1), PORT), ENETUNREACH);
    FAILS_AS(connect_to(c, INADDR_LOOPBACK, 0), EINVAL);
    FAILS_AS(connect(c, &none, 1), EINVAL);
    IS(write(c, "one", 3), 3);
    IS(recv(a, in, sizeof(in), 0), 3);
    MUST(connect_to(c, INADDR_LOOPBACK + 8, PORT + 1));  // 127.0.0.9
    IS(ntohl(name_of(c).sin_addr.s_addr), INADDR_LOOPBACK + 8);
    IS(write(c, "two", 3), 3);
    IS(recv(b, in, sizeof(in), 0), 3);
    free_port = port_of(c);
    MUST(connect(c, &none, 2));
    IS(name_of(c).sin_addr.s_addr, 0);
    IS(port_of(c), 0);
    FAILS_AS(getpeername(c, &peer, &len), ENOTCONN);
    FAILS_AS(write(c, "x", 1), EDESTADDRREQ);
    close(bound(free_port));
  }
  IS(send_to(a, PORT + 1, "first", 5), 5);
  IS(send_to(c, PORT + 1, "stranger", 8), 8);
  IS(send_to(a, PORT + 1, "second", 6), 6);
  MUST(connect_to(b, INADDR_LOOPBACK, PORT));
  IS(recv(b, in, sizeof(in), MSG_DONTWAIT), 5);
  IS(recv(b, in, sizeof(in), MSG_DONTWAIT), 6);
  FAILS_AS(recv(b, in, sizeof(in), MSG_DONTWAIT), EAGAIN);
  MUST(connect(b, &none, sizeof(none)));
  IS(port_of(b), PORT + 1);
}

// One process connects, another sends and receives on the same socket: each call is before or after. The queue of lo may be full,
// while the hart that empties it waits for a processor of the host.
static int raced;

static void
connects(long port)
{
  struct sockaddr none = { .sa_family = AF_UNSPEC };

  for(int i = 0; i < 500; i++){
    MUST(connect_to(raced, INADDR_LOOPBACK, port));
    MUST(connect_to(raced, INADDR_LOOPBACK + 8, port + 1));
    if(i % 4 == 3)
      MUST(connect(raced, &none, sizeof(none)));
  }
}

static void
sends_and_receives(long unused)
{
  for(int i = 0; i < 3000; i++){
    if(send(raced, &i, sizeof(i), 0) < 0 && errno != ENOBUFS)
      IS(errno, EDESTADDRREQ);
    if(recv(raced, in, sizeof(in), MSG_DONTWAIT) < 0)
      CHECK(errno == EAGAIN || errno == ECONNREFUSED);
  }
}

// Both ends' addresses belong together: 127.0.0.1 asks the first port, 127.0.0.9 the second.
static void
echoes_checked(long port)
{
  struct sockaddr_in from;
  int fd = bound(port), n;

  for(;;){
    socklen_t len = sizeof(from);
    n = MUST(recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &len));
    if(n == 1)
      return;
    IS(ntohl(from.sin_addr.s_addr), port == PORT ? INADDR_LOOPBACK : INADDR_LOOPBACK + 8);
    CHECK(from.sin_port != 0);
    if(sendto(fd, in, n, 0, (struct sockaddr *)&from, len) < 0)
      IS(errno, ENOBUFS);
  }
}

static void
connect_races(void)
{
  int end = sock(), pids[2];

  raced = sock();
  for(int i = 0; i < 2; i++){
    pids[i] = ut_start(echoes_checked, PORT + i);
    ut_until_blocked(pids[i]);
  }
  ut_start(connects, PORT);
  ut_start(sends_and_receives, 0);
  ut_reap(2);
  for(int i = 0; i < 2; i++){
    ut_until_blocked(pids[i]);  // its queue is empty: nothing is lost
    IS(send_to(end, PORT + i, "x", 1), 1);
  }
  ut_reap(2);
}

// A socket is found, whatever happens meanwhile to others that are found in the same place: they come, connect and go.
static void
comes_and_goes(long address)
{
  for(;;){
    int fd = sock();
    MUST(bind_to(fd, address, PORT));
    MUST(connect_to(fd, INADDR_LOOPBACK, 9));
    close(fd);
  }
}

static void
found_meanwhile(void)
{
  static const struct timeval patience = { 20, 0 };
  int to = sock(), from = sock(), pid[2];

  MUST(bind_to(to, INADDR_LOOPBACK, PORT));
  MUST(setsockopt(to, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)));
  for(int i = 0; i < 2; i++)
    pid[i] = ut_start(comes_and_goes, INADDR_LOOPBACK + 1 + i);
  for(int i = 0; i < 20000; i++){
    IS(send_to(from, PORT, "x", 1), 1);
    IS(recv(to, in, sizeof(in), 0), 1);
  }
  for(int i = 0; i < 2; i++){
    MUST(kill(pid[i]));
    IS(ut_wait(), UT_KILLED);
  }
}

// To a port that nobody has, until the ICMP message about it makes a readable: only so many are sent a second.
static void
send_until_told(int a)
{
  struct pollfd p = { .fd = a, .events = POLLIN };

  for(int i = 0; i < 100; i++){
    IS(send(a, "x", 1, 0), 1);
    if(poll(&p, 1, 100) == 1){
      CHECK(p.revents & POLLERR);
      return;
    }
  }
  CHECK(!"told within 10 s");
}

// Nobody has the port: the ICMP message comes back as an error of a connected socket, once.
static void
refused(void)
{
  int a = sock(), error = -1;
  socklen_t len = sizeof(error);

  MUST(connect_to(a, INADDR_LOOPBACK, PORT + 50));
  send_until_told(a);
  FAILS_AS(recv(a, in, sizeof(in), 0), ECONNREFUSED);
  FAILS_AS(recv(a, in, sizeof(in), MSG_DONTWAIT), EAGAIN);
  send_until_told(a);
  FAILS_AS(getsockopt(a, SOL_SOCKET, SO_ERROR, (void *)MAXVA, &len), EFAULT);  // not told: it is told the next time
  MUST(getsockopt(a, SOL_SOCKET, SO_ERROR, &error, &len));
  IS(error, ECONNREFUSED);
  MUST(getsockopt(a, SOL_SOCKET, SO_ERROR, &error, &len));
  IS(error, 0);
}

static const struct ut tests[] = {
  { "connect_connected", connected, 0, 0 },
  { "connect_again", reconnected, 0, 0 },
  { "connect_races", connect_races, 0, 60 },
  { "connect_found", found_meanwhile, 0, 60 },
  { "connect_refused", refused, 0, 0 },
};

UT_MAIN(tests)
