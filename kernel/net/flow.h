#ifndef RXV_NET_FLOW_H
#define RXV_NET_FLOW_H
// The headers that a socket's datagrams to its last peer have in common. Most programs send many datagrams to one peer:
// all but the first two find route, next hop, its MAC and most of 42 bytes of headers here, and go straight to the card.

#include "net/ip.h"
#include "net/sock.h"

struct sock;

// The headers as they lie in a packet that is sent: in front of PKT_DATA. The filling aligns them for a copy by words.
struct headers {
  uint8 filling[6];
  struct eth eth;
  struct ip ip;
  struct udp udp;
} __attribute__((packed, aligned(8)));

// The socket's lock guards it. Zeroed: there is none.
struct flow {
  uint64 version;           // of what it was made from, see ip_version(); 0: only `to` is known
  struct endpoint to;       // the peer of the last datagram that did not find its headers here
  struct netif *nif;
  uint8 *used;              // mark of the ARP entry that the MAC is from: it is in use
  uint ip_sum, udp_sum;     // sums of the IP header, and of the pseudo-header, without lengths and identification
  struct headers headers;   // lengths, identification and sums are 0
};

// The datagram p of s to `to`, if the headers for it are here. TAKES p, if so.
// result: 1: *err is 0, -ENOBUFS or -ENETDOWN; 0: they are not.
int flow_output(struct sock *s, const struct endpoint *to, struct pktbuf *p, int *err);
// A datagram of s is about to go to `to` on this path: the second one in a row leaves its headers here.
void flow_learn(struct sock *s, const struct ip_path *path, const struct endpoint *to);

#endif
