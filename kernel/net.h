#ifndef RXV_NET_H
#define RXV_NET_H
// Packet headers as they lie on the wire, and byte order: for programs and for the kernel.
// Multi-byte fields are big-endian; every header is packed, and may start at any address.

#include "kernel/types.h"

#define ETHADDR_LEN 6

static inline uint16
bswaps(uint16 v)
{
  return (uint16)(v << 8 | v >> 8);
}

static inline uint32
bswapl(uint32 v)
{
  return v << 24 | (v & 0xff00) << 8 | (v >> 8 & 0xff00) | v >> 24;
}

#undef htons
#undef ntohs
#undef htonl
#undef ntohl
#define htons bswaps
#define ntohs bswaps
#define htonl bswapl
#define ntohl bswapl

// An IPv4 address in host order: MAKE_IP_ADDR(10, 0, 2, 15) is 10.0.2.15.
#define MAKE_IP_ADDR(a, b, c, d) \
  (((uint32)(a) << 24) | ((uint32)(b) << 16) | ((uint32)(c) << 8) | (uint32)(d))

// Ethernet (RFC 894).
struct eth {
  uint8 dhost[ETHADDR_LEN];
  uint8 shost[ETHADDR_LEN];
  uint16 type;  // ETHTYPE_...
} __attribute__((packed));

#define ETHTYPE_IP 0x0800
#define ETHTYPE_ARP 0x0806
#define ETHTYPE_VLAN 0x8100

// IPv4 (RFC 791).
struct ip {
  uint8 ip_vhl;   // version << 4 | header length in 32-bit words
  uint8 ip_tos;   // type of service
  uint16 ip_len;  // bytes, with this header
  uint16 ip_id;   // identification
  uint16 ip_off;  // flags and fragment offset, in 8 bytes
  uint8 ip_ttl;   // time to live
  uint8 ip_p;     // IPPROTO_...
  uint16 ip_sum;  // checksum of the header
  uint32 ip_src, ip_dst;
} __attribute__((packed));

#define IP_RESERVED 0x8000 // ip_off: must be 0
#define IP_DF 0x4000       // ip_off: do not fragment
#define IP_MF 0x2000       // ip_off: more fragments
#define IP_OFFMASK 0x1fff  // ip_off: offset

#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

// UDP (RFC 768).
struct udp {
  uint16 sport, dport;
  uint16 ulen;  // bytes, with this header
  uint16 sum;   // checksum; 0: none
} __attribute__((packed));

// ICMP (RFC 792), the part that all messages share, and what follows it in the ones we use.
struct icmp {
  uint8 type, code;
  uint16 sum;
  union {
    struct {
      uint16 id, seq;
    } __attribute__((packed)) echo;
    struct {
      uint16 unused, mtu;
    } __attribute__((packed)) frag;
    uint32 gateway;
    uint32 unused;
  } __attribute__((packed)) u;
} __attribute__((packed));

#define ICMP_ECHOREPLY 0
#define ICMP_UNREACH 3
#define ICMP_QUENCH 4
#define ICMP_REDIRECT 5
#define ICMP_ECHO 8
#define ICMP_TIMXCEED 11
#define ICMP_PARAMPROB 12
#define ICMP_UNREACH_NET 0
#define ICMP_UNREACH_HOST 1
#define ICMP_UNREACH_PROTOCOL 2
#define ICMP_UNREACH_PORT 3
#define ICMP_UNREACH_NEEDFRAG 4

// ARP for IPv4 over Ethernet (RFC 826).
struct arp {
  uint16 hrd;  // ARP_HRD_ETHER
  uint16 pro;  // ETHTYPE_IP
  uint8 hln;   // ETHADDR_LEN
  uint8 pln;   // 4
  uint16 op;   // ARP_OP_...

  uint8 sha[ETHADDR_LEN];  // sender
  uint32 sip;
  uint8 tha[ETHADDR_LEN];  // target
  uint32 tip;
} __attribute__((packed));

#define ARP_HRD_ETHER 1

enum {
  ARP_OP_REQUEST = 1,
  ARP_OP_REPLY = 2,
};

// DNS (RFC 1035). A message is this header, the questions, and the resource records.
struct dns {
  uint16 id;

  uint8 rd : 1;      // recursion desired
  uint8 tc : 1;      // truncated
  uint8 aa : 1;      // authoritative answer
  uint8 opcode : 4;
  uint8 qr : 1;      // 1: response
  uint8 rcode : 4;
  uint8 cd : 1;      // checking disabled
  uint8 ad : 1;      // authenticated data
  uint8 z : 1;
  uint8 ra : 1;      // recursion available

  uint16 qdcount;  // questions
  uint16 ancount;  // answers
  uint16 nscount;  // name servers
  uint16 arcount;  // additional
} __attribute__((packed));

// After a question's name.
struct dns_question {
  uint16 qtype;
  uint16 qclass;
} __attribute__((packed));

#define ARECORD (0x0001)
#define QCLASS (0x0001)

// After a resource record's name.
struct dns_data {
  uint16 type;
  uint16 class;
  uint32 ttl;  // seconds
  uint16 len;  // bytes of data that follow
} __attribute__((packed));

#endif
