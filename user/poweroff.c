// poweroff: ends the machine.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  if(argc != 1)
    usage("");
  sync();
  halt(0);
}
