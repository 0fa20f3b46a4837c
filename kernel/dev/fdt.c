// The device tree: QEMU leaves it in RAM and gives its address in a1. It is a stream of 32-bit words (a token,
// then what belongs to it), big-endian: BEGIN_NODE name, PROP length name-offset value, END_NODE. A node's
// properties come before its children, so one pass does, and one node's properties at a time are kept.
//
// Nothing in it is believed: every read is inside the block that the header names, and the depth is bounded.

#include "core/string.h"
#include "dev/fdt.h"

enum fdt_token { FDT_BEGIN_NODE = 1, FDT_END_NODE = 2, FDT_PROP = 3, FDT_NOP = 4, FDT_END = 9 };  // 5.4.1

#define FDT_MAGIC 0xd00dfeed
#define FDT_MAXSIZE (2u << 20)  // bytes; QEMU's is below 64 KB
#define MAXDEPTH 8

// Header, 5.2; all big-endian.
struct fdt_header {
  uint32 magic, totalsize, off_struct, off_strings, off_rsvmap, version, last_comp_version;
  uint32 boot_cpu, size_strings, size_struct;
};

// A property's value inside the tree; at is 0 if the node does not have it.
struct value {
  const uint8 *at;
  uint len;
};

// The properties that are read. Those up to NKEPT are kept until the node is complete; the others are used at once.
enum property {
  COMPATIBLE, DEVICE_TYPE, REG, INTERRUPTS, RANGES, INTERRUPT_MAP, NKEPT,
  ADDRESS_CELLS = NKEPT, SIZE_CELLS, TIMEBASE, RNG_SEED, BOOTARGS, NPROPERTY
};
static const char *const property_name[NPROPERTY] = {
  [COMPATIBLE] = "compatible", [DEVICE_TYPE] = "device_type", [REG] = "reg", [INTERRUPTS] = "interrupts",
  [RANGES] = "ranges", [INTERRUPT_MAP] = "interrupt-map", [ADDRESS_CELLS] = "#address-cells", [SIZE_CELLS] = "#size-cells",
  [TIMEBASE] = "timebase-frequency", [RNG_SEED] = "rng-seed", [BOOTARGS] = "bootargs",
};

// The devices that are used, by what the node is compatible with (2.3.1), or by its device_type.
enum device { UNKNOWN, MEMORY, HART, VIRTIO_MMIO, PCI_HOST, PLIC, CLINT, FINISHER, UART, RTC };
static const struct {
  enum property in;
  const char *word;
  enum device kind;
} known[] = {
  {DEVICE_TYPE, "memory", MEMORY},
  {DEVICE_TYPE, "cpu", HART},
  {COMPATIBLE, "virtio,mmio", VIRTIO_MMIO},
  {COMPATIBLE, "pci-host-ecam-generic", PCI_HOST},
  {COMPATIBLE, "riscv,plic0", PLIC},
  {COMPATIBLE, "riscv,clint0", CLINT},
  {COMPATIBLE, "riscv,aclint-mswi", CLINT},  // both begin with the harts' MSIP words
  {COMPATIBLE, "sifive,test0", FINISHER},
  {COMPATIBLE, "ns16550a", UART},
  {COMPATIBLE, "google,goldfish-rtc", RTC},
};

// The node that is being read.
struct node {
  const char *name;
  int depth;
  struct value kept[NKEPT];
};

// How a node's children write their addresses (2.3.5).
struct cells {
  uint32 address, size;
};

struct tree {
  const uint8 *words, *end;      // structure block
  const char *strings;
  uint nstrings;                 // bytes in the strings block
  struct cells cells[MAXDEPTH];  // of the open nodes
  struct node node;
};

struct machine machine;

static uint32
be32(const uint8 *p)
{
  return (uint32)p[0] << 24 | (uint32)p[1] << 16 | (uint32)p[2] << 8 | p[3];
}

// Cell i of a value; 0 beyond its end.
static uint32
cell(const struct value *v, uint i)
{
  return (uint64)i * 4 + 4 <= v->len ? be32(v->at + i * 4) : 0;
}

// A number of n cells (1 or 2), from cell i on.
static uint64
number(const struct value *v, uint i, uint n)
{
  return n >= 2 ? (uint64)cell(v, i + n - 2) << 32 | cell(v, i + n - 1) : n == 1 ? cell(v, i) : 0;
}

