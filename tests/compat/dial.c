// The network lab's way of 2019 to 2023: connect(dst, sport, dport) makes a descriptor.

#include "kernel/types.h"
#include "kernel/net.h"
#include "kernel/stat.h"
#include "user/user.h"

static void
ping(uint16 sport, uint16 dport, int attempts)
{
  int fd;
  char *obuf = "a message from rxv";
  uint32 dst = 10 << 24 | 0 << 16 | 2 << 8 | 2 << 0;

  if((fd = connect(dst, sport, dport)) < 0){
    fprintf(2, "ping: connect() failed\n");
    exit(1);
  }
  for(int i = 0; i < attempts; i++)
    if(write(fd, obuf, strlen(obuf)) < 0){
      fprintf(2, "ping: send() failed\n");
      exit(1);
    }
  char ibuf[128];
  int n = read(fd, ibuf, sizeof(ibuf) - 1);
  if(n < 0)
    exit(1);
  ibuf[n] = 0;
  printf("%s\n", ibuf);
  close(fd);
}

int
main(int argc, char *argv[])
{
  int (*call)(uint32, uint16, uint16) = connect;
  if(argc > 1 && call)
    ping(2000, NET_TESTS_PORT, 1);
  exit(0);
}
