// SiFive's test finisher: a store to it ends QEMU (QEMU: docs/system/riscv/virt, "SiFive Test device").

#include "dev/fdt.h"
#include "dev/misc.h"
#include "mm/layout.h"

enum { FINISH_PASS = 0x5555, FINISH_FAIL = 0x3333 };  // exit status 0; exit status in bits 31:16

void
finisher_exit(int status)
{
  volatile uint32 *reg = pa2va(machine.finisher);

  if(machine.finisher)
    *reg = status == 0 ? FINISH_PASS : (uint32)(status & 0xff) << 16 | FINISH_FAIL;
  for(;;)
    asm volatile("wfi");  // there is none, or it takes its time: this hart has nothing more to do
}
