// ut_sock: BSD sockets over the loopback interface. Run by usertests, or alone.

#include "user/tests/sockets.h"

// ---- making and naming ----

static void
kinds(void)
{
  struct stat st;
  int fd = sock(), type = 0;
  socklen_t len = sizeof(type);

  MUST(fstat(fd, &st));
  IS(st.type, T_SOCKET);
  MUST(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len));
  IS(type, SOCK_DGRAM);
  close(MUST(socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP)));
  FAILS(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP));
  FAILS(socket(0, SOCK_DGRAM, 0));
  FAILS_AS(socket(10, SOCK_DGRAM, 0), EAFNOSUPPORT);
  FAILS(socket(AF_INET, 0, 0));
  FAILS(socket(AF_INET, 77, 0));
  FAILS(socket(-1, -1, -1));
}

// A port belongs to one socket, until that is closed. Port 0 asks for any.
static void
ports(void)
{
  int a = bound(PORT), b = sock(), c = sock(), d;

  IS(port_of(a), PORT);
  FAILS_AS(bind_to(b, INADDR_ANY, PORT), EADDRINUSE);
  FAILS_AS(bind_to(b, INADDR_LOOPBACK, PORT), EADDRINUSE);
  FAILS_AS(bind_to(a, INADDR_ANY, PORT + 1), EINVAL);
  FAILS_AS(bind_to(b, MAKE_IP_ADDR(8, 8, 8, 8), PORT + 1), EADDRNOTAVAIL);
  MUST(bind_to(b, INADDR_ANY, 0));
  MUST(bind_to(c, INADDR_ANY, 0));
  CHECK(port_of(b) >= 1024 && port_of(c) >= 1024 && port_of(b) != port_of(c));
  close(a);
  d = bound(PORT);
  close(d);
}

static void
bad_names(void)
{
  struct sockaddr_in a = at(INADDR_ANY, PORT);
  int fd = sock();

  FAILS(bind(fd, (struct sockaddr *)&a, sizeof(a) - 1));
  FAILS(bind(fd, (struct sockaddr *)&a, 0));
  FAILS(bind(fd, (struct sockaddr *)&a, -1));
  a.sin_family = 10;
  FAILS_AS(bind(fd, (struct sockaddr *)&a, sizeof(a)), EAFNOSUPPORT);
  FAILS(connect(fd, (struct sockaddr *)&a, sizeof(a)));
  FAILS(sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)));
  FAILS_AS(getpeername(fd, (struct sockaddr *)&a, &(socklen_t){ sizeof(a) }), ENOTCONN);
}

// ---- sending and receiving ----

