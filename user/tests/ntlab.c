// ntlab COMMAND ...: one use of the network lab's calls (bind, unbind, send and recv by port), told on standard output,
// for the scenarios in tests/guest.
//
//   echo PORT N     sends N datagrams back as they came
//   queue PORT      lets datagrams come until standard input gives a line, then takes what waits, up to "last"
//   block PORT      stays in recv
//   errors          calls that must fail
//   short PORT MAX  receives one datagram into MAX bytes
//   connect IP SPORT DPORT N   writes N questions to the descriptor that connect() makes, and reads the answer to each

#include "kernel/types.h"
#include "kernel/net.h"
#include "user/user.h"
#include "user/rxv.h"

static char buf[2048];

static void
must_bind(uint16 port)
{
  if(bind(port) < 0)
    die("bind(%u) failed", port);
  printf("ready\n");
}

static int
cmd_echo(uint16 port, uint n)
{
  must_bind(port);
  for(uint i = 0; i < n; i++){
    uint32 src;
    uint16 sport;
    int got = recv(port, &src, &sport, buf, sizeof(buf));
    if(got < 0)
      die("recv failed");
    if(send(port, src, sport, buf, got) < 0)
      die("send failed");
  }
  printf("done\n");
  return 0;
}

static int
cmd_queue(uint16 port)
{
  uint32 src;
  uint16 sport;
  char line[16];

  must_bind(port);
  gets(line, sizeof(line));
  for(int n = 0;; n++){
    int got = recv(port, &src, &sport, buf, sizeof(buf) - 1);
    if(got < 0)
      die("recv failed");
    buf[got] = 0;
    printf("%d: %s\n", n, buf);
    if(strcmp(buf, "last") == 0)
      return 0;
  }
}

static int
cmd_short(uint16 port, uint max)
{
  uint32 src;
  uint16 sport;

  must_bind(port);
  memset(buf, '#', sizeof(buf));
  int got = recv(port, &src, &sport, buf, max);
  buf[max + 2] = 0;
  printf("recv %d: %s from %x:%u\n", got, buf, src, sport);
  return 0;
}

static void
expect(const char *what, int result)
{
  printf("%s: %s\n", what, result == -1 ? "OK" : "did not fail");
}

static int
cmd_errors(void)
{
  uint32 src;
  uint16 sport;

  if(bind(2100) < 0)
    die("bind failed");
  expect("bind again", bind(2100));
  expect("recv on a port that is not bound", recv(2101, &src, &sport, buf, sizeof(buf)));
  expect("unbind of a port that is not bound", unbind(2101));
  expect("send from a bad address", send(2100, MAKE_IP_ADDR(10, 0, 2, 2), 7, (char *)0x4000000000, 8));
  expect("send of too much", send(2100, MAKE_IP_ADDR(10, 0, 2, 2), 7, buf, 70000));
  if(unbind(2100) < 0)
    die("unbind failed");
  expect("recv after unbind", recv(2100, &src, &sport, buf, sizeof(buf)));
  if(bind(2100) < 0)
    die("bind after unbind failed");
  printf("done\n");
  return 0;
}

static int
cmd_connect(const char *ip, uint16 sport, uint16 dport, uint n)
{
  uint32 dst;

  if(parse_ip(ip, &dst) < 0)
    die("'%s' is not an address", ip);
  int fd = connect(dst, sport, dport);
  if(fd < 0)
    die("connect failed");
  for(uint i = 0; i < n; i++){
    int len = snprintf(buf, sizeof(buf), "question %u", i);
    if(write(fd, buf, len) != len)
      die("write failed");
    int got = read(fd, buf, sizeof(buf) - 1);
    if(got < 0)
      die("read failed");
    buf[got] = 0;
    printf("%u: %s\n", i, buf);
  }
  close(fd);
  return 0;
}

int
main(int argc, char **argv)
{
  if(argc == 4 && strcmp(argv[1], "echo") == 0)
    return cmd_echo(atoi(argv[2]), atoi(argv[3]));
  if(argc == 3 && strcmp(argv[1], "queue") == 0)
    return cmd_queue(atoi(argv[2]));
  if(argc == 3 && strcmp(argv[1], "block") == 0)
    return cmd_echo(atoi(argv[2]), 1);
  if(argc == 4 && strcmp(argv[1], "short") == 0 && atoi(argv[3]) < (int)sizeof(buf) - 2)
    return cmd_short(atoi(argv[2]), atoi(argv[3]));
  if(argc == 2 && strcmp(argv[1], "errors") == 0)
    return cmd_errors();
  if(argc == 6 && strcmp(argv[1], "connect") == 0)
    return cmd_connect(argv[2], atoi(argv[3]), atoi(argv[4]), atoi(argv[5]));
  usage("echo PORT N | queue PORT | block PORT | short PORT MAX | connect IP SPORT DPORT N | errors");
}
