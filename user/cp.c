// cp [-r] FROM... TO: copies files. TO is a directory, or the new name of the only FROM. -r: directories, too.

#include "kernel/param.h"
#include "user/copy.h"
#include "user/dir.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-r] FROM... TO"

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, recursive = 0, status = 0;
  while((c = next_opt(&o, "rR")) != 0){
    if(c == '?')
      usage(USAGE);
    recursive = 1;
  }
  if(argc - o.at < 2)
    usage(USAGE);
  const char *target = argv[argc - 1];
  if(argc - o.at > 2 && !is_dir(target))
    die("%s is not a directory", target);
  for(int i = o.at; i < argc - 1; i++){
    char buf[MAXPATH];
    const char *to = target_path(argv[i], target, buf);
    if(to == 0)
      warn("%s/%s: path too long", target, argv[i]);
    else if(is_dir(argv[i]) && !recursive)
      warn("%s: is a directory (cp -r copies it)", argv[i]);
    else {
      status |= recursive ? copy_tree(argv[i], to) : copy_file(argv[i], to);
      continue;
    }
    status = 1;
  }
  return status;
}
