#include "fixture.h"
#include "pkt/poll.h"
#include "core/cpu.h"
#include "kernel/kstat.h"

const uint8 our_mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
const uint8 gw_mac[6] = { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02 };
const uint8 peer_mac[6] = { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x09 };
const uint8 other_mac[6] = { 0x02, 0x00, 0x00, 0x00, 0x00, 0x42 };

void
test_fail(const char *file, int line, const char *fmt, ...)
{
  va_list ap;
  host_say("  %s:%d: ", file, line);
  va_start(ap, fmt);
  host_vsay(fmt, ap);
  va_end(ap);
  host_say("\n");
  host_exit(1);
}

// --- the console ---

static char text[8192];
static uint ntext;

static void
putc(int c)
{
  if(ntext + 1 < sizeof(text))
    text[ntext++] = c;
  text[ntext] = 0;
}

const char *
console(void)
{
  return text;
}

int
bind_to(struct sock *s, uint32 addr, uint16 port)
{
  struct endpoint ep = { addr, port };
  return sock_bind(s, &ep);
}

int
connect_to(struct sock *s, uint32 addr, uint16 port)
{
  struct endpoint ep = { addr, port };
  return sock_connect(s, &ep, 0);
}

void
check_said(const char *what)
{
  uint n = strlen(console()), m = strlen(what);
  if(n < m || strcmp(console() + n - m, what) != 0)
    test_fail(__FILE__, __LINE__, "the console says \"%s\", which does not end with \"%s\"", console(), what);
}

// --- the card ---

#define SENT_MAX 4096

static struct frame *frames;
static int nframes;
static struct pktbuf *finished[64];
static int nfinished;
void (*card_meanwhile)(void);
int card_full, card_doorbells;

static int
card_rx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  return 0;
}

static int
card_rx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  return 0;
}

static int
card_rx_pending(struct netif *nif, int q)
{
  return 0;
}

// The card computes the transport checksum as the 82540EM does: from csum_start to the end, into csum_off.
static void
offload(struct frame *f, struct pktbuf *p)
{
  uint start = p->csum_start - p->head, at = p->csum_off - p->head;
  uint len = 14 + ntohs(((struct ip *)(f->b + 14))->ip_len);
  uint16 sum = ref_cksum(f->b + start, len - start, 0);
  sum = sum ? sum : 0xffff;
  f->b[at] = sum >> 8;
  f->b[at + 1] = sum;
}

static void
transmit(struct pktbuf *p)
{
  assert(p->owner == PKT_NIC && pkt_len(p) <= 2048 && p->more == 0 && nframes < SENT_MAX);
  struct frame *f = &frames[nframes++];
  f->len = pkt_len(p);
  memcpy(f->b, pkt_data(p), f->len);
  if(p->csum_offload)
    offload(f, p);
  finished[nfinished++] = p;
}

static int
card_tx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  int i;
  assert(nif->txlock.locked && host_locks == 1);  // no layer keeps its lock while it sends
  for(i = 0; i < n && !card_full && nfinished < NELEM(finished); i++)
    transmit(in[i]);
  card_doorbells += i > 0;
  void (*meanwhile)(void) = card_meanwhile;
  if(i > 0 && meanwhile){
    card_meanwhile = 0;
    release(&nif->txlock);
    meanwhile();
    acquire(&nif->txlock);
  }
  return i;
}

static int
card_tx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  int i = 0;
  for(; i < n && nfinished > 0; i++)
    out[i] = finished[--nfinished];
  return i;
}

static void
card_irq(struct netif *nif, int q, int on)
{
}

static void
card_ring(struct netif *nif, int q, int is_tx, struct kstat_ring *r)
{
  r->size = NELEM(finished);
}

// It cannot be reset.
static int
card_stop(struct netif *nif)
{
  return -EOPNOTSUPP;
}

static const struct nic_ops card_ops = {
  .rx_return = card_rx_return, .rx_provide = card_rx_provide, .rx_pending = card_rx_pending,
  .tx_provide = card_tx_provide, .tx_return = card_tx_return, .irq = card_irq, .stop = card_stop,
  .ring = card_ring,
};

struct netif card = { .name = "e0", .driver = "test", .nqueue = 1, .mtu = 1500, .link = 1, .ops = &card_ops };

struct netif second_nif = { .name = "e1", .driver = "test", .nqueue = 1, .mtu = 1500, .link = 1, .ops = &card_ops };

void
second_card(void)
{
  memcpy(second_nif.mac, other_mac, 6);
  CHECK_EQ(netif_register(&second_nif), 0);
  CHECK_EQ(second_nif.addr, SECOND_IP);
  host_advance(3 * SEC);
  sent_clear();
  card_clean();
}

