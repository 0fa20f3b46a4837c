// benchd: the guest's side of the measurements of bench/. It does what the messages of user/bench/bench.h ask for, one
// system call to receive and one to send, until it is told to quit. The same file is the Linux guest's program.

#ifdef __linux__
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#else
#include "user/rxv.h"
#include "user/socket.h"
#include "user/user.h"
#endif
#include "user/bench/bench.h"

static union {
  struct bench_head head;
  struct bench_ctl ctl;
  char bytes[2048];
} msg;

static int fd;
static struct sockaddr_in peer;
static unsigned long long messages, bytes, misordered, unsent;

static void
answer(int len)
{
  if(sendto(fd, msg.bytes, len, 0, (struct sockaddr *)&peer, sizeof(peer)) != len)
    unsent++;
}

static void
count(int len)
{
  static unsigned last, run;
  messages++;
  bytes += len;
  if(msg.head.run != run)
    run = msg.head.run;
  else if(msg.head.seq < last)
    misordered++;
  last = msg.head.seq;
}

static void
report(void)
{
  msg.ctl.report.messages = messages;
  msg.ctl.report.bytes = bytes;
  msg.ctl.report.misordered = misordered;
  msg.ctl.report.unsent = unsent;
  answer(sizeof(msg.ctl));
}

static void
transmit(void)
{
  unsigned long long n = msg.ctl.send.messages, len = msg.ctl.send.bytes;
  if(len < BENCH_MIN || len > 1472)
    return;
  msg.head.op = BENCH_DATA;
  for(unsigned i = 0; i < n; i++){
    msg.head.seq = i;
    answer(len);
  }
}

int
main(void)
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_port = htons(BENCH_PORT) };
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  if(fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof(here)) < 0){
    printf("benchd: port %d cannot be had\n", BENCH_PORT);
    exit(1);
  }
  printf("benchd: ready\n");
  for(;;){
    socklen_t peerlen = sizeof(peer);
    int len = recvfrom(fd, msg.bytes, sizeof(msg), 0, (struct sockaddr *)&peer, &peerlen);
    if(len < 0){
      printf("benchd: recvfrom failed\n");
      exit(1);
    }
    if(len < BENCH_MIN || msg.head.magic != BENCH_MAGIC)
      continue;
    switch(msg.head.op){
    case BENCH_ECHO:
      answer(len);
      break;
    case BENCH_COUNT:
      count(len);
      break;
    case BENCH_REPORT:
      if(len >= (int)sizeof(msg.ctl))
        report();
      break;
    case BENCH_SEND:
      if(len >= (int)sizeof(msg.ctl))
        transmit();
      break;
    case BENCH_QUIT:
      answer(len);
      exit(0);
    }
  }
}
