// sleep SECONDS: waits. Tenths count: sleep 0.5.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  uint64 seconds = 0, tenths = 0;
  if(argc != 2)
    usage("SECONDS");
  char *dot = strchr(argv[1], '.');
  if(dot){
    *dot = 0;
    if(!isdigit(dot[1]) || parse_uint(dot + 1, ~0ul >> 2, &tenths) < 0)
      usage("SECONDS");
    tenths = dot[1] - '0';
  }
  if((argv[1][0] || !dot) && parse_uint(argv[1], 100000000, &seconds) < 0)
    usage("SECONDS");
  return sleep(seconds * 10 + tenths) < 0;
}
