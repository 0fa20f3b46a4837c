// Intel 82540EM. SDM = its manual, see e1000.h.
//
// Two rings of 256 descriptors, one for each direction, shared with the card. Positions in them are free-running
// 32-bit counts; a count modulo 256 is the index, and the difference of two counts is the number between them.
// They live in memory: reading one from the card would leave the CPU, so the hot path reads nothing but ICR.
//
//            rx.taken                rx.told        rx.provided
//   ---------|-----------------------|--------------|-------------
//   the      | the card's: frames    | ours: ready, | the
//   stack's  | that came, then empty | RDT to come  | stack's
//
// A tail write is the one dear thing here (QEMU flushes its queues in it), so RDT is written for 32 buffers at a
// time; the card has hundreds left meanwhile. TDT is written once a batch.
// One descriptor always stays unused: head = tail means "empty" to the card (3.2.6, 3.4).

#include "core/check.h"
#include "core/string.h"
#include "kernel/kstat.h"
#include "mm/layout.h"
#include "nic/e1000_dev.h"

#define TELL 32         // buffers that a write of RDT hands over at the least, while the NIC has plenty
#define MIN_FRAME 60    // bytes without CRC

static const uint8 zeros[MIN_FRAME];

// ----- receive -----

// An empty packet into the next descriptor. The caller knows that there is one.
static void
rx_put(struct e1000 *d, struct pktbuf *p)
{
  uint i = d->rx.provided++ % RING;

  check_dma(p->page + p->head, PKT_RXBYTES);
  d->rx.pkt[i] = p;
  d->rx.desc[i].addr = va2pa(p->page + p->head);
  d->rx.desc[i].word = 0;
}

// Hand the descriptors over, if they are enough to be worth it or the card runs low. source: SDM 3.2.6.
static void
rx_tell(struct e1000 *d)
{
  uint32 new = d->rx.provided - d->rx.told;

  if(new == 0 || (new < TELL && d->rx.told - d->rx.taken >= RING / 4))
    return;
  d->rx.told = d->rx.provided;
  d->rx.doorbells++;
  reg_write(d, RDT, d->rx.told % RING);
}

static int
e1000_rx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  struct e1000 *d = nif->drv;
  int i;

  for(i = 0; i < n && d->rx.provided - d->rx.taken < nif->rxmost; i++)
    rx_put(d, in[i]);
  rx_tell(d);
  return i;
}

static int
e1000_rx_pending(struct netif *nif, int q)
{
  struct e1000 *d = nif->drv;

  return d->rx.taken != d->rx.provided && (d->rx.desc[d->rx.taken % RING].word & RXD_DD) != 0;
}

// A frame that is no good, with a packet in descriptor word w: counted once, and its buffers are on the ring again.
static void
rx_bad(struct e1000 *d, struct pktbuf *p, uint64 w)
{
  int part = !(w & RXD_EOP);

  if(!part){
    drop_count(d->rx.skipping || !(w & RXD_BAD) ? DROP_RX_LONG : DROP_RX_ERROR, 0);
    count_add(&d->nif.stat.rx_errors, 1);
  }
  d->rx.skipping = part;
  rx_put(d, p);
}

// The frame in descriptor i; 0: it is no good. source: SDM 3.2.3. Long frames are off (RCTL), so each should fit its
// buffer; the card is not believed.
static inline struct pktbuf *
rx_frame(struct e1000 *d, uint i)
{
  struct pktbuf *p = d->rx.pkt[i];
  uint64 w = d->rx.desc[i].word;
  uint len = (uint16)w;

  if(check_rx_damaged(&d->nif))
    w |= RXD_CRC;
  if(unlikely((w & (RXD_EOP | RXD_BAD)) != RXD_EOP || len > PKT_RXBYTES || d->rx.skipping)){
    rx_bad(d, p, w);
    return 0;
  }
  p->tail = p->head + len;
  pkt_own(p, PKT_NIC, PKT_STACK);
  return p;
}

static int
e1000_rx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  struct e1000 *d = nif->drv;
  int done = 0, good = 0, bad = 0;

  // At most what is on the ring now: bad frames, which go back on it, cannot keep us here.
  for(int left = d->rx.provided - d->rx.taken; good < n && left > 0; left -= done){
    int most = MIN(left, n - good);
    for(done = 0; done < most && (d->rx.desc[(d->rx.taken + done) % RING].word & RXD_DD);)
      done++;
    if(done == 0)
      break;
    // DD is read before the rest of the descriptor, and before the frame. One fence for all of them.
    mmio_read_order();
    for(int i = 0; i < done; i++){
      struct pktbuf *p = rx_frame(d, d->rx.taken++ % RING);
      if(likely(p != 0))
        out[good++] = p;
      else
        bad = 1;
    }
  }
  // Bad frames alone bring nobody to rx_provide, and a ring full of them must not leave the NIC without descriptors.
  if(unlikely(bad) && !d->stopped)
    rx_tell(d);
  return good;
}

// ----- transmit -----

static inline void
tx_put(struct e1000 *d, uint64 addr, uint64 word, struct pktbuf *p)
{
  uint i = d->tx.put++ % RING;

  d->tx.pkt[i] = p;
  d->tx.desc[i].addr = addr;
  d->tx.desc[i].word = word;
}

