// ut_nomem: every way out of "no memory". Of each scenario's allocations the first is made to fail, then the second,
// and so on, until it gets through: each time it must end with a clean error, or well, and nothing may be lost (the
// frame counts pages, packets, files and sockets). Needs a kernel built with DEBUG=1; not one of usertests' groups.
// What goes to the wire is for PEER, which sends back what comes to port 7 (tests/guest/s_nomem.py); without a card it
// ends early, with an error that is none of memory.

#include "user/tests/ut.h"
#include "user/socket.h"
#include "kernel/failalloc.h"
#include "kernel/netctl.h"

#define PEER MAKE_IP_ADDR(10, 0, 2, 2)

#define MOST 3000  // allocations in one scenario, far above any

// ---- scenarios: 0 it worked, 1 it failed with an error that says so ----

static int
failed(void)
{
  CHECK(errno == ENOMEM || errno == ENOBUFS || errno == EAGAIN || errno == ENFILE || errno == EMFILE || errno == EFAULT);
  return 1;
}

static int
s_fork(void)
{
  int status, pid = fork();

  if(pid < 0)
    return failed();
  if(pid == 0)
    exit(5);
  IS(wait(&status), pid);
  CHECK(status == 5 || status == UT_KILLED);
  return status != 5;
}

// A child replaces itself. If that cannot be, it must be what it was; killed: it was the new program that lacked a page.
static int
s_exec(void)
{
  char *argv[] = { "true", "and", "some", "arguments", 0 };

  exec("/true", argv);
  return failed();
}

static int
s_pipe(void)
{
  int fds[2];
  char c = 'a';

  if(pipe(fds) < 0)
    return failed();
  int r = write(fds[1], &c, 1) != 1 || read(fds[0], &c, 1) != 1;
  close(fds[0]);
  close(fds[1]);
  return r ? failed() : 0;
}

static int
s_file(void)
{
  static char block[3000];
  int bad = 0, fd = open("nomem", O_CREATE | O_RDWR);

  if(fd < 0)
    return failed();
  for(int i = 0; i < 6; i++)
    bad |= write(fd, block, sizeof(block)) != sizeof(block);
  close(fd);
  unlink("nomem");
  return bad ? failed() : 0;
}

static int
s_heap(void)
{
  char *p = sbrk(20 * PGSIZE);

  if(p == SBRK_ERROR)
    return failed();
  CHECK(sbrk(-20 * PGSIZE) != SBRK_ERROR);
  return 0;
}

static int
s_lazy(void)
{
  char *p = sbrklazy(5 * PGSIZE);

  if(p == SBRK_ERROR)
    return failed();
  for(int i = 0; i < 5; i++)
    p[i * PGSIZE] = 1;  // killed here, if there is no page
  CHECK(sbrk(-5 * PGSIZE) != SBRK_ERROR);
  return 0;
}

static int
s_open(void)
{
  char c;
  int fd = open("/README", O_RDONLY), r = 0;

  if(fd < 0)
    return failed();
  if(read(fd, &c, 1) != 1)
    r = failed();
  close(fd);
  return r;
}

// Also of what a process made that was killed for want of a page.
static void
tidy(void)
{
  unlink("nomem/a");
  unlink("nomem/b");
  unlink("nomem");
}

static int
s_dir(void)
{
  int r = 0;

  if(mkdir("nomem") < 0)
    return failed();
  if(link("/README", "nomem/a") < 0 || rename("nomem/a", "nomem/b") < 0)
    r = failed();
  tidy();
  return r;
}

static int
s_poll(void)
{
  struct pollfd p[3] = { { .events = POLLIN }, { .events = POLLIN }, { .events = POLLOUT } };
  int fds[2] = { -1, -1 }, r = 0;

  p[0].fd = socket(AF_INET, SOCK_DGRAM, 0);
  if(p[0].fd < 0 || pipe(fds) < 0){
    r = failed();
  } else {
    p[1].fd = fds[0];
    p[2].fd = fds[1];
    r = poll(p, 3, 10) == 1 ? 0 : failed();
  }
  for(int i = 0; i < 2; i++)
    if(fds[i] >= 0)
      close(fds[i]);
  if(p[0].fd >= 0)
    close(p[0].fd);
  return r;
}

// One datagram of n bytes over lo and back into memory.
static int
carry(uint n)
{
  static char out[9000], in[9000];
  struct sockaddr_in me = { .sin_family = AF_INET, .sin_port = htons(4101), .sin_addr = { htonl(INADDR_LOOPBACK) } };
  struct timeval soon = { .tv_usec = 100000 };
  int fd = socket(AF_INET, SOCK_DGRAM, 0), r = 0;

  if(fd < 0)
    return failed();
  if(bind(fd, (struct sockaddr *)&me, sizeof(me)) < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon)) < 0 ||
     sendto(fd, out, n, 0, (struct sockaddr *)&me, sizeof(me)) != (int)n || recv(fd, in, n, 0) != (int)n)
    r = failed();
  close(fd);
  return r;
}

static int
s_datagram(void)
{
  return carry(100);
}

// In several packets, of which each may be the one that is not there.
static int
s_long_datagram(void)
{
  return carry(9000);
}

// The lab's calls, by the names under which they are linked: here bind() is the other one.
int lab_bind(uint16 port) __asm__("bind");
int lab_send(uint16 sport, uint32 dst, uint16 dport, char *buf, uint n) __asm__("send");
int lab_recv(uint16 dport, uint32 *src, uint16 *sport, char *buf, uint n) __asm__("recv");

