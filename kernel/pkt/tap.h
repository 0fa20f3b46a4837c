#ifndef RXV_PKT_TAP_H
#define RXV_PKT_TAP_H
// The last packets the stack saw, for people who ask what happened: direction, layer, verdict, first bytes.

#include "core/types.h"

struct netif;
struct pktbuf;

#define TAP_BYTES 64
#define TAP_N 64

struct tap_record {
  uint64 when;      // now()
  uint8 out;        // 1: sent
  uint8 verdict;    // drop_reason + 1; 0: passed
  uint16 len;       // of the frame
  char ifname[8];
  uint8 bytes[TAP_BYTES];
};

void tap_frame(struct netif *nif, struct pktbuf *p, int out);
void tap_drop(struct pktbuf *p, int why);
int tap_read(struct tap_record *out, int n);  // the last n, oldest first: how many

#endif
