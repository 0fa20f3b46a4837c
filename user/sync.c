// sync: waits until everything that was written is on the disk.

#include "kernel/types.h"
#include "user/user.h"
#include "user/rxv.h"

int
main(void)
{
  if(sync() == 0)
    exit(0);
  fprintf(2, "sync: the disk does not take it\n");
  exit(1);
}