// Where the transport checksum of p starts and goes, as a context descriptor has it; 0: nothing to be done.
static inline uint64
tx_context(const struct pktbuf *p)
{
  return p->csum_offload ? (uint64)(p->csum_start - p->head) << 32 | (uint64)(p->csum_off - p->head) << 40 : 0;
}

// Zeros behind a frame that is too short, never what the page held before ("Etherleak"). A packet's own page has room
// for them unless its bytes end with it: then they come from elsewhere. result: bytes still to be appended.
static uint
tx_pad(struct pktbuf *p, uint *len, uint total)
{
  uint pad = MIN_FRAME - total;

  if(p->nfrag > 0 || p->tail + pad > PKT_END)
    return pad;
  memset(p->page + p->tail, 0, pad);
  *len += pad;
  return 0;
}

// A frame that needs more than one descriptor: for a new context, for pieces, for padding. 1: done; 0: no room for it now.
// source: SDM 3.3.6, checksums 3.5.
static int __attribute__((noinline))
tx_pieces(struct e1000 *d, struct pktbuf *p, uint64 context, uint64 word)
{
  uint len = pkt_len(p), total = len, pad = 0;
  uint64 last = TXD_EOP | TXD_RS;
  int end;

  // The most it can take: context, own bytes, pieces, padding.
  if(d->tx.put - d->tx.cleaned + p->nfrag + 3 > d->nif.txmost)
    return 0;
  if(context && context != d->tx.context){
    tx_put(d, context, TXD_EXT, 0);
    d->tx.context = context;
  }
  for(int i = 0; i < p->nfrag; i++)
    total += p->frags[i].len;
  if(total < MIN_FRAME)
    pad = tx_pad(p, &len, total);
  check_dma(pkt_data(p), len);
  end = p->nfrag == 0 && pad == 0;
  tx_put(d, va2pa(pkt_data(p)), word | (end ? last : 0) | len, end ? p : 0);
  for(int i = 0; i < p->nfrag; i++){
    check_dma_lent(p->frags[i].page, p->frags[i].off, p->frags[i].len);
    end = i == p->nfrag - 1 && pad == 0;
    tx_put(d, va2pa(p->frags[i].page + p->frags[i].off), word | (end ? last : 0) | p->frags[i].len, end ? p : 0);
  }
  if(pad)
    tx_put(d, va2pa(zeros), word | last | pad, p);
  return 1;
}

// One frame onto the ring. 1: done; 0: no room for it now. source: SDM 3.3.3, 3.3.7. The checksum context stays in the
// card, so most frames need one descriptor.
static inline int
tx_frame(struct e1000 *d, struct pktbuf *p)
{
  uint64 context = tx_context(p), word = context ? TXD_IFCS | TXD_EXT | TXD_DATA | TXD_TXSM : TXD_IFCS;
  uint len = pkt_len(p);

  if(unlikely(p->nfrag > 0 || len < MIN_FRAME || (context && context != d->tx.context)))
    return tx_pieces(d, p, context, word);
  if(unlikely(d->tx.put - d->tx.cleaned >= d->nif.txmost))
    return 0;
  check_dma(pkt_data(p), len);
  tx_put(d, va2pa(pkt_data(p)), word | TXD_EOP | TXD_RS | len, p);
  return 1;
}

// source: SDM 3.4: the tail is the first descriptor that the card may not touch. QEMU's card sends everything up
// to it before the store returns.
static int
e1000_tx_provide(struct netif *nif, int q, struct pktbuf **in, int n)
{
  struct e1000 *d = nif->drv;
  int i;

  for(i = 0; i < n && tx_frame(d, in[i]); i++)
    ;
  if(i > 0){
    d->tx.doorbells++;
    d->tx.frames += i;
    reg_write(d, TDT, d->tx.put % RING);
  }
  return i;
}

// Only the last descriptor of a frame reports, and only it has a packet.
static int
e1000_tx_return(struct netif *nif, int q, struct pktbuf **out, int n)
{
  struct e1000 *d = nif->drv;
  int got = 0;

  while(got < n && d->tx.cleaned != d->tx.put){
    uint32 end = d->tx.cleaned;
    while(d->tx.pkt[end % RING] == 0)
      end++;  // a frame that was begun is complete before the lock is let go
    if((d->tx.desc[end % RING].word & TXD_DD) == 0)
      break;
    out[got++] = d->tx.pkt[end % RING];
    d->tx.cleaned = end + 1;
  }
  return got;
}

// ----- interrupts and state -----

static void
e1000_ring(struct netif *nif, int q, int is_tx, struct kstat_ring *r)
{
  struct e1000 *d = nif->drv;
  uint32 from = is_tx ? d->tx.cleaned : d->rx.taken, to = is_tx ? d->tx.put : d->rx.told;

  r->size = q == 0 ? RING : 0;
  r->head = reg_read(d, is_tx ? TDH : RDH);
  r->tail = to % RING;
  r->doorbells = is_tx ? d->tx.doorbells : d->rx.doorbells;
  r->owned = (r->tail - r->head) % RING;
  r->done = (to - from - r->owned) % RING;
}

