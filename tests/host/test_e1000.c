// The driver of the 82540EM, on the NIC of card82540.c.

#include "fixture.h"
#include "card82540.h"
#include "dev/intc.h"
#include "mm/kalloc.h"
#include "kernel/kstat.h"
#include "nic/e1000_dev.h"
#include "core/check.h"
#include "pkt/poll.h"
#include "pkt/tune.h"

#define TOLD (RING - 1 - 31)  // descriptors that the NIC knows of, after buffers came one by one

// --- what goes up ---

static struct netif *nif;
static struct e1000 *d;
static int came;                  // frames that went up
static uint last_len;             // ... of the last one
static uint8 last[2048];

static void
input(struct netif *from, struct pktbuf *p)
{
  CHECK_EQ(host_locks, 0);
  CHECK(from == nif && p->owner == PKT_STACK);
  came++;
  last_len = pkt_len(p);
  memcpy(last, pkt_data(p), last_len);
  pkt_free(p);
}

static void
up(void)
{
  poll_init();
  nif = nic_up();
  d = nif->drv;
  netif_input = input;
  nic->rdt_writes = nic->tdt_writes = nic->reads = 0;
}

// n frames of `len` bytes, each taken by an interrupt.
static void
receive_frames(int n, uint len, uint errors)
{
  for(int i = 0; i < n; i++){
    nic_wire(len, i, errors);
    nic_interrupts();
  }
}

static struct pktbuf *
packet(uint len, uint8 first)
{
  struct pktbuf *p = pkt_alloc();
  CHECK(p != 0);
  uint8 *b = pkt_put(p, len);
  for(uint i = 0; i < len; i++)
    b[i] = first + i;
  return p;
}

static int
send_one(uint len, uint8 first)
{
  return netif_tx(nif, packet(len, first));
}

static void
check_sent(uint i, uint len, uint8 first)
{
  CHECK(i < nic->nsent);
  CHECK_EQ(nic->sent[i].len, MAX(len, 60));
  for(uint at = 0; at < nic->sent[i].len; at++)
    CHECK_EQ(nic->sent[i].b[at], at < len ? (uint8)(first + at) : 0);
}

// --- the beginning ---

// After probe the registers hold what the manual asks for, the ring is full but for one descriptor (of which the NIC hears of the
// last 31 later), and the address is the EEPROM's.
TEST(e1000_set_up)
{
  static const uint8 mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x60 };
  up();
  CHECK_BYTES(nif->mac, mac, 6);
  CHECK_EQ(nic->reg[0x5400 / 4], 0x12005452);
  CHECK_EQ(nic->reg[0x5404 / 4], 0x80006034);
  CHECK_EQ(nic->reg[0x0100 / 4], 0x04008002);  // RCTL: on, broadcasts, no CRC, 2048 bytes
  CHECK_EQ(nic->reg[0x0400 / 4], 0x000400fa);  // TCTL: on, pad, collisions
  CHECK_EQ(nic->reg[0x0410 / 4], 0x0060200a);  // TIPG (13.4.34)
  CHECK_EQ(nic->reg[0x2808 / 4], 4096);
  CHECK_EQ(nic->reg[0x3808 / 4], 4096);
  CHECK_EQ(nic->reg[0x00d0 / 4], 0x84);        // IMS: frames, link
  CHECK_EQ(nic->reg[0x0000 / 4] & 0x60, 0x60);  // CTRL: link on, find the speed out
  for(int i = 0; i < 128; i++)
    CHECK_EQ(nic->reg[0x5200 / 4 + i], 0);
  CHECK_EQ(d->rx.provided - d->rx.taken, RING - 1);
  CHECK_EQ(nic_owns(), TOLD);
  CHECK_EQ(nif->link, 1);
  CHECK_EQ(nif->caps, NETIF_CSUM);
  nic_pull_out();
}