// Sizes from none to the largest, with fragments on the way where they are needed; bytes and sender are right.
static void
sizes(void)
{
  static const int n[] = { 0, 1, 2, 3, 17, 64, 512, 1024, 1471, 1472, 1473, 2048, 4000, 4096, 9000, 16384, 40000, 65507 };
  int a = bound(PORT), b = bound(PORT + 1);
  struct sockaddr_in from;
  socklen_t len;
  struct timeval tv = { .tv_sec = 5 };

  MUST(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
  for(uint i = 0; i < sizeof(n) / sizeof(n[0]); i++){
    ut_pattern(buf, i, 0, n[i]);
    IS(send_to(b, PORT, buf, n[i]), n[i]);
    len = sizeof(from);
    memset(in, 0, sizeof(in));
    IS(recvfrom(a, in, sizeof(in), 0, (struct sockaddr *)&from, &len), n[i]);
    if(!ut_is_pattern(in, i, 0, n[i]))
      FAIL("expected the %d bytes that were sent, got others", n[i]);
    IS(len, sizeof(from));
    IS(from.sin_family, AF_INET);
    IS(ntohs(from.sin_port), PORT + 1);
    IS(ntohl(from.sin_addr.s_addr), INADDR_LOOPBACK);
  }
  FAILS_AS(send_to(b, PORT, buf, 65508), EMSGSIZE);
  FAILS(send_to(b, PORT, buf, 0xffffffff));
}

// Datagrams stay apart, in order; a buffer that is too short loses the rest of one and nothing of the next.
static void
boundaries(void)
{
  int a = bound(PORT), b = sock();

  IS(send_to(b, PORT, "first", 5), 5);
  IS(send_to(b, PORT, "second", 6), 6);
  IS(send_to(b, PORT, "third", 5), 5);
  IS(send_to(b, PORT, "fourth", 6), 6);
  IS(recv(a, in, sizeof(in), MSG_PEEK), 5);
  IS(memcmp(in, "first", 5), 0);
  memset(in, '-', 10);
  IS(recv(a, in, 3, 0), 3);
  IS(memcmp(in, "fir-", 4), 0);
  IS(recv(a, in, 2, MSG_TRUNC), 6);
  IS(memcmp(in, "se", 2), 0);
  IS(recv(a, in, 0, 0), 0);
  IS(read(a, in, sizeof(in)), 6);
  IS(memcmp(in, "fourth", 6), 0);
}

// A socket that never was bound gets a port when it sends, and the answer finds it.
static void
answers(void)
{
  int a = bound(PORT), b = sock();
  struct sockaddr_in from;
  socklen_t len = sizeof(from);

  IS(send_to(b, PORT, "question", 8), 8);
  IS(recvfrom(a, in, sizeof(in), 0, (struct sockaddr *)&from, &len), 8);
  IS(ntohs(from.sin_port), port_of(b));
  IS(sendto(a, "answer", 6, 0, (struct sockaddr *)&from, len), 6);
  IS(recv(b, in, sizeof(in), 0), 6);
  IS(memcmp(in, "answer", 6), 0);
}

// What nobody fetches is bounded: the rest is dropped and counted; what was queued arrives in order.
static void
queue_bound(void)
{
  int a = bound(PORT), b = sock(), n = 0, last = -1, got;
  static struct kstat_sock s[64];
  uint64 drops = 0;

  for(int i = 0; i < 2000; i++)
    if(send_to(b, PORT, &i, sizeof(i)) != sizeof(i))
      FAIL("expected to send datagram %d, got errno %d", i, errno);
  int bytes = MUST(kstat(KSTAT_SOCK, s, sizeof(s)));
  for(int i = 0; i < bytes / (int)sizeof(s[0]) && i < 64; i++)
    if(s[i].lport == PORT)
      drops = s[i].drops;
  while(recv(a, &got, sizeof(got), MSG_DONTWAIT) == sizeof(got)){
    CHECK(got > last);
    last = got;
    n++;
  }
  IS(errno, EAGAIN);
  CHECK(n >= 16 && n < 2000);
  IS(n + (int)drops, 2000);
}

// A full socket does not hurt its neighbour.
static void
full_neighbour(void)
{
  int a = bound(PORT), b = bound(PORT + 1), c = sock();

  for(int i = 0; i < 1000; i++)
    send_to(c, PORT, "flood", 5);
  for(int i = 0; i < 10; i++){
    IS(send_to(c, PORT + 1, &i, sizeof(i)), sizeof(i));
    IS(recv(b, in, sizeof(in), 0), sizeof(i));
    IS(memcmp(in, &i, sizeof(i)), 0);
  }
  IS(recv(a, in, sizeof(in), 0), 5);
}

// ---- waiting ----

static void
not_waiting(void)
{
  int a = bound(PORT), b, fl;

  FAILS_AS(recv(a, in, sizeof(in), MSG_DONTWAIT), EAGAIN);
  fl = MUST(fcntl(a, F_GETFL, 0));
  MUST(fcntl(a, F_SETFL, fl | O_NONBLOCK));
  FAILS_AS(recv(a, in, sizeof(in), 0), EAGAIN);
  FAILS_AS(read(a, in, sizeof(in)), EAGAIN);
  b = MUST(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  MUST(bind_to(b, INADDR_ANY, PORT + 1));
  FAILS_AS(recv(b, in, sizeof(in), 0), EAGAIN);
}

static void
timeouts(void)
{
  struct timeval tv = { .tv_sec = 0, .tv_usec = 200000 }, out;
  socklen_t len = sizeof(out);
  int a = bound(PORT);
  long start = ut_ms(), took;

  MUST(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
  MUST(getsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &out, &len));
  IS(len, sizeof(out));
  IS(out.tv_usec, 200000);
  FAILS_AS(recv(a, in, sizeof(in), 0), EAGAIN);
  took = ut_ms() - start;
  if(took < 190 || took > 3000)
    FAIL("expected recv to wait 200 ms, it took %ld ms", took);
  tv.tv_usec = 1000000;
  FAILS(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
  tv.tv_usec = -1;
  FAILS(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)));
}

static void
sends_later(long n)
{
  pause(1);
  for(int i = 0; i < n; i++)
    IS(send_to(sock(), PORT, "late", 4), 4);
}

static void
woken(void)
{
  int a = bound(PORT);
  struct pollfd p = { .fd = a, .events = POLLIN | POLLOUT };

  IS(poll(&p, 1, 0), 1);
  IS(p.revents, POLLOUT);
  ut_start(sends_later, 2);
  IS(recv(a, in, sizeof(in), 0), 4);
  p.events = POLLIN;
  IS(poll(&p, 1, 5000), 1);
  IS(p.revents, POLLIN);
  IS(recv(a, in, sizeof(in), 0), 4);
  ut_reap(1);
}

static void
receives(long fd)
{
  recv((int)fd, in, sizeof(in), 0);
}

// Kill ends a process that waits for a datagram, and sets its port free.
static void
binds_and_receives(long port)
{
  receives(bound((int)port));
}

static void
killed_waiting(void)
{
  for(int i = 0; i < 5; i++){
    int pid = ut_start(binds_and_receives, PORT);
    ut_until_blocked(pid);
    MUST(kill(pid));
    IS(ut_wait(), UT_KILLED);
    close(bound(PORT));
  }
}

// ---- sharing ----

// A child has its parent's sockets; the port is free only when both have closed it.
static void
echoes_once(long fd)
{
  struct sockaddr_in from;
  socklen_t len = sizeof(from);
  int n = recvfrom((int)fd, in, sizeof(in), 0, (struct sockaddr *)&from, &len);

  MUST(sendto((int)fd, in, n, 0, (struct sockaddr *)&from, len));
}

static void
shared_with_child(void)
{
  int a = bound(PORT), b = bound(PORT + 1), c;

  ut_start(echoes_once, a);
  close(a);
  c = sock();
  FAILS_AS(bind_to(c, INADDR_ANY, PORT), EADDRINUSE);
  IS(send_to(b, PORT, "echo", 4), 4);
  IS(recv(b, in, sizeof(in), 0), 4);
  ut_reap(1);
  MUST(bind_to(c, INADDR_ANY, PORT));
}

static void
duplicated(void)
{
  int a = bound(PORT), b = MUST(dup(a)), c = sock();

  close(a);
  IS(send_to(c, PORT, "dup", 3), 3);
  IS(recv(b, in, sizeof(in), 0), 3);
  close(b);
  close(bound(PORT));
}

// Two readers of one socket: each datagram goes to one of them.
static int result[2];

static void
reads_until_end(long fd)
{
  int n = 0;

  while(recv((int)fd, in, sizeof(in), 0) == 4)
    n++;
  IS(write(result[1], &n, sizeof(n)), sizeof(n));
}

static void
two_readers(void)
{
  int a = bound(PORT), c = sock(), part, sum = 0;

  MUST(pipe(result));
  ut_start(reads_until_end, a);
  ut_start(reads_until_end, a);
  for(int i = 0; i < 200; i++){
    IS(send_to(c, PORT, &i, 4), 4);
    if(i % 8 == 7)
      pause(i % 64 == 63);
  }
  pause(2);
  IS(send_to(c, PORT, "end", 3), 3);
  IS(send_to(c, PORT, "end", 3), 3);
  ut_reap(2);
  for(int i = 0; i < 2; i++){
    IS(read(result[0], &part, sizeof(part)), sizeof(part));
    sum += part;
  }
  CHECK(sum >= 16 && sum <= 200);
}

// Pairs of processes that ask and answer, on all harts at once.
static void
serves(long port)
{
  struct sockaddr_in from;
  int fd = bound((int)port), n;

  for(;;){
    socklen_t len = sizeof(from);
    n = MUST(recvfrom(fd, in, sizeof(in), 0, (struct sockaddr *)&from, &len));
    if(n == 1)
      return;
    IS(sendto(fd, in, n, 0, (struct sockaddr *)&from, len), n);
  }
}

static void
asks(long port)
{
  int fd = sock(), got;
  struct pollfd p = { .fd = fd, .events = POLLIN };

  for(int i = 0; i < 300; i++){
    IS(send_to(fd, (int)port, &i, sizeof(i)), sizeof(i));
    if(poll(&p, 1, 5000) != 1)
      FAIL("expected an answer to question %d within 5 s, got none", i);
    IS(recv(fd, &got, sizeof(got), 0), sizeof(got));
    IS(got, i);
  }
  IS(send_to(fd, (int)port, "x", 1), 1);
}

static void
pairs(void)
{
  for(int i = 0; i < 4; i++){
    int pid = ut_start(serves, PORT + i);
    ut_until_blocked(pid);
    ut_start(asks, PORT + i);
  }
  ut_reap(8);
}

// ---- limits ----

// Sockets until there are no more; all processes together, and each for itself.
static void
makes_sockets(long fd)
{
  while(socket(AF_INET, SOCK_DGRAM, 0) >= 0)
    ;
  write((int)fd, errno == EMFILE ? "m" : "f", 1);
  pause(100000);
}

static void
sockets_gone(void)
{
  int fds[2], pid[20], n = 0, max = sizeof(pid) / sizeof(pid[0]);
  char c = 'm';

  MUST(pipe(fds));
  while(c == 'm' && n < max){
    pid[n++] = ut_start(makes_sockets, fds[1]);
    IS(read(fds[0], &c, 1), 1);
  }
  CHECK(c == 'f');
  FAILS(socket(AF_INET, SOCK_DGRAM, 0));
  while(n > 0){
    MUST(kill(pid[--n]));
    IS(ut_wait(), UT_KILLED);
  }
  close(sock());
}

// Datagrams that nobody fetches, in as many sockets as one process may have: sending fails or drops in the
// end, and a socket that does fetch its own still works; all packets come back.
static void
packets_gone(void)
{
  int s[NOFILE - 5], n = 0, out = sock();
  struct kstat_mem before, m;

  ut_mem(&before);
  for(; n < NOFILE - 5; n++)
    s[n] = bound(PORT + n);
  for(int round = 0; round < 300; round++)
    for(int i = 0; i < n - 1; i++)
      send_to(out, PORT + i, buf, 1400);
  ut_mem(&m);
  CHECK(m.packets_free <= m.packets);
  for(int i = 0; i < n - 1; i++)
    close(s[i]);
  IS(send_to(out, PORT + n - 1, "alive", 5), 5);
  IS(recv(s[n - 1], in, sizeof(in), 0), 5);
  close(s[n - 1]);
  ut_mem(&m);
  CHECK(m.packets_free + 64 >= before.packets_free);
}

// ---- bad arguments ----

static const uint64 nowhere[] = { KERNBASE, TRAMPOLINE, MAXVA, 0xffffffc080000000UL, -4096UL, -1UL };

static void
bad_addresses(void)
{
  int a = bound(PORT), b = bound(PORT + 1);
  struct sockaddr_in from, to = at(INADDR_LOOPBACK, PORT);
  socklen_t len = sizeof(from);

  for(uint i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++){
    void *p = (void *)nowhere[i];
    FAILS(bind(b, p, sizeof(from)));
    FAILS(connect(b, p, sizeof(from)));
    FAILS(sendto(b, p, 10, 0, (struct sockaddr *)&to, sizeof(to)));
    FAILS(sendto(b, "x", 1, 0, p, sizeof(to)));
    FAILS(getsockname(a, p, &len));
    FAILS(getsockname(a, (struct sockaddr *)&from, p));
    FAILS(setsockopt(a, SOL_SOCKET, SO_RCVTIMEO, p, sizeof(struct timeval)));
    FAILS(getsockopt(a, SOL_SOCKET, SO_RCVTIMEO, p, &len));
    FAILS(getsockopt(a, SOL_SOCKET, SO_RCVTIMEO, &from, p));
    IS(sendto(b, "0123456789", 10, 0, (struct sockaddr *)&to, sizeof(to)), 10);
    FAILS_AS(recv(a, p, 10, 0), EFAULT);  // none of these costs anybody the datagram
    FAILS_AS(recvfrom(a, in, sizeof(in), 0, p, &len), EFAULT);
    FAILS_AS(recvfrom(a, in, sizeof(in), 0, (struct sockaddr *)&from, p), EFAULT);
    IS(recv(a, in, sizeof(in), MSG_DONTWAIT), 10);
    FAILS_AS(recv(a, in, sizeof(in), MSG_DONTWAIT), EAGAIN);
  }
}

// Socket calls on what is no socket, and on nothing.
static void
not_sockets(void)
{
  struct sockaddr_in a = at(INADDR_LOOPBACK, PORT);
  socklen_t len = sizeof(a);
  int fd, bad;

  ut_make("file", 1, 1);
  fd = MUST(open("file", O_RDWR));
  FAILS_AS(bind(fd, (struct sockaddr *)&a, len), ENOTSOCK);
  FAILS_AS(recv(fd, in, 1, 0), ENOTSOCK);
  FAILS_AS(sendto(fd, in, 1, 0, (struct sockaddr *)&a, len), ENOTSOCK);
  FAILS_AS(getsockname(fd, (struct sockaddr *)&a, &len), ENOTSOCK);
  FAILS_AS(shutdown(fd, SHUT_RD), ENOTSOCK);
  for(int i = 0; i < 3; i++){
    bad = (int[]){ -1, 9, 1000000 }[i];
    FAILS_AS(bind(bad, (struct sockaddr *)&a, len), EBADF);
    FAILS_AS(connect(bad, (struct sockaddr *)&a, len), EBADF);
    FAILS_AS(recv(bad, in, 1, 0), EBADF);
    FAILS_AS(send(bad, in, 1, 0), EBADF);
    FAILS_AS(setsockopt(bad, SOL_SOCKET, SO_RCVBUF, in, 4), EBADF);
    FAILS_AS(listen(bad, 1), EBADF);
    FAILS_AS(accept(bad, 0, 0), EBADF);
  }
}

static void
options(void)
{
  int a = sock(), v = 1;
  socklen_t len = sizeof(v);

  MUST(setsockopt(a, SOL_SOCKET, SO_REUSEADDR, &v, sizeof(v)));
  FAILS_AS(setsockopt(a, SOL_SOCKET, 999, &v, sizeof(v)), ENOPROTOOPT);
  FAILS(setsockopt(a, 99, 1, &v, sizeof(v)));
  FAILS(setsockopt(a, SOL_SOCKET, SO_RCVBUF, &v, 1));
  FAILS(getsockopt(a, SOL_SOCKET, 999, &v, &len));
  v = 64;
  MUST(setsockopt(a, IPPROTO_IP, IP_TTL, &v, sizeof(v)));
  v = 0;
  MUST(getsockopt(a, IPPROTO_IP, IP_TTL, &v, &len));
  IS(v, 64);
  v = 256;
  FAILS(setsockopt(a, IPPROTO_IP, IP_TTL, &v, sizeof(v)));
  v = 0;
  FAILS(setsockopt(a, IPPROTO_IP, IP_TTL, &v, sizeof(v)));
  v = 0xb8;
  MUST(setsockopt(a, IPPROTO_IP, IP_TOS, &v, sizeof(v)));

  char ip[44], back[44];
  memset(ip, 1, sizeof(ip));  // options that do nothing
  MUST(setsockopt(a, IPPROTO_IP, IP_OPTIONS, ip, 40));
  len = sizeof(back);
  MUST(getsockopt(a, IPPROTO_IP, IP_OPTIONS, back, &len));
  IS(len, 40);
  IS(memcmp(ip, back, 40), 0);
  FAILS(setsockopt(a, IPPROTO_IP, IP_OPTIONS, ip, 44));
  FAILS(setsockopt(a, IPPROTO_IP, IP_OPTIONS, ip, 39));
  struct sockaddr_in to = at(INADDR_LOOPBACK, PORT);
  int b = bound(PORT);
  IS(sendto(a, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
  IS(recv(b, back, sizeof(back), 0), 1);
}

// A broadcast is sent only by who said that he means it.
static void
broadcast(void)
{
  struct sockaddr_in a = at(INADDR_BROADCAST, PORT);
  int fd = sock();

  FAILS(sendto(fd, "x", 1, 0, (struct sockaddr *)&a, sizeof(a)));
}

// Calls that make no sense for datagrams.
static void
no_streams(void)
{
  int a = bound(PORT);

  FAILS_AS(listen(a, 1), EOPNOTSUPP);
  FAILS_AS(accept(a, 0, 0), EOPNOTSUPP);
}

static const struct ut tests[] = {
  { "sock_kinds", kinds, 0, 0 },
  { "sock_ports", ports, 0, 0 },
  { "sock_bad_names", bad_names, 0, 0 },
  { "sock_sizes", sizes, 0, 0 },
  { "sock_boundaries", boundaries, 0, 0 },
  { "sock_answers", answers, 0, 0 },
  { "sock_queue_bound", queue_bound, 0, 0 },
  { "sock_full_neighbour", full_neighbour, 0, 0 },
  { "sock_not_waiting", not_waiting, 0, 0 },
  { "sock_timeouts", timeouts, 0, 0 },
  { "sock_woken", woken, 0, 0 },
  { "sock_killed_waiting", killed_waiting, 0, 0 },
  { "sock_shared_with_child", shared_with_child, 0, 0 },
  { "sock_duplicated", duplicated, 0, 0 },
  { "sock_two_readers", two_readers, 0, 0 },
  { "sock_pairs", pairs, 0, 60 },
  { "sock_sockets_gone", sockets_gone, 0, 0 },
  { "sock_packets_gone", packets_gone, 0, 60 },
  { "sock_bad_addresses", bad_addresses, 0, 0 },
  { "sock_not_sockets", not_sockets, 0, 0 },
  { "sock_options", options, 0, 0 },
  { "sock_broadcast", broadcast, 0, 0 },
  { "sock_no_streams", no_streams, 0, 0 },
};

UT_MAIN(tests)