// A zero-ended string that starts at s and ends before end; 0: it does not end.
static const char *
string_in(const void *s, const void *end)
{
  for(const char *c = s; c < (const char *)end; c++)
    if(*c == 0)
      return s;
  return 0;
}

// Is s one of the strings in a list of zero-ended ones (2.3.1)?
static int
has_string(const struct value *v, const char *s)
{
  uint n = strlen(s) + 1;
  for(uint i = 0; i + n <= v->len; i++)
    if((i == 0 || v->at[i - 1] == 0) && memcmp(v->at + i, s, n) == 0)
      return 1;
  return 0;
}

// Is arg one of the words of a boot line (QEMU's -append)?
static int
has_argument(const struct value *v, const char *arg)
{
  uint n = strlen(arg);
  for(uint i = 0; i + n < v->len; i++)
    if((i == 0 || v->at[i - 1] == ' ') && memcmp(v->at + i, arg, n) == 0 && (v->at[i + n] == ' ' || v->at[i + n] == 0))
      return 1;
  return 0;
}

// Transports in ascending order of address: slot 0 is the lowest.
static void
add_virtio(uint64 base, uint32 irq)
{
  int i;

  if(machine.nvirtio == NVIRTIO)
    return;
  for(i = machine.nvirtio++; i > 0 && machine.virtio[i - 1] > base; i--){
    machine.virtio[i] = machine.virtio[i - 1];
    machine.virtio_irq[i] = machine.virtio_irq[i - 1];
  }
  machine.virtio[i] = base;
  machine.virtio_irq[i] = irq;
}

// RAM in one piece: further nodes count if they go on where the first one ends (NUMA machines).
static void
add_memory(uint64 start, uint64 size)
{
  if(machine.ram_size == 0){
    machine.ram_start = start;
    machine.ram_size = size;
  } else if(start == machine.ram_start + machine.ram_size){
    machine.ram_size += size;
  }
}

// The PCI host bridge: where its configuration space and windows are, and which line INTA of slot 0 has.
// source: IEEE 1275 PCI bus binding: a range is 3 cells of PCI address, the CPU's, 2 of size; the first
// cell's bits 25:24 say which space: 2 memory of 32 bits, 3 of 64.
static void
add_pci(const struct node *n, uint address_cells)
{
  const struct value *reg = &n->kept[REG], *ranges = &n->kept[RANGES], *map = &n->kept[INTERRUPT_MAP];
  uint step = 3 + address_cells + 2;

  machine.pci_ecam = number(reg, 0, address_cells);
  machine.pci_ecam_size = number(reg, address_cells, 2);
  for(uint i = 0; (i + step) * 4 <= ranges->len; i += step){
    uint space = cell(ranges, i) >> 24 & 3;
    uint64 at = number(ranges, i + 3, address_cells), size = number(ranges, i + 3 + address_cells, 2);
    if(space == 2){
      machine.pci_mmio = at;
      machine.pci_mmio_size = size;
    } else if(space == 3){
      machine.pci_mmio64 = at;
      machine.pci_mmio64_size = size;
    }
  }
  // First entry of the map: PCI address (3 cells), pin, the interrupt controller's phandle, its line.
  if(cell(map, 0) == 0 && cell(map, 3) == 1)
    machine.pci_irq_base = cell(map, 5);
}

static enum device
device_of(const struct node *n)
{
  for(uint i = 0; i < NELEM(known); i++)
    if(has_string(&n->kept[known[i].in], known[i].word))
      return known[i].kind;
  return UNKNOWN;
}

// All properties of a node have been read.
static void
finish_node(struct tree *t)
{
  struct node *n = &t->node;

  if(n->name == 0)
    return;
  n->name = 0;
  struct cells c = t->cells[n->depth > 0 ? n->depth - 1 : 0];
  uint64 base = number(&n->kept[REG], 0, c.address);
  uint32 irq = cell(&n->kept[INTERRUPTS], 0);
  switch(device_of(n)){
  case MEMORY:
    add_memory(base, number(&n->kept[REG], c.address, c.size));
    break;
  case HART:
    machine.nhart++;
    break;
  case VIRTIO_MMIO:
    add_virtio(base, irq);
    break;
  case PCI_HOST:
    add_pci(n, c.address);
    break;
  case PLIC:
    machine.plic = base;
    machine.nplic++;
    break;
  case CLINT:
    machine.clint = base;
    break;
  case FINISHER:
    machine.finisher = base;
    break;
  case UART:
    machine.uart = base;
    machine.uart_irq = irq;
    break;
  case RTC:
    machine.rtc = base;
    break;
  case UNKNOWN:
    break;
  }
}