// Nothing counts on a register's default: with rubbish in all of them the NIC is set up the same.
TEST(e1000_forgetful_reset)
{
  nic_plug(0);
  nic->forgets = 1;
  CHECK_EQ(nic_probe(), 0);
  netif_fill_rings();
  for(int i = 0; i < 128; i++)
    CHECK_EQ(nic->reg[0x5200 / 4 + i], 0);
  CHECK_EQ(nic->reg[0x2820 / 4] | nic->reg[0x282c / 4] | nic->reg[0x00c4 / 4], 0);  // no delays
  CHECK_EQ(nic->reg[0x0000 / 4] & 0x60, 0x60);
  poll_init();
  nif = netifs[nnetif - 1];
  netif_input = input;
  receive_frames(3, 100, 0);
  CHECK_EQ(came, 3);
  host_advance(3 * SEC);
  nic_pull_out();
}

// With a wrong checksum in the EEPROM, or no answer from it, the address is the one that the NIC has already.
TEST(e1000_address_without_eeprom)
{
  static const uint8 mac[6] = { 2, 1, 2, 3, 4, 5 };
  for(int i = 0; i < 2; i++){
    nic_plug(i);
    nic->eeprom[20] = i == 0;
    nic->eeprom_silent = i == 1;
    nic->reg[0x5400 / 4] = 0x03020102;
    nic->reg[0x5404 / 4] = 0x80000504;
    CHECK_EQ(nic_probe(), 0);
    CHECK_BYTES(netifs[nnetif - 1]->mac, mac, 6);
    host_advance(3 * SEC);
    nic_pull_out();
  }
}

static void
refused(const char *why)
{
  int packets = pkt_in_use(), pages = host_pages_used, n = nnetif;
  CHECK(nic_probe() < 0);
  CHECK_EQ(nnetif, n);
  CHECK_EQ(pkt_in_use(), packets);
  CHECK_EQ(host_pages_used, pages);
  CHECK_EQ(nic->reg[0x0100 / 4] | nic->reg[0x0400 / 4] | nic->reg[0x00d0 / 4], 0);
  check_said(why);
}

// A NIC that cannot be driven is left alone with a sentence, and keeps nothing.
TEST(e1000_refused)
{
  nic_plug(0);
  nic->stuck_resets = 1;
  refused("it does not come out of reset; left alone\n");
  nic_plug(0);
  nic->eeprom_silent = 1;
  refused("it has no address; left alone\n");
  nic_plug(0);
  nic->eeprom_silent = 1;
  nic->reg[0x5400 / 4] = 0x03020102;
  nic->reg[0x5404 / 4] = 0x00000504;  // an address that is not valid
  refused("it has no address; left alone\n");
  nic_plug(0);
  nic->eeprom[0] ^= 1;   // a group address, and the checksum is right
  nic->eeprom[63]--;
  refused("it has no address; left alone\n");
  nic_plug(0);
  nic->pci.irq = NIRQ;
  refused("its interrupt cannot be had; left alone\n");
  nic_plug(0);
  host_pages_left = 1;
  refused("no memory for its rings; left alone\n");
}

// There are no more NICs than interfaces, and the next one is refused.
TEST(e1000_too_many)
{
  for(int i = 0; nnetif < NETIF_MAX; i++){
    nic_plug(i);
    CHECK_EQ(nic_probe(), 0);
    host_advance(3 * SEC);
    nic_pull_out();
  }
  nic_plug(NICS - 1);
  refused("there are too many interfaces; left alone\n");
}

// --- receive ---

// A frame is taken as it came, with the length of its descriptor, and another buffer is on the ring before it goes up.
TEST(e1000_receive)
{
  up();
  for(uint len = 60; len <= 1514; len += 97){
    receive_frames(1, len, 0);
    CHECK_EQ(last_len, len);
    for(uint i = 0; i < len; i++)
      CHECK_EQ(last[i], (uint8)i);
  }
  CHECK_EQ(nif->stat.rx_frames, came);
  CHECK_EQ(d->rx.provided - d->rx.taken, RING - 1);
  nic_pull_out();
}

