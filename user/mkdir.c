// mkdir [-p] DIRECTORY...: makes directories. -p: also those above, and none of them need be new.

#include "user/dir.h"
#include "user/rxv.h"
#include "user/user.h"

// Every directory on the way to path: 0, or -1.
static int
make_parents(char *path)
{
  for(char *p = path + 1; *p; p++){
    if(*p != '/')
      continue;
    *p = 0;
    int failed = !is_dir(path) && mkdir(path) < 0;
    *p = '/';
    if(failed)
      return -1;
  }
  return 0;
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, parents = 0, status = 0;
  while((c = next_opt(&o, "p")) != 0){
    if(c == '?')
      usage("[-p] DIRECTORY...");
    parents = 1;
  }
  if(o.at >= argc)
    usage("[-p] DIRECTORY...");
  for(int i = o.at; i < argc; i++){
    if(parents && (make_parents(argv[i]) == 0 && is_dir(argv[i])))
      continue;
    if(mkdir(argv[i]) < 0){
      warn_file("%s failed to create", argv[i]);
      status = 1;
    }
  }
  return status;
}
