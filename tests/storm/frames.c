// The frames: see frames.h. A frame is laid out front to back; lengths and checksums are put in when all is there,
// wrong ones where the dice say so.

#include "frames.h"

#include "../../bench/peer.h"

enum { ETH = 14, IP = 20, UDP = 8, TYPE_IP = 0x0800, TYPE_ARP = 0x0806 };

const char *const flood_names[NFLOOD] = { "open", "closed", "full", "arp", "frag", "ping", "bcast", "other" };

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

// ----- dice: splitmix64, from a state that seed and number make. A call is given one throw at the most, since C leaves
// open in which order its arguments are worked out.

struct dice {
  uint64_t state;
};

static uint64_t
roll(struct dice *d)
{
  uint64_t z = d->state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static struct dice
dice_for(uint64_t seed, uint64_t number)
{
  struct dice d = { seed };
  d.state = roll(&d) + number;
  d.state = roll(&d);
  return d;
}

static unsigned
below(struct dice *d, unsigned n)
{
  return roll(d) % n;
}

static int
percent(struct dice *d, unsigned share)
{
  return below(d, 100) < share;
}

static void
random_bytes(struct dice *d, uint8_t *p, unsigned n)
{
  for(unsigned i = 0; i < n; i++)
    p[i] = roll(d);
}

#define ONE_OF(d, list) (list)[below((d), sizeof(list) / sizeof((list)[0]))]

// ----- headers

static unsigned
ethernet(uint8_t *f, const uint8_t *dst, const uint8_t *src, unsigned type)
{
  memcpy(f, dst, 6);
  memcpy(f + 6, src, 6);
  put16(f + 12, type);
  return ETH;
}

// An IP header without options at f + ETH, for n bytes that follow it.
static void
ip_header(uint8_t *f, uint32_t src, uint32_t dst, unsigned proto, unsigned n, unsigned id)
{
  uint8_t *ip = f + ETH;
  memset(ip, 0, IP);
  ip[0] = 0x45;
  put16(ip + 2, IP + n);
  put16(ip + 4, id);
  ip[8] = 64;
  ip[9] = proto;
  put32(ip + 12, src);
  put32(ip + 16, dst);
}

static void
ip_checksum(uint8_t *f, unsigned header)
{
  put16(f + ETH + 10, 0);
  put16(f + ETH + 10, ~folded(sum16s(f + ETH, header)));
}

static void
udp_checksum(uint8_t *ip, uint8_t *udp, unsigned n)
{
  put16(udp + 6, 0);
  unsigned sum = ~folded(sum16s(ip + 12, 8) + 17 + n + sum16s(udp, n)) & 0xffff;
  put16(udp + 6, sum ? sum : 0xffff);
}

// Ethernet pads to 60 bytes.
static unsigned
padded(uint8_t *f, unsigned len)
{
  if(len < 60)
    memset(f + len, 0, 60 - len);
  return len < 60 ? 60 : len;
}

// ----- good frames

// From our address to dst, in a frame to mac.
static unsigned
udp_between(uint8_t *f, const struct hosts *h, const uint8_t *mac, uint32_t dst, unsigned port, const void *data, unsigned n)
{
  uint8_t *udp = f + ethernet(f, mac, h->mac, TYPE_IP) + IP;
  ip_header(f, h->addr, dst, 17, UDP + n, 0);
  ip_checksum(f, IP);
  put16(udp, 9);
  put16(udp + 2, port);
  put16(udp + 4, UDP + n);
  memcpy(udp + UDP, data, n);
  udp_checksum(f + ETH, udp, UDP + n);
  return padded(f, ETH + IP + UDP + n);
}

unsigned
udp_frame(uint8_t *f, const struct hosts *h, unsigned port, const void *data, unsigned n)
{
  return udp_between(f, h, h->guest_mac, h->guest, port, data, n);
}

unsigned
ping_frame(uint8_t *f, const struct hosts *h, const void *data, unsigned n)
{
  uint8_t *icmp = f + ethernet(f, h->guest_mac, h->mac, TYPE_IP) + IP;
  ip_header(f, h->addr, h->guest, 1, 8 + n, 0);
  ip_checksum(f, IP);
  memset(icmp, 0, 8);
  icmp[0] = 8;
  memcpy(icmp + 8, data, n);
  put16(icmp + 2, ~folded(sum16s(icmp, 8 + n)));
  return padded(f, ETH + IP + 8 + n);
}

static unsigned
arp_message(uint8_t *f, unsigned op, const uint8_t *smac, uint32_t sip, const uint8_t *tmac, uint32_t tip)
{
  static const uint8_t head[] = { 0, 1, 8, 0, 6, 4 };
  memcpy(f + 14, head, sizeof(head));
  put16(f + 20, op);
  memcpy(f + 22, smac, 6);
  put32(f + 28, sip);
  memcpy(f + 32, tmac, 6);
  put32(f + 38, tip);
  return padded(f, 42);
}

unsigned
arp_frame(uint8_t *f, const struct hosts *h, unsigned op)
{
  static const uint8_t nobody[6];
  ethernet(f, op == 2 ? h->guest_mac : broadcast, h->mac, TYPE_ARP);
  return arp_message(f, op, h->mac, h->addr, op == 2 ? h->guest_mac : nobody, h->guest);
}

// ----- floods

unsigned
flood_frame(uint8_t *f, const struct hosts *h, enum flood kind, uint64_t seed, uint64_t number)
{
  static const uint8_t stranger[6] = { 0x52, 0, 0, 0, 0, 0x63 };
  struct dice d = dice_for(seed, number);
  uint8_t data[18], mac[6] = { 0x52, 0x55, 0x01 };
  unsigned len;

  random_bytes(&d, data, sizeof(data));
  switch(kind){
  case FLOOD_OPEN:
    return udp_frame(f, h, OPEN_PORT, data, sizeof(data));
  case FLOOD_CLOSED:
    return udp_frame(f, h, 30000 + below(&d, 30000), data, sizeof(data));
  case FLOOD_FULL:
    return udp_frame(f, h, FULL_PORT, data, sizeof(data));
  case FLOOD_ARP:
    random_bytes(&d, mac + 3, 3);
    ethernet(f, broadcast, mac, TYPE_ARP);
    return arp_message(f, 1, mac, (h->guest & ~0xffu) | (16 + below(&d, 230)), broadcast, h->guest);
  case FLOOD_FRAG:
    len = udp_frame(f, h, OPEN_PORT, data, 16);
    put16(f + ETH + 4, roll(&d));
    put16(f + ETH + 6, 0x2000 | below(&d, 180));  // more come; offset in eights
    ip_checksum(f, IP);
    return len;
  case FLOOD_PING:
    return ping_frame(f, h, data, sizeof(data));
  case FLOOD_BCAST:
    return udp_between(f, h, broadcast, h->guest | 0xff, 30000 + below(&d, 30000), data, sizeof(data));
  default:  // to another address in a frame to us, or in a frame to another
    return udp_between(f, h, number % 2 ? h->guest_mac : stranger, (h->guest & ~0xffu) | 99, OPEN_PORT, data, sizeof(data));
  }
}

// ----- fuzz: what lies within IP, at p with room for `room` bytes; result: bytes

static unsigned
some_port(struct dice *d)
{
  static const unsigned ports[] = { ECHO_PORT, ECHO_PORT, OPEN_PORT, FULL_PORT, 0, 9, 53, 67, 68, 65535 };
  return percent(d, 70) ? ONE_OF(d, ports) : below(d, 65536);
}

static unsigned
some_length(struct dice *d, unsigned room)
{
  static const unsigned lengths[] = { 0, 1, 7, 8, 9, 18, 64, 100, 548, 1400 };
  unsigned n = percent(d, 80) ? ONE_OF(d, lengths) : below(d, 1500);
  return n < room ? n : room;
}

static uint32_t
some_address(struct dice *d, const struct hosts *h)
{
  const uint32_t odd[] = { h->guest, h->guest | 0xff, h->guest & ~0xffu, 0, 0xffffffff, 0x7f000001, 0xe0000001, 0xf0000001,
                           0xc0000201 };
  unsigned kind = below(d, 10);
  return kind < 4 ? h->addr : kind < 7 ? (h->guest & ~0xffu) | below(d, 256) : kind < 8 ? (uint32_t)roll(d) : ONE_OF(d, odd);
}

static unsigned
fuzz_udp(uint8_t *p, struct dice *d, const struct wrong *w, unsigned room, uint8_t *ip)
{
  unsigned n = UDP + some_length(d, room - UDP);
  put16(p, some_port(d));
  put16(p + 2, some_port(d));
  put16(p + 4, percent(d, w->length) ? below(d, 65536) : n);
  random_bytes(d, p + UDP, n - UDP);
  udp_checksum(ip, p, n);
  if(percent(d, w->checksum))
    put16(p + 6, percent(d, 50) ? 0 : roll(d));
  return n;
}

// An error quotes what we could have sent; now and then less, or worse, of it.
static unsigned
fuzz_icmp(uint8_t *p, struct dice *d, const struct hosts *h, const struct wrong *w, unsigned room)
{
  static const uint8_t types[] = { 0, 3, 3, 3, 4, 5, 8, 8, 8, 9, 10, 11, 12, 13, 15, 17, 18 };
  static const uint8_t protocols[] = { 1, 6, 17, 17, 99 };
  unsigned n = 8 + some_length(d, room - 8);
  random_bytes(d, p, n);
  p[0] = percent(d, 90) ? ONE_OF(d, types) : roll(d);
  p[1] = percent(d, 80) ? below(d, 5) : roll(d);
  if(p[0] != 0 && p[0] != 8 && n >= 8 + IP){
    uint8_t *inner = p + 8;
    inner[0] = percent(d, 80) ? 0x45 : roll(d);
    put16(inner + 6, percent(d, 80) ? 0 : roll(d));
    inner[9] = ONE_OF(d, protocols);
    put32(inner + 12, percent(d, 80) ? h->guest : some_address(d, h));
    put32(inner + 16, some_address(d, h));
    if(n >= 8 + IP + 4){
      put16(inner + IP, some_port(d));
      put16(inner + IP + 2, some_port(d));
    }
  }
  put16(p + 2, 0);
  put16(p + 2, percent(d, w->checksum) ? roll(d) : ~folded(sum16s(p, n)));
  return n;
}

static unsigned
fuzz_other(uint8_t *p, struct dice *d, unsigned room)
{
  unsigned n = some_length(d, room);
  random_bytes(d, p, n);
  return n;
}

// ----- fuzz: IP, ARP, Ethernet

// Options by the word: kinds that exist, with lengths that need not be theirs.
static unsigned
fuzz_options(uint8_t *p, struct dice *d)
{
  static const uint8_t kinds[] = { 0, 1, 7, 68, 82, 130, 131, 136, 137, 148 };
  unsigned n = 4 * (1 + below(d, 10));
  random_bytes(d, p, n);
  for(unsigned at = 0; at + 2 < n && percent(d, 80);){
    p[at] = ONE_OF(d, kinds);
    p[at + 1] = percent(d, 70) ? 3 + below(d, n) : roll(d);
    at += p[at + 1] ? p[at + 1] : 1;
  }
  return n;
}

static unsigned
fuzz_ip(uint8_t *f, struct dice *d, const struct hosts *h, const struct wrong *w)
{
  static const uint8_t protocols[] = { 17, 17, 17, 17, 1, 1, 1, 6, 4, 2, 50, 255 };
  uint8_t *ip = f + ETH;
  unsigned proto = percent(d, 95) ? ONE_OF(d, protocols) : below(d, 256);
  unsigned header = IP, n, id = percent(d, 70) ? below(d, 16) : below(d, 65536);

  uint32_t src = some_address(d, h), dst = percent(d, 80) ? h->guest : some_address(d, h);
  ip_header(f, src, dst, proto, 0, id);
  if(percent(d, w->header) && percent(d, 50))
    header += fuzz_options(ip + IP, d);
  unsigned room = FRAME_MAX - ETH - header;
  n = proto == 17 ? fuzz_udp(ip + header, d, w, room, ip)
    : proto == 1 ? fuzz_icmp(ip + header, d, h, w, room) : fuzz_other(ip + header, d, room);
  ip[0] = 0x40 | header / 4;
  ip[1] = percent(d, 90) ? 0 : roll(d);
  put16(ip + 2, header + n);
  if(percent(d, 10))
    ip[8] = below(d, 3);
  if(percent(d, w->fragments)){
    static const unsigned offsets[] = { 0, 0, 1, 2, 3, 8, 64, 185, 8189, 8191 };
    unsigned more = percent(d, 70) ? 0x2000 : 0, odd = percent(d, 5) ? 0xc000 : 0;
    put16(ip + 6, more | odd | (percent(d, 90) ? ONE_OF(d, offsets) : below(d, 8192)));
  }
  if(percent(d, w->header) && percent(d, 50))
    ip[0] = 0x40 | below(d, 16);
  if(percent(d, w->version))
    ip[0] = (ip[0] & 15) | below(d, 16) << 4;
  if(percent(d, w->length))
    put16(ip + 2, percent(d, 50) ? below(d, 65536) : below(d, 64));
  ip_checksum(f, header);
  if(percent(d, w->checksum))
    put16(ip + 10, roll(d));
  return ETH + header + n;
}

static const uint8_t *
some_mac(struct dice *d, const struct hosts *h, uint8_t *own)
{
  static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 }, zero[6];
  unsigned kind = below(d, 20);
  random_bytes(d, own, 6);
  own[0] = 0x52;
  return kind < 11 ? h->mac : kind < 15 ? own : kind == 15 ? h->guest_mac : kind == 16 ? broadcast : kind == 17 ? group :
         kind == 18 ? zero : h->mac;
}

