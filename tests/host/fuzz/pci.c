// PCI: an input is what functions the bus has and what their configuration space says, which need not make sense. After
// the scan every address that was given away must lie in its window, aligned, and apart from all others.

#include "fuzz/net.h"
#include "dev/ecam.h"
#include "dev/fdt.h"
#include "dev/pci.h"

#define FUNCTIONS 12
#define WINDOW 0x40000000ul
#define WINDOW_SIZE (8ul << 20)
#define WINDOW64 0x400000000ul

// A function. It answers on the bus behind `parent`, whatever number the bridge was given; on all buses if it is hostile.
static struct function {
  uint8 slot, fn, hostile;
  struct function *parent;      // 0: bus 0
  uint32 words[64];             // the first 256 bytes; zeros follow
  uint32 writable[16];          // bits of the first 64 bytes that can be written
} functions[FUNCTIONS];
static int nfunctions;
static uint accesses;

static uint
secondary(const struct function *bridge)
{
  return bridge->words[6] >> 8 & 0xff;
}

static struct function *
at(uint bus, uint slot, uint fn)
{
  for(struct function *f = functions; f < functions + nfunctions; f++)
    if(f->slot == slot && f->fn == fn && (f->hostile || bus == (f->parent ? secondary(f->parent) : 0)))
      return f;
  return 0;
}

uint32
ecam_read(uint bus, uint slot, uint fn, uint reg)
{
  MUST(bus < 256 && slot < 32 && fn < 8 && reg < 4096 && reg % 4 == 0, "configuration space of %d:%d.%d at %d", bus, slot, fn, reg);
  MUST(++accesses < 10000000, "the scan does not end");
  struct function *f = at(bus, slot, fn);
  return f == 0 ? ~0u : reg / 4 < NELEM(f->words) ? f->words[reg / 4] : 0;
}

void
ecam_write(uint bus, uint slot, uint fn, uint reg, uint32 v)
{
  struct function *f = at(bus, slot, fn);
  MUST(bus < 256 && slot < 32 && fn < 8 && reg < 4096 && reg % 4 == 0, "configuration space of %d:%d.%d at %d", bus, slot, fn, reg);
  if(f == 0 || reg / 4 >= NELEM(f->writable))
    return;
  uint32 mask = f->writable[reg / 4];
  f->words[reg / 4] = (f->words[reg / 4] & ~mask) | (v & mask);
}

// One function from the input: its kind, then, where it is to be odd, words of any kind.
static void
make_function(struct input *in)
{
  struct function *f = &functions[nfunctions];
  uint how = in8(in), where = in8(in), bridge = how & 1;
  *f = (struct function){ .slot = where & 31, .fn = where >> 5, .hostile = (how & 0xc0) == 0xc0 };
  uint parent = in8(in);
  if(parent < (uint)nfunctions)
    f->parent = &functions[parent];
  f->words[0] = 0x100e8086;
  f->words[1] = 1 << 20;
  f->words[3] = bridge << 16 | (how & 2 ? 0x800000 : 0);
  f->words[13] = 0x40;
  f->words[15] = in8(in) << 8;
  f->writable[1] = 0x7;
  f->writable[6] = bridge ? ~0u : 0;
  f->writable[8] = f->writable[9] = bridge ? 0xfff0fff0 : 0;
  for(int n = 0; n < (bridge ? 2 : 6); n++){
    uint bar = in8(in);  // 1 << bits bytes, and its kind
    f->writable[4 + n] = bar & 31 ? ~0u << (bar & 31) & ~15u : 0;
    f->words[4 + n] = bar >> 5 == 1 ? 1 : bar >> 5 == 2 ? 4 : bar >> 5 == 3 ? 12 : 0;
  }
  for(uint odd = how >> 2 & 7; odd; odd--){
    uint reg = in8(in) % NELEM(f->words);
    f->words[reg] = in32(in);
    if(reg < NELEM(f->writable))
      f->writable[reg] = in32(in);
  }
  nfunctions++;
}

static struct {
  uint64 start, size;
} given[PCI_MAXDEV * 6];
static int ngiven;

static int
probe(struct pci_dev *d)
{
  for(int n = 0; n < 6; n++){
    uint64 pa = d->bar[n].pa, size = d->bar[n].size;
    if(pa == 0)
      continue;
    MUST(size && (size & (size - 1)) == 0 && pa % size == 0, "BAR %d: 0x%lx bytes at 0x%lx", n, (long)size, (long)pa);
    uint64 start = pa >= WINDOW64 ? WINDOW64 : WINDOW;
    MUST(pa >= start && pa + size <= start + WINDOW_SIZE, "BAR %d: 0x%lx bytes at 0x%lx", n, (long)size, (long)pa);
    for(int i = 0; i < ngiven; i++)
      MUST(pa >= given[i].start + given[i].size || given[i].start >= pa + size, "two BARs at 0x%lx", (long)pa);
    given[ngiven].start = pa;
    given[ngiven++].size = size;
  }
  pci_enable(d);
  return 0;
}

FUZZ(pci, 0)
{
  static const struct pci_driver driver = { "any", 0x8086, 0x100e, probe };
  static const struct pci_driver *const drivers[] = { &driver };
  uint buses = in8(in);
  machine.pci_ecam = 0x30000000;
  machine.pci_ecam_size = (buses + 1) << 20;
  machine.pci_mmio = WINDOW;
  machine.pci_mmio_size = WINDOW_SIZE;
  machine.pci_mmio64 = WINDOW64;
  machine.pci_mmio64_size = WINDOW_SIZE;
  machine.pci_irq_base = 32;
  while(in_left(in) && nfunctions < FUNCTIONS)
    make_function(in);
  pci_init(drivers, 1);
  fuzz_digest_number(accesses);
}
