#include "card82540.h"
#include "dev/intc.h"
#include "fixture.h"
#include "mm/layout.h"
#include "nic/e1000.h"
#include "nic/e1000_dev.h"
#include "pkt/poll.h"

// Registers, in bytes from BAR 0 (SDM table 13-2), and their bits. The driver's own list is not used here.
enum {
  R_CTRL = 0x0000, R_STATUS = 0x0008, R_EERD = 0x0014, R_ICR = 0x00c0, R_ITR = 0x00c4, R_ICS = 0x00c8, R_IMS = 0x00d0,
  R_IMC = 0x00d8, R_RCTL = 0x0100, R_TCTL = 0x0400, R_TIPG = 0x0410, R_RDBAL = 0x2800, R_RDBAH = 0x2804, R_RDLEN = 0x2808,
  R_RDH = 0x2810, R_RDT = 0x2818, R_RDTR = 0x2820, R_RADV = 0x282c, R_TDBAL = 0x3800, R_TDBAH = 0x3804, R_TDLEN = 0x3808,
  R_TDH = 0x3810, R_TDT = 0x3818, R_MTA = 0x5200, R_MTA_END = 0x5400, R_RAL = 0x5400, R_RAH = 0x5404,
};
#define RST (1u << 26)
#define LINK_UP 2u
#define ICR_TXDW 1u
#define ICR_LSC 4u
#define ICR_RXT0 128u
#define BAR_SIZE 0x20000

struct descriptor {
  uint64 addr, word;
};

static struct nic nics[NICS];
static uint8 *bars;
struct nic *nic = nics;

static void __attribute__((noreturn))
refuse(const char *why, uint32 v)
{
  test_fail("the NIC", 0, "%s (0x%x)", why, v);
}

// ----- rings -----

static uint
entries(struct nic *n, int len)
{
  if(n->reg[len / 4] == 0 || n->reg[len / 4] % 128)
    refuse("a ring's length is a multiple of 128, and not 0", n->reg[len / 4]);
  return n->reg[len / 4] / sizeof(struct descriptor);
}

static struct descriptor *
descriptor(struct nic *n, int low, uint i)
{
  uint64 pa = n->reg[low / 4] | (uint64)n->reg[low / 4 + 1] << 32;

  if(pa % 16)
    refuse("a ring's address is a multiple of 16", pa);
  return (struct descriptor *)pa2va(pa) + i;
}

static void
raise(struct nic *n, uint32 causes)
{
  n->reg[R_ICR / 4] |= causes;
}

// One part of a frame into the next descriptor (3.2.3).
static void
fill(struct nic *n, const struct nic_frame *f, uint from, uint bytes)
{
  uint at = n->reg[R_RDH / 4];
  struct descriptor *d = descriptor(n, R_RDBAL, at);
  uint64 end = from + bytes == f->len, length = n->says_length ? n->says_length : bytes;

  if(d->word != 0)
    refuse("the driver hands over a receive descriptor whose status is not 0", d->word >> 32);
  memcpy(pa2va(d->addr), f->b + from, bytes);
  d->word = length | 1UL << 32 | end << 33 | (uint64)f->errors << 40;
  n->reg[R_RDH / 4] = (at + 1) % entries(n, R_RDLEN);
}

static uint
free_descriptors(struct nic *n)
{
  uint size = entries(n, R_RDLEN);

  return (n->reg[R_RDT / 4] - n->reg[R_RDH / 4] + size) % size;
}

// As many of the frames that wait as the ring has room for; one that is longer than a buffer takes several.
static void
take_frames(struct nic *n)
{
  const uint32 rctl = n->reg[R_RCTL / 4];
  uint done = 0;

  if(!(rctl & 2) || !n->masters)
    return;
  if((rctl >> 16 & 3) != 0 || (rctl >> 25 & 1))
    refuse("buffers are to be of 2048 bytes", rctl);
  for(; done < n->ncoming; done++){
    const struct nic_frame *f = &n->coming[done];
    if((f->len + 2047) / 2048 > free_descriptors(n))
      break;
    for(uint at = 0; at < f->len; at += 2048)
      fill(n, f, at, MIN(2048, f->len - at));
    raise(n, ICR_RXT0);
  }
  n->ncoming -= done;
  memmove(n->coming, n->coming + done, n->ncoming * sizeof(struct nic_frame));
}

