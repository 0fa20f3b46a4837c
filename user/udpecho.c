// udpecho [-v] [PORT]: sends every datagram that comes to PORT (7) back to its sender, until ^C. -v: tells of each.

#include "user/rxv.h"
#include "user/socket.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  static char buf[65536];
  struct opts o = { argc, argv, 0, 0, 0 };
  struct sockaddr_in a = { .sin_family = AF_INET };
  uint64 port = 7;
  int c, verbose = 0;
  while((c = next_opt(&o, "v")) != 0){
    if(c == '?')
      usage("[-v] [PORT]");
    verbose = 1;
  }
  if(argc - o.at > 1 || (argc - o.at == 1 && (parse_uint(argv[o.at], 65535, &port) < 0 || port == 0)))
    usage("[-v] [PORT]");
  a.sin_port = htons(port);
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  if(fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
    die_errno("port %lu", port);
  printf("udpecho: port %lu\n", port);
  for(;;){
    socklen_t len = sizeof(a);
    int n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&a, &len);
    if(n < 0){
      warn_errno("recvfrom");
      continue;
    }
    if(verbose)
      printf("%d bytes from %s:%u\n", n, inet_ntoa(a.sin_addr), ntohs(a.sin_port));
    if(sendto(fd, buf, n, 0, (struct sockaddr *)&a, len) < 0)
      warn_errno("%s:%u", inet_ntoa(a.sin_addr), ntohs(a.sin_port));
  }
}
