// ping [-c COUNT] [-i SECONDS] [-s BYTES] [-t TTL] [-W SECONDS] HOST: echo requests, and the time their answers take.

#include "user/dns.h"
#include "user/rxv.h"
#include "user/socket.h"
#include "user/user.h"

#define USAGE "[-c COUNT, 0: for ever] [-i SECONDS] [-s BYTES] [-t TTL] [-W SECONDS] HOST"
#define MOST 65507    // bytes of data in the largest datagram
#define HEADER 8      // of ICMP

static uint8 out[HEADER + MOST], in[HEADER + MOST];
static uint64 size = 56;
static uint16 id;

// How it went; times in microseconds.
static struct {
  uint sent, received;
  uint64 least, most, sum;
} stats = { .least = ~0ul };

// Seconds with up to three decimals, as milliseconds.
static int
parse_ms(const char *s, uint64 *ms)
{
  uint64 v = 0;
  int decimals = -1;
  if(!isdigit(*s))
    return -1;
  for(; *s && decimals < 3 && v < 100000000; s++){
    if(*s == '.' && decimals < 0){
      decimals = 0;
      continue;
    }
    if(!isdigit(*s))
      return -1;
    v = v * 10 + *s - '0';
    decimals += decimals >= 0;
  }
  for(int i = decimals < 0 ? 0 : decimals; i < 3; i++)
    v *= 10;
  *ms = v;
  return *s ? -1 : 0;
}

static uint64
now_us(void)
{
  return clock(CLOCK_BOOT) / 1000;
}

static int
send_echo(int fd, uint16 seq)
{
  struct icmp m = { .type = ICMP_ECHO };
  m.u.echo.id = htons(id);
  m.u.echo.seq = htons(seq);
  memcpy(out, &m, HEADER);
  for(uint i = 0; i < size; i++)
    out[HEADER + i] = i + seq;
  stats.sent++;
  return send(fd, out, HEADER + size, 0);
}

// in holds n bytes: the answer to seq, whole?
static int
is_answer(int n, uint16 seq)
{
  struct icmp m;
  if(n < HEADER)
    return 0;
  memcpy(&m, in, HEADER);
  return m.type == ICMP_ECHOREPLY && ntohs(m.u.echo.id) == id && ntohs(m.u.echo.seq) == seq;
}

static void
show_answer(int n, uint16 seq, uint64 us, const char *from)
{
  stats.received++;
  stats.sum += us;
  stats.least = us < stats.least ? us : stats.least;
  stats.most = us > stats.most ? us : stats.most;
  printf("%d bytes from %s: icmp_seq=%u time=%lu.%03lu ms\n", n, from, seq, us / 1000, us % 1000);
  if(n != (int)(HEADER + size))
    printf("wrong length: %d bytes were sent\n", (int)(HEADER + size));
  else if(memcmp(in + HEADER, out + HEADER, size) != 0)
    printf("wrong data\n");
}

// Waits for the answer to seq for ms at the most.
static void
await(int fd, uint16 seq, uint64 began, uint64 ms, const char *from)
{
  for(;;){
    uint64 us = now_us() - began;
    struct pollfd p = { .fd = fd, .events = POLLIN };
    if(us >= ms * 1000 || poll(&p, 1, ms - us / 1000) == 0){
      printf("no answer from %s: icmp_seq=%u\n", from, seq);
      return;
    }
    int n = recv(fd, in, sizeof(in), 0);
    us = now_us() - began;
    if(n < 0){
      printf("%s: icmp_seq=%u: %s\n", from, seq, strerror(errno));
      return;
    }
    if(is_answer(n, seq)){
      show_answer(n, seq, us, from);
      return;
    }
  }
}

static void
ping(int fd, const char *from, uint64 count, uint64 interval, uint64 wait_ms)
{
  for(uint64 i = 1; count == 0 || i <= count; i++){
    uint64 began = now_us();
    if(send_echo(fd, i) < 0)
      printf("%s: icmp_seq=%lu: %s\n", from, i & 0xffff, strerror(errno));
    else
      await(fd, i, began, wait_ms, from);
    uint64 ms = (now_us() - began) / 1000;
    if(i != count && ms < interval)
      poll(0, 0, interval - ms);
  }
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  uint64 count = 4, interval = 1000, wait_ms = 2000, ttl = 0;
  uint32 addr;
  char ip[16];
  int c;
  while((c = next_opt(&o, "c:i:s:t:W:")) != 0){
    int bad = c == '?';
    switch(c){
    case 'c': bad = parse_uint(o.arg, 1000000000, &count) < 0; break;
    case 'i': bad = parse_ms(o.arg, &interval) < 0; break;
    case 's': bad = parse_uint(o.arg, MOST, &size) < 0; break;
    case 't': bad = parse_uint(o.arg, 255, &ttl) < 0 || ttl == 0; break;
    case 'W': bad = parse_ms(o.arg, &wait_ms) < 0; break;
    }
    if(bad)
      usage(USAGE);
  }
  if(argc - o.at != 1)
    usage(USAGE);
  if(host_address(argv[o.at], &addr) < 0)
    return 2;
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(addr) };
  int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), hops = ttl;
  if(fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
    die_errno("%s", argv[o.at]);
  if(ttl && setsockopt(fd, IPPROTO_IP, IP_TTL, &hops, sizeof(hops)) < 0)
    die_errno("-t %d", hops);
  id = 0x4000 | (getpid() & 0x3fff);
  ip_str(addr, ip);
  printf("PING %s (%s): %lu data bytes\n", argv[o.at], ip, size);
  ping(fd, ip, count, interval, wait_ms);
  uint lost = stats.sent ? (stats.sent - stats.received) * 100 / stats.sent : 0;
  printf("--- %s ping statistics ---\n%u packets transmitted, %u received, %u%% packet loss\n", argv[o.at], stats.sent,
         stats.received, lost);
  if(stats.received){
    uint64 avg = stats.sum / stats.received;
    printf("rtt min/avg/max = %lu.%03lu/%lu.%03lu/%lu.%03lu ms\n", stats.least / 1000, stats.least % 1000, avg / 1000,
           avg % 1000, stats.most / 1000, stats.most % 1000);
  }
  return stats.received == 0;
}