static unsigned
fuzz_arp(uint8_t *f, struct dice *d, const struct hosts *h)
{
  static const uint16_t ops[] = { 1, 1, 1, 2, 2, 0, 3, 4, 8, 0xffff };
  uint8_t a[6], b[6];
  const uint8_t *from = some_mac(d, h, a), *to = some_mac(d, h, b);
  unsigned op = ONE_OF(d, ops);
  uint32_t sip = some_address(d, h), tip = percent(d, 70) ? h->guest : some_address(d, h);
  unsigned len = arp_message(f, op, from, sip, to, tip);
  if(percent(d, 15))
    f[ETH + below(d, 8)] = roll(d);
  return len;
}

// Now and then TRAIN frames in a row are the fragments of one datagram, in any order, so that some are put together. Each
// frame of a train makes the same dice, and from them the same datagram. Now and then a piece comes twice instead of
// another, or one overlaps the next.
enum { TRAIN = 4, PIECE = 64 };

static unsigned
train_frame(uint8_t *f, struct dice *d, const struct hosts *h, unsigned car)
{
  uint8_t whole[ETH + IP + TRAIN * PIECE];
  unsigned n = TRAIN * PIECE - below(d, PIECE), id = roll(d), order = below(d, TRAIN), step = percent(d, 50) ? 1 : 3;
  unsigned odd = below(d, 10 * TRAIN);  // below TRAIN: at this car something is odd
  uint8_t data[TRAIN * PIECE];

  random_bytes(d, data, sizeof(data));
  udp_frame(whole, h, some_port(d), data, n - UDP);
  unsigned at = (order + car * step) % TRAIN, last = at == TRAIN - 1;
  if(odd == car)
    at = (at + 1) % TRAIN;
  unsigned len = at == TRAIN - 1 ? n - at * PIECE : PIECE, extra = odd == TRAIN && at < TRAIN - 1 ? 8 : 0;
  if(at * PIECE + len + extra > n)
    extra = 0;
  memcpy(f, whole, ETH + IP);
  memcpy(f + ETH + IP, whole + ETH + IP + at * PIECE, len + extra);
  put16(f + ETH + 2, IP + len + extra);
  put16(f + ETH + 4, id);
  put16(f + ETH + 6, (last ? 0 : 0x2000) | at * PIECE / 8);
  ip_checksum(f, IP);
  return padded(f, ETH + IP + len + extra);
}