static int
s_lab(void)
{
  static char out[1000], in[1000];
  uint32 src;
  uint16 sport;
  int r = 0;

  if(lab_bind(4102) < 0)
    return failed();
  if(lab_send(4103, INADDR_LOOPBACK, 4102, out, sizeof(out)) < 0 || lab_recv(4102, &src, &sport, in, sizeof(in)) != sizeof(in))
    r = failed();
  MUST(unbind(4102));
  return r;
}

// n bytes to port of the peer, whose address has to be asked for first. answer: and wait for them to come back.
static int
talk(uint n, uint16 port, int answer)
{
  static char out[65507];
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = { htonl(PEER) } };
  struct timeval soon = { .tv_usec = 300000 };
  int fd = socket(AF_INET, SOCK_DGRAM, 0), r = 0;

  if(fd < 0)
    return failed();
  netctl(NETCTL_ARP_FLUSH, 0, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
  if(sendto(fd, out, n, 0, (struct sockaddr *)&to, sizeof(to)) < 0){
    if(errno != ENETUNREACH && errno != ENETDOWN)
      r = failed();
  } else if(answer && recv(fd, out, n, 0) != (int)n)
    r = failed();
  close(fd);
  return r;
}

static int
s_send(void)
{
  return talk(100, 9, 0);
}

static int
s_longest_send(void)
{
  return talk(65507, 9, 0);
}

static int
s_receive(void)
{
  return talk(100, 7, 1);
}

// To the wire, in fragments. Who is there to hear it does not matter.
static int
s_fragments(void)
{
  static char out[5000];
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr = { htonl(MAKE_IP_ADDR(10, 0, 2, 255)) } };
  int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0), r = 0;

  if(fd < 0)
    return failed();
  setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
  if(sendto(fd, out, sizeof(out), 0, (struct sockaddr *)&to, sizeof(to)) < 0 && errno != ENETDOWN && errno != ENETUNREACH)
    r = failed();
  close(fd);
  return r;
}

// ---- the walk ----

static int (*scenario)(void);
static int kind, nth;

#define NOT_FIRED 3  // exit status: the scenario made fewer allocations

static void
attempt(long unused)
{
  MUST(failalloc(kind, nth));
  int r = scenario();
  int left = failalloc(kind, 0);
  if(left > 0)
    IS(r, 0);
  exit(left > 0 ? NOT_FIRED : r);
}

static void
walk(int which, int (*s)(void))
{
  kind = which;
  scenario = s;
  for(nth = 1; nth < MOST; nth++){
    int status = ut_status(attempt, 0);
    tidy();
    if(status == NOT_FIRED || (s == s_exec && status == 0)){
      // It does allocate; but what works on files and sockets that are there need not.
      CHECK(nth > 1 || which == FAIL_PACKET || s == s_exec || s == s_file || s == s_open || s == s_send || s == s_longest_send);
      return;
    }
    CHECK(status == 0 || status == 1 || (status == UT_KILLED && which == FAIL_PAGE));
  }
  FAIL("expected the scenario to get through after %d failures", MOST);
}

#define WALK(name, which) \
  static void name##_##which(void) { walk(FAIL_##which, s_##name); }

WALK(fork, PAGE)
WALK(exec, PAGE)
WALK(pipe, PAGE)
WALK(file, PAGE)
WALK(heap, PAGE)
WALK(lazy, PAGE)
WALK(datagram, PAGE)
WALK(datagram, PACKET)
WALK(long_datagram, PACKET)
WALK(fragments, PACKET)
WALK(open, PAGE)
WALK(dir, PAGE)
WALK(poll, PAGE)
WALK(lab, PAGE)
WALK(lab, PACKET)
WALK(send, PAGE)
WALK(send, PACKET)
WALK(longest_send, PAGE)
WALK(longest_send, PACKET)
WALK(receive, PAGE)
WALK(receive, PACKET)

static const struct ut tests[] = {
  { "nomem_fork", fork_PAGE, 0, 0 },
  { "nomem_exec", exec_PAGE, 0, 0 },
  { "nomem_pipe", pipe_PAGE, 0, 0 },
  { "nomem_file", file_PAGE, 0, 0 },
  { "nomem_heap", heap_PAGE, 0, 0 },
  { "nomem_lazy", lazy_PAGE, 0, 0 },
  { "nomem_datagram", datagram_PAGE, 0, 0 },
  { "nomem_datagram_packets", datagram_PACKET, 0, 0 },
  { "nomem_long_datagram_packets", long_datagram_PACKET, 0, 60 },
  { "nomem_fragments_packets", fragments_PACKET, 0, 60 },
  { "nomem_open", open_PAGE, 0, 0 },
  { "nomem_dir", dir_PAGE, 0, 0 },
  { "nomem_poll", poll_PAGE, 0, 0 },
  { "nomem_lab", lab_PAGE, 0, 0 },
  { "nomem_lab_packets", lab_PACKET, 0, 0 },
  { "nomem_send", send_PAGE, 0, 0 },
  { "nomem_send_packets", send_PACKET, 0, 0 },
  { "nomem_longest_send", longest_send_PAGE, 0, 0 },
  { "nomem_longest_send_packets", longest_send_PACKET, 0, 120 },
  { "nomem_receive", receive_PAGE, 0, 0 },
  { "nomem_receive_packets", receive_PACKET, 0, 60 },
};

UT_MAIN(tests)
