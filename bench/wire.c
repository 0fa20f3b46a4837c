// Frames and sockets of the generator. RFC 768, 791, 826, 1071 for the formats.

#include "wire.h"

#include <poll.h>
#include <sys/ioctl.h>
#ifdef __linux__
#include <linux/sockios.h>
#endif

#include "peer.h"

enum { ETH_TYPE = 12, IP = 14, IP_PROTO = 23, IP_SUM = 24, IP_SRC = 26, IP_DST = 30, UDP = 34, UDP_SUM = 40 };

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
  put16(f + IP_SUM, ~folded(sum16s(f + IP, 20)));
  put16(f + UDP, w->port);
  put16(f + UDP + 2, BENCH_PORT);
  put16(f + UDP + 4, udp_len);
  for(unsigned i = FRAME_HEADERS; i < len; i++)
    f[i] = i * 37;
  memcpy(f + FRAME_HEADERS, &head, sizeof(head));
  if(extra > 0)
    memcpy(f + FRAME_HEADERS + sizeof(head), body, extra);
  r->sum = sum16s(f + IP_SRC, len - IP_SRC) + 17 + udp_len;
}

void
request_number(struct request *r, uint16_t run, uint32_t seq)
{
  struct bench_head *h = (struct bench_head *)(r->bytes + FRAME_HEADERS);
  h->run = run;
  h->seq = seq;
  unsigned sum = ~folded(r->sum + get16((uint8_t *)&h->run) + get32((uint8_t *)&h->seq) / 65536
                         + get32((uint8_t *)&h->seq) % 65536) & 0xffff;
  put16(r->bytes + UDP_SUM, sum ? sum : 0xffff);
}

int
wire_put(struct wire *w, const struct request *r, int wait)
{
  while(send(w->fd, r->bytes, r->len, wait ? 0 : MSG_DONTWAIT) < 0){
    if((errno == EAGAIN || errno == ENOBUFS) && !wait)
      return 0;
    if(errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
      fail("the wire is gone: QEMU has ended");
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
