// The device tree: an input is one, as a machine may leave it in memory.

#include "fuzz/net.h"
#include "dev/fdt.h"

void *malloc(unsigned long n);
void free(void *p);

FUZZ(fdt, 0)
{
  const fuzz_byte *b;
  uint n = in_bytes(in, 65536, &b);
  if(n < 40)
    return;
  // The block is as long as its header says, where that is believed (2 MB); what is not given is zero.
  uint total = be32(b + 4), size = total < 40 ? 40 : total > 1 << 16 ? 1 << 16 : total;
  uint8 *tree = malloc(size);
  MUST(tree != 0, "no memory");
  memset(tree, 0, size);
  memcpy(tree, b, MIN(n, size));
  if(total > 1 << 16)
    tree[5] = 0, tree[4] = 0, tree[6] = 255;
  int e = fdt_read(tree);
  MUST(e == 0 || e == -EINVAL, "fdt_read returns %d", e);
  MUST(machine.nvirtio >= 0 && machine.nvirtio <= NVIRTIO && machine.seed_len <= sizeof(machine.seed), "beyond its arrays");
  for(int i = 1; i < machine.nvirtio; i++)
    MUST(machine.virtio[i - 1] <= machine.virtio[i], "transports are not in order");
  fuzz_digest(&machine, sizeof(machine));
  free(tree);
}
