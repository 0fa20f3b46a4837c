// clear: an empty screen.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  if(argc != 1)
    usage("");
  printf("\033[H\033[2J\033[3J");
  return 0;
}