int
nsent(void)
{
  return nframes;
}

const struct frame *
sent(int i)
{
  if(i < 0 || i >= nframes)
    test_fail(__FILE__, __LINE__, "frame %d was wanted, and %d were sent", i, nframes);
  return &frames[i];
}

void
card_clean(void)
{
  while(nfinished > 0)
    pkt_free(finished[--nfinished]);
}

void
sent_clear(void)
{
  nframes = 0;
}

// --- counters, from the start of the test on ---

static uint64 drops_before[NDROP], counts_before[NNET];

long
drops(enum drop_reason why)
{
  return drop_counts[why] - drops_before[why];
}

long
counted(enum net_counter id)
{
  return net_counts[id] - counts_before[id];
}

void
fresh_packet_pages(void)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  int n = 0;
  while(n < (int)NELEM(all) && (all[n] = pkt_alloc()) != 0)
    memset(all[n++]->page + CHECK_REDZONE, HOST_SECRET, PKT_END - CHECK_REDZONE);
  while(n > 0)
    pkt_free(all[--n]);
}

// --- begin and end ---

void
test_begin(void)
{
  frames = host_pages(SENT_MAX * sizeof(struct frame));
  printf_putc = putc;
  memcpy(card.mac, our_mac, 6);
  pkt_init(TEST_PACKETS);
  gate_init();
  net_init();
  CHECK_EQ(netif_register(&card), 0);
  feed_arp(ARP_OP_REPLY, gw_mac, GW_IP, our_mac, OUR_IP);
  host_advance(3 * SEC);  // announcements are over
  sent_clear();
  card_clean();
  memcpy(drops_before, drop_counts, sizeof(drop_counts));
  memcpy(counts_before, net_counts, sizeof(net_counts));
}

void
test_end(void)
{
  arp_flush();
  host_advance(70 * SEC);  // whatever waits gives up
  sent_clear();
  card_clean();
  CHECK_EQ(host_locks, 0);
  CHECK_EQ(mycpu()->noff, 0);
  CHECK_EQ(sock_count(), 0);
  CHECK_EQ(pkt_in_use(), 0);
  CHECK_EQ(host_timers(), 0);
}

// --- frames ---

uint16
ref_cksum(const uint8 *b, uint n, uint32 start)
{
  uint64 sum = start;
  for(uint i = 0; i < n; i++)
    sum += i % 2 ? b[i] : b[i] << 8;
  while(sum >> 16)
    sum = (sum & 0xffff) + (sum >> 16);
  return ~sum;
}

static void
put16(uint8 *at, uint16 v)
{
  at[0] = v >> 8;
  at[1] = v;
}

void
w_put(struct wire *w, const void *b, uint n)
{
  CHECK(w->n + n <= sizeof(w->b));
  memcpy(w->b + w->n, b, n);
  w->n += n;
}

void
w_fill(struct wire *w, uint n)
{
  CHECK(w->n + n <= sizeof(w->b));
  for(uint i = 0; i < n; i++)
    w->b[w->n++] = i;
}

void
w_eth(struct wire *w, const uint8 *dst, const uint8 *src, uint16 type)
{
  struct eth h = { .type = htons(type) };
  memcpy(h.dhost, dst, 6);
  memcpy(h.shost, src, 6);
  w->n = 0;
  w_put(w, &h, sizeof(h));
}

void
w_arp(struct wire *w, uint16 op, const uint8 *sha, uint32 sip, const uint8 *tha, uint32 tip)
{
  struct arp a = { htons(1), htons(0x800), 6, 4, htons(op), { 0 }, htonl(sip), { 0 }, htonl(tip) };
  memcpy(a.sha, sha, 6);
  memcpy(a.tha, tha, 6);
  w_eth(w, op == ARP_OP_REQUEST ? ether_broadcast : our_mac, sha, ETHTYPE_ARP);
  w_put(w, &a, sizeof(a));
}

struct ip *
w_iph(struct wire *w)
{
  return (struct ip *)(w->b + 14);
}

void
w_ip_sum(struct wire *w)
{
  struct ip *h = w_iph(w);
  h->ip_sum = 0;
  put16((uint8 *)&h->ip_sum, ref_cksum((uint8 *)h, ip_hlen(h), 0));
}

void
w_ip(struct wire *w, uint32 src, uint32 dst, uint8 proto, uint n, uint16 id, uint16 off)
{
  struct ip h = { 0x45, 0, htons(20 + n), htons(id), htons(off), 64, proto, 0, htonl(src), htonl(dst) };
  w_eth(w, our_mac, gw_mac, ETHTYPE_IP);
  w_put(w, &h, sizeof(h));
  w_ip_sum(w);
}

