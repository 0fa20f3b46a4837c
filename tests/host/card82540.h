#ifndef HOST_CARD82540_H
#define HOST_CARD82540_H
// An 82540EM for the driver's unit tests: its registers, its two rings in the kernel's memory, its wire. It is written after
// Intel's manual (SDM) and not after the driver, and it is strict: what the manual forbids ends the test with a sentence.

#include "core/types.h"
#include "dev/pci.h"
#include "pkt/netif.h"

#define NICS 10
#define NIC_FRAMES 1024     // on the wire's two ends, each
#define NIC_FRAME_MAX 9216

struct nic_frame {
  uint len, errors;
  uint8 b[NIC_FRAME_MAX];
};

struct nic {
  // what a test may set
  uint16 eeprom[64];
  int eeprom_silent;        // 1: it never answers
  int stuck_resets;         // so many resets do not end
  int forgets;              // 1: a reset clears all registers, as the manual has it (QEMU's clears none)
  int holds;                // 1: frames to be sent stay on the ring until nic_transmit()
  int says_length;          // not 0: the length that received frames have in their descriptors
  void (*on_reset)(void);   // called once, when a reset begins
  // what a test may look at
  struct pci_dev pci;
  uint32 reg[0x5500 / 4];
  uint icr_reads, reads, writes;
  uint rdt_writes, tdt_writes;
  uint contexts;            // checksum contexts that it was given
  int masters;              // the bus master bit
  struct nic_frame *coming; // frames that wait for descriptors
  uint ncoming;
  struct nic_frame *sent;   // frames that went out
  uint nsent;
  // its own
  uint64 context;
  struct nic_frame out;     // what it puts together
};

extern struct nic *nic;             // the one that the test is about: the first, unless nic_plug(n) said otherwise

void nic_plug(int n);               // number n, fresh, with an address in its EEPROM; the others stay as they are
int nic_probe(void);                // the driver's word on it
struct netif *nic_up(void);         // plugged in as number 0 and probed, up, with its frames to nic_got
void nic_take(struct netif *nif);   // whatever is on its rings goes back to the pool: for the end of a test
void nic_pull_out(void);            // ... on those of the last one
void nic_link(int up);              // the cable
int nic_line(void);                 // 1: it interrupts
void nic_interrupt(void);           // if so the driver's handler is called
void nic_interrupts(void);          // ... until it does not any more
void nic_wire(uint len, uint8 first, uint errors);  // a frame comes: bytes first, first + 1, ...; errors: 3.2.3.2
uint nic_owns(void);                // descriptors that it may fill
void nic_transmit(int n);           // holds: so many descriptors are sent now
void nic_give_back(void);           // sent packets are taken back by the stack

// The interrupt controller of this machine (dev/intc.h).
extern int host_enabled[];          // by line: 1 + the hart for which it is on; 0: off
extern uint host_completed;         // the line that was completed last
void host_irq(uint irq);            // this line is raised, and the hart takes the interrupt

#endif