// One property of the node that is being read.
static void
take_property(struct tree *t, const char *name, struct value v)
{
  struct cells *mine = &t->cells[t->node.depth];
  uint i = 0;

  while(i < NPROPERTY && strcmp(name, property_name[i]) != 0)
    i++;
  switch(i){
  case ADDRESS_CELLS:
    mine->address = MIN(cell(&v, 0), 3u);
    break;
  case SIZE_CELLS:
    mine->size = MIN(cell(&v, 0), 2u);
    break;
  case TIMEBASE:
    machine.timebase = number(&v, 0, MIN(v.len / 4, 2u));
    break;
  case RNG_SEED:
    machine.seed_len = MIN(v.len, sizeof(machine.seed));
    memcpy(machine.seed, v.at, machine.seed_len);
    break;
  case BOOTARGS:
    machine.console_lf = has_argument(&v, "console=lf");
    machine.disk_hasty = has_argument(&v, "disk=hasty");
    break;
  default:
    if(i < NKEPT)
      t->node.kept[i] = v;
  }
}

// Walk the structure block. 0, or -EINVAL where it makes no sense.
static int
fdt_walk(struct tree *t)
{
  const uint8 *p = t->words;
  int depth = 0;  // open nodes

  while(t->end - p >= 4){
    uint32 token = be32(p), len, at;
    const char *name;
    p += 4;
    switch(token){
    case FDT_NOP:
      break;
    case FDT_BEGIN_NODE:
      finish_node(t);
      if(depth == MAXDEPTH || (name = string_in(p, t->end)) == 0)
        return -EINVAL;
      memset(&t->node, 0, sizeof(t->node));
      t->node.name = name;
      t->node.depth = depth;
      t->cells[depth++] = (struct cells){2, 1};  // what 2.3.5 says of nodes that do not say
      p += (strlen(name) + 4) & ~3u;
      break;
    case FDT_PROP:
      if(t->end - p < 8 || depth == 0)
        return -EINVAL;
      len = be32(p);
      at = be32(p + 4);
      p += 8;
      if(len > (uint64)(t->end - p) || at >= t->nstrings)
        return -EINVAL;
      if((name = string_in(t->strings + at, t->strings + t->nstrings)) == 0)
        return -EINVAL;
      if(t->node.name)  // properties after a child are against the format: passed over
        take_property(t, name, (struct value){p, len});
      p += ((uint64)len + 3) & ~3ul;
      break;
    case FDT_END_NODE:
      finish_node(t);
      if(--depth < 0)
        return -EINVAL;
      break;
    case FDT_END:
      return depth == 0 ? 0 : -EINVAL;
    default:
      return -EINVAL;
    }
  }
  return -EINVAL;  // no end
}

int
fdt_read(const void *dtb)
{
  const uint8 *base = dtb;
  struct tree t = {0};
  uint32 total, off_struct, size_struct, off_strings, size_strings;

  if(((uint64)dtb & 3) || be32(base) != FDT_MAGIC)
    return -EINVAL;
#define FIELD(f) be32(base + __builtin_offsetof(struct fdt_header, f))
  total = FIELD(totalsize);
  off_struct = FIELD(off_struct);
  size_struct = FIELD(size_struct);
  off_strings = FIELD(off_strings);
  size_strings = FIELD(size_strings);
  if(total > FDT_MAXSIZE || FIELD(last_comp_version) > 17 || FIELD(version) < 17)
    return -EINVAL;
#undef FIELD
  if((uint64)off_struct + size_struct > total || (uint64)off_strings + size_strings > total || (off_struct & 3))
    return -EINVAL;
  memset(&machine, 0, sizeof(machine));
  t.words = base + off_struct;
  t.end = t.words + size_struct;
  t.strings = (const char *)base + off_strings;
  t.nstrings = size_strings;
  return fdt_walk(&t);
}