static uint32
pseudo(uint32 src, uint32 dst, uint proto, uint len)
{
  return (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + proto + len;
}

void
w_udp_sum(struct wire *w)
{
  struct ip *h = w_iph(w);
  uint8 *u = w->b + 14 + ip_hlen(h);
  uint len = w->n - 14 - ip_hlen(h);
  put16(u + 6, 0);
  put16(u + 6, ref_cksum(u, len, pseudo(ntohl(h->ip_src), ntohl(h->ip_dst), IPPROTO_UDP, len)));
}

void
w_udp(struct wire *w, uint32 src, uint16 sport, uint32 dst, uint16 dport, uint n)
{
  struct udp u = { htons(sport), htons(dport), htons(8 + n), 0 };
  w_ip(w, src, dst, IPPROTO_UDP, 8 + n, 1, 0);
  w_put(w, &u, sizeof(u));
  w_fill(w, n);
  w_udp_sum(w);
}

void
w_icmp(struct wire *w, uint32 src, uint32 dst, uint8 type, uint8 code, uint32 rest, const void *b, uint n)
{
  uint8 h[8] = { type, code, 0, 0, rest >> 24, rest >> 16, rest >> 8, rest };
  w_ip(w, src, dst, IPPROTO_ICMP, 8 + n, 2, 0);
  uint at = w->n;
  w_put(w, h, 8);
  w_put(w, b, n);
  put16(w->b + at + 2, ref_cksum(w->b + at, 8 + n, 0));
}

static int
digit(char c)
{
  return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void
w_hex(struct wire *w, const char *hex)
{
  for(; *hex; hex++)
    if(digit(hex[0]) >= 0 && digit(hex[1]) >= 0){
      uint8 v = digit(hex[0]) << 4 | digit(hex[1]);
      w_put(w, &v, 1);
      hex++;
    }
}

void
feed_bytes(const void *b, uint n)
{
  struct pktbuf *p = pkt_alloc();
  CHECK(p != 0);
  memcpy(pkt_put(p, n), b, n);
  p->stamp = now();
  netif_rx(&card, p);
}

void
feed(const struct wire *w)
{
  feed_bytes(w->b, w->n);
}

void
feed_arp(uint16 op, const uint8 *sha, uint32 sip, const uint8 *tha, uint32 tip)
{
  struct wire w;
  w_arp(&w, op, sha, sip, tha, tip);
  feed(&w);
}

void
feed_udp(uint32 src, uint16 sport, uint16 dport, uint n)
{
  struct wire w;
  w_udp(&w, src, sport, OUR_IP, dport, n);
  feed(&w);
}

void
feed_fragments(uint32 src, uint16 sport, uint16 dport, uint n, uint size, uint16 id, uint64 which)
{
  static struct wire all, w;
  struct udp u = { htons(sport), htons(dport), htons(8 + n), 0 };
  w_ip(&all, src, OUR_IP, IPPROTO_UDP, 8 + n, id, 0);
  w_put(&all, &u, sizeof(u));
  w_fill(&all, n);
  w_udp_sum(&all);
  for(uint i = 0, off = 0; off < 8 + n; i++, off += size){
    uint m = MIN(size, 8 + n - off);
    if((which >> i & 1) == 0)
      continue;
    w_ip(&w, src, OUR_IP, IPPROTO_UDP, m, id, off / 8 | (off + m < 8 + n ? IP_MF : 0));
    w_put(&w, all.b + 34 + off, m);
    feed(&w);
  }
}

// --- sockets ---

struct sock *
udp_socket(uint16 port)
{
  int err;
  struct sock *s = sock_create(SOCK_DGRAM, &err);
  struct endpoint ep = { 0, port };
  CHECK(s != 0);
  if(port)
    CHECK_EQ(sock_bind(s, &ep), 0);
  return s;
}

struct sock *
udp_connected(uint16 port, uint32 addr, uint16 peer_port)
{
  struct sock *s = udp_socket(port);
  struct endpoint ep = { addr, peer_port };
  CHECK_EQ(sock_connect(s, &ep, 0), 0);
  return s;
}

int64
send_to(struct sock *s, uint32 addr, uint16 port, uint n)
{
  struct endpoint ep = { addr, port };
  return sock_sendto(s, UBASE, n, addr ? &ep : 0, 0);
}

int64
receive(struct sock *s, uint n, struct endpoint *from)
{
  struct endpoint nobody;
  return sock_recvfrom(s, UBASE, n, from ? from : &nobody, 0, 1);
}
