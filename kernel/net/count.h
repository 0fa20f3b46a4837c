#ifndef RXV_NET_COUNT_H
#define RXV_NET_COUNT_H
// What the protocols count that is no drop (drops: pkt/drop.h). Below every other file of net/.

#include "core/types.h"

#define NET_COUNTERS(X)                                                       \
  X(ARP_ASKED, "arp.asked", "requests sent")                                  \
  X(ARP_ANSWERED, "arp.answered", "requests answered")                        \
  X(ARP_MOVED, "arp.moved", "a known address has a new MAC")                  \
  X(ARP_DEFENDED, "arp.defended", "own address announced against a conflict") \
  X(ARP_EVICTED, "arp.evicted", "entries that gave way to others")            \
  X(IP_DELIVERED, "ip.delivered", "datagrams passed up")                      \
  X(IP_SENT, "ip.sent", "datagrams sent")                                     \
  X(IP_FORWARDED, "ip.forwarded", "datagrams sent on for others")             \
  X(FRAG_RECEIVED, "frag.received", "fragments received")                     \
  X(FRAG_WHOLE, "frag.whole", "datagrams put together")                       \
  X(FRAG_SENT, "frag.sent", "fragments sent")                                 \
  X(ICMP_ECHOED, "icmp.echoed", "echo requests answered")                     \
  X(ICMP_ERRORS, "icmp.errors", "errors sent")                                \
  X(ICMP_TOLD, "icmp.told", "errors received and told to a socket")           \
  X(ICMP_REDIRECTED, "icmp.redirected", "redirects followed")                 \
  X(UDP_DELIVERED, "udp.delivered", "datagrams queued on a socket")           \
  X(UDP_SENT, "udp.sent", "datagrams sent")                                   \
  X(SOCK_REFUSED, "sock.refused", "sockets refused: no memory for more")

enum net_counter {
#define X(id, name, text) NET_##id,
  NET_COUNTERS(X)
#undef X
  NNET
};

extern const char *const net_count_names[NNET];
extern uint64 net_counts[NNET];  // [a]
#define net_count(id) count_add(&net_counts[NET_##id], 1)

#endif
