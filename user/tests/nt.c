// nt COMMAND ...: one use of BSD sockets, told on standard output, for the scenarios in tests/guest (which play
// the other end). A line "ready" says that the other end may begin.
//
//   echo PORT N            sends N datagrams back as they came; N 0: for ever
//   recv PORT N MAX MS     receives N datagrams into MAX bytes each, waiting at most MS for each; tells of each
//   send IP PORT N BYTES   sends N datagrams "n I:" filled up to BYTES with 'a' + I % 26
//   queue PORT             lets datagrams come for as long as standard input gives no line, then takes all there are
//   ask IP PORT MS         connect, send "ask", recv with SO_RCVTIMEO MS; tells the answer or the error
//   ttl IP PORT TTL        the same with this TTL
//   poll PORT MS           one poll for input
//   nonblock PORT          recv when nothing is there
//   block PORT CALL        stays in recv, read or poll
//   share PORT             a parent and a child receive from the same socket; each ends with a datagram "stop"
//   fault                  touches memory that it does not have
//   fail N                 the N-th packet from now on cannot be had (a debug kernel's failalloc); 0: tells what is left of N
//   exit N                 ends with the status -N
//   names IP PORT          getsockname and getpeername before and after connect

#include "kernel/types.h"
#include "kernel/failalloc.h"
#include "user/user.h"
#include "user/rxv.h"
#include "user/socket.h"

static char buf[65536];

static struct sockaddr_in
address(uint32 ip, uint port)
{
  struct sockaddr_in a;

  memset(&a, 0, sizeof(a));
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(ip);
  a.sin_port = htons(port);
  return a;
}

static uint
number(const char *s, uint max)
{
  uint64 v;

  if(parse_uint(s, max, &v) < 0)
    die("'%s' is not a number up to %u", s, max);
  return v;
}

static uint32
ip_number(const char *s)
{
  uint32 ip;

  if(parse_ip(s, &ip) < 0)
    die("'%s' is not an address", s);
  return ip;
}

static int
udp_socket(void)
{
  int fd = socket(AF_INET, SOCK_DGRAM, 0);

  if(fd < 0)
    die_errno("socket");
  return fd;
}

static int
bound_socket(const char *port)
{
  struct sockaddr_in a = address(INADDR_ANY, number(port, 65535));
  int fd = udp_socket();

  if(bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
    die_errno("bind");
  return fd;
}

static void
receive_timeout(int fd, uint ms)
{
  struct timeval t = {ms / 1000, ms % 1000 * 1000};

  if(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t)) < 0)
    die_errno("SO_RCVTIMEO");
}

// Sum of the bytes, for the other end to compare.
static uint
sum(const char *p, int n)
{
  uint s = 0;

  for(int i = 0; i < n; i++)
    s = s * 31 + (uchar)p[i];
  return s;
}

static void
tell(const struct sockaddr_in *from, int n)
{
  char text[16];

  printf("got %d from %s:%u sum %u\n", n, ip_str(ntohl(from->sin_addr.s_addr), text), ntohs(from->sin_port), sum(buf, n));
}

static int
cmd_echo(char **a)
{
  int fd = bound_socket(a[0]);
  uint n = number(a[1], 1000000);
  struct sockaddr_in from;

  printf("ready\n");
  for(uint i = 0; n == 0 || i < n; i++){
    socklen_t len = sizeof(from);
    int got = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
    if(got < 0)
      die_errno("recvfrom");
    if(sendto(fd, buf, got, 0, (struct sockaddr *)&from, len) != got)
      warn_errno("sendto %d bytes", got);
  }
  printf("done\n");
  return 0;
}

#define UNTOUCHED '#'
#define BEYOND 64

// A buffer for max bytes that shows what is written to it.
static void
prepare(uint max)
{
  memset(buf, UNTOUCHED, max + BEYOND);
}

