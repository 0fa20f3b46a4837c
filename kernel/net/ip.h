#ifndef RXV_NET_IP_H
#define RXV_NET_IP_H
// IPv4 (RFC 791, RFC 1122 section 3): the way in, the way out, and where a datagram goes next. Addresses are in
// host order everywhere but in the header itself.

#include "core/types.h"
#include "net/ether.h"
#include "pkt/drop.h"
#include "pkt/netif.h"
#include "kernel/net.h"

#define IP_TTL_DEFAULT 64
#define IP_MAXLEN 65535  // bytes of a datagram, with its header
#define IP_OPTMAX 40     // bytes of options

// Options (RFC 791 3.1)
#define IPOPT_END 0
#define IPOPT_NOP 1
#define IPOPT_RECORD 7
#define IPOPT_TIMESTAMP 68
#define IPOPT_LSRR 131
#define IPOPT_SSRR 137
#define IPOPT_COPIED 0x80  // bit of the options that every fragment has

// Where a datagram goes.
struct ip_path {
  struct netif *nif;
  uint32 next;       // next hop on nif's link
  uint32 src;        // source address to put in
  uint16 mtu;        // nif's, read once: whoever sums up, cuts and sends agree, whatever netctl() does meanwhile
  uint8 broadcast;   // 1: to all hosts of a link
  uint8 optlen;      // bytes of options, a multiple of 4, at most IP_OPTMAX; ip_route() says 0
  const uint8 *options;
  uint64 version;    // ip_version() before all this was looked up: by who wants to keep it, not by ip_route()
};

void ip_init(void);
// From now on datagrams of this protocol go to fn: p starts at the transport header; p->src, dst, l3, l4 are set; it
// may have more. At boot only.
void ip_register(uint8 proto, netinput *fn);

// The path to dst. src: the address that the socket is bound to, 0: any.
// result: 0; -ENETUNREACH; -EADDRNOTAVAIL src is no address of ours (RFC 1122 3.2.1.3).
int ip_route(uint32 dst, uint32 src, struct ip_path *path);
// Moves when anything changes that a path, or a next hop's MAC, is made from, or that decides who gets a datagram: whoever
// keeps one looks whether it is still the same. Whoever makes the change does so first, and then calls ip_changed().
extern uint64 ip_versions;  // [a]
static inline uint64
ip_version(void)
{
  return __atomic_load_n(&ip_versions, __ATOMIC_ACQUIRE);
}
void ip_changed(void);
// A new identification, for a datagram that goes out in fragments or whole.
uint16 ip_new_id(int fragmented);
// The transport message p (and its more) as a datagram on this path, in fragments if it must be.
// result: 0; -EMSGSIZE, -ENOBUFS, -ENETDOWN.
int ip_output(const struct ip_path *path, TAKES struct pktbuf *p, uint32 dst, uint8 proto, uint8 ttl, uint8 tos);
// May a program send these n bytes as options? 1: they are well-formed, and no source route.
int ip_options_ok(const uint8 *options, uint n);
// A datagram that was on its way out, p starting at its IP header, finds no next hop: tells the socket that sent it.
void ip_undeliverable(TAKES struct pktbuf *p, enum drop_reason why);

// p, starting at its IP header, as it came in, is too long for the link of nif: in pieces to the next hop (RFC 791 3.2).
void ip_refragment(struct netif *nif, TAKES struct pktbuf *p, uint32 next);

// Fragments (frag.c).
void frag_init(void);
// p starts at its IP header, l3 set, header checked. result: the whole datagram, its first packet starting at the IP
// header, if this was the last piece; else 0.
struct pktbuf *frag_input(TAKES struct pktbuf *p);
void frag_counts(uint *datagrams, uint *pieces);  // that wait

// Addresses that no single host has: never a source, and nothing is ever told to them.
static inline int
ip_is_multicast(uint32 a)
{
  return a >> 28 == 0xe;
}

static inline int
ip_is_host(uint32 a)
{
  return a >> 24 != 0 && a >> 28 < 0xe;
}

static inline int
ip_is_loopback(uint32 a)
{
  return a >> 24 == 127;
}

// Ethernet's 14 bytes begin 2 bytes behind a multiple of 4 (PKT_HEADROOM, PKT_DATA), so IP's header, and the
// transport's, are aligned, and their fields are loaded whole.
#define IP_ALIGNED(p) __builtin_assume_aligned((p), 4)

static inline uint
ip_hlen(const struct ip *h)
{
  return (h->ip_vhl & 15) * 4;
}

#endif
