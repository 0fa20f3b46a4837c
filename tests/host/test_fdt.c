#include "fixture.h"
#include "dev/fdt.h"
#include "mm/kalloc.h"

// --- a tree, token by token (devicetree specification 0.4, chapter 5) ---

static struct {
  uint8 words[2048], strings[512];
  uint n, ns;
} tree;

static void
put32(uint8 *at, uint32 v)
{
  for(int i = 0; i < 4; i++)
    at[i] = v >> (24 - 8 * i);
}

static void
word(uint32 v)
{
  put32(tree.words + tree.n, v);
  tree.n += 4;
}

static void
padded(const void *b, uint n)
{
  memcpy(tree.words + tree.n, b, n);
  tree.n = (tree.n + n + 3) & ~3u;
}

static void
node(const char *name)
{
  word(1);
  padded(name, strlen(name) + 1);
}

static void
end_node(void)
{
  word(2);
}

static void
property(const char *name, const void *value, uint n)
{
  word(3);
  word(n);
  word(tree.ns);
  memcpy(tree.strings + tree.ns, name, strlen(name) + 1);
  tree.ns += strlen(name) + 1;
  padded(value, n);
}

static void
text(const char *name, const char *value)
{
  property(name, value, strlen(value) + 1);
}

static void
cells(const char *name, const uint32 *v, uint n)
{
  uint8 b[128];
  for(uint i = 0; i < n; i++)
    put32(b + 4 * i, v[i]);
  property(name, b, 4 * n);
}
#define CELLS(name, ...)                        \
  do {                                          \
    const uint32 v_[] = { __VA_ARGS__ };        \
    cells(name, v_, NELEM(v_));                 \
  } while(0)

// The whole block, as a machine leaves it: its size, a multiple of 4, is returned. A page of its own holds it.
// strings_last: which of the two parts comes behind the other.
static uint
finish(uint8 *to, int strings_last)
{
  uint at = 40, words, strings;
  word(9);
  while(tree.ns % 4)
    tree.strings[tree.ns++] = 0;
  words = strings_last ? at : at + tree.ns;
  strings = strings_last ? at + tree.n : at;
  const uint32 head[] = { 0xd00dfeed, at + tree.n + tree.ns, words, strings, 40, 17, 16, 0, tree.ns, tree.n };
  for(uint i = 0; i < NELEM(head); i++)
    put32(to + 4 * i, head[i]);
  memcpy(to + words, tree.words, tree.n);
  memcpy(to + strings, tree.strings, tree.ns);
  return at + tree.n + tree.ns;
}

// A machine with two harts, a second transport that stands before the first, and a PCI bridge.
static uint
small_machine(uint8 *to, int strings_last)
{
  static const char plic[] = "sifive,plic-1.0.0\0riscv,plic0";
  tree.n = tree.ns = 0;
  node("");
  CELLS("#address-cells", 2);
  CELLS("#size-cells", 2);
  node("chosen");
  property("rng-seed", "0123456789abcdef", 16);
  end_node();
  node("memory@80000000");
  text("device_type", "memory");
  CELLS("reg", 0, 0x80000000, 1, 0x8000000);
  end_node();
  node("cpus");
  CELLS("#address-cells", 1);
  CELLS("#size-cells", 0);
  CELLS("timebase-frequency", 10000000);
  for(int i = 0; i < 2; i++){
    node("cpu");
    text("device_type", "cpu");
    CELLS("reg", i);
    end_node();
  }
  end_node();
  node("soc");
  CELLS("#address-cells", 2);
  CELLS("#size-cells", 2);
  for(int i = 1; i >= 0; i--){
    node("virtio_mmio");
    text("compatible", "virtio,mmio");
    CELLS("reg", 0, 0x10001000 + i * 0x1000, 0, 0x1000);
    CELLS("interrupts", 1 + i);
    end_node();
  }
  node("plic");
  property("compatible", plic, sizeof(plic));
  CELLS("reg", 0, 0xc000000, 0, 0x600000);
  end_node();
  node("pci");
  text("compatible", "pci-host-ecam-generic");
  CELLS("reg", 0, 0x30000000, 0, 0x10000000);
  CELLS("ranges", 0x1000000, 0, 0, 0, 0x3000000, 0, 0x10000,
        0x2000000, 0, 0x40000000, 0, 0x40000000, 0, 0x40000000, 0x3000000, 4, 0, 4, 0, 4, 0);
  CELLS("interrupt-map", 0, 0, 0, 1, 3, 32, 0, 0, 0, 2, 3, 33);
  end_node();
  end_node();
  end_node();
  return finish(to, strings_last);
}

