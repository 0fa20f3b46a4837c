// The machine for the stack's targets. Every frame it sends is checked by the book, here, whatever the input was.

#include "fuzz/net.h"
#include "core/cpu.h"
#include "core/check.h"
#include "kernel/failalloc.h"
#include "sched/proc.h"
#include "kernel/net.h"

struct netif card2;
struct wire *wire;

// --- memory that nobody has set ---

struct pktbuf *__real_pkt_alloc(void);
struct pktbuf *__wrap_pkt_alloc(void);

// The linker sends everybody here (--wrap): a packet that has been used before is as good as a fresh one.
struct pktbuf *
__wrap_pkt_alloc(void)
{
  struct pktbuf *p = __real_pkt_alloc();
  if(p)
    memset(p->page + CHECK_REDZONE, host_junk, PKT_END - CHECK_REDZONE);
  return p;
}

void
fuzz_junk(fuzz_byte with)
{
  host_junk = with;
}

static void
drop_page(void *page, unsigned long n)
{
  host_poison(page, n);
}

static void
take_page(void *page, unsigned long n)
{
  host_unpoison(page, n);
}

void
fuzz_pages(void (*fn)(void *page, unsigned long bytes))
{
  host_each_page(fn);
}

void
fuzz_drop_pages(void)
{
  host_each_page(drop_page);
}

void
fuzz_take_pages(void)
{
  host_each_page(take_page);
}

// --- the floor that pkt/poll.c stands on; its thread does not run here ---

int (*idle_poll)(void);
int (*idle_stop)(void);
uint64 idle_spin_time;

struct proc *
kthread_create(const char *name, void (*fn)(void *), void *arg)
{
  return mycpu()->proc;
}

void
sched_yield(void)
{
}

void
sched_preempt(void)
{
}

uint64
sched_borrow(const struct proc *p)
{
  return UNCHARGED;
}

int
sched_return(struct proc *p, uint64 since)
{
  return 0;
}

void
sched_credit(struct proc *p)
{
}

void
wq_sleep_hard(struct waitq *q, struct spinlock *lk)
{
  fuzz_fail("somebody waits for a thing that no input brings");
}

// --- what may be sent ---

static int
is_zero(const uint8 *b, uint n)
{
  for(uint i = 0; i < n; i++)
    if(b[i])
      return 0;
  return 1;
}

static void
check_arp(struct netif *nif, const uint8 *b, uint n)
{
  static const uint8 form[] = { 0, 1, 8, 0, 6, 4, 0 };
  MUST(n == 46 && is_zero(b + 28, 18), "an ARP message of %d bytes, or its padding is not zero", n);
  MUST(memcmp(b, form, sizeof(form)) == 0 && (b[7] == 1 || b[7] == 2), "an ARP message of another form");
  MUST(memcmp(b + 8, nif->mac, 6) == 0, "an ARP message from another MAC");
}

