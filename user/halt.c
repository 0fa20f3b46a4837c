// halt [STATUS]: powers off; QEMU ends with this status.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  uint64 status = 0;
  if(argc > 2 || (argc == 2 && parse_uint(argv[1], 255, &status) < 0))
    usage("[STATUS from 0 to 255]");
  sync();
  halt(status);
}
