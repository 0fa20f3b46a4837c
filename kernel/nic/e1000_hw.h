#ifndef RXV_NIC_E1000_HW_H
#define RXV_NIC_E1000_HW_H
// The 82540EM as its manual describes it: registers and descriptors. For e1000.c alone.

#include "core/types.h"

// Byte offsets from BAR 0 (SDM 13.2, table 13-2). All are 32 bits wide.
enum e1000_reg {
  CTRL = 0x0000,   // device control (13.4.1)
  STATUS = 0x0008, // device status (13.4.2)
  EERD = 0x0014,   // EEPROM read (13.4.4)
  ICR = 0x00c0,    // interrupt causes: reading takes them back (13.4.17)
  ITR = 0x00c4,    // least time between interrupts (13.4.18)
  ICS = 0x00c8,    // causes by hand: writing a 1 is as if it had happened (13.4.19). QEMU's reads as ICR, and takes nothing back
  IMS = 0x00d0,    // causes that interrupt: writing a 1 turns one on (13.4.20)
  IMC = 0x00d8,    // ... off (13.4.21)
  RCTL = 0x0100,   // receive control (13.4.22)
  TCTL = 0x0400,   // transmit control (13.4.33)
  TIPG = 0x0410,   // gap between frames (13.4.34)
  RDBAL = 0x2800,  // receive ring: physical address, low and high half (13.4.25)
  RDBAH = 0x2804,
  RDLEN = 0x2808,  // its bytes, a multiple of 128
  RDH = 0x2810,    // next descriptor that the card fills
  RDT = 0x2818,    // first descriptor that it may not use
  RDTR = 0x2820,   // delay of receive interrupts (13.4.30)
  RADV = 0x282c,   // ... at the most (13.4.31)
  TDBAL = 0x3800,  // transmit ring, likewise (13.4.35)
  TDBAH = 0x3804,
  TDLEN = 0x3808,
  TDH = 0x3810,
  TDT = 0x3818,
  TORL = 0x40c0,   // bytes received, with the CRC: low half (13.7.42)
  TPR = 0x40d0,    // frames received: reading takes them back (13.7.44)
  TPT = 0x40d4,    // frames sent, likewise (13.7.45)
  MTA = 0x5200,    // multicast filter: 128 words (13.5.1)
  RAL0 = 0x5400,   // our address, first four bytes (13.5.2)
  RAH0 = 0x5404,   // ... the other two, and RAH_VALID
};

enum {
  CTRL_ASDE = 1 << 5,   // find the speed out
  CTRL_SLU = 1 << 6,    // link on
  CTRL_RST = 1 << 26,   // reset; clears itself
  STATUS_LU = 1 << 1,   // there is a link
  EERD_START = 1 << 0,  // word number in bits 15:8, data in 31:16
  EERD_DONE = 1 << 4,
  INT_LSC = 1 << 2,     // link changed
  INT_RXT0 = 1 << 7,    // frames have come
  RCTL_EN = 1 << 1,
  RCTL_BAM = 1 << 15,   // take broadcasts
  RCTL_BSIZE_2048 = 0,  // bits 17:16
  RCTL_SECRC = 1 << 26, // without the CRC
  TCTL_EN = 1 << 1,
  TCTL_PSP = 1 << 3,    // pad short frames (we do it ourselves: QEMU's card does not)
  TCTL_CT = 0x0f << 4,  // collisions before giving up (13.4.33)
  TCTL_COLD = 0x40 << 12,  // collision distance, full duplex
};
#define RAH_VALID (1u << 31)
#define TIPG_COPPER (10 | 8 << 10 | 6 << 20)  // 13.4.34
#define EEPROM_WORDS 64
#define EEPROM_SUM 0xbaba  // of all words, modulo 65536 (5.6.35)

// Receive descriptor (3.2.3). The card writes the second word: length in 15:0, status in 39:32, errors in 47:40.
struct rx_desc {
  uint64 addr;  // physical
  uint64 word;
};
#define RXD_DD (1ul << 32)       // 3.2.3.1: done
#define RXD_EOP (2ul << 32)      // last one of its frame
#define RXD_CRC (1ul << 40)      // 3.2.3.2: its checksum is wrong
#define RXD_BAD (0x97ul << 40)   // 3.2.3.2: CRC, symbol, sequence, carrier extension, data. The others are checksums

// Transmit descriptor (3.3): two words, whose meaning depends on the kind. Data, in the legacy (3.3.3) and
// extended (3.3.7) form, which differ in nothing that we use but TXD_EXT and the options:
//   addr; length in 15:0, command in 31:24, status in 35:32, options in 47:40
// Context (3.3.6): how the checksums of the data descriptors that follow are to be made:
//   transport sum's start in 39:32, where it goes in 47:40, where it ends in 63:48 (0: at the frame's end); command
struct tx_desc {
  uint64 addr;
  uint64 word;
};
#define TXD_EOP (1ul << 24)       // last one of its frame
#define TXD_IFCS (1ul << 25)      // append the CRC
#define TXD_RS (1ul << 27)        // report: set TXD_DD when done
#define TXD_EXT (1ul << 29)       // not the legacy form
#define TXD_DATA (1ul << 20)      // extended: data; without it, a context
#define TXD_DD (1ul << 32)        // done
#define TXD_TXSM (2ul << 40)      // put the transport checksum in

#endif