static uint
sum_of(const uint8 *b, uint n, uint proto, uint32 src, uint32 dst)
{
  uint32 start = proto ? (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + proto + n : 0;
  return ref_cksum(b, n, start);
}

// RFC 1122 3.2.2: which messages are errors.
static int
is_error(uint8 type)
{
  return (type >= 3 && type <= 5) || type == 11 || type == 12;
}

// An error that we send (RFC 1122 3.2.2): about what, and to whom. q: the datagram that it quotes, n bytes of it.
static void
check_icmp_error(const uint8 *q, uint n, uint32 dst)
{
  uint hlen = (q[0] & 15) * 4;
  MUST(n >= 20 && q[0] >> 4 == 4 && hlen >= 20 && n >= hlen, "an ICMP error quotes %d bytes, no IP header", n);
  MUST((be16(q + 6) & 0x1fff) == 0, "an ICMP error about a later fragment");
  MUST(be32(q + 12) == dst, "an ICMP error to another than the sender");
  if(q[9] == IPPROTO_ICMP)
    MUST(n > hlen && !is_error(q[hlen]), "an ICMP error about an ICMP error");
}

static void
check_message(const uint8 *b, uint n, uint proto, uint32 src, uint32 dst)
{
  if(proto == IPPROTO_UDP){
    MUST(n >= 8 && be16(b + 4) == n, "a UDP datagram with a wrong length");
    MUST((b[6] || b[7]) && sum_of(b, n, proto, src, dst) == 0, "a UDP datagram with a wrong checksum");
    MUST((b[0] || b[1]) && (b[2] || b[3]), "a UDP datagram from or to port 0");
  } else if(proto == IPPROTO_ICMP){
    MUST(n >= 8 && sum_of(b, n, 0, 0, 0) == 0, "an ICMP message with a wrong checksum");
    MUST(b[0] == 0 || b[0] == 3 || b[0] == 8 || b[0] == 11 || b[0] == 12, "an ICMP message of type %d", b[0]);
    if(is_error(b[0]))
      check_icmp_error(b + 8, n - 8, dst);
  } else
    fuzz_fail("a datagram of protocol %d", proto);
}

int forwarding;

static int
is_ours(uint32 addr)
{
  return addr == card.addr || addr == card2.addr;
}

// A packet that may be somebody else's (RFC 1812 5.2): what it carries is its own, its header and where it goes are not.
// What we send ourselves the other targets check; an address may become ours while a packet from it waits for ARP.
static void
check_transit(struct netif *nif, const uint8 *b, uint n)
{
  uint len = be16(b + 2), hlen = (b[0] & 15) * 4;
  uint32 src = be32(b + 12), dst = be32(b + 16);
  MUST(b[0] >> 4 == 4 && hlen >= 20 && len >= hlen && len <= n && len <= 1500, "%d bytes go on in a frame of %d", len, n);
  MUST(is_zero(b + len, n - len), "padding that is not zero");
  MUST(ref_cksum(b, hlen, 0) == 0, "a wrong IP checksum");
  MUST(b[8] > 0, "a TTL of 0");
  if(is_ours(src))
    return;
  MUST(src >> 24 != 127 && src >> 28 < 0xe && src >> 24 != 0, "a packet from 0x%x goes on", src);
  MUST(dst >> 24 != 127 && dst >> 28 < 0xe && dst >> 24 != 0, "a packet to 0x%x goes on", dst);
}

static void
check_ip(struct netif *nif, const uint8 *b, uint n)
{
  if(forwarding){
    check_transit(nif, b, n);
    return;
  }
  uint len = be16(b + 2), off = be16(b + 6);
  uint32 src = be32(b + 12), dst = be32(b + 16);
  MUST(b[0] == 0x45 && len >= 20 && len <= n && len <= 1500, "an IP datagram of %d bytes in a frame of %d", len, n);
  MUST(is_zero(b + len, n - len), "padding that is not zero");
  MUST(ref_cksum(b, 20, 0) == 0, "a wrong IP checksum");
  MUST(b[8] > 0, "a TTL of 0");
  MUST((off & 0xc000) == 0 && (off & 0x1fff) * 8 + len <= 65535 + 20, "ip_off is 0x%x", off);
  MUST(!(off & IP_MF) || (len - 20) % 8 == 0, "a fragment of %d bytes that is not the last", len - 20);
  // A datagram that waited for ARP may go out after its interface has got another address.
  MUST(src >> 24 != 127 && dst >> 24 != 127 && dst != 0, "0x%x to 0x%x on a wire", src, dst);
  MUST(dst >> 28 < 0xe || dst == 0xffffffff, "a datagram to the group 0x%x", dst);
  if((off & 0x3fff) == 0)
    check_message(b + 20, len - 20, b[9], src, dst);
}

void (*on_sent)(const struct frame *f);
int frames_damaged;

static void
check_frame(struct netif *nif, const struct frame *f)
{
  if(frames_damaged)
    return;
  MUST(f->len >= 60 && f->len <= 1514, "a frame of %d bytes", f->len);
  MUST(memcmp(f->b + 6, nif->mac, 6) == 0, "a frame with another's MAC as its source");
  MUST(!is_zero(f->b, 6), "a frame to nobody");
  uint type = be16(f->b + 12);
  if(type == ETHTYPE_ARP)
    check_arp(nif, f->b + 14, f->len - 14);
  else if(type == ETHTYPE_IP)
    check_ip(nif, f->b + 14, f->len - 14);
  else
    fuzz_fail("a frame of type 0x%x", type);
  fuzz_digest(f->b, f->len);
}

static const struct nic_ops *plain;  // the unit tests' card
static struct nic_ops watched;       // ... with an eye on what is sent

static int
tx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  int taken = plain->tx_provide(nif, q, in, n);
  if(taken == 1){
    check_frame(nif, sent(nsent() - 1));
    if(on_sent)
      on_sent(sent(nsent() - 1));
    sent_clear();
  }
  return taken;
}

