#ifndef RXV_NET_FLOW_H
#define RXV_NET_FLOW_H
// Short ways for datagrams that look like one before. Down: a socket keeps the headers of its last datagram; the next one
// to the same peer finds route, next hop, its MAC and most of 42 bytes of headers there, and goes straight to the card.
// Up: a frame whose headers are those of one that was delivered goes straight to that one's socket.

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
// A frame from a card, on the short way or, by ether_input(), the long one. TAKES p. Interrupts are off.
void flow_input(struct netif *nif, struct pktbuf *p);
// The frame p came the long way to s, which is locked: others that look like it may come on the short one.
void flow_found(struct netif *nif, const struct pktbuf *p, struct sock *s);
// A datagram of s is about to go from sport to `to` on this path: the second one in a row leaves its headers here.
void flow_learn(struct sock *s, const struct ip_path *path, uint16 sport, const struct endpoint *to);

#endif
