// Frames and sockets of the generator. RFC 768, 791, 826, 1071 for the formats.

#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

enum { ETH_TYPE = 12, IP = 14, IP_PROTO = 23, IP_SUM = 24, IP_SRC = 26, IP_DST = 30, UDP = 34, UDP_SUM = 40 };

static void
put16(uint8_t *p, unsigned v)
{
  p[0] = v >> 8;
  p[1] = v;
}

static void
put32(uint8_t *p, uint32_t v)
{
  put16(p, v >> 16);
  put16(p + 2, v);
}

static unsigned
get16(const uint8_t *p)
{
  return p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
  return (uint32_t)get16(p) << 16 | get16(p + 2);
}

// Ones' complement sum of n bytes, not folded.
static uint32_t
add16s(const uint8_t *p, unsigned n)
{
  uint32_t sum = 0;
  for(unsigned i = 0; i + 1 < n; i += 2)
    sum += get16(p + i);
  return n % 2 ? sum + (p[n - 1] << 8) : sum;
}

static unsigned
checksum(uint32_t sum)
{
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}

static struct sockaddr_un
unix_name(const char *path, const char *end)
{
  struct sockaddr_un a = { .sun_family = AF_UNIX };
  if(snprintf(a.sun_path, sizeof(a.sun_path), "%s%s", path, end) >= (int)sizeof(a.sun_path)){
    fprintf(stderr, "gen: the path %s is too long for a unix socket\n", path);
    exit(2);
  }
  return a;
}

void
wire_open(struct wire *w, const char *path, double patience)
{
  struct sockaddr_un ours = unix_name(path, ".h"), theirs = unix_name(path, ".q");
  int bytes = 4 << 20;
  w->fd = socket(AF_UNIX, SOCK_DGRAM, 0);
  unlink(ours.sun_path);
  if(w->fd < 0 || bind(w->fd, (struct sockaddr *)&ours, sizeof(ours)) < 0){
    fprintf(stderr, "gen: %s: %s\n", ours.sun_path, strerror(errno));
    exit(1);
  }
  setsockopt(w->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
  setsockopt(w->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
  for(int ms = 0; connect(w->fd, (struct sockaddr *)&theirs, sizeof(theirs)) < 0; ms++){
    if(ms > patience * 1000){
      fprintf(stderr, "gen: no QEMU at %s: %s\n", theirs.sun_path, strerror(errno));
      exit(1);
    }
    nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, 0);
  }
}

void
request_make(struct request *r, const struct wire *w, unsigned op, unsigned len, const void *body, unsigned extra)
{
  uint8_t *f = r->bytes;
  struct bench_head head = { .op = op, .magic = BENCH_MAGIC };
  unsigned udp_len = len - UDP;

  memset(r, 0, sizeof(*r));
  r->len = len;
  memcpy(f, w->guest_mac, 6);
  memcpy(f + 6, w->mac, 6);
  put16(f + ETH_TYPE, 0x0800);
  f[IP] = 0x45;
  put16(f + IP + 2, len - IP);
  f[IP + 8] = 64;
  f[IP_PROTO] = 17;
  put32(f + IP_SRC, w->addr);
  put32(f + IP_DST, w->guest_addr);
  put16(f + IP_SUM, checksum(add16s(f + IP, 20)));
  put16(f + UDP, w->port);
  put16(f + UDP + 2, BENCH_PORT);
  put16(f + UDP + 4, udp_len);
  for(unsigned i = FRAME_HEADERS; i < len; i++)
    f[i] = i * 37;
  memcpy(f + FRAME_HEADERS, &head, sizeof(head));
  if(extra > 0)
    memcpy(f + FRAME_HEADERS + sizeof(head), body, extra);
  r->sum = add16s(f + IP_SRC, len - IP_SRC) + 17 + udp_len;
}

void
request_number(struct request *r, uint16_t run, uint32_t seq)
{
  struct bench_head *h = (struct bench_head *)(r->bytes + FRAME_HEADERS);
  h->run = run;
  h->seq = seq;
  unsigned sum = checksum(r->sum + get16((uint8_t *)&h->run) + get32((uint8_t *)&h->seq) / 65536
                          + get32((uint8_t *)&h->seq) % 65536);
  put16(r->bytes + UDP_SUM, sum ? sum : 0xffff);
}

int
wire_put(struct wire *w, const struct request *r, int wait)
{
  while(send(w->fd, r->bytes, r->len, wait ? 0 : MSG_DONTWAIT) < 0){
    if((errno == EAGAIN || errno == ENOBUFS) && !wait)
      return 0;
    if(errno != EINTR && errno != ENOBUFS && errno != EAGAIN){
      fprintf(stderr, "gen: the wire is gone: %s\n", strerror(errno));
      exit(1);
    }
  }
  return 1;
}

static void
arp_answer(struct wire *w, const uint8_t *q)
{
  uint8_t a[FRAME_MIN] = {0};
  if(get16(q + 20) != 1 || get32(q + 38) != w->addr)
    return;
  memcpy(a, q + 6, 6);
  memcpy(a + 6, w->mac, 6);
  memcpy(a + 12, q + 12, 8);  // type ARP; Ethernet, IPv4 and their lengths
  put16(a + 20, 2);
  memcpy(a + 22, w->mac, 6);
  put32(a + 28, w->addr);
  memcpy(a + 32, q + 22, 10);
  send(w->fd, a, sizeof(a), MSG_DONTWAIT);
}

struct bench_head *
wire_take(struct wire *w, uint8_t *f, int len, unsigned *payload)
{
  struct bench_head *h = (struct bench_head *)(f + FRAME_HEADERS);
  if(len < FRAME_HEADERS)
    return 0;
  if(get16(f + ETH_TYPE) == 0x0806)
    arp_answer(w, f);
  if(len < FRAME_MIN || get16(f + ETH_TYPE) != 0x0800 || f[IP] != 0x45 || f[IP_PROTO] != 17)
    return 0;
  if(get32(f + IP_DST) != w->addr || get16(f + UDP + 2) != w->port || get16(f + UDP + 4) < 8 + BENCH_MIN)
    return 0;
  *payload = get16(f + UDP + 4) - 8;
  return *payload + FRAME_HEADERS <= (unsigned)len && h->magic == BENCH_MAGIC ? h : 0;
}

struct bench_head *
wire_get(struct wire *w, uint8_t *frame, unsigned *payload, int wait_ms)
{
  struct pollfd p = { .fd = w->fd, .events = POLLIN };
  for(;;){
    int len = recv(w->fd, frame, 2048, MSG_DONTWAIT);
    if(len < 0 && poll(&p, 1, wait_ms) == 0)
      return 0;
    struct bench_head *h = len > 0 ? wire_take(w, frame, len, payload) : 0;
    if(h)
      return h;
  }
}

int
wire_pending(struct wire *w)
{
  int bytes = 0;
#ifdef SIOCOUTQ
  ioctl(w->fd, SIOCOUTQ, &bytes);
#endif
  return bytes;
}
