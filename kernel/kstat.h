#ifndef RXV_KSTAT_H
#define RXV_KSTAT_H
// kstat(what, buf, bytes): the state of the kernel, as records of the type given here. Fills buf with whole
// records and returns the bytes that all of them take, which may be more than fitted; -1: bad what or buf.

#include "kernel/netctl.h"

#define KSTAT_PROC 1   // struct kstat_proc, one a process
#define KSTAT_MEM 2    // struct kstat_mem, one
#define KSTAT_IF 3     // struct kstat_if, one an interface
#define KSTAT_RING 4   // struct kstat_ring, two a queue: receive and transmit
#define KSTAT_SOCK 5   // struct kstat_sock, one a socket
#define KSTAT_ARP 6    // struct kstat_arp, one an entry
#define KSTAT_ROUTE 7  // struct kstat_route, one a route
#define KSTAT_DROP 8   // struct kstat_drop, one a reason, also those with a count of 0
#define KSTAT_HART 9   // struct kstat_hart, one a hart
#define KSTAT_DISK 10  // struct kstat_disk, one
#define KSTAT_NET 11   // struct kstat_drop: named counters of the stack that are not drops
#define KSTAT_TRACE 12  // struct kstat_trace, one for each of the last frames that came in or went out, in no order
#define KSTAT_FAULTY 13  // struct kstat_faulty, one an interface that has faults on purpose
#define KSTAT_TUNE 14  // struct kstat_tune, one a parameter that netctl() can change
#define KSTAT_FINDING 16  // struct kstat_finding, one for each thing that is wrong with the network now: takes 10 ms

struct kstat_proc {
  int pid, ppid;
  int state;         // PS_...
  int hart;          // where it ran last
  uint64 size;       // bytes of user memory that it may touch
  uint64 resident;   // bytes of user memory that are there
  uint64 cpu_ns;     // time on a hart
  uint64 waits_for;  // kernel address of what it waits for, 0: not waiting
  char name[16];
};

enum { PS_UNUSED, PS_EMBRYO, PS_READY, PS_RUNNING, PS_WAITING, PS_ZOMBIE };

struct kstat_mem {
  uint64 total, free;          // bytes of RAM that the page allocator has, had at boot
  uint64 kernel;               // bytes of the kernel's image
  uint32 packets, packets_free;  // packet buffers: at the most, not in use
  uint32 files, files_free;      // open files of the system: table, free entries
  uint32 procs, procs_free;      // process table
  uint32 inodes, inodes_free;    // i-nodes in memory
  uint32 socks, socks_free;      // sockets: at the most, not in use
  uint32 packets_made;           // packet buffers that have pages, which they keep
  uint32 sock_pages;             // pages of sockets, which stay theirs
};

struct kstat_if {
  char name[8];
  char driver[12];
  uint8 mac[6];
  uint8 up;    // 1: we use it
  uint8 link;  // 1: there is a carrier
  uint16 mtu;
  uint16 irq;
  uint32 addr, mask;  // host order
  uint64 rx_frames, rx_bytes, rx_drops, rx_errors;
  uint64 tx_frames, tx_bytes, tx_drops;
  uint64 irqs, polls, link_changes;
  uint64 tx_full;  // frames that found no free descriptor
  uint64 resets;   // of the card, since boot
};

struct kstat_ring {
  char ifname[8];
  uint8 is_tx;
  uint8 queue;
  uint16 size;      // descriptors
  uint16 most;      // packets that may be on it: its share of the pool, and not more than netctl's rxring or txring
  uint32 head;      // card's index
  uint32 tail;      // ours
  uint32 done;      // descriptors that the card has finished and we have not taken yet
  uint32 owned;     // descriptors that the card owns
  uint64 doorbells; // writes to the tail register
};

struct kstat_sock {
  int type;             // SOCK_..., 0: the lab's
  uint32 laddr, faddr;  // host order; 0: any
  uint16 lport, fport;  // host order; 0: none
  uint32 queued, queued_bytes, limit;  // datagrams that wait, their bytes, the most that may
  uint64 received, sent, drops;
  int pid;              // one that opened it
  int state;            // TCP only
};

