#ifndef RXV_STORM_FRAMES_H
#define RXV_STORM_FRAMES_H
// Frames that nobody should send. Each is a pure function of a seed and its number: to see one again, say both.

#include <stdint.h>

#define FRAME_MAX 1514  // bytes, without the CRC
#define ECHO_PORT 7     // where the guest's echo listens; probes go there
#define OPEN_PORT 2000  // another echo
#define FULL_PORT 2001  // bound, and nobody receives

struct hosts {
  uint8_t mac[6], guest_mac[6];
  uint32_t addr, guest;  // host order
};

// Percent of the IP packets that are wrong in this way, as with ISIC.
struct wrong {
  unsigned version;    // not 4
  unsigned header;     // header length, or options
  unsigned length;     // total length, and that of UDP
  unsigned fragments;  // pieces, that overlap, and are never all there
  unsigned checksum;   // of any layer
};

// All write a frame to f, of FRAME_MAX bytes; result: its length.
unsigned fuzz_frame(uint8_t *f, const struct hosts *h, const struct wrong *w, uint64_t seed, uint64_t number);

enum flood { FLOOD_OPEN, FLOOD_CLOSED, FLOOD_FULL, FLOOD_ARP, FLOOD_FRAG, FLOOD_PING, FLOOD_BCAST, FLOOD_OTHER, NFLOOD };
extern const char *const flood_names[NFLOOD];
unsigned flood_frame(uint8_t *f, const struct hosts *h, enum flood kind, uint64_t seed, uint64_t number);

// A good frame, to the guest: n bytes of data, in ICMP an echo request, or from our port to the guest's.
unsigned ping_frame(uint8_t *f, const struct hosts *h, const void *data, unsigned n);
unsigned udp_frame(uint8_t *f, const struct hosts *h, unsigned port, const void *data, unsigned n);
// Who we are, to everybody (op 1) or to the guest (op 2, an answer).
unsigned arp_frame(uint8_t *f, const struct hosts *h, unsigned op);

#endif
