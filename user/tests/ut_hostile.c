// ut_hostile: a program that means harm to the network, or to the kernel through it. Sockets' everyday errors are in
// ut_sock, bad addresses in all other calls in ut_ptr.

#include "user/tests/ut.h"
#include "user/socket.h"

#define PORT 7400
#define KERNEL ((char *)0xffffffc080000000UL)  // text of the kernel, in its half of every address space

int lab_bind(uint16 port) asm("bind");
int lab_unbind(uint16 port) asm("unbind");
int lab_recv(uint16 port, uint32 *src, uint16 *sport, char *buf, uint32 max) asm("recv");

static char buf[16384], in[3 * PGSIZE];
static const char constant[] = "bytes that may not be written";

static struct sockaddr_in
here(int port)
{
  struct sockaddr_in a;

  memset(&a, 0, sizeof(a));
  a.sin_family = AF_INET;
  a.sin_port = htons((uint16)port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

// A socket that has the port; 0: it has none.
static int
sock(int port)
{
  struct sockaddr_in a = here(port);
  int fd = MUST(socket(AF_INET, SOCK_DGRAM, 0));

  if(port)
    MUST(bind(fd, (struct sockaddr *)&a, sizeof(a)));
  return fd;
}

static int
send_to(int fd, int port, const void *b, uint n)
{
  struct sockaddr_in a = here(port);

  return sendto(fd, b, n, 0, (struct sockaddr *)&a, sizeof(a));
}

// The end of the heap, on a page boundary: nothing is there any more, n bytes before it are ours.
static char *
edge(uint n)
{
  char *top = (char *)PGROUNDUP((uint64)sbrk(0));

  MUST(sbrk(top - (char *)sbrk(0) + PGROUNDUP(n)) != SBRK_ERROR ? 0 : -1);
  memset(top, '-', PGROUNDUP(n));
  return top + PGROUNDUP(n);
}

// ---- receiving ----

// One datagram is offered to a buffer that cannot take it: an error, and the datagram is still there, whole.
static void
refuses(int fd, char *p, uint n)
{
  FAILS_AS(recv(fd, p, n, 0), EFAULT);
  FAILS_AS(read(fd, p, n), EFAULT);
  FAILS_AS(recvfrom(fd, p, n, MSG_PEEK, 0, 0), EFAULT);
  memset(in, '-', sizeof(in));
  IS(recv(fd, in, sizeof(in), MSG_PEEK), 5000);
  CHECK(ut_is_pattern(in, 1, 0, 5000) && in[5000] == '-');
}

// Nowhere, read-only, the kernel's, half there; none at all; and across pages, where it is right.
static void
receive_buffers(void)
{
  int a = sock(PORT), b = sock(0);
  char *top = edge(4 * PGSIZE);

  ut_pattern(buf, 1, 0, 5000);
  IS(send_to(b, PORT, buf, 5000), 5000);
  refuses(a, 0, 5000);
  refuses(a, top, 1);
  refuses(a, top - 1, 2);
  refuses(a, top - 4999, 5000);
  refuses(a, (char *)constant, sizeof(constant));
  refuses(a, (char *)receive_buffers, 100);
  refuses(a, KERNEL, 100);
  refuses(a, (char *)-1UL, 1);
  refuses(a, (char *)-4096UL, 5000);
  refuses(a, (char *)MAXVA - 1, 5000);
  IS(recv(a, top - 5000, 5000, MSG_PEEK), 5000);
  CHECK(ut_is_pattern(top - 5000, 1, 0, 5000) && top[-5001] == '-');
  memset(top - 4 * PGSIZE, '-', 4 * PGSIZE);
  IS(recv(a, top - 8000, 8000, MSG_PEEK), 5000);
  CHECK(ut_is_pattern(top - 8000, 1, 0, 5000) && top[-3000] == '-');
  IS(recv(a, top - 100, 100, MSG_PEEK), 100);
  IS(recv(a, 0, 0, MSG_PEEK), 0);
  IS(recv(a, KERNEL, 0, 0), 0);  // no byte is written, and the datagram is gone
  FAILS_AS(recv(a, in, 1, MSG_DONTWAIT), EAGAIN);
}

// ---- addresses of sockets ----

// A struct sockaddr that runs over the end of memory, is read-only, or is the kernel's.
static void
address_edges(void)
{
  struct sockaddr_in to = here(PORT);
  int a = sock(PORT), b = sock(PORT + 1);
  char *top = edge(PGSIZE);

  for(uint n = 1; n < sizeof(to); n++){
    struct sockaddr *p = (struct sockaddr *)(top - n);
    socklen_t len = sizeof(to);
    memcpy(p, &to, n);
    FAILS_AS(sendto(b, "x", 1, 0, p, sizeof(to)), EFAULT);
    FAILS_AS(connect(b, p, sizeof(to)), EFAULT);
    FAILS_AS(getsockname(a, p, &len), EFAULT);
    IS(send_to(b, PORT, "x", 1), 1);
    FAILS_AS(recvfrom(a, in, 1, 0, p, &len), EFAULT);
    IS(recv(a, in, 1, MSG_DONTWAIT), 1);  // it was not lost
    if(n < sizeof(len))
      FAILS_AS(getsockname(a, (struct sockaddr *)&to, (socklen_t *)(top - n)), EFAULT);
  }
  FAILS_AS(recv(a, in, 1, MSG_DONTWAIT), EAGAIN);
  FAILS_AS(getsockname(a, (struct sockaddr *)constant, &(socklen_t){ sizeof(to) }), EFAULT);
  FAILS_AS(getsockname(a, (struct sockaddr *)KERNEL, &(socklen_t){ sizeof(to) }), EFAULT);
  memcpy(top - sizeof(to), &to, sizeof(to));
  IS(sendto(b, "x", 1, 0, (struct sockaddr *)(top - sizeof(to)), sizeof(to)), 1);
  IS(recv(a, in, 1, 0), 1);
}

// Every length of the room for an address: never a byte beyond it, and the whole length is told.
static void
address_lengths(void)
{
  struct sockaddr_in to = here(PORT);
  int a = sock(PORT);
  char name[40];

  for(int room = 0; room <= 20; room++){
    socklen_t len = room;
    memset(name, '-', sizeof(name));
    MUST(getsockname(a, (struct sockaddr *)name, &len));
    IS(len, sizeof(to));
    for(int i = room < (int)sizeof(to) ? room : (int)sizeof(to); i < (int)sizeof(name); i++)
      IS(name[i], '-');
  }
  for(int i = 0; i < 4; i++){
    socklen_t len = (socklen_t[]){ -1, -16, 0x80000000, 0x80000010 }[i];
    FAILS_AS(getsockname(a, (struct sockaddr *)name, &len), EINVAL);
    FAILS_AS(sendto(a, "x", 1, 0, (struct sockaddr *)&to, len), EINVAL);
    FAILS_AS(connect(a, (struct sockaddr *)&to, len), EINVAL);
  }
  IS(sendto(a, "x", 1, 0, (struct sockaddr *)&to, 0x7fffffff), 1);  // as much as there may be: the first 16 count
  IS(recv(a, in, 1, 0), 1);
}

// ---- sending ----

static void
datagram_lengths(void)
{
  static const uint64 lengths[] = { 65508, 65536, 0x7fffffff, 0x80000000, 0xffffffff };
  int a = sock(PORT), b = sock(0);

  for(uint i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++){
    FAILS_AS(send_to(b, PORT, buf, lengths[i]), EMSGSIZE);
    FAILS(lab_recv(PORT, 0, 0, in, lengths[i]));
  }
  MUST(connect(b, (struct sockaddr *)&(struct sockaddr_in[]){ here(PORT) }, sizeof(struct sockaddr_in)));
  FAILS(write(b, buf, -1));
  FAILS(write(b, buf, -0x7fffffff - 1));
  IS(send_to(b, PORT, "abc", 3), 3);
  FAILS(read(a, in, -1));
  IS(recv(a, edge(PGSIZE) - 3, 0xffffffff, 0), 3);  // more is promised than there is: only what comes is written
}

// A message whose end the program does not have is not sent, not even in part.
static void
sends_half_a_buffer(void)
{
  int a = sock(PORT), b = sock(0);
  char *top = edge(3 * PGSIZE);

  for(int n = 1; n < 3 * PGSIZE; n += 1333)
    for(int missing = 1; missing < 5000; missing += 1499){
      FAILS_AS(send_to(b, PORT, top - n, n + missing), EFAULT);
      FAILS_AS(send_to(b, PORT, KERNEL, n), EFAULT);
    }
  FAILS_AS(recv(a, in, 1, MSG_DONTWAIT), EAGAIN);
  IS(send_to(b, PORT, top - 5000, 5000), 5000);
  IS(recv(a, in, sizeof(in), 0), 5000);
  IS(send_to(b, PORT, KERNEL, 0), 0);  // no byte is read
  IS(recv(a, in, sizeof(in), 0), 0);
}

// ---- ends ----

static void
reads_for_ever(long fd)
{
  for(;;)
    recv((int)fd, in, sizeof(in), 0);
}

// One packet each: of a longer datagram lo may drop a piece, and the others would wait for it for a minute.
static void
sends_for_ever(long fd)
{
  for(;;)
    send_to((int)fd, PORT, buf, 1472);
}

// Senders and receivers are killed at any moment, in the middle of copies.
static void
killed_in_traffic(void)
{
  int a = sock(PORT), b = sock(0);

  for(int i = 0; i < 25; i++){
    int pid[4] = { ut_start(reads_for_ever, a), ut_start(sends_for_ever, b), ut_start(reads_for_ever, a),
                   ut_start(sends_for_ever, b) };
    for(int n = i % 5; n > 0; n--)
      yield();  // each of the others may have a whole turn of a hart
    for(int k = 0; k < 4; k++)
      MUST(kill(pid[(k + i) % 4]));
    for(int k = 0; k < 4; k++)
      IS(ut_wait(), UT_KILLED);
  }
  while(recv(a, in, sizeof(in), MSG_DONTWAIT) >= 0)
    ;
  IS(send_to(b, PORT, "alive", 5), 5);
  IS(recv(a, in, sizeof(in), 0), 5);
}

static void
gets_one(long fd)
{
  IS(recv((int)fd, in, sizeof(in), 0), 4);
}

// Whoever waits keeps the socket, though everybody else closes it.
static void
closed_while_waiting(void)
{
  int a = sock(PORT), b = sock(0), pid = ut_start(gets_one, a);

  ut_until_blocked(pid);
  MUST(close(a));
  IS(send_to(b, PORT, "last", 4), 4);
  ut_reap(1);
  close(sock(PORT));
}

static void
lab_fails(long port)
{
  uint32 src;
  uint16 sport;

  FAILS(lab_recv((uint16)port, &src, &sport, in, sizeof(in)));
}

// A port of the lab's belongs to nobody: unbind by one process ends the others' waiting, with an error.
static void
unbound_while_waiting(void)
{
  for(int i = 0; i < 10; i++){
    MUST(lab_bind(PORT));
    int one = ut_start(lab_fails, PORT), two = ut_start(lab_fails, PORT);
    ut_until_blocked(one);
    ut_until_blocked(two);
    MUST(lab_unbind(PORT));
    ut_reap(2);
  }
}

static void
sees_the_end(long fd)
{
  IS(recv((int)fd, in, sizeof(in), 0), 0);
}

static void
shut_while_waiting(void)
{
  struct sockaddr_in to = here(PORT + 1);
  int a = sock(PORT), pid;

  MUST(connect(a, (struct sockaddr *)&to, sizeof(to)));
  pid = ut_start(sees_the_end, a);
  ut_until_blocked(pid);
  MUST(shutdown(a, SHUT_RD));
  ut_reap(1);
}

// A program that is executed has the sockets of the one that it replaces: head reads a datagram from its input.
static void
becomes_head(long fd)
{
  char *argv[] = { "head", "-n", "1", 0 };

  close(0);
  IS(dup((int)fd), 0);
  exec("/head", argv);
  FAIL("expected to become head, got errno %d", errno);
}

static void
kept_by_exec(void)
{
  int a = sock(PORT), b = sock(0), fds[2], out;

  MUST(pipe(fds));
  out = MUST(dup(1));
  close(1);
  IS(dup(fds[1]), 1);
  ut_start(becomes_head, a);
  close(1);
  IS(dup(out), 1);
  close(fds[1]);
  close(a);
  IS(send_to(b, PORT, "line\nrest", 9), 9);
  for(int n = 0; n < 5;)  // head need not write it at once
    n += MUST(read(fds[0], in + n, 5 - n));
  IS(memcmp(in, "line\n", 5), 0);
  ut_reap(1);
  close(sock(PORT));
}

// Ports that the system chooses are never given twice at a time, and never one that somebody asked for.
static void
takes_ports(long to)
{
  struct sockaddr_in me;

  for(int i = 0; i < 8; i++){
    socklen_t len = sizeof(me);
    int fd = sock(0);
    IS(send_to(fd, 9, "x", 1), 1);
    MUST(getsockname(fd, (struct sockaddr *)&me, &len));
    uint16 port = ntohs(me.sin_port);
    IS(write((int)to, &port, sizeof(port)), sizeof(port));
  }
  pause(100000);
}

static void
all_ports_differ(void)
{
  static uchar taken[65536];
  int fds[2], pid[10];
  uint16 port;

  MUST(pipe(fds));
  for(int i = 0; i < 10; i++)
    pid[i] = ut_start(takes_ports, fds[1]);
  for(int i = 0; i < 80; i++){
    IS(read(fds[0], &port, sizeof(port)), sizeof(port));
    CHECK(port >= 49152 && !taken[port]);
    taken[port] = 1;
  }
  for(int i = 0; i < 10; i++){
    MUST(kill(pid[i]));
    IS(ut_wait(), UT_KILLED);
  }
}

// ---- what calls put into buffers ----

// n bytes, of which the call wrote the first so many: no run of what a debug kernel fills its memory with, and the rest
// untouched.
static void
clean(const char *what, int n, int room)
{
  int run = 0;

  for(int i = 0; i < n; i++){
    uchar c = in[i];
    run = i > 0 && in[i] == in[i - 1] && (c == 0xa5 || c == 0x5a || c == 0xdb) ? run + 1 : 0;
    if(run == 3)
      FAIL("expected no kernel memory from %s, got 0x%x at byte %d of %d", what, c, i, n);
  }
  for(int i = n; i < room; i++)
    if(in[i] != '-')
      FAIL("expected %s to write %d bytes, got one at %d", what, n, i);
}

#define FILLS(what, call, room)          \
  do {                                   \
    memset(in, '-', sizeof(in));         \
    clean(what, MUST(call), (room));     \
  } while(0)

static void
datagrams_clean(void)
{
  static const int sizes[] = { 0, 1, 3, 63, 1000, 1472, 1473, 4000, 9000 };
  int a = sock(PORT), b = sock(0);

  for(uint i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++){
    int n = sizes[i / 2];
    ut_pattern(buf, i, 0, n);
    IS(send_to(b, PORT, buf, n), n);
    if(i % 2 == 0)
      FILLS("recv", recv(a, in, sizeof(in), 0), sizeof(in));
    else
      FILLS("read", read(a, in, n / 2), sizeof(in));
  }
}

static void
names_clean(void)
{
  struct sockaddr_in to = here(PORT);
  int a = sock(PORT + 1);
  socklen_t len;

  MUST(connect(a, (struct sockaddr *)&to, sizeof(to)));
  for(int i = 0; i < 4; i++){
    len = 16;
    memset(in, '-', sizeof(in));
    if(i == 0)
      MUST(getsockname(a, (struct sockaddr *)in, &len));
    else if(i == 1)
      MUST(getpeername(a, (struct sockaddr *)in, &len));
    else
      MUST(getsockopt(a, SOL_SOCKET, i == 2 ? SO_RCVTIMEO : SO_TYPE, in, &len));
    clean("a name or option", len, 100);
  }
  close(a);
}

// Files and pipes; the hole behind a file's end; a directory.
static void
files_clean(void)
{
  int fd, fds[2];

  ut_make("file", 1, 5000);
  fd = MUST(open("file", O_RDONLY));
  FILLS("a file", read(fd, in, sizeof(in)), sizeof(in));
  close(fd);
  fd = MUST(open(".", O_RDONLY));
  FILLS("a directory", read(fd, in, sizeof(in)), sizeof(in));
  MUST(fstat(fd, (struct stat *)in));
  clean("fstat", sizeof(struct stat), 0);
  close(fd);
  MUST(pipe(fds));
  ut_pattern(buf, 2, 0, 300);
  IS(write(fds[1], buf, 300), 300);
  FILLS("a pipe", read(fds[0], in, 1000), sizeof(in));
  close(fds[0]);
  close(fds[1]);
}

static void
no_kernel_bytes(void)
{
  datagrams_clean();
  names_clean();
  files_clean();
  for(int what = KSTAT_PROC; what <= KSTAT_NET; what++){
    memset(in, '-', sizeof(in));
    int n = MUST(kstat(what, in, sizeof(in)));
    clean("kstat", n < (int)sizeof(in) ? n : (int)sizeof(in), 0);
  }
}

// Memory that a program gets is zero: heap, stack, and what lies behind its data.
static void
fresh_pages(void)
{
  static char bss[2 * PGSIZE];
  char *heap = sbrk(6 * PGSIZE), *lazy = sbrklazy(2 * PGSIZE);

  CHECK(heap != SBRK_ERROR && lazy != SBRK_ERROR);
  for(int i = 0; i < 6 * PGSIZE; i++)
    CHECK(heap[i] == 0);
  for(int i = 0; i < 2 * PGSIZE; i++)
    CHECK(lazy[i] == 0 && bss[i] == 0);
}

static const struct ut tests[] = {
  { "receive_buffers", receive_buffers, 0, 0 },
  { "address_edges", address_edges, 0, 0 },
  { "address_lengths", address_lengths, 0, 0 },
  { "datagram_lengths", datagram_lengths, 0, 0 },
  { "sends_half_a_buffer", sends_half_a_buffer, 0, 0 },
  { "killed_in_traffic", killed_in_traffic, 0, 60 },
  { "closed_while_waiting", closed_while_waiting, 0, 0 },
  { "unbound_while_waiting", unbound_while_waiting, 0, 0 },
  { "shut_while_waiting", shut_while_waiting, 0, 0 },
  { "kept_by_exec", kept_by_exec, 0, 0 },
  { "all_ports_differ", all_ports_differ, 0, 0 },
  { "no_kernel_bytes", no_kernel_bytes, 0, 0 },
  { "fresh_pages", fresh_pages, 0, 0 },
};

UT_MAIN(tests)
