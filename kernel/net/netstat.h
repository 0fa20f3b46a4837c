#ifndef RXV_NET_NETSTAT_H
#define RXV_NET_NETSTAT_H
// What the network tells about itself, and how it is changed: for kstat(), netctl() and the console's ^N.

#include "core/types.h"
#include "kernel/kstat.h"
#include "kernel/netctl.h"

#define NETSTAT_RECMAX 256  // bytes of the largest record
#define NETSTAT_END (-1)

// Record number i of kind `what` (KSTAT_IF, RING, SOCK, ARP, ROUTE, DROP, NET, TAP, TUNE) into rec, NETSTAT_RECMAX bytes.
// result: its bytes; 0: number i is empty, go on with the next; NETSTAT_END: no such number, or no such kind.
// lock:   takes one spinlock at a time; none is held on return.
int netstat_record(int what, int i, void *rec);

// netctl(): op NETCTL_..., rec a copy in the kernel of what the program gave. 0, or -E...
int netctl(int op, const void *rec, uint n);
uint netctl_size(int op);  // bytes of the record that op takes; ~0: no such op

void netstat_dump(void);   // on the console; takes no lock

// The sockets' part of struct kstat_mem.
void netstat_socks(uint32 *socks, uint32 *socks_free);

// Things that are counted and are no drops.
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
  X(UDP_SENT, "udp.sent", "datagrams sent")

enum net_counter {
#define X(id, name, text) NET_##id,
  NET_COUNTERS(X)
#undef X
  NNET
};

extern uint64 net_counts[NNET];
#define net_count(id) count_add(&net_counts[NET_##id], 1)

#endif
