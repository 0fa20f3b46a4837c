// limit: what QEMU, its e1000 and this host allow at most. Bare metal and machine mode: one hart watches the receive
// ring and does what the messages of user/bench/bench.h ask for, with no system, no copy, no interrupt and no check around
// it. What a kernel loses against this program is what the kernel costs.
//
// Manual: Intel, "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's Manual" (SDM), 82540EM.

#include <stdint.h>

#include "../../user/bench/bench.h"

enum {
  RING = 256,           // descriptors of each ring
  GIVE_BACK = 32,       // receive descriptors go back to the card in such lots: one register write each
  HEADERS = 42,
  IP_LEN = 16, IP_SUM = 24, IP_SRC = 26, IP_DST = 30, UDP_SRC = 34, UDP_DST = 36, UDP_LEN = 38, UDP_SUM = 40,
};

// Byte offsets of registers, SDM chapter 13.
enum reg {
  IMC = 0x00d8, RCTL = 0x0100, TCTL = 0x0400,
  RDBAL = 0x2800, RDBAH = 0x2804, RDLEN = 0x2808, RDH = 0x2810, RDT = 0x2818,
  TDBAL = 0x3800, TDBAH = 0x3804, TDLEN = 0x3808, TDH = 0x3810, TDT = 0x3818,
};

enum { RCTL_EN = 1 << 1, RCTL_BAM = 1 << 15, RCTL_SECRC = 1 << 26, TCTL_EN = 1 << 1 };
enum { DESC_DONE = 1, TX_EOP = 1, TX_FCS = 2 };  // SDM 3.2.3.1, 3.3.3

struct rx_desc {
  uint64_t addr;
  uint16_t len, sum;
  uint8_t status, errors;
  uint16_t special;
};

struct tx_desc {
  uint64_t addr;
  uint16_t len;
  uint8_t sum_at, command, status, sum_from;
  uint16_t special;
};

static volatile struct rx_desc rx[RING] __attribute__((aligned(4096)));
static volatile struct tx_desc tx[RING] __attribute__((aligned(4096)));
static uint8_t rx_page[RING][2048] __attribute__((aligned(4096)));
static uint8_t tx_page[RING][2048] __attribute__((aligned(4096)));
static unsigned rx_next, tx_next;   // descriptors looked at next, filled next
static unsigned tx_rung;            // the card knows of those before this one
static uint64_t messages, bytes;

static const uintptr_t bar = 0x40000000;   // where the card's registers are put: PCI memory window of the machine
static const uintptr_t ecam = 0x30000000;  // PCI configuration space: 32 KiB a slot of bus 0

// All earlier stores to memory are seen by the card before the register is written.
static inline void
reg_write(enum reg r, uint32_t v)
{
  asm volatile("fence w, o" ::: "memory");
  *(volatile uint32_t *)(bar + r) = v;
}

static inline void
copy(uint8_t *to, const uint8_t *from, unsigned n)
{
  for(unsigned i = 0; i < n; i++)
    to[i] = from[i];
}

static inline void
put16(uint8_t *p, unsigned v)
{
  p[0] = v >> 8;
  p[1] = v;
}

static void
exchange(uint8_t *a, uint8_t *b, unsigned n)
{
  for(unsigned i = 0; i < n; i++){
    uint8_t t = a[i];
    a[i] = b[i];
    b[i] = t;
  }
}

// The first 82540EM on bus 0 gets its registers at bar; it may use memory as a master. Sleeps for good without one.
static void
card_find(void)
{
  for(unsigned slot = 0; slot < 32; slot++){
    volatile uint32_t *config = (volatile uint32_t *)(ecam + slot * 0x8000);
    if(config[0] == 0x100e8086){
      config[4] = bar;
      config[1] = 0x6;
      return;
    }
  }
  for(;;)
    asm volatile("wfi");
}