// The stack hears of the link as it is now. Another hart may be doing the same with an older state: the one that is last
// sees the difference, and goes on. No lock is held: the stack sends at once.
static void
tell_link(struct e1000 *d)
{
  int link;

  do {
    link = e1000_has_link(d);
    netif_link(&d->nif, link);
  } while(link != e1000_has_link(d));
}

// Reading ICR takes the causes back and drops the line; what comes from now on raises it again. A change of the link
// is dealt with here, whoever reads. result: causes.
static uint32
take_causes(struct e1000 *d)
{
  uint32 causes = reg_read(d, ICR);

  if(unlikely(causes & INT_LSC) && !count_get(&d->dead))
    tell_link(d);
  return causes;
}

// The cause of frames that have been polled is still in ICR: without taking it back, turning the interrupt on would
// raise it at once (13.4.17).
static void
e1000_irq(struct netif *nif, int q, int on)
{
  if(on)
    take_causes(nif->drv);
  reg_write(nif->drv, on ? IMS : IMC, INT_RXT0);
}

void
e1000_interrupt(void *arg)
{
  struct e1000 *d = arg;

  if(take_causes(d) & INT_RXT0)
    netif_interrupt(&d->nif, 0);
}

// Buffers for the ring, as many as it may have and there are, and reception on. RCTL is written once: each write makes
// QEMU's card deaf for a second, so the sooner in boot the better. The tail comes after it: QEMU loses a frame that waits
// when it learns of buffers while reception is off. source: SDM 14.4.
void
e1000_start_rx(struct e1000 *d)
{
  struct pktbuf *p;

  while(d->rx.provided < d->nif.rxmost && (p = pkt_alloc()) != 0){
    pkt_own(p, PKT_STACK, PKT_NIC);
    rx_put(d, p);
  }
  reg_write(d, RCTL, RCTL_EN | RCTL_BAM | RCTL_BSIZE_2048 | RCTL_SECRC);
  rx_tell(d);
}

// ----- once more -----

// Both units off first, so that no frame is cut in two; then the reset, which ends whatever DMA is under way. Memory on
// the rings may be touched, and given back, only after that. source: SDM 14.3, and RCTL.EN in 13.4.22, TCTL.EN in 13.4.33.
static int
e1000_stop(struct netif *nif)
{
  struct e1000 *d = nif->drv;
  int err;

  d->stopped = 1;
  reg_write(d, RCTL, 0);
  reg_write(d, TCTL, 0);
  (void)reg_read(d, STATUS);  // the writes have arrived
  err = e1000_reset(d);
  __atomic_store_n(&d->dead, err < 0, __ATOMIC_RELAXED);
  return err;
}

// What the card has not sent. A packet is at the last descriptor of its frame, which reports.
static void
tx_empty(struct e1000 *d)
{
  for(; d->tx.cleaned != d->tx.put; d->tx.cleaned++){
    uint i = d->tx.cleaned % RING;
    struct pktbuf *p = d->tx.pkt[i];
    if(p == 0)
      continue;
    pkt_own(p, PKT_NIC, PKT_STACK);
    if(d->tx.desc[i].word & TXD_DD){
      pkt_free(p);
    } else {
      d->tx.frames--;
      count_add(&d->nif.stat.tx_drops, 1);
      pkt_drop(p, DROP_TX_RESET, 0);
    }
  }
  d->tx.put = d->tx.cleaned = 0;
  d->tx.context = 0;
}

// The buffers that were on the ring are on it again, from its first descriptor on.
static void
rx_again(struct e1000 *d)
{
  struct pktq left = { 0 };
  struct pktbuf *p;

  d->taken_before += d->rx.taken;
  while(d->rx.taken != d->rx.provided)
    pktq_put(&left, d->rx.pkt[d->rx.taken++ % RING]);
  d->rx.taken = d->rx.provided = d->rx.told = 0;
  d->rx.skipping = 0;
  while((p = pktq_get(&left)) != 0)
    rx_put(d, p);
}

// The interrupt comes on even if somebody had masked it: one too many does no harm, and one too few would. The link may
// have changed meanwhile, and the stack answers news of it with frames, for which it needs txlock: so the NIC is made to
// interrupt, and the handler, which holds no lock, tells.
static void
e1000_start(struct netif *nif)
{
  struct e1000 *d = nif->drv;

  tx_empty(d);
  e1000_init_rx(d);
  rx_again(d);
  d->stopped = 0;
  e1000_start_rx(d);
  e1000_init_tx(d);
  reg_write(d, IMS, INT_RXT0 | INT_LSC);
  reg_write(d, ICS, INT_LSC);
}

const struct nic_ops e1000_ops = {
  .rx_return = e1000_rx_return,
  .rx_provide = e1000_rx_provide,
  .rx_pending = e1000_rx_pending,
  .tx_provide = e1000_tx_provide,
  .tx_return = e1000_tx_return,
  .irq = e1000_irq,
  .stop = e1000_stop,
  .start = e1000_start,
  .ring = e1000_ring,
};
