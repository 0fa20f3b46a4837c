#ifndef RXV_PKT_FACTS_H
#define RXV_PKT_FACTS_H
// The state of a NIC and of its driver at one moment, for net/diagnose.c, which tells whether the two agree. Names in
// capitals are the manual's.

#include "core/types.h"

// One ring: the NIC's registers, and what the driver believes.
struct ring_facts {
  uint16 size;         // descriptors
  uint32 head, tail;   // registers: RDH and RDT, TDH and TDT
  uint32 wanted_tail;  // what the driver should have written to the tail
  uint held;           // descriptors that the driver has filled and not taken back
  uint told;           // of those, how many it has written the tail for
  uint done;           // of those, how many are done (DD) without a gap, from the oldest on
  uint32 turns;        // descriptors taken back so far: unchanged at two moments, nobody looked
  uint64 tail_writes;
  int base_wrong;      // 1: the NIC's address of the ring is not its physical address
  int not_ram;         // a descriptor whose address is not in RAM; -1: none
  uint64 address;      // ... that address
  int foreign;         // a descriptor whose packet belongs to somebody else than the NIC; -1: none
  int owner;           // ... PKT_..., its owner
};

struct nic_facts {
  struct ring_facts rx, tx;
  uint8 ends_eop, ends_rs;  // each descriptor at a frame's end, done or not, has EOP, RS
  uint8 cause;         // a receive interrupt waits in ICR (read from ICS: reading ICR would take it back)
  uint8 unmasked;      // ... and IMS lets it pass
  uint8 rx_on, tx_on, broadcasts, bus_master;  // RCTL.EN, TCTL.EN, RCTL.BAM, PCI command
  uint32 taken;        // frames that the driver has taken from the ring since boot; modulo 2^32, like those that follow
  uint32 rx_frames;    // frames that the NIC has received (TPR)
  uint32 rx_bytes;     // ... their bytes, with 4 of CRC each (TORL)
  uint32 sent;         // frames that the driver has put on the ring
  uint32 tx_frames;    // frames that the NIC has sent (TPT)
  // The interrupt controller.
  uint irq;
  uint8 irq_enabled, irq_pending;
  uint32 irq_claims, irq_completes;
};

#endif
