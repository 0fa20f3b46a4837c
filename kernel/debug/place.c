// Who did it: a few return addresses, noted when something changes hands, and named when it turns out to have been wrong.
// Frames are as panic.c has them: at fp - 8 the return address, at fp - 16 the caller's fp.

#include "core/panic.h"
#include "core/printf.h"
#include "core/string.h"
#include "debug/debug.h"
#include "kernel/riscv.h"

void
place_note(struct check_place *at, int skip)
{
  int n = NELEM(at->pc);
  uint64 fp = *(uint64 *)((uint64)__builtin_frame_address(0) - 16);  // of the function that calls this
  *at = (struct check_place){0};
  for(int i = -skip; i < n && (int64)fp < 0; i++){
    uint64 caller = *(uint64 *)(fp - 16);
    if(i >= 0)
      at->pc[i] = *(uint64 *)(fp - 8);
    fp = caller > fp && caller - fp < PGSIZE ? caller : 0;
  }
}

char *
place_text(const struct check_place *at, char *buf, uint size)
{
  uint64 off;
  uint n = 0;
  buf[0] = 0;
  for(uint i = 0; i < NELEM(at->pc) && at->pc[i] && n < size; i++)
    n += snprintf(buf + n, size - n, "%s%s", i ? " < " : "", symbol_name(at->pc[i] - 4, &off));
  return buf[0] ? buf : safestrcpy(buf, "nobody", size);
}
