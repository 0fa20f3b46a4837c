// ln OLD NEW: another name for a file.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  if(argc != 3)
    usage("OLD NEW");
  if(link(argv[1], argv[2]) < 0)
    die_errno("%s %s", argv[1], argv[2]);
  return 0;
}