// RDT is written for 32 buffers at a time while the NIC has plenty, and the ring may go round as often as it likes.
TEST(e1000_receive_doorbells)
{
  up();
  receive_frames(1, 60, 0);
  CHECK_EQ(nic->rdt_writes, 1);
  receive_frames(31, 60, 0);
  CHECK_EQ(nic->rdt_writes, 1);
  receive_frames(1, 60, 0);
  CHECK_EQ(nic->rdt_writes, 2);
  receive_frames(3 * RING, 60, 0);
  CHECK_EQ(nic->rdt_writes, 2 + 3 * RING / 32);
  CHECK_EQ(came, 33 + 3 * RING);
  nic_pull_out();
}

// The hot path reads no register but ICR.
TEST(e1000_receive_reads)
{
  up();
  nic->icr_reads = 0;
  receive_frames(10, 60, 0);
  CHECK_EQ(nic->reads, nic->icr_reads);
  nic_pull_out();
}

// More frames than the ring holds wait at the NIC, and all come, in order.
TEST(e1000_receive_backlog)
{
  up();
  for(int i = 0; i < 600; i++)
    nic_wire(60, i, 0);
  CHECK_EQ(nic->ncoming, 600 - TOLD);
  tunes[TUNE_RXQUOTA] = 0;
  nic_interrupts();
  CHECK_EQ(came, 600);
  CHECK_EQ(last[0], 599 % 256);
  nic_pull_out();
}

// Each error that the NIC reports ends its frame under a name; a wrong checksum is the stack's business.
TEST(e1000_receive_errors)
{
  static const uint8 bad[] = { 1, 2, 4, 16, 128 };
  up();
  for(uint i = 0; i < sizeof(bad); i++){
    receive_frames(1, 60, bad[i]);
    CHECK_EQ(drops(DROP_RX_ERROR), i + 1);
  }
  CHECK_EQ(nif->stat.rx_errors, sizeof(bad));
  CHECK_EQ(came, 0);
  receive_frames(1, 60, 32);
  receive_frames(1, 60, 64);
  CHECK_EQ(came, 2);
  nic_pull_out();
}

// However many bad frames come in a row, the NIC gets their buffers back: with the ring full, and with a small one.
TEST(e1000_bad_frames_only)
{
  up();
  receive_frames(3 * RING, 60, 1);
  CHECK_EQ(drops(DROP_RX_ERROR), 3 * RING);
  CHECK_EQ(nic->ncoming, 0);
  receive_frames(1, 60, 0);
  CHECK_EQ(came, 1);
  CHECK_EQ(tune_set("rxring", 8), 0);
  receive_frames(3 * RING, 60, 0);  // goes round until it has 8
  receive_frames(100, 60, 1);
  CHECK_EQ(nic->ncoming, 0);
  receive_frames(1, 60, 0);
  CHECK_EQ(came, 2 + 3 * RING);
  nic_pull_out();
}

// A frame in several buffers is too long: dropped once, whatever its parts say, and the next one is whole.
TEST(e1000_receive_long)
{
  up();
  receive_frames(1, 5000, 0);
  CHECK_EQ(drops(DROP_RX_LONG), 1);
  receive_frames(1, 5000, 1);
  CHECK_EQ(drops(DROP_RX_LONG), 2);
  CHECK_EQ(nif->stat.rx_errors, 2);
  receive_frames(1, 60, 0);
  CHECK_EQ(came, 1);
  CHECK_EQ(d->rx.provided - d->rx.taken, RING - 1);
  nic_pull_out();
}

