// udpsend [-p PORT] [-w SECONDS] HOST PORT TEXT...: sends the text as one datagram. -p: from this port; -w: waits so long
// for an answer, and shows it.

#include "user/dns.h"
#include "user/rxv.h"
#include "user/socket.h"
#include "user/user.h"

#define USAGE "[-p PORT] [-w SECONDS] HOST PORT TEXT..."

// One answer to standard output: 0, or 1 if none came.
static int
await(int fd, uint64 seconds)
{
  static char buf[65536];
  struct timeval tv = { .tv_sec = seconds };
  struct sockaddr_in a;
  socklen_t len = sizeof(a);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
  int n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&a, &len);
  if(n < 0 && (errno == EAGAIN || errno == ETIMEDOUT))
    die("no answer within %lu s", seconds);
  if(n < 0)
    die_errno("recvfrom");
  write_all(1, buf, n);
  printf("\n");
  return 0;
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  struct sockaddr_in a = { .sin_family = AF_INET };
  uint64 sport = 0, dport, seconds = 0;
  uint32 addr;
  static char text[1472];
  int c;
  while((c = next_opt(&o, "p:w:")) != 0){
    if(c == '?' || (c == 'p' && parse_uint(o.arg, 65535, &sport) < 0) || (c == 'w' && parse_uint(o.arg, 3600, &seconds) < 0))
      usage(USAGE);
  }
  if(argc - o.at < 3 || parse_uint(argv[o.at + 1], 65535, &dport) < 0)
    usage(USAGE);
  if(host_address(argv[o.at], &addr) < 0)
    return 1;
  text[0] = 0;
  for(int i = o.at + 2; i < argc; i++){
    if(i > o.at + 2)
      strlcat(text, " ", sizeof(text));
    if(strlcat(text, argv[i], sizeof(text)) >= sizeof(text))
      die("text too long");
  }
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  a.sin_port = htons(sport);
  if(fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
    die_errno("port %lu", sport);
  a.sin_addr.s_addr = htonl(addr);
  a.sin_port = htons(dport);
  if(connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || send(fd, text, strlen(text), 0) < 0)
    die_errno("%s", argv[o.at]);
  return seconds ? await(fd, seconds) : 0;
}