// The transport checksum, as the context says (3.3.6, 3.5).
static void
insert_checksum(struct nic *n)
{
  uint start = n->context >> 32 & 0xff, at = n->context >> 40 & 0xff;
  uint16 sum;

  if(n->context >> 48)
    refuse("the checksum is to end before the frame does", n->context >> 48);
  sum = ref_cksum(n->out.b + start, n->out.len - start, 0);
  sum = sum ? sum : 0xffff;
  n->out.b[at] = sum >> 8;
  n->out.b[at + 1] = sum;
}

static void
frame_complete(struct nic *n, uint64 word)
{
  if(!(word >> 25 & 1))
    refuse("a frame without a CRC (IFCS)", word);
  if(n->out.len < 60 || n->out.len > 1514)
    refuse("a frame is of 60 to 1514 bytes", n->out.len);
  if(word >> 20 & 1 && word >> 41 & 1)
    insert_checksum(n);
  CHECK(n->nsent < NIC_FRAMES);
  memcpy(&n->sent[n->nsent++], &n->out, sizeof(n->out));
  n->out.len = 0;
}

// One descriptor goes out (3.3).
static void
transmit(struct nic *n)
{
  uint at = n->reg[R_TDH / 4];
  struct descriptor *d = descriptor(n, R_TDBAL, at);
  uint64 w = d->word;
  int extended = w >> 29 & 1, context = extended && !(w >> 20 & 1);
  uint len = w & 0xffff;

  if(context){
    n->context = d->addr;
    n->contexts++;
  } else {
    if(n->out.len + len > sizeof(n->out.b))
      refuse("a frame that does not end", n->out.len + len);
    memcpy(n->out.b + n->out.len, pa2va(d->addr), len);
    n->out.len += len;
    if(w >> 24 & 1)
      frame_complete(n, w);
    if(w >> 27 & 1){
      d->word |= 1UL << 32;
      raise(n, ICR_TXDW);
    }
  }
  n->reg[R_TDH / 4] = (at + 1) % entries(n, R_TDLEN);
}

static void
send_all(struct nic *n)
{
  while((n->reg[R_TCTL / 4] & 2) && n->masters && !n->holds && n->reg[R_TDH / 4] != n->reg[R_TDT / 4])
    transmit(n);
}

// A tail may move up to the descriptor before the head, and no further: it would hand over what the NIC still has (3.2.6, 3.4).
static void
check_tail(struct nic *n, int head, int tail, int len, uint32 v)
{
  uint size = entries(n, len), had = (n->reg[tail / 4] - n->reg[head / 4] + size) % size;

  if(v >= size)
    refuse("a tail beyond the ring", v);
  if((v - n->reg[tail / 4] + size) % size > size - 1 - had)
    refuse("a tail overtakes the head", v);
}

// ----- registers -----

static void
reset(struct nic *n)
{
  void (*fn)(void) = n->on_reset;

  n->on_reset = 0;
  if(n->stuck_resets > 0){
    n->stuck_resets--;
    n->reg[R_CTRL / 4] |= RST;
  } else {
    uint32 status = n->reg[R_STATUS / 4], ral = n->reg[R_RAL / 4], rah = n->reg[R_RAH / 4];
    if(n->forgets)
      memset(n->reg, 0x5a, sizeof(n->reg));
    n->reg[R_STATUS / 4] = status;
    n->reg[R_RAL / 4] = ral;
    n->reg[R_RAH / 4] = rah;
    n->reg[R_ICR / 4] = n->reg[R_IMS / 4] = n->reg[R_RCTL / 4] = n->reg[R_TCTL / 4] = 0;
    n->reg[R_CTRL / 4] = 0;
    n->out.len = 0;
  }
  if(fn)
    fn();
}

static struct nic *
nic_at(const volatile void *at, uint *off)
{
  uint64 n = (const volatile uint8 *)at - bars;

  CHECK(bars && n < NICS * BAR_SIZE && n % 4 == 0);
  *off = n % BAR_SIZE;
  return &nics[n / BAR_SIZE];
}