// A length beyond the buffer is not believed.
TEST(e1000_receive_length)
{
  up();
  nic->says_length = PKT_RXBYTES + 1;
  receive_frames(1, 60, 0);
  CHECK_EQ(came, 0);
  CHECK_EQ(drops(DROP_RX_LONG), 1);
  nic->says_length = PKT_RXBYTES;
  receive_frames(1, 60, 0);
  CHECK_EQ(last_len, PKT_RXBYTES);
  nic_pull_out();
}

// Without packets the frame's own buffer goes back, and the ring stays as it is.
TEST(e1000_receive_no_packets)
{
  static struct pktbuf *all[TEST_PACKETS + 1];
  int n = 0;
  up();
  while((all[n] = pkt_alloc()) != 0)
    n++;
  receive_frames(2 * RING, 60, 0);
  CHECK_EQ(came, 0);
  CHECK_EQ(drops(DROP_NOBUF), 2 * RING);
  while(n > 0)
    pkt_free(all[--n]);
  receive_frames(1, 60, 0);
  CHECK_EQ(came, 1);
  nic_pull_out();
}

// Faults on purpose: frames look damaged by a seed, the driver drops them by name, and reception goes on when they end.
TEST(e1000_faulty_bad_frames)
{
  struct netctl_faulty f = { .ifname = "x0", .seed = 3, .bad = FAULTY_ALL, .on = 1 };
  up();
  memcpy(nif->name, "x0", 3);
  CHECK_EQ(check_set_faults(&f), 0);
  receive_frames(600, 60, 0);
  CHECK_EQ(drops(DROP_RX_ERROR), 600);
  f.bad = FAULTY_ALL / 2;
  CHECK_EQ(check_set_faults(&f), 0);
  receive_frames(400, 60, 0);
  int bad = drops(DROP_RX_ERROR) - 600;
  CHECK(bad > 100 && bad < 300);
  CHECK_EQ(came, 400 - bad);
  f.bad = FAULTY_ALL + 1;
  CHECK_EQ(check_set_faults(&f), -EINVAL);
  f.on = f.bad = 0;
  CHECK_EQ(check_set_faults(&f), 0);
  receive_frames(1, 60, 0);
  CHECK_EQ(came, 401 - bad);
  nic_pull_out();
}

// Frames that are delayed on purpose keep no more than their part of the pool; what is too much is dropped by name.
TEST(e1000_faulty_keeps_its_part)
{
  struct netctl_faulty f = { .ifname = "x0", .seed = 3, .delay_us = 100000, .on = 1 };
  up();
  memcpy(nif->name, "x0", 3);
  pkt_parts[PART_FAULTY] = 15;
  CHECK_EQ(check_set_faults(&f), 0);
  receive_frames(40, 60, 0);
  CHECK_EQ(came, 0);
  CHECK_EQ(drops(DROP_FAULTY_FULL), 40 - 15);
  host_advance(SEC);
  CHECK_EQ(came, 15);
  receive_frames(15, 60, 0);  // and there is room again
  CHECK_EQ(drops(DROP_FAULTY_FULL), 40 - 15);
  host_advance(SEC);
  CHECK_EQ(came, 30);
  f.on = f.delay_us = 0;
  CHECK_EQ(check_set_faults(&f), 0);
  host_advance(3 * SEC);
  nic_pull_out();
}

// --- transmit ---

// Frames go out as they are, short ones with zeros behind them.
TEST(e1000_send)
{
  static const uint lens[] = { 20, 42, 59, 60, 61, 1514 };
  up();
  for(uint i = 0; i < NELEM(lens); i++){
    CHECK_EQ(send_one(lens[i], i), 0);
    check_sent(i, lens[i], i);
  }
  CHECK_EQ(nic->tdt_writes, NELEM(lens));
  nic_pull_out();
}

