// kill PID...: ends processes. A signal number (kill -9 PID) is taken and means nothing.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  int first = argc > 1 && argv[1][0] == '-' ? 2 : 1, status = 0;
  if(first >= argc)
    usage("PID...");
  for(int i = first; i < argc; i++){
    uint64 pid;
    if(parse_uint(argv[i], 0x7fffffff, &pid) < 0){
      warn("%s is not a process number", argv[i]);
      status = 2;
    } else if(kill(pid) < 0){
      warn_errno("%s", argv[i]);
      status = 1;
    }
  }
  return status;
}