// n bytes came into it, of at most max. None may be beyond them, and none may be what a debug kernel fills memory with.
static void
inspect(int n, uint max)
{
  int run = 0;

  for(uint i = n; i < max + BEYOND; i++)
    if(buf[i] != UNTOUCHED)
      die("byte %u was written, beyond the %d that came", i, n);
  for(int i = 1; i < n; i++){
    uchar c = buf[i];
    run = buf[i] == buf[i - 1] && (c == 0xa5 || c == 0x5a || c == 0xdb) ? run + 1 : 0;
    if(run == 3)
      die("kernel memory (%x) at byte %d of %d", c, i - 3, n);
  }
}

static int
cmd_recv(char **a)
{
  int fd = bound_socket(a[0]);
  uint n = number(a[1], 1000000), max = number(a[2], sizeof(buf) - BEYOND);
  struct sockaddr_in from;

  receive_timeout(fd, number(a[3], 1000000));
  printf("ready\n");
  for(uint i = 0; i < n; i++){
    socklen_t len = sizeof(from);
    prepare(max);
    int got = recvfrom(fd, buf, max, 0, (struct sockaddr *)&from, &len);
    if(got < 0){
      printf("error %s\n", strerror(errno));
      return 1;
    }
    inspect(got, max);
    tell(&from, got);
  }
  printf("done\n");
  return 0;
}

static int
cmd_send(char **a)
{
  struct sockaddr_in to = address(ip_number(a[0]), number(a[1], 65535));
  uint n = number(a[2], 1000000), size = number(a[3], sizeof(buf)), sent = 0;
  int fd = udp_socket();

  for(uint i = 0; i < n; i++){
    uint head = snprintf(buf, sizeof(buf), "n %u:", i);
    if(head < size)
      memset(buf + head, 'a' + i % 26, size - head);
    if(sendto(fd, buf, size < head ? head : size, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
      printf("error %s\n", strerror(errno));
    else
      sent++;
  }
  printf("sent %u\n", sent);
  return 0;
}

static int
cmd_queue(char **a)
{
  int fd = bound_socket(a[0]), n = 0, bytes = 0;

  printf("ready\n");
  gets(buf, 80);
  for(;;){
    int got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
    if(got < 0)
      break;
    if(n++ == 0){
      buf[got < 40 ? got : 40] = 0;
      printf("first %s\n", buf);
    }
    bytes += got;
  }
  printf("queued %d datagrams, %d bytes, then %s\n", n, bytes, strerror(errno));
  return 0;
}

static int
ask(int fd, char **a, uint ms)
{
  struct sockaddr_in to = address(ip_number(a[0]), number(a[1], 65535));

  receive_timeout(fd, ms);
  if(connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0){
    printf("connect: %s\n", strerror(errno));
    return 1;
  }
  if(send(fd, "ask", 3, 0) < 0){
    printf("send: %s\n", strerror(errno));
    return 1;
  }
  int got = recv(fd, buf, sizeof(buf) - 1, 0);
  if(got < 0){
    printf("recv: %s\n", strerror(errno));
    return 1;
  }
  buf[got] = 0;
  printf("answer %s\n", buf);
  return 0;
}

static int
cmd_ask(char **a)
{
  return ask(udp_socket(), a, number(a[2], 1000000));
}

static int
cmd_ttl(char **a)
{
  int fd = udp_socket(), ttl = number(a[2], 255);

  if(setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl)) < 0)
    die_errno("IP_TTL");
  return ask(fd, a, 5000);
}

static int
cmd_poll(char **a)
{
  struct pollfd p = {.fd = bound_socket(a[0]), .events = POLLIN};
  uint ms = number(a[1], 1000000);

  printf("ready\n");
  uint64 start = clock(CLOCK_BOOT);
  int n = poll(&p, 1, ms);
  uint took = (clock(CLOCK_BOOT) - start) / 1000000;
  printf("poll %d events %d after %u ms\n", n, p.revents, took);
  return 0;
}

static int
cmd_nonblock(char **a)
{
  int fd = bound_socket(a[0]);
  int got = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);

  printf("MSG_DONTWAIT: %d %s\n", got, strerror(errno));
  if(fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
    die_errno("fcntl");
  got = recv(fd, buf, sizeof(buf), 0);
  printf("O_NONBLOCK: %d %s\n", got, strerror(errno));
  return 0;
}

