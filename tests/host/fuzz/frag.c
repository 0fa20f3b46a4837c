// Reassembly beside a model of it: a datagram is an array of bytes and of marks "is here". What the socket receives
// must be what the model holds, byte for byte, at the same moment.

#include "fuzz/net.h"

#define KEYS 8
#define MOST 66000

// What the model knows of a datagram. In memory of its own: it is large, and only what was used is put back.
static struct model {
  int used, dead;
  uint64 born;
  uint end;             // 0: not known
  uint got;             // bytes
  uint8 b[MOST], here[MOST];
  struct {
    uint off, n;
  } piece[128];
  uint npieces;
} *model;

static struct sock *box;
static uint8 content[4096];

static void
frag_start(void)
{
  box = udp_socket(2000);
  model = host_pages(KEYS * sizeof(*model));
  for(uint i = 0; i < sizeof(content); i++)
    content[i] = i * 7 + (i >> 8);
}

static void
forget(struct model *m)
{
  for(uint i = 0; i < m->npieces; i++)
    memset(m->here + m->piece[i].off, 0, m->piece[i].n);
  m->used = m->dead = m->end = m->got = m->npieces = 0;
}

// A piece comes. result: 1: that made the datagram whole.
static int
model_piece(struct model *m, uint off, const uint8 *b, uint n, int last)
{
  if(m->used && fake_now - m->born >= 60 * SEC)
    forget(m);
  if(n == 0 || (!last && n % 8) || off + n + 20 > 65535 || (off == 0 && n < 8))
    return 0;
  if(!m->used){
    m->used = 1;
    m->born = fake_now;
  }
  if(m->dead)
    return 0;
  for(uint i = 0; i < m->npieces; i++)
    if(m->piece[i].off == off && m->piece[i].n == n && memcmp(m->b + off, b, n) == 0)
      return 0;  // RFC 8200 4.5: an exact copy
  int overlap = 0;
  for(uint i = 0; i < n; i++)
    overlap |= m->here[off + i];
  for(uint i = 0; last && i < m->npieces; i++)
    overlap |= m->piece[i].off + m->piece[i].n > off + n;
  if(m->end && (last ? off + n != m->end : off + n > m->end))
    overlap = 1;
  if(overlap){
    m->dead = 1;  // RFC 5722
    return 0;
  }
  memcpy(m->b + off, b, n);
  memset(m->here + off, 1, n);
  m->piece[m->npieces].off = off;
  m->piece[m->npieces++].n = n;
  m->got += n;
  if(last)
    m->end = off + n;
  return m->end && m->got == m->end;
}

// The whole datagram is at the socket, if UDP has nothing against it.
static void
compare(const struct model *m, uint32 from)
{
  struct endpoint ep;
  int64 got = receive(box, 70000, &ep);
  uint len = be16(m->b + 4);
  if(len < 8 || len > m->end){
    MUST(got == -EAGAIN, "UDP takes a datagram of %d bytes whose length says %d", m->end, len);
    return;
  }
  MUST(got == (int64)len - 8, "%ld bytes instead of %d", (long)got, len - 8);
  MUST(memcmp(host_user, m->b + 8, got) == 0, "the datagram is put together wrongly");
  MUST(ep.addr == from, "another sender");
  fuzz_digest(host_user, got);
}

// A piece: which datagram, where it starts, how long, flags.
static void
piece(struct input *in)
{
  uint what = in8(in), at = in8(in), size = in8(in), key = what & 7, last = what & 8, n = size * 8;
  uint off = at * (what & 16 ? 256 : 8);
  if(what & 32)  // at, size in the large: 1480 bytes, as a card sends
    n = MIN(1480, n + 1024), off = at * 1480 % 65536 & ~7u;
  uint cut = last && (what & 64) ? in8(in) & 7 : 0;
  n -= MIN(n, cut);
  if(off == 0)
    last = 0;  // or it would be no fragment
  uint32 from = key & 4 ? FAR_IP : GW_IP;
  w_ip(wire, from, OUR_IP, IPPROTO_UDP, n, key & 3, off / 8 | (last ? 0 : IP_MF) | (at & 1 ? IP_DF : 0));
  uint8 *b = wire->b + 34;
  memcpy(b, content + (off + (what & 128 ? 1 : 0)) % 256, n);
  wire->n += n;
  if(off == 0 && n >= 8){
    uint total = in16(in);
    uint8 udp[8] = { 0, 53, 2000 >> 8, 2000 & 255, total >> 8, total, 0, 0 };
    memcpy(b, udp, 8);
  }
  int whole = model_piece(&model[key], off, b, n, last != 0);
  feed_to(&card, wire->b, wire->n);
  if(whole){
    compare(&model[key], from);
    forget(&model[key]);
  } else
    MUST(receive(box, 70000, 0) == -EAGAIN, "a datagram is delivered before it is whole");
}

FUZZ(frag, frag_start)
{
  static const uint64 step[] = { SEC, 29 * SEC, 59 * SEC, 60 * SEC };
  for(int i = 0; i < KEYS; i++)
    if(model[i].used)
      forget(&model[i]);
  for(int n = 0; in_left(in) && n < 120; n++){
    if(*in->at >= 0xf0)
      host_advance(step[in8(in) & 3]);
    else
      piece(in);
  }
  sock_close(box);
  net_end();
}
