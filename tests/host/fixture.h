#ifndef HOST_FIXTURE_H
#define HOST_FIXTURE_H
// What a test needs: TEST and CHECK, a stack with one card whose wire the test holds, and frames to send on it.

#include "core/printf.h"
#include "core/rand.h"
#include "core/string.h"
#include "core/types.h"
#include "net/arp.h"
#include "net/arptab.h"
#include "net/count.h"
#include "net/dst.h"
#include "net/ether.h"
#include "net/forward.h"
#include "net/frag.h"
#include "net/icmp.h"
#include "net/icmperr.h"
#include "net/ip.h"
#include "net/ipaddr.h"
#include "net/ipout.h"
#include "net/netstat.h"
#include "net/route.h"
#include "net/sock.h"
#include "net/sockpriv.h"
#include "pkt/cksum.h"
#include "pkt/drop.h"
#include "pkt/netif.h"
#include "pkt/pktbuf.h"
#include "shim/shim.h"

// TEST(name) { ... }: a sentence of intent as a comment above it.
#define TEST(name)                                                            \
  static void test_##name(void);                                              \
  static void __attribute__((constructor)) register_##name(void)              \
  {                                                                           \
    static struct test t = { #name, __FILE__, __LINE__, test_##name, 0 };     \
    test_register(&t);                                                        \
  }                                                                           \
  static void test_##name(void)

void test_fail(const char *file, int line, const char *fmt, ...) __attribute__((noreturn));

#define CHECK(e)                                            \
  do {                                                      \
    if(!(e))                                                \
      test_fail(__FILE__, __LINE__, "%s does not hold", #e); \
  } while(0)
#define CHECK_EQ(a, b)                                                                                       \
  do {                                                                                                       \
    long a_ = (long)(a), b_ = (long)(b);                                                                     \
    if(a_ != b_)                                                                                             \
      test_fail(__FILE__, __LINE__, "%s is %ld (0x%lx), and should be %s, %ld (0x%lx)", #a, a_, a_, #b, b_, b_); \
  } while(0)
#define CHECK_BYTES(a, b, n)                                                           \
  do {                                                                                 \
    if(memcmp((a), (b), (n)) != 0)                                                     \
      test_fail(__FILE__, __LINE__, "%s and %s differ in their first %ld bytes", #a, #b, (long)(n)); \
  } while(0)
#define CHECK_TEXT(a, b)                                                     \
  do {                                                                       \
    if(strcmp((a), (b)) != 0)                                                \
      test_fail(__FILE__, __LINE__, "\"%s\" should be \"%s\"", (a), (b));    \
  } while(0)

// --- the machine: one card e0 ---

#define OUR_IP MAKE_IP_ADDR(10, 0, 2, 15)
#define GW_IP MAKE_IP_ADDR(10, 0, 2, 2)     // known to ARP from the start, at gw_mac
#define PEER_IP MAKE_IP_ADDR(10, 0, 2, 9)   // not known
#define FAR_IP MAKE_IP_ADDR(192, 0, 2, 77)  // behind the gateway
#define NET_BCAST MAKE_IP_ADDR(10, 0, 2, 255)

#define SECOND_IP MAKE_IP_ADDR(10, 0, 3, 15)

#define TEST_PACKETS 4096  // in the pool

extern struct netif card;
extern struct netif second_nif;  // e1, once second_card() has plugged it in
extern const uint8 our_mac[6], gw_mac[6], peer_mac[6], other_mac[6];
extern int card_full;   // 1: the card takes no more frames
extern int card_doorbells;  // how often it was given some
extern void (*card_meanwhile)(void);  // called once, when a frame has gone out: what another hart does then

// Frames that the stack has sent since the start of the test, or the last sent_clear().
struct frame {
  uint len;
  uint8 b[2048];
};
int nsent(void);
const struct frame *sent(int i);
void sent_clear(void);
void second_card(void);                 // another card on the same wire: it is SECOND_IP, and has announced it
void card_clean(void);                  // the card gives back what it has sent
static inline const struct eth *sent_eth(int i) { return (const struct eth *)sent(i)->b; }
static inline const struct arp *sent_arp(int i) { return (const struct arp *)(sent(i)->b + 14); }
static inline const struct ip *sent_ip(int i) { return (const struct ip *)(sent(i)->b + 14); }
static inline const uint8 *sent_l4(int i) { return sent(i)->b + 14 + ip_hlen(sent_ip(i)); }

long drops(enum drop_reason why);       // so far in this test
long counted(enum net_counter id);
const char *console(void);              // what was printed so far
void check_said(const char *what);      // ... ends with this
void fresh_packet_pages(void);          // all packets' bytes are HOST_SECRET again

// The net thread, and the IP thread of the mode `thread`, run until they have nothing to do. After poll_init().
void net_thread(void);
void net_ip_thread(void);
extern int host_yields;                 // how often a thread has let others run

// --- frames ---

// A frame that is put together from the outside in; the lengths and checksums are right unless somebody spoils them.
struct wire {
  uint n;
  uint8 b[70000];
};
uint16 ref_cksum(const uint8 *b, uint n, uint32 start);  // by the book, a byte at a time

void w_eth(struct wire *w, const uint8 *dst, const uint8 *src, uint16 type);
void w_put(struct wire *w, const void *b, uint n);
void w_fill(struct wire *w, uint n);                     // n bytes 0, 1, 2, ...
void w_arp(struct wire *w, uint16 op, const uint8 *sha, uint32 sip, const uint8 *tha, uint32 tip);  // with Ethernet
// Ethernet and IP headers for n bytes to come, from the gateway's MAC to ours. off: flags and offset.
void w_ip(struct wire *w, uint32 src, uint32 dst, uint8 proto, uint n, uint16 id, uint16 off);
void w_udp(struct wire *w, uint32 src, uint16 sport, uint32 dst, uint16 dport, uint n);  // whole, payload 0, 1, 2, ...
void w_icmp(struct wire *w, uint32 src, uint32 dst, uint8 type, uint8 code, uint32 rest, const void *b, uint n);  // whole
struct ip *w_iph(struct wire *w);
void w_ip_sum(struct wire *w);                           // the header's checksum again
void w_udp_sum(struct wire *w);                          // UDP's
void w_hex(struct wire *w, const char *hex);             // bytes from text, spaces ignored

void feed(const struct wire *w);                         // it arrives at the card
void feed_bytes(const void *b, uint n);
void feed_arp(uint16 op, const uint8 *sha, uint32 sip, const uint8 *tha, uint32 tip);
void feed_udp(uint32 src, uint16 sport, uint16 dport, uint n);  // from src, behind the gateway's MAC, to us
// A UDP datagram of n bytes in fragments of `size` bytes of IP payload. which: bit i: send fragment i.
void feed_fragments(uint32 src, uint16 sport, uint16 dport, uint n, uint size, uint16 id, uint64 which);

// --- sockets ---

struct sock *udp_socket(uint16 port);   // bound to any address; port 0: not bound
int bind_to(struct sock *s, uint32 addr, uint16 port);     // what sock_bind() and sock_connect() say
int connect_to(struct sock *s, uint32 addr, uint16 port);
struct sock *udp_connected(uint16 port, uint32 addr, uint16 peer_port);
int64 send_to(struct sock *s, uint32 addr, uint16 port, uint n);  // n bytes from user memory
int64 receive(struct sock *s, uint n, struct endpoint *from);     // does not wait; into user memory

#endif
