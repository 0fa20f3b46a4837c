#ifndef RXV_NETCTL_H
#define RXV_NETCTL_H
// netctl(op, buf, bytes): change the network. buf holds the record named here; -1 and errno if it cannot be.

#include "kernel/types.h"

#define NETCTL_ADDR 1       // struct netctl_addr: address and mask of an interface, up or down
#define NETCTL_ROUTE_ADD 2  // struct netctl_route
#define NETCTL_ROUTE_DEL 3  // struct netctl_route
#define NETCTL_ARP_ADD 4    // struct netctl_arp: an entry that does not age
#define NETCTL_ARP_DEL 5    // struct netctl_arp: only the address counts
#define NETCTL_ARP_FLUSH 6  // nothing: all entries but the static ones
#define NETCTL_RESET 7      // struct netctl_if: the card as after boot
#define NETCTL_FAULTY 8     // struct netctl_faulty: faults on purpose, until the next one
#define NETCTL_MTU 9        // struct netctl_mtu: the longest IP packet
#define NETCTL_TUNE 10      // struct netctl_tune: a parameter of the packet's way (KSTAT_TUNE); -ENOENT, -ERANGE,
                            // -ENODEV: forwarding, with fewer than two cards
#define NETCTL_FILTER 11    // nothing; result: a descriptor for the router's filter: read() a struct
                            // netctl_packet, write() struct netctl_verdicts. -EBUSY: there is one
#define NETCTL_PATH 12      // struct netctl_path: record the path of packets (KSTAT_TRACE)

struct netctl_if {
  char ifname[8];
};

struct netctl_mtu {
  char ifname[8];
  uint32 mtu;  // bytes, 68 to 1500
};

struct netctl_addr {
  char ifname[8];
  uint32 addr, mask;  // host order
  uint8 up;
};

struct netctl_route {
  char ifname[8];              // may be empty: found from the gateway
  uint32 dest, mask, gateway;  // host order
};

struct netctl_arp {
  char ifname[8];
  uint32 addr;  // host order
  uint8 mac[6];
};

#define FAULTY_ALL 10000           // a share: so many of so many frames
#define FAULTY_DELAY_MAX 1000000u  // microseconds

struct netctl_faulty {
  char ifname[8];
  uint64 seed;                         // the same seed and the same frames: the same faults
  uint16 lose, dup, reorder, corrupt;  // of FAULTY_ALL frames
  uint32 delay_us;                     // the longest; each frame's is drawn
  uint8 on;
  uint16 bad;                          // of FAULTY_ALL received frames: the card says that they came damaged
};

// What the router's filter reads. From the IP header on: as much as there is room for.
struct netctl_packet {
  uint32 id;       // never 0
  uint8 bytes[];
};

struct netctl_verdict {
  uint32 id;       // of a packet that was read; several may read, and answer in any order
  uint32 pass;     // 0: drop it, else send it on
};

struct netctl_path {
  uint32 on;  // 1: from now on, until there are no free records; those that are done are forgotten. 0: no more
};

struct netctl_tune {
  char name[12];
  uint32 value;
};

#endif