// A batch has one tail write; what was sent is given back in order, and no earlier than the NIC says so.
TEST(e1000_send_batch)
{
  struct pktbuf *in[10], *out[16];
  up();
  nic->holds = 1;
  acquire(&nif->txlock);
  for(int i = 0; i < 10; i++){
    in[i] = packet(60 + i, i);
    pkt_own(in[i], PKT_STACK, PKT_NIC);
  }
  CHECK_EQ(nif->ops->tx_provide(nif, 0, in, 10), 10);
  CHECK_EQ(nic->tdt_writes, 1);
  CHECK_EQ(nif->ops->tx_return(nif, 0, out, 16), 0);
  nic_transmit(4);
  CHECK_EQ(nif->ops->tx_return(nif, 0, out, 16), 4);
  nic_transmit(6);
  CHECK_EQ(nif->ops->tx_return(nif, 0, out + 4, 12), 6);
  for(int i = 0; i < 10; i++)
    CHECK(in[i] == out[i]);
  release(&nif->txlock);
  for(int i = 0; i < 10; i++)
    pkt_free(out[i]);
  nic_pull_out();
}

// A full ring takes no frame: that is dropped by name and not counted as sent, and the ring goes on when there is room.
TEST(e1000_send_full)
{
  up();
  uint64 frames = nif->stat.tx_frames, bytes = nif->stat.tx_bytes;
  int most = nif->txmost;
  CHECK_EQ(most, MIN(RING - 1, pkt_parts[PART_TX] / netif_nics()));
  nic->holds = 1;
  for(int i = 0; i < most; i++)
    CHECK_EQ(send_one(100, i), 0);
  CHECK_EQ(send_one(100, 0), -ENOBUFS);
  CHECK_EQ(drops(DROP_TX_FULL), 1);
  CHECK_EQ(nif->stat.tx_frames - frames, most);
  CHECK_EQ(nif->stat.tx_bytes - bytes, 100 * most);
  nic_transmit(20);
  for(int i = 0; i < 20; i++)
    CHECK_EQ(send_one(100, i), 0);
  nic_transmit(RING);
  CHECK_EQ(nic->nsent, most + 20);
  for(int i = 0; i < 3 * RING; i++){
    CHECK_EQ(send_one(100, i), 0);
    nic_transmit(1);
    nic->nsent = 0;
  }
  nic_pull_out();
}

// p with n further bytes from a page of its own: first, first + 1, ...
static struct pktbuf *
with_piece(struct pktbuf *p, uint n, uint8 first)
{
  uint8 *page = kalloc();
  p->frags = (struct pktfrag *)(p->page + (p->tail + 7) / 8 * 8);
  p->frags[p->nfrag++] = (struct pktfrag){ page, 5, n };
  for(uint i = 0; i < n; i++)
    page[5 + i] = first + i;
  return p;
}

// Pieces go out behind the packet's own bytes, only the last descriptor has the packet, and what is too short is padded with
// zeros from elsewhere.
TEST(e1000_send_pieces)
{
  up();
  CHECK_EQ(netif_tx(nif, with_piece(packet(42, 0), 200, 42)), 0);
  check_sent(0, 242, 0);
  CHECK_EQ(d->tx.put - d->tx.cleaned, 2);
  CHECK_EQ(netif_tx(nif, with_piece(packet(20, 7), 10, 27)), 0);
  check_sent(1, 30, 7);
  CHECK_EQ(d->tx.put - d->tx.cleaned, 5);
  nic_pull_out();
}

// A ring that is nearly full takes no frame in pieces, and nothing of it.
TEST(e1000_send_pieces_full)
{
  up();
  nic->holds = 1;
  for(int i = 0; i < nif->txmost - 2; i++)
    CHECK_EQ(send_one(100, i), 0);
  uint put = d->tx.put;
  CHECK_EQ(netif_tx(nif, with_piece(packet(42, 0), 200, 42)), -ENOBUFS);
  CHECK_EQ(d->tx.put, put);
  nic_pull_out();
}