static int
cmd_block(char **a)
{
  int fd = bound_socket(a[0]);
  struct pollfd p = {.fd = fd, .events = POLLIN};

  printf("ready\n");
  if(strcmp(a[1], "recv") == 0)
    recv(fd, buf, sizeof(buf), 0);
  else if(strcmp(a[1], "read") == 0)
    read(fd, buf, sizeof(buf));
  else
    poll(&p, 1, -1);
  printf("came back\n");
  return 0;
}

// Receive until "stop", with a byte in the pipe for each other datagram.
static void
drain(int fd, int to)
{
  for(;;){
    int got = recv(fd, buf, sizeof(buf), 0);
    if(got < 0)
      die_errno("recv");
    if(got == 4 && memcmp(buf, "stop", 4) == 0)
      return;
    if(write(to, "x", 1) != 1)
      die_errno("pipe");
  }
}

static int
cmd_share(char **a)
{
  int fd = bound_socket(a[0]), fds[2], total = 0;

  receive_timeout(fd, 20000);
  if(pipe(fds) < 0)
    die_errno("pipe");
  int child = fork();
  if(child < 0)
    die_errno("fork");
  if(child == 0){
    drain(fd, fds[1]);
    exit(0);
  }
  printf("ready\n");
  drain(fd, fds[1]);
  wait(0);
  close(fds[1]);
  for(int got; (got = read(fds[0], buf, sizeof(buf))) > 0;)
    total += got;
  printf("together %d\n", total);
  return 0;
}

static void
tell_names(int fd)
{
  struct sockaddr_in me, peer;
  char text[16];
  socklen_t len = sizeof(me);

  if(getsockname(fd, (struct sockaddr *)&me, &len) < 0)
    die_errno("getsockname");
  printf("local %s:%d\n", ip_str(ntohl(me.sin_addr.s_addr), text), ntohs(me.sin_port));
  len = sizeof(peer);
  if(getpeername(fd, (struct sockaddr *)&peer, &len) < 0)
    printf("peer: %s\n", strerror(errno));
  else
    printf("peer %s:%d\n", ip_str(ntohl(peer.sin_addr.s_addr), text), ntohs(peer.sin_port));
}

static int
cmd_names(char **a)
{
  struct sockaddr_in to = address(ip_number(a[0]), number(a[1], 65535));
  int fd = udp_socket();

  tell_names(fd);
  if(connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
    die_errno("connect");
  tell_names(fd);
  return 0;
}

static int
cmd_fault(char **a)
{
  *(volatile int *)0x3000000000 = 1;
  return 0;
}

static int
cmd_fail(char **a)
{
  uint n = number(a[0], 1000000);
  int left = failalloc(FAIL_PACKET, n);

  if(left < 0)
    die("this is no debug kernel (make DEBUG=1)");
  if(n)
    printf("armed\n");
  else
    printf("left %d\n", left);
  return 0;
}

static int
cmd_exit(char **a)
{
  return -(int)number(a[0], 255);
}

static const struct {
  const char *name;
  int arguments;
  int (*run)(char **);
} commands[] = {
  {"echo", 2, cmd_echo}, {"recv", 4, cmd_recv}, {"send", 4, cmd_send}, {"queue", 1, cmd_queue}, {"ask", 3, cmd_ask},
  {"ttl", 3, cmd_ttl}, {"poll", 2, cmd_poll}, {"nonblock", 1, cmd_nonblock}, {"block", 2, cmd_block},
  {"share", 1, cmd_share}, {"names", 2, cmd_names}, {"fault", 0, cmd_fault},
  {"fail", 1, cmd_fail}, {"exit", 1, cmd_exit},
};

int
main(int argc, char **argv)
{
  for(uint i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
    if(argc > 1 && strcmp(argv[1], commands[i].name) == 0 && argc == 2 + commands[i].arguments)
      return commands[i].run(argv + 2);
  usage("COMMAND ... (see the top of user/tests/nt.c)");
}