struct kstat_arp {
  char ifname[8];
  uint32 addr;  // host order
  uint8 mac[6];
  uint8 state;  // ARP_...
  uint8 held;   // packets that wait for the answer
  uint32 age_ms, ttl_ms;
};

enum { ARP_FREE, ARP_PENDING, ARP_REACHABLE, ARP_STALE, ARP_STATIC };

struct kstat_route {
  char ifname[8];
  uint32 dest, mask, gateway;  // host order; gateway 0: on the link
};

struct kstat_drop {
  char name[24];
  uint64 count;
};

// in + duplicated = lost + full + waiting + out.
struct kstat_faulty_way {
  uint64 in, out;      // frames that came to the faults, and that they let go on
  uint64 lost, duplicated, reordered, corrupted, delayed;
  uint64 full;         // were to wait, and too many did
  uint64 waiting;      // now
};

struct kstat_faulty {
  struct netctl_faulty set;
  struct kstat_faulty_way way[2];  // received, sent
};

struct kstat_tune {
  char name[12];
  char words[20];       // its values from 0 on in words, with blanks between; "": plain numbers
  uint32 value, dflt;   // now, at boot
  uint32 least, most;
  char text[96];        // what it means
};

// The stages of a packet's way: id, name, what has just happened.
#define PATH_STAGES(X)                                                           \
  X(CAME, "came", "interrupt, or an idle hart looks at the ring")                \
  X(RING, "ring", "off the receive ring, a fresh packet in its place")           \
  X(ETHER, "ether", "Ethernet: for us")                                          \
  X(IP, "ip", "IP header, checksum and addresses are right")                     \
  X(UDP, "udp", "checksum is right, the socket is found")                        \
  X(QUEUE, "queue", "on the socket's queue, a reader is woken")                  \
  X(READER, "reader", "the reader runs and has taken it")                        \
  X(COPIED, "copied", "in the program's buffer")                                 \
  X(SEND, "send", "a program calls send")                                        \
  X(GATHER, "gather", "copied from the program's buffer")                        \
  X(FORWARD, "forward", "the router has found its way on")                       \
  X(IPOUT, "ip-out", "IP header written")                                        \
  X(ETHEROUT, "ether-out", "the neighbour is known, Ethernet header written")    \
  X(CARD, "card", "on the transmit ring, the card is told")

enum path_stage {
#define X(id, name, text) PATH_##id,
  PATH_STAGES(X)
#undef X
  NPATH
};

#define KSTAT_TRACEBYTES 56

struct kstat_trace {
  uint32 number;       // of the frame, in their order since boot; some are left out
  uint16 len;          // bytes of the whole frame
  uint8 out;           // 1: we sent it
  uint8 done;          // 1: its path was recorded (NETCTL_PATH) and has ended: stage is set
  uint64 when_ns;      // since boot
  char ifname[8];      // "": sent by a program, and no frame yet; bytes begin with the header that was written last
  char drop[24];       // why it ended here; "": it did not
  uint8 bytes[KSTAT_TRACEBYTES];  // its beginning
  struct {
    uint32 ns;          // since its first stage
    uint32 insns;       // instructions since then, of the hart; 0 where the machine does not count them (QEMU: -icount)
    uint8 hart;
    uint8 seen;         // 1: it came by here
  } stage[NPATH];
};

struct kstat_finding {
  char text[240];       // a sentence
};

struct kstat_hart {
  uint32 id;
  uint32 pid;         // that runs now, 0: idle
  uint64 switches;    // context switches
  uint64 satp_writes;
  uint64 traps, irqs, ipis, ticks;
  uint64 idle_ns, wfis;
};

struct kstat_disk {
  uint64 reads, writes, errors;  // blocks of BSIZE
  uint64 cache_hits, cache_misses, commits;
};

// clock(which)
#define CLOCK_BOOT 0  // nanoseconds since boot
#define CLOCK_WALL 1  // nanoseconds since 1970-01-01 UTC, from the clock chip

#endif