uint32
mmio_read(const volatile void *at)
{
  uint off;
  struct nic *n = nic_at(at, &off);
  uint32 v;

  n->reads++;
  if(off >= sizeof(n->reg))
    return 0;
  v = n->reg[off / 4];
  if(off == R_ICR){
    n->icr_reads++;
    n->reg[R_ICR / 4] = 0;
  } else if(off == R_IMC){
    refuse("IMC is write-only", 0);
  }
  return v;
}

static void
write_eerd(struct nic *n, uint32 v)
{
  if((v & 1) && !n->eeprom_silent)
    n->reg[R_EERD / 4] = (v & 0xff00) | 1 << 4 | (uint32)n->eeprom[v >> 8 & 63] << 16;
  else
    n->reg[R_EERD / 4] = v & 0xff00;
}

void
mmio_write(volatile void *at, uint32 v)
{
  uint off;
  struct nic *n = nic_at(at, &off);

  n->writes++;
  switch(off){
  case R_CTRL:
    n->reg[off / 4] = v & ~RST;
    if(v & RST)
      reset(n);
    break;
  case R_EERD:
    write_eerd(n, v);
    break;
  case R_ICS:
    raise(n, v);
    break;
  case R_IMS:
    n->reg[R_IMS / 4] |= v;
    break;
  case R_IMC:
    n->reg[R_IMS / 4] &= ~v;
    break;
  case R_RDT:
    if(n->reg[R_RCTL / 4] & 2)
      check_tail(n, R_RDH, R_RDT, R_RDLEN, v);
    n->reg[off / 4] = v;
    n->rdt_writes++;
    if(!(n->reg[R_RCTL / 4] & 2) && v)
      refuse("the receive tail is written while reception is off", v);  // QEMU's loses the frame that waits
    take_frames(n);
    break;
  case R_TDT:
    if(n->reg[R_TCTL / 4] & 2)
      check_tail(n, R_TDH, R_TDT, R_TDLEN, v);
    n->reg[off / 4] = v;
    n->tdt_writes++;
    send_all(n);
    break;
  case R_RCTL:
    n->reg[off / 4] = v;
    take_frames(n);
    break;
  case R_TCTL: case R_TIPG: case R_ITR: case R_RDTR: case R_RADV: case R_RDBAL: case R_RDBAH: case R_RDLEN: case R_RDH:
  case R_TDBAL: case R_TDBAH: case R_TDLEN: case R_TDH: case R_RAL: case R_RAH:
    n->reg[off / 4] = v;
    break;
  default:
    if(off < R_MTA || off >= R_MTA_END)
      refuse("there is no such register", off);
    n->reg[off / 4] = v;
  }
}

// ----- the bus -----

void *
pci_bar(const struct pci_dev *d, int n)
{
  return n == 0 ? bars + (uint64)d->device * BAR_SIZE : 0;
}

uint32
pci_read32(const struct pci_dev *d, uint reg)
{
  return nics[d->device].masters ? 6 : 2;
}

// ----- the interrupt controller -----

static uint raised;    // the line that waits to be claimed
int host_enabled[NIRQ];  // by line: 1 + the hart for which it is on; 0: off
uint host_completed;   // the line that was completed last

static void
host_intc_init(void)
{
  memset(host_enabled, 0, sizeof(host_enabled));
}

static void
host_intc_hart_init(void)
{
}

static void
host_intc_enable(uint irq, int hart)
{
  host_enabled[irq] = 1 + hart;
}

static uint
host_intc_claim(void)
{
  uint irq = raised;
  raised = 0;
  return irq;
}

static void
host_intc_complete(uint irq)
{
  host_completed = irq;
}

static void
host_intc_state(uint irq, int hart, struct irq_state *s)
{
  *s = (struct irq_state){ .enabled = host_enabled[irq] == 1 + hart, .pending = raised == irq };
}

static const struct intc host_intc = {
  host_intc_init, host_intc_hart_init, host_intc_enable, host_intc_claim, host_intc_complete, host_intc_state
};

