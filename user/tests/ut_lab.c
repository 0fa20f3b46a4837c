// ut_lab: the network lab's calls, by port, over the loopback interface. Run by usertests, or alone.

#include "user/tests/ut.h"
#include "kernel/net.h"

#define PORT 6000
#define HERE MAKE_IP_ADDR(127, 0, 0, 1)
#define KEPT 16  // datagrams that wait at a port, at the most

static char buf[2048], in[2048];

static int
get(int port, uint32 max, uint16 *from)
{
  uint32 src = 0;
  int n = recv((uint16)port, &src, from, in, max);

  if(n >= 0)
    IS(src, HERE);
  return n;
}

// A port is had by one bind until its unbind.
static void
ports(void)
{
  MUST(bind(PORT));
  FAILS(bind(PORT));
  MUST(bind(PORT + 1));
  MUST(unbind(PORT));
  MUST(bind(PORT));
  MUST(unbind(PORT));
  MUST(unbind(PORT + 1));
  FAILS(unbind(PORT));
  FAILS(unbind(PORT + 7));
}

// Nobody receives from a port that is not bound.
static void
not_bound(void)
{
  uint16 from;

  FAILS(get(PORT, sizeof(in), &from));
  MUST(bind(PORT));
  MUST(unbind(PORT));
  FAILS(get(PORT, sizeof(in), &from));
}

// Bytes, length, source address and port arrive.
static void
one_datagram(void)
{
  uint16 from = 0;

  MUST(bind(PORT));
  MUST(bind(PORT + 1));
  for(int n = 0; n <= 1472; n = n * 3 + 1){
    ut_pattern(buf, n, 0, n);
    MUST(send(PORT + 1, HERE, PORT, buf, n));
    IS(get(PORT, sizeof(in), &from), n);
    IS(from, PORT + 1);
    CHECK(ut_is_pattern(in, n, 0, n));
  }
  MUST(unbind(PORT));
  MUST(unbind(PORT + 1));
}

// A buffer that is too short gets the beginning; the rest is lost, the next datagram is whole.
static void
short_buffer(void)
{
  uint16 from;

  MUST(bind(PORT));
  MUST(send(PORT + 1, HERE, PORT, "a long one", 10));
  MUST(send(PORT + 1, HERE, PORT, "next", 4));
  memset(in, '-', sizeof(in));
  IS(get(PORT, 6, &from), 6);
  IS(memcmp(in, "a long-", 7), 0);
  IS(get(PORT, sizeof(in), &from), 4);
  MUST(unbind(PORT));
}

// The first 16 wait, in order; what comes then is dropped, until there is room. Another port is not touched by it.
static void
first_sixteen(void)
{
  uint16 from;

  MUST(bind(PORT));
  MUST(bind(PORT + 1));
  MUST(send(PORT, HERE, PORT + 1, "a", 1));
  for(int i = 0; i < 3 * KEPT; i++)
    MUST(send(PORT + 2, HERE, PORT, (char *)&i, sizeof(i)));
  MUST(send(PORT, HERE, PORT + 1, "b", 1));
  IS(get(PORT + 1, sizeof(in), &from), 1);
  IS(in[0], 'a');
  IS(get(PORT + 1, sizeof(in), &from), 1);
  IS(in[0], 'b');
  for(int i = 0; i < KEPT; i++){
    IS(get(PORT, sizeof(in), &from), sizeof(i));
    IS(memcmp(in, &i, sizeof(i)), 0);
  }
  MUST(send(PORT + 2, HERE, PORT, "new", 3));
  IS(get(PORT, sizeof(in), &from), 3);
  MUST(unbind(PORT));
  MUST(unbind(PORT + 1));
}

// What waits at a port that is unbound is given back, and does not appear after the next bind.
static void
unbind_forgets(void)
{
  uint16 from;

  MUST(bind(PORT));
  for(int i = 0; i < KEPT; i++)
    MUST(send(PORT + 1, HERE, PORT, "old", 3));
  MUST(unbind(PORT));
  MUST(bind(PORT));
  MUST(send(PORT + 1, HERE, PORT, "fresh", 5));
  IS(get(PORT, sizeof(in), &from), 5);
  MUST(unbind(PORT));
}

// A process that waits is woken by what comes, and ended by kill.
static void
sends_later(long unused)
{
  pause(1);
  MUST(send(PORT + 1, HERE, PORT, "late", 4));
}

static void
waits(long unused)
{
  uint16 from;

  get(PORT, sizeof(in), &from);
}

static void
waiting(void)
{
  uint16 from;
  int pid, status;

  MUST(bind(PORT));
  ut_start(sends_later, 0);
  IS(get(PORT, sizeof(in), &from), 4);
  ut_reap(1);
  pid = ut_start(waits, 0);
  ut_until_blocked(pid);
  MUST(kill(pid));
  IS(wait(&status), pid);
  IS(status, UT_KILLED);
  MUST(send(PORT + 1, HERE, PORT, "still", 5));
  IS(get(PORT, sizeof(in), &from), 5);
  MUST(unbind(PORT));
}

// A parent's port serves its child, too.
static void
child_echoes(long unused)
{
  uint16 from;
  int n = get(PORT, sizeof(in), &from);

  MUST(send(PORT, HERE, from, in, n));
}

static void
echo_by_child(void)
{
  uint16 from;

  MUST(bind(PORT));
  MUST(bind(PORT + 1));
  ut_start(child_echoes, 0);
  MUST(send(PORT + 1, HERE, PORT, "echo", 4));
  IS(get(PORT + 1, sizeof(in), &from), 4);
  IS(from, PORT);
  ut_reap(1);
  MUST(unbind(PORT));
  MUST(unbind(PORT + 1));
}