// A packet whose bytes end with its page is padded from elsewhere, too.
TEST(e1000_send_short_at_the_end)
{
  up();
  struct pktbuf *p = pkt_alloc();
  pkt_reserve(p, PKT_END - 30);
  memset(pkt_put(p, 30), 0x11, 30);
  CHECK_EQ(netif_tx(nif, p), 0);
  CHECK_EQ(nic->sent[0].len, 60);
  for(int i = 0; i < 60; i++)
    CHECK_EQ(nic->sent[0].b[i], i < 30 ? 0x11 : 0);
  nic_pull_out();
}

static struct pktbuf *
to_be_summed(uint len, uint start, uint at)
{
  struct pktbuf *p = packet(len, 3);
  p->csum_offload = 1;
  p->csum_start = p->head + start;
  p->csum_off = p->head + at;
  return p;
}

// The NIC is told where the sum starts and goes, once for all frames of a kind, and again for another kind.
TEST(e1000_send_checksum)
{
  up();
  for(int i = 0; i < 3; i++)
    CHECK_EQ(netif_tx(nif, to_be_summed(200, 34, 40)), 0);
  CHECK_EQ(nic->contexts, 1);
  CHECK_EQ(netif_tx(nif, to_be_summed(200, 38, 44)), 0);
  CHECK_EQ(nic->contexts, 2);
  CHECK_EQ(send_one(100, 0), 0);
  CHECK_EQ(netif_tx(nif, to_be_summed(200, 38, 44)), 0);
  CHECK_EQ(nic->contexts, 2);
  for(uint i = 0; i < 6; i++){
    uint start = i < 3 ? 34 : 38;
    if(i == 4){
      check_sent(i, 100, 0);
      continue;
    }
    uint8 was[200];
    for(uint k = 0; k < 200; k++)
      was[k] = 3 + k;
    uint16 sum = ref_cksum(was + start, 200 - start, 0);
    CHECK_EQ(nic->sent[i].b[start + 6] << 8 | nic->sent[i].b[start + 7], sum);
    CHECK_EQ(nic->sent[i].b[0], 3);
  }
  nic_pull_out();
}

// --- interrupts and the link ---

// Masked, frames wait in silence; unmasked, the causes from before are forgotten, and the next frame interrupts.
TEST(e1000_mask)
{
  up();
  nif->ops->irq(nif, 0, 0);
  nic_wire(60, 1, 0);
  CHECK_EQ(nic_line(), 0);
  CHECK_EQ(nif->ops->rx_pending(nif, 0), 1);
  nif->ops->irq(nif, 0, 1);
  CHECK_EQ(nic_line(), 0);
  nic_wire(60, 2, 0);
  CHECK_EQ(nic_line(), 1);
  nic_interrupts();
  CHECK_EQ(came, 2);
  CHECK_EQ(nif->ops->rx_pending(nif, 0), 0);
  nic_pull_out();
}

// The link's changes are told, whoever reads their cause, and no interrupt of another kind looks at the link.
TEST(e1000_link)
{
  up();
  nic_link(0);
  nic_interrupts();
  CHECK_EQ(nif->link, 0);
  nic_link(1);
  nif->ops->irq(nif, 0, 1);  // an idle hart that turns interrupts on
  CHECK_EQ(nif->link, 1);
  CHECK_EQ(nif->stat.link_changes, 2);
  CHECK(nic->nsent > 0);     // and the address is announced again
  nic_pull_out();
}

// --- a reset ---

// A reset that fails, and one that works: the stack hears of the link without a lock, announces itself, and all goes on.
TEST(e1000_reset_fails_then_works)
{
  up();
  receive_frames(5, 60, 0);
  nic->stuck_resets = 1;
  CHECK_EQ(netif_reset(nif), -EIO);
  CHECK_EQ(nif->link, 0);
  nic_link(1);
  nic_interrupts();
  nif->ops->irq(nif, 0, 1);
  CHECK_EQ(nif->link, 0);    // a dead NIC's registers say nothing
  CHECK_EQ(send_one(60, 0), -ENETDOWN);
  nic->nsent = 0;
  CHECK_EQ(netif_reset(nif), 0);
  nic_interrupts();
  CHECK_EQ(nif->link, 1);
  CHECK_EQ(nic->sent[0].b[13], 6);  // ARP
  receive_frames(5, 60, 0);
  CHECK_EQ(came, 10);
  host_advance(3 * SEC);
  nic_pull_out();
}

