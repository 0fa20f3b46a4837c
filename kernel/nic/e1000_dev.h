#ifndef RXV_NIC_E1000_DEV_H
#define RXV_NIC_E1000_DEV_H
// One 82540EM as the driver sees it. e1000_setup.c finds it and programs its registers; e1000.c works its rings.

#include "dev/mmio.h"
#include "dev/pci.h"
#include "nic/e1000_hw.h"
#include "pkt/netif.h"

#define RING 256        // descriptors, a power of 2; one page

// I constant after probe   a atomic   r whoever polls the queue (poll.c sees that it is one hart)   x netif.txlock
struct e1000 {
  volatile uint8 *bar;            // [I]
  struct netif nif;
  struct pci_dev *pci;            // [I]
  uint32 frames_in, frames_out;   // [a] the NIC's counts, which a read takes back, added up by e1000_facts()
  uint32 taken_before;            // [r] frames taken from the receive ring before the last reset
  uint8 stopped;                  // [r] and txlock: no DMA, and no tail write, until start
  uint8 dead;                     // [a] it did not come out of its last reset: its registers say nothing
  struct {
    volatile struct rx_desc *desc;  // [I]
    uint32 taken;                 // [r] descriptors that we have taken frames from
    uint32 provided;              // [r] ... put buffers in; provided - taken < RING
    uint32 told;                  // [r] ... told the card of: what RDT holds
    int skipping;                 // [r] in the middle of a frame that took more than one buffer
    uint64 doorbells;             // [r] writes of RDT
    struct pktbuf *pkt[RING];     // [r] in taken .. provided
  } rx;
  struct {
    volatile struct tx_desc *desc;  // [I]
    uint32 put;                   // [x] descriptors that we have filled
    uint32 cleaned;               // [x] ... taken back; put - cleaned < RING
    uint64 context;               // [x] what the card's checksum context holds; 0: nothing yet
    uint64 doorbells;             // [x] writes of TDT
    uint32 frames;                // [x] put on the ring since boot
    struct pktbuf *pkt[RING];     // [x] at the last descriptor of its frame; 0 at the others
  } tx;
};

_Static_assert(RING * sizeof(struct rx_desc) <= PGSIZE && RING * sizeof(struct tx_desc) <= PGSIZE, "a ring is a page");
_Static_assert(PKT_RXBYTES >= 2048, "RCTL_BSIZE_2048");

static inline uint32
reg_read(struct e1000 *d, enum e1000_reg r)
{
  return mmio_read(d->bar + r);
}

static inline void
reg_write(struct e1000 *d, enum e1000_reg r, uint32 v)
{
  mmio_write(d->bar + r, v);
}

static inline int
e1000_has_link(struct e1000 *d)
{
  return (reg_read(d, STATUS) & STATUS_LU) != 0;
}

// e1000_setup.c
int e1000_reset(struct e1000 *d);     // 0, or -EIO: it does not come out of it
void e1000_init_rx(struct e1000 *d);  // an empty ring, and reception off
void e1000_init_tx(struct e1000 *d);  // likewise, and transmission on

// e1000.c
extern const struct nic_ops e1000_ops;
void e1000_interrupt(void *arg);
void e1000_start_rx(struct e1000 *d);  // buffers and reception

// e1000_facts.c: netif.facts
void e1000_facts(struct netif *nif, struct nic_facts *f);

#endif
