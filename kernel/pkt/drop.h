#ifndef RXV_PKT_DROP_H
#define RXV_PKT_DROP_H
// Why packets end before their destination: one name for each reason, the same in the code, in netstat and in tests.
// The layer is the first word of the name.

#include "core/types.h"

#define DROP_REASONS(X)                                                            \
  X(NOBUF, "rx.nobuf", "no packet to put in its place on the ring")                 \
  X(RX_ERROR, "rx.error", "card says the frame is damaged")                         \
  X(RX_LONG, "rx.long", "frame longer than a buffer")                               \
  X(RX_DOWN, "rx.down", "interface is down")                                        \
  X(TX_FULL, "tx.full", "no free descriptor")                                       \
  X(TX_QUEUE, "tx.queue", "too many wait for the end of a turn")                    \
  X(TX_DOWN, "tx.down", "interface or link is down")                                \
  X(TX_RESET, "tx.reset", "was to be sent when the card was reset")                 \
  X(TX_LONG, "tx.long", "longer than the interface's MTU")                          \
  X(HEADROOM, "tx.headroom", "no room for a header")                                \
  X(ETH_SHORT, "eth.short", "shorter than an Ethernet header")                      \
  X(ETH_TYPE, "eth.type", "no protocol for this type")                              \
  X(ETH_SRC, "eth.src", "source is a group address or our own")                     \
  X(ETH_DST, "eth.dst", "not for us")                                               \
  X(ETH_VLAN, "eth.vlan", "VLAN tag")                                               \
  X(ARP_SHORT, "arp.short", "shorter than an ARP message")                          \
  X(ARP_FORMAT, "arp.format", "not Ethernet and IPv4, or wrong lengths")            \
  X(ARP_OP, "arp.op", "neither request nor reply")                                  \
  X(ARP_SENDER, "arp.sender", "sender cannot be a host")                            \
  X(ARP_CONFLICT, "arp.conflict", "somebody uses our address")                      \
  X(ARP_UNASKED, "arp.unasked", "not for us, and nobody we know")                   \
  X(ARP_TIMEOUT, "arp.timeout", "held for an address that did not answer")          \
  X(ARP_FULL, "arp.full", "too many packets held for one address")                  \
  X(ARP_TABLE, "arp.table", "table full of pending addresses")                      \
  X(IP_SHORT, "ip.short", "shorter than an IP header")                              \
  X(IP_VERSION, "ip.version", "version is not 4")                                   \
  X(IP_IHL, "ip.ihl", "header length below 20 or beyond the packet")                \
  X(IP_LEN, "ip.len", "total length below the header or beyond the frame")          \
  X(IP_CKSUM, "ip.cksum", "header checksum")                                        \
  X(IP_OPTIONS, "ip.options", "options malformed")                                  \
  X(IP_SRCROUTE, "ip.srcroute", "source route")                                     \
  X(IP_SRC, "ip.src", "source cannot be a host")                                    \
  X(IP_DST, "ip.dst", "not our address, and nothing to be forwarded")              \
  X(IP_LINKCAST, "ip.linkcast", "unicast address in a broadcast frame")             \
  X(IP_PROTO, "ip.proto", "no such protocol here")                                  \
  X(IP_TTL, "ip.ttl", "time to live used up")                                       \
  X(IP_FLAGS, "ip.flags", "reserved flag")                                          \
  X(IP_NOROUTE, "ip.noroute", "no route")                                           \
  X(IP_TOOBIG, "ip.toobig", "must be fragmented, and may not")                      \
  X(IP_FILTERQ, "ip.filterq", "the filter program does not keep up")                \
  X(IP_FILTERED, "ip.filtered", "the filter program said no")                       \
  X(FRAG_LEN, "frag.len", "not a multiple of 8, or empty")                          \
  X(FRAG_BEYOND, "frag.beyond", "ends beyond 65535")                                \
  X(FRAG_OVERLAP, "frag.overlap", "overlaps another: all of it is dropped")         \
  X(FRAG_TINY, "frag.tiny", "first fragment too small for the transport header")    \
  X(FRAG_FULL, "frag.full", "too many datagrams, fragments or bytes wait")          \
  X(FRAG_TIMEOUT, "frag.timeout", "the rest did not come")                          \
  X(ICMP_SHORT, "icmp.short", "shorter than its header")                            \
  X(ICMP_CKSUM, "icmp.cksum", "checksum")                                           \
  X(ICMP_TYPE, "icmp.type", "type not for us")                                      \
  X(ICMP_BCAST, "icmp.bcast", "to a broadcast address")                             \
  X(ICMP_REDIRECT, "icmp.redirect", "redirect by, or to, a host that cannot be a gateway for this") \
  X(ICMP_INNER, "icmp.inner", "error about something we did not send")              \
  X(ICMP_RATE, "icmp.rate", "error not sent: too many")                             \
  X(UDP_SHORT, "udp.short", "shorter than a UDP header")                            \
  X(UDP_LEN, "udp.len", "length field below 8 or beyond the packet")                \
  X(UDP_CKSUM, "udp.cksum", "checksum")                                             \
  X(UDP_PORT, "udp.port", "destination port 0")                                     \
  X(UDP_NOPORT, "udp.noport", "nobody listens")                                     \
  X(SOCK_FULL, "sock.full", "queue of the socket, of its process, or of all is full")  \
  X(SOCK_SEND, "sock.send", "too many long datagrams are being sent at once")       \
  X(SOCK_PEER, "sock.peer", "waited for a program that then connected to another peer") \
  X(SOCK_CLOSED, "sock.closed", "socket was closed with this in its queue")         \
  X(IPQ_FULL, "ipq.full", "IP input queue is full")                                 \
  X(FAULTY_LOST, "faulty.lost", "lost on purpose")                                  \
  X(FAULTY_FULL, "faulty.full", "delayed on purpose, and too many were")            \
  X(NOMEM, "nomem", "no memory")

enum drop_reason {
#define X(id, name, text) DROP_##id,
  DROP_REASONS(X)
#undef X
  NDROP
};

extern const char *const drop_names[NDROP];
extern const char *const drop_texts[NDROP];
extern uint64 drop_counts[NDROP];

// Something that has no packet (yet) ends; a packet ends with pkt_drop() (pktbuf.h). result: err.
int drop_count(enum drop_reason why, int err);

#endif