// Lengths and addresses that cannot be.
static void
bad_arguments(void)
{
  static const uint64 nowhere[] = { KERNBASE, TRAMPOLINE, MAXVA, 0xffffffc080000000UL, -4096UL, -1UL };
  uint32 src;
  uint16 from;

  MUST(bind(PORT));
  FAILS(send(PORT, HERE, PORT + 1, buf, 70000));
  FAILS(send(PORT, HERE, PORT + 1, buf, 0xffffffff));
  for(uint i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++){
    void *p = (void *)nowhere[i];
    FAILS(send(PORT + 1, HERE, PORT, p, 10));
    MUST(send(PORT + 1, HERE, PORT, "1", 1));
    FAILS(recv(PORT, &src, &from, p, 100));
    MUST(send(PORT + 1, HERE, PORT, "2", 1));
    FAILS(recv(PORT, p, &from, in, 100));
    MUST(send(PORT + 1, HERE, PORT, "3", 1));
    FAILS(recv(PORT, &src, p, in, 100));
    for(int k = 0; k < 3; k++){  // none of them cost a datagram
      IS(get(PORT, sizeof(in), &from), 1);
      IS(in[0], '1' + k);
    }
  }
  MUST(unbind(PORT));
}

// The connect() of labs up to 2023: a descriptor to one peer; a write sends, a read takes one datagram. A port may be had once for
// each peer.
static void
connected(void)
{
  uint16 from;
  int a, b;

  MUST(bind(PORT));
  MUST(bind(PORT + 1));
  a = MUST(connect(HERE, PORT + 5, PORT));
  b = MUST(connect(HERE, PORT + 5, PORT + 1));
  FAILS(connect(HERE, PORT + 5, PORT));
  FAILS(bind(PORT + 5));
  FAILS(connect(HERE, PORT, PORT + 9));  // bind() has it
  FAILS(connect(HERE, 0, PORT));
  FAILS(connect(HERE, PORT + 6, 0));
  FAILS(connect(0, PORT + 6, PORT));
  IS(write(a, "to the first", 12), 12);
  IS(write(b, "to the second", 13), 13);
  IS(get(PORT, sizeof(in), &from), 12);
  IS(from, PORT + 5);
  IS(get(PORT + 1, sizeof(in), &from), 13);
  MUST(send(PORT + 1, HERE, PORT + 5, "from the second", 15));
  MUST(send(PORT, HERE, PORT + 5, "from the first", 14));
  MUST(send(PORT, HERE, PORT + 5, "again", 5));
  IS(read(a, in, sizeof(in)), 14);
  IS(read(a, in, 3), 3);
  IS(read(b, in, sizeof(in)), 15);
  close(a);
  a = MUST(connect(HERE, PORT + 5, PORT));
  FAILS(write(a, (char *)MAXVA, 10));
  close(a);
  close(b);
  MUST(unbind(PORT));
  MUST(unbind(PORT + 1));
}

// All ports that can be had at once, and then given back.
static void
many_ports(void)
{
  int n = 0;
  uint16 from;

  while(n < 20000 && bind((uint16)(PORT + n)) == 0)
    n++;
  CHECK(n >= 8);
  MUST(send(PORT, HERE, (uint16)(PORT + n - 1), "last", 4));
  IS(get(PORT + n - 1, sizeof(in), &from), 4);
  for(int i = 0; i < n; i++)
    MUST(unbind((uint16)(PORT + i)));
  MUST(bind(PORT));
  MUST(unbind(PORT));
}

// A process that ends without unbind leaves its ports free for the next one.
static void
binds_only(long n)
{
  for(int i = 0; i < n; i++)
    MUST(bind((uint16)(PORT + i)));
}

// All ports that can be had, and the end comes by kill.
static void
binds_all(long fd)
{
  int n = 0;
  while(n < 20000 && bind((uint16)(PORT + n)) == 0)
    n++;
  write((int)fd, n > 1000 ? "y" : "n", 1);
  pause(100000);
}

static void
killed_with_all(void)
{
  int fds[2], pid;
  char c;

  MUST(pipe(fds));
  pid = ut_start(binds_all, fds[1]);
  IS(read(fds[0], &c, 1), 1);
  CHECK(c == 'y');
  FAILS(bind(PORT - 1));
  MUST(kill(pid));
  IS(ut_wait(), UT_KILLED);
  MUST(bind(PORT));
  MUST(unbind(PORT));
}

static void
ends_bound(void)
{
  for(int i = 0; i < 30; i++)
    LIVES(binds_only, 5);
  for(int i = 0; i < 5; i++){
    MUST(bind((uint16)(PORT + i)));
    MUST(unbind((uint16)(PORT + i)));
  }
}

static const struct ut tests[] = {
  { "lab_ports", ports, 0, 0 },
  { "lab_not_bound", not_bound, 0, 0 },
  { "lab_one_datagram", one_datagram, 0, 0 },
  { "lab_short_buffer", short_buffer, 0, 0 },
  { "lab_first_sixteen", first_sixteen, 0, 0 },
  { "lab_unbind_forgets", unbind_forgets, 0, 0 },
  { "lab_waiting", waiting, 0, 0 },
  { "lab_echo_by_child", echo_by_child, 0, 0 },
  { "lab_bad_arguments", bad_arguments, 0, 0 },
  { "lab_connected", connected, 0, 0 },
  { "lab_many_ports", many_ports, 0, 0 },
  { "lab_killed_with_all", killed_with_all, 0, 0 },
  { "lab_ends_bound", ends_bound, 0, 0 },
};

UT_MAIN(tests)