// SDM 14.4 and 14.5. The station address is there already (EEPROM). RCTL comes last and once: this card is deaf for a
// second after each write of it.
static void
card_start(void)
{
  reg_write(IMC, 0xffffffff);
  for(unsigned i = 0; i < RING; i++)
    rx[i].addr = (uintptr_t)rx_page[i];
  reg_write(RDBAL, (uintptr_t)rx);
  reg_write(RDBAH, 0);
  reg_write(RDLEN, sizeof(rx));
  reg_write(RDH, 0);
  reg_write(RDT, RING - 1);
  reg_write(TDBAL, (uintptr_t)tx);
  reg_write(TDBAH, 0);
  reg_write(TDLEN, sizeof(tx));
  reg_write(TDH, 0);
  reg_write(TDT, 0);
  reg_write(TCTL, TCTL_EN);
  reg_write(RCTL, RCTL_EN | RCTL_BAM | RCTL_SECRC);
}

// The card sends within the store to TDT: every frame before it has left when ring() returns, and a buffer posted may
// be used again.
static inline void
post(uint8_t *frame, unsigned len)
{
  volatile struct tx_desc *d = &tx[tx_next];
  d->addr = (uintptr_t)frame;
  d->len = len;
  d->command = TX_EOP | TX_FCS;
  tx_next = (tx_next + 1) % RING;
}

static inline void
ring(void)
{
  if(tx_rung != tx_next)
    reg_write(TDT, tx_rung = tx_next);
}

// The frame goes back to its sender. The sums stay right: they do not depend on the order of what they cover.
static void
turn_round(uint8_t *f)
{
  exchange(f, f + 6, 6);
  exchange(f + IP_SRC, f + IP_DST, 4);
  exchange(f + UDP_SRC, f + UDP_DST, 2);
}

static void
send_report(uint8_t *f, unsigned len)
{
  struct bench_ctl *c = (struct bench_ctl *)(f + HEADERS);
  turn_round(f);
  put16(f + UDP_SUM, 0);  // none
  c->report.messages = messages;
  c->report.bytes = bytes;
  c->report.misordered = c->report.unsent = 0;
  post(f, len);
}

static void
send_many(uint8_t *f)
{
  struct bench_ctl *c = (struct bench_ctl *)(f + HEADERS);
  uint64_t count = c->send.messages, payload = c->send.bytes, burst = c->send.burst;
  uint32_t sum = 0;

  if(payload < BENCH_MIN || payload > 1472)
    return;
  turn_round(f);
  put16(f + UDP_SUM, 0);
  put16(f + UDP_LEN, 8 + payload);
  put16(f + IP_LEN, 28 + payload);
  put16(f + IP_SUM, 0);
  for(unsigned i = 14; i < 34; i += 2)
    sum += f[i] << 8 | f[i + 1];
  put16(f + IP_SUM, ~((sum & 0xffff) + (sum >> 16)));
  c->head.op = BENCH_DATA;
  for(unsigned i = 0; i < RING; i++)
    copy(tx_page[i], f, HEADERS + sizeof(*c));
  for(uint64_t i = 0; i < count; i++){
    uint8_t *page = tx_page[tx_next];
    ((struct bench_head *)(page + HEADERS))->seq = i;
    post(page, HEADERS + payload);
    if((i + 1) % burst == 0)
      ring();
  }
}

static inline void
take(uint8_t *f, unsigned len)
{
  struct bench_head *h = (struct bench_head *)(f + HEADERS);
  if(len < HEADERS + BENCH_MIN || h->magic != BENCH_MAGIC)
    return;
  switch(h->op){
  case BENCH_COUNT:
    messages++;
    bytes += len - HEADERS;
    break;
  case BENCH_ECHO:
    turn_round(f);
    post(f, len);
    break;
  case BENCH_REPORT:
    send_report(f, len);
    break;
  case BENCH_SEND:
    send_many(f);
    break;
  }
}

void
limit_main(void)
{
  card_find();
  card_start();
  for(;;){
    volatile struct rx_desc *d = &rx[rx_next];
    if(!(d->status & DESC_DONE)){
      ring();  // what was posted while frames were there goes out together
      continue;
    }
    asm volatile("fence r, r" ::: "memory");
    take(rx_page[rx_next], d->len);
    d->status = 0;
    rx_next = (rx_next + 1) % RING;
    if(rx_next % GIVE_BACK == 0){
      ring();
      reg_write(RDT, (rx_next + RING - 1) % RING);
    }
  }
}
