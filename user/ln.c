// ln OLD NEW: another name for a file.

#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  if(argc != 3)
    usage("OLD NEW");
  if(link(argv[1], argv[2]) == 0)
    return 0;
  fprintf(2, "link %s %s: failed", argv[1], argv[2]);  // xv6's words; and why, unless there is no such file
  if(errno == ENOENT)
    fprintf(2, "\n");
  else
    fprintf(2, ": %s\n", strerror(errno));
  return 1;
}