static void __attribute__((constructor))
host_intc_start(void)
{
  intc_init(&host_intc);
}

void
host_irq(uint irq)
{
  assert(host_locks == 0);
  raised = irq;
  intc_interrupt();
}

void
pci_enable(struct pci_dev *d)
{
  nics[d->device].masters = 1;
}

// ----- the test's side -----

void
nic_plug(int i)
{
  static const uint8 mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x60 };
  uint16 sum = 0;

  if(bars == 0)
    bars = host_pages(NICS * BAR_SIZE);
  nic = &nics[i];
  memset(nic, 0, sizeof(*nic));
  nic->coming = host_pages(NIC_FRAMES * sizeof(struct nic_frame));
  nic->sent = host_pages(NIC_FRAMES * sizeof(struct nic_frame));
  nic->pci = (struct pci_dev){ .slot = 1 + i, .vendor = 0x8086, .device = i, .irq = 33 + i };
  for(int w = 0; w < 3; w++)
    nic->eeprom[w] = mac[2 * w] | (mac[2 * w + 1] + (w == 2 ? i : 0)) << 8;
  for(int w = 0; w < 63; w++)
    sum += nic->eeprom[w];
  nic->eeprom[63] = 0xbaba - sum;
  nic->reg[R_STATUS / 4] = LINK_UP;
}

int
nic_probe(void)
{
  return e1000_driver.probe(&nic->pci);
}

void
nic_link(int up)
{
  nic->reg[R_STATUS / 4] = (nic->reg[R_STATUS / 4] & ~LINK_UP) | (up ? LINK_UP : 0);
  raise(nic, ICR_LSC);
}

int
nic_line(void)
{
  return (nic->reg[R_ICR / 4] & nic->reg[R_IMS / 4]) != 0;
}

void
nic_interrupt(void)
{
  CHECK_EQ(host_locks, 0);
  if(nic_line())
    host_irq(nic->pci.irq);
}

void
nic_interrupts(void)
{
  for(int i = 0; nic_line(); i++){
    CHECK(i < 100);
    nic_interrupt();
  }
}

void
nic_wire(uint len, uint8 first, uint errors)
{
  struct nic_frame *f = &nic->coming[nic->ncoming];

  CHECK(nic->ncoming < NIC_FRAMES && len <= sizeof(f->b));
  nic->ncoming++;
  f->len = len;
  f->errors = errors;
  for(uint i = 0; i < len; i++)
    f->b[i] = first + i;
  take_frames(nic);
}

uint
nic_owns(void)
{
  return free_descriptors(nic);
}

void
nic_transmit(int n)
{
  while(n-- > 0 && nic->reg[R_TDH / 4] != nic->reg[R_TDT / 4])
    transmit(nic);
}

struct netif *
nic_up(void)
{
  struct netif *nif;

  nic_plug(0);
  CHECK_EQ(nic_probe(), 0);
  netif_fill_rings();
  nif = netifs[nnetif - 1];
  host_advance(3 * SEC);  // announcements are over
  nic_give_back();
  nic->nsent = 0;
  return nif;
}

void
nic_give_back(void)
{
  struct netif *nif = netifs[nnetif - 1];
  struct pktbuf *p;

  acquire(&nif->txlock);
  while(nif->ops->tx_return(nif, 0, &p, 1) == 1)
    pkt_free(p);
  nif->unclaimed = 0;
  release(&nif->txlock);
}

void
nic_take(struct netif *nif)
{
  struct e1000 *d = nif->drv;
  struct nic *n = &nics[(d->bar - bars) / BAR_SIZE];
  struct pktbuf *p;

  nif->up = 0;
  n->holds = 0;
  send_all(n);
  acquire(&nif->txlock);
  while(nif->ops->tx_return(nif, 0, &p, 1) == 1)
    pkt_free(p);
  release(&nif->txlock);
  for(; d->rx.taken != d->rx.provided; d->rx.taken++)
    pkt_free(d->rx.pkt[d->rx.taken % RING]);
}

void
nic_pull_out(void)
{
  nic_take(netifs[nnetif - 1]);
}
