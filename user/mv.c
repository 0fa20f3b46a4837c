// mv FROM... TO: renames files. TO is a directory to move them to, or the new name of the only FROM.

#include "kernel/param.h"
#include "user/copy.h"
#include "user/dir.h"
#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  int status = 0;
  if(argc < 3)
    usage("FROM... TO");
  const char *target = argv[argc - 1];
  if(argc > 3 && !is_dir(target))
    die("%s is not a directory", target);
  for(int i = 1; i < argc - 1; i++){
    char buf[MAXPATH];
    const char *to = target_path(argv[i], target, buf);
    if(to == 0){
      warn("%s/%s: path too long", target, argv[i]);
      status = 1;
    } else if(rename(argv[i], to) < 0){
      warn_errno("%s to %s", argv[i], to);
      status = 1;
    }
  }
  return status;
}
