// rmdir DIRECTORY...: removes empty directories.

#include "user/dir.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  int status = 0;
  if(argc < 2)
    usage("DIRECTORY...");
  for(int i = 1; i < argc; i++){
    int there = is_dir(argv[i]);
    if(!there && errno != ENOENT)
      errno = ENOTDIR;
    if(!there || unlink(argv[i]) < 0){
      warn_errno("%s", argv[i]);
      status = 1;
    }
  }
  return status;
}