static void
pull_cable(void)
{
  nic_link(0);
}

// The link goes while the NIC is being reset: it is down afterwards, and comes back.
TEST(e1000_link_goes_in_a_reset)
{
  up();
  nic->on_reset = pull_cable;
  CHECK_EQ(netif_reset(nif), 0);
  nic_interrupts();
  CHECK_EQ(nif->link, 0);
  nic_link(1);
  nic_interrupts();
  CHECK_EQ(nif->link, 1);
  host_advance(3 * SEC);
  nic_pull_out();
}

// What had come goes up, what was not sent is dropped by name, what was sent is not; both rings start anew.
TEST(e1000_reset_under_way)
{
  up();
  nic->holds = 1;
  nif->ops->irq(nif, 0, 0);
  for(int i = 0; i < 7; i++)
    CHECK_EQ(send_one(100, i), 0);
  nic_transmit(3);
  for(int i = 0; i < 9; i++)
    nic_wire(60, i, i == 4);
  nic->forgets = 1;
  CHECK_EQ(netif_reset(nif), 0);
  CHECK_EQ(came, 8);
  CHECK_EQ(drops(DROP_RX_ERROR), 1);
  CHECK_EQ(drops(DROP_TX_RESET), 4);
  CHECK_EQ(nif->stat.tx_drops, 4);
  CHECK_EQ(nic_owns(), RING - 1);
  nic->holds = 0;
  nic->nsent = 0;
  CHECK_EQ(send_one(100, 9), 0);
  check_sent(0, 100, 9);
  receive_frames(2 * RING, 60, 0);
  CHECK_EQ(came, 8 + 2 * RING);
  nic_pull_out();
}

// The checksum context is the NIC's, and gone with a reset.
TEST(e1000_reset_context)
{
  up();
  CHECK_EQ(netif_tx(nif, to_be_summed(200, 34, 40)), 0);
  CHECK_EQ(netif_reset(nif), 0);
  CHECK_EQ(netif_tx(nif, to_be_summed(200, 34, 40)), 0);
  CHECK_EQ(nic->contexts, 2);
  nic_pull_out();
}

// A ring full of bad frames is emptied by a reset without a tail write while reception is off.
TEST(e1000_reset_bad_frames)
{
  up();
  nif->ops->irq(nif, 0, 0);
  for(int i = 0; i < 300; i++)
    nic_wire(60, i, 1);
  CHECK_EQ(netif_reset(nif), 0);
  nic_interrupts();
  CHECK_EQ(drops(DROP_RX_ERROR), 300);
  receive_frames(1, 60, 0);
  CHECK_EQ(came, 1);
  nic_pull_out();
}

// --- what others see of the rings ---

TEST(e1000_ring_record)
{
  struct kstat_ring r = { 0 };
  up();
  nic->holds = 1;
  nif->ops->irq(nif, 0, 0);
  for(int i = 0; i < 5; i++)
    send_one(60, i);
  nic_transmit(2);
  for(int i = 0; i < 3; i++)
    nic_wire(60, i, 0);
  nif->ops->ring(nif, 0, 1, &r);
  CHECK_EQ(r.size, RING);
  CHECK_EQ(r.owned, 3);
  CHECK_EQ(r.done, 2);
  nif->ops->ring(nif, 0, 0, &r);
  CHECK_EQ(r.owned, TOLD - 3);
  CHECK_EQ(r.done, 3);
  nif->ops->ring(nif, 1, 0, &r);
  CHECK_EQ(r.size, 0);
  nic_pull_out();
}