// Every device is found, under every name that its node has, with numbers of one and of two cells.
TEST(fdt_machine)
{
  uint8 *page = kalloc();
  uint n = small_machine(page, 1);
  CHECK(n < PGSIZE);
  CHECK_EQ(fdt_read(page), 0);
  CHECK_EQ(machine.ram_start, 0x80000000);
  CHECK_EQ(machine.ram_size, 0x108000000);
  CHECK_EQ(machine.nhart, 2);
  CHECK_EQ(machine.timebase, 10000000);
  CHECK_EQ(machine.plic, 0xc000000);
  CHECK_EQ(machine.uart, 0);
  CHECK_EQ(machine.nvirtio, 2);
  CHECK_EQ(machine.virtio[0], 0x10001000);
  CHECK_EQ(machine.virtio_irq[0], 1);
  CHECK_EQ(machine.virtio[1], 0x10002000);
  CHECK_EQ(machine.virtio_irq[1], 2);
  CHECK_EQ(machine.pci_ecam, 0x30000000);
  CHECK_EQ(machine.pci_mmio, 0x40000000);
  CHECK_EQ(machine.pci_mmio_size, 0x40000000);
  CHECK_EQ(machine.pci_mmio64, 0x400000000);
  CHECK_EQ(machine.pci_irq_base, 32);
  CHECK_EQ(machine.seed_len, 16);
  CHECK_BYTES(machine.seed, "0123456789abcdef", 16);
  kfree(page);
}

// More transports than there is room for: the first ones found stay, nothing is written beyond.
TEST(fdt_too_many_devices)
{
  uint8 *page = kalloc();
  tree.n = tree.ns = 0;
  node("");
  for(int i = 0; i < 2 * NVIRTIO; i++){
    node("v");
    text("compatible", "virtio,mmio");
    end_node();
  }
  end_node();
  finish(page, 1);
  CHECK_EQ(fdt_read(page), 0);
  CHECK_EQ(machine.nvirtio, NVIRTIO);
  kfree(page);
}

// Nodes within nodes without end are refused.
TEST(fdt_too_deep)
{
  uint8 *page = kalloc();
  tree.n = tree.ns = 0;
  for(int i = 0; i < 100; i++)
    node("n");
  for(int i = 0; i < 100; i++)
    end_node();
  finish(page, 1);
  CHECK_EQ(fdt_read(page), -EINVAL);
  kfree(page);
}

// A block that is cut, with its end against memory that must not be touched, is refused wherever the cut is.
TEST(fdt_cut)
{
  uint8 *page = kalloc(), whole[PGSIZE];
  uint n = small_machine(whole, 0), words = 40 + tree.ns;
  for(uint cut = words; cut < n; cut += 4){
    uint8 *at = page + PGSIZE - cut;
    memcpy(at, whole, cut);
    put32(at + 4, cut);
    put32(at + 36, cut - words);
    CHECK_EQ(fdt_read(at), -EINVAL);
  }
  kfree(page);
}

// A property's name that does not end before the block does.
TEST(fdt_unended_name)
{
  uint8 *page = kalloc(), whole[PGSIZE];
  tree.n = tree.ns = 0;
  node("");
  property("xxxx", "1", 1);
  end_node();
  tree.ns = 4;
  uint n = finish(whole, 1);
  memcpy(page + PGSIZE - n, whole, n);
  CHECK_EQ(fdt_read(page + PGSIZE - n), -EINVAL);
  kfree(page);
}

// Bytes changed at random, seed by seed: whatever comes out, nothing outside the block is read (the sanitizer looks).
TEST(fdt_noise)
{
  uint8 *page = kalloc(), whole[2][PGSIZE];
  uint n = small_machine(whole[0], 0);
  int good = 0;
  CHECK_EQ(small_machine(whole[1], 1), n);
  for(int round = 0; round < 20000; round++){
    uint8 *at = page + PGSIZE - n;
    memcpy(at, whole[round % 2], n);
    for(uint k = 1 + rand32() % 6; k > 0; k--)
      at[8 + rand32() % (k % 2 ? n - 8 : 32)] = rand32() % 2 ? rand32() : 0xff;
    good += fdt_read(at) == 0;
    CHECK(machine.nvirtio <= NVIRTIO && machine.seed_len <= sizeof(machine.seed));
  }
  CHECK(good > 0);
  kfree(page);
}
