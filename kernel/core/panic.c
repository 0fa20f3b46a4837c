// The end, and how we got there.
//
// The compiler keeps frame pointers: at fp - 8 is the return address, at fp - 16 the caller's fp. Names come from
// a table that the build puts into the image: a count, then (offset of the function from text_start, offset of its
// name) in ascending order, then the names.

#include "core/check.h"
#include "core/cpu.h"
#include "core/csr.h"
#include "core/assert.h"
#include "core/panic.h"
#include "core/printf.h"
#include "core/proctag.h"

volatile int panicked;
void (*panic_others)(void);
void (*power_off)(int status);
void (*proc_tag)(int *pid, const char **name);

extern char text_start[], text_end[], symtab_start[], symtab_end[];

struct symbol {
  uint32 offset, name;
};

const char *
symbol_name(uint64 pc, uint64 *offset)
{
  *offset = 0;
  if(symtab_end - symtab_start < 4 || pc < (uint64)text_start || pc >= (uint64)text_end)
    return "?";
  uint32 n = *(uint32 *)symtab_start;
  const struct symbol *sym = (const struct symbol *)(symtab_start + 4);
  const char *names = (const char *)(sym + n);
  uint32 lo = 0, hi = n;  // the last symbol at or below pc is in [lo, hi)
  while(hi - lo > 1){
    uint32 mid = (lo + hi) / 2;
    if((uint64)text_start + sym[mid].offset <= pc)
      lo = mid;
    else
      hi = mid;
  }
  if(n == 0)
    return "?";
  *offset = pc - (uint64)text_start - sym[lo].offset;
  return names + sym[lo].name;
}

// Is there a frame of the kernel's at fp? Stacks lie in the upper half, and frames are aligned.
static int
frame_plausible(uint64 fp, uint64 below)
{
  return (int64)fp < 0 && (fp & 15) == 0 && fp > below && fp - below < 64 * 1024;
}

void
backtrace_from(uint64 pc, uint64 fp)
{
  uint64 off;
  for(int depth = 0; depth < 30; depth++){
    const char *name = symbol_name(pc, &off);
    printf("  %d: 0x%lx %s+0x%lx\n", depth, pc, name, off);
    if(!frame_plausible(fp, fp - 16))
      return;
    pc = *(uint64 *)(fp - 8) - 4;
    uint64 caller = *(uint64 *)(fp - 16);
    if(pc < (uint64)text_start || pc >= (uint64)text_end || !frame_plausible(caller, fp))
      return;
    fp = caller;
  }
}

void
backtrace(void)
{
  uint64 fp = (uint64)__builtin_frame_address(0);
  backtrace_from(*(uint64 *)(fp - 8) - 4, *(uint64 *)(fp - 16));
}

void
panic(const char *fmt, ...)
{
  char text[256];
  int pid = 0;
  const char *name = "-";
  va_list ap;

  intr_off();
  mycpu()->noff += 100;  // nothing below turns them on again
  if(__atomic_exchange_n(&panicked, 1, __ATOMIC_SEQ_CST) != 0)
    panic_stop();  // the first one speaks for all
  printf_panicked();
  va_start(ap, fmt);
  vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  if(proc_tag)
    proc_tag(&pid, &name);
  printf("\npanic: hart %d pid %d %s: %s\n", mycpu()->id, pid, name, text);
  backtrace();
  check_show_locks();
  if(panic_others)
    panic_others();
  if(power_off)
    power_off(1);
  panic_stop();
}

void
panic_stop(void)
{
  intr_off();
  for(;;)
    asm volatile("wfi");
}

void
give_up(const char *fmt, ...)
{
  char text[160];
  va_list ap;
  va_start(ap, fmt);
  vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  printf("rxv: %s Power off.\n", text);
  if(power_off)
    power_off(1);
  panic_stop();
}