unsigned
fuzz_frame(uint8_t *f, const struct hosts *h, const struct wrong *w, uint64_t seed, uint64_t number)
{
  static const uint16_t types[] = { 0x8100, 0x88a8, 0x86dd, 0x88cc, 0, 46, 1500, 0xffff };
  static const uint8_t stranger[6] = { 0x52, 0, 0, 0, 0, 0x63 };
  struct dice d = dice_for(seed, number), train = dice_for(~seed, number / TRAIN);

  if(percent(&train, w->fragments / 5))
    return train_frame(f, &train, h, number % TRAIN);
  uint8_t own[6];
  unsigned kind = below(&d, 100), len, at;
  const uint8_t *dst = percent(&d, 90) ? h->guest_mac : percent(&d, 80) ? broadcast : stranger;

  const uint8_t *src = some_mac(&d, h, own);
  ethernet(f, dst, src, kind < 80 ? TYPE_IP : kind < 94 ? TYPE_ARP : ONE_OF(&d, types));
  if(kind < 80)
    len = fuzz_ip(f, &d, h, w);
  else if(kind < 94)
    len = fuzz_arp(f, &d, h);
  else
    len = ETH + fuzz_other(f + ETH, &d, FRAME_MAX - ETH);
  if(percent(&d, 5)){
    at = below(&d, len * 8);
    f[at / 8] ^= 1 << at % 8;
  }
  if(percent(&d, 5))
    return 1 + below(&d, len);  // cut short
  return percent(&d, 90) ? padded(f, len) : len;
}
