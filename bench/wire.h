#ifndef RXV_BENCH_WIRE_H
#define RXV_BENCH_WIRE_H
// The generator's end of a guest's Ethernet wire, and the UDP frames that go over it.

#include <stdint.h>

#include "../user/bench/bench.h"

#define FRAME_MIN 60      // bytes, without the CRC
#define FRAME_MAX 1514
#define FRAME_HEADERS 42  // Ethernet 14, IPv4 20, UDP 8

struct wire {
  int fd;                     // of peer_socket()
  uint8_t mac[6], guest_mac[6];
  uint32_t addr, guest_addr;  // host order
  uint16_t port;              // ours
};

// One of our requests, laid out once and then only renumbered.
struct request {
  unsigned len;             // of the frame
  uint32_t sum;             // ones' complement sum of what the UDP checksum covers, with seq 0, not folded
  uint8_t bytes[FRAME_MAX];
};

// len: of the frame. body: what follows the struct bench_head of a message, extra bytes of it; the rest of the payload
// is a pattern that echo answers are compared with.
void request_make(struct request *r, const struct wire *w, unsigned op, unsigned len, const void *body, unsigned extra);
void request_number(struct request *r, uint16_t run, uint32_t seq);

// 1: sent; 0: the wire is full (only with wait 0).
int wire_put(struct wire *w, const struct request *r, int wait);

// Looks at a frame of len bytes that came. A message of the guest: its struct bench_head, and *payload bytes of it; the
// payload lies right behind the headers. Else 0. Questions by ARP for our address are answered on the way.
struct bench_head *wire_take(struct wire *w, uint8_t *frame, int len, unsigned *payload);

// The next message, within wait_ms: as wire_take.
struct bench_head *wire_get(struct wire *w, uint8_t *frame, unsigned *payload, int wait_ms);

// Bytes that QEMU has not taken yet, with the kernel's overhead: 0 means that all are taken.
int wire_pending(struct wire *w);

#endif