// --- begin and end ---

void
fuzz_boot(void)
{
  test_begin();
  wire = host_pages(sizeof(*wire));
  plain = card.ops;
  watched = *plain;
  watched.tx_provide = tx_provide;
  card.ops = &watched;
  card2 = card;
  safestrcpy(card2.name, "e1", sizeof(card2.name));
  card2.mac[5]++;
  MUST(netif_register(&card2) == 0, "no second card");
  host_advance(5 * SEC);
  sent_clear();
  card_clean();
}

void
net_end(void)
{
  check_fail_nth(FAIL_PACKET, 0, 0);
  host_pages_left = -1;
  card_clean();
  arp_flush();
  host_advance(70 * SEC);  // whatever waits gives up
  card_clean();
  fuzz_digest(console(), strlen(console()));
  MUST(host_locks == 0 && mycpu()->noff == 0, "%d locks are held, and interrupts off %d times", host_locks, mycpu()->noff);
  MUST(sock_count() == 0, "%d sockets are left", sock_count());
  MUST(pkt_in_use() == 0, "%d packets are left", pkt_in_use());
}

// Behind a frame lies what its packet held before: nothing of sense in an input's first run, in the second one the end of
// the frame that came before it. Who looks beyond the end decides otherwise then.
void
feed_to(struct netif *nif, const void *b, uint n)
{
  static uint8 before[PKT_RXBYTES + 400];
  struct pktbuf *p = pkt_alloc();
  if(p == 0)
    return;
  memcpy(pkt_put(p, n), b, n);
  CHECK(n <= sizeof(before));
  if(host_junk != HOST_SECRET)
    memcpy(p->page + p->tail, before + n, MIN(sizeof(before) - n, (uint)PKT_END - p->tail));
  memcpy(before, b, n);
  netif_rx(nif, p);
  card_clean();
}

void
mend(struct wire *w)
{
  struct ip *h = w_iph(w);
  if(w->n < 34 || ntohs(((struct eth *)w->b)->type) != ETHTYPE_IP || ip_hlen(h) < 20 || 14 + ip_hlen(h) > w->n)
    return;
  w_ip_sum(w);
  uint at = 14 + ip_hlen(h), len = MAX(ntohs(h->ip_len), ip_hlen(h)) - ip_hlen(h);
  if((ntohs(h->ip_off) & 0x3fff) || len < 8 || at + len > w->n)
    return;
  uint where = h->ip_p == IPPROTO_ICMP ? at + 2 : h->ip_p == IPPROTO_UDP ? at + 6 : 0;
  if(where == 0)
    return;
  w->b[where] = w->b[where + 1] = 0;
  uint16 sum = sum_of(w->b + at, len, h->ip_p == IPPROTO_UDP ? IPPROTO_UDP : 0, ntohl(h->ip_src), ntohl(h->ip_dst));
  w->b[where] = sum >> 8;
  w->b[where + 1] = sum;
}
