// rm [-rf] FILE...: removes files. -r: directories, too, with all that is in them. -f: silent if there is none.

#include "user/dir.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

static int recursive, force;

static int
remove_name(const char *path)
{
  if(unlink(path) == 0 || (force && errno == ENOENT))
    return 0;
  warn_file("%s failed to delete", path);
  return -1;
}

static int
enter(const char *path)
{
  if(!is_dir(path))
    return remove_name(path);
  if(recursive)
    return 1;
  warn("%s: is a directory (rm -r removes it)", path);
  return -1;
}

// A directory in which something is left stays, too; that was said.
static int
leave(const char *path, int failed)
{
  return failed ? -1 : remove_name(path);
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, status = 0;
  while((c = next_opt(&o, "rfR")) != 0){
    if(c == '?')
      usage("[-rf] FILE...");
    force |= c == 'f';
    recursive |= c != 'f';
  }
  if(o.at >= argc && !force)
    usage("[-rf] FILE...");
  for(int i = o.at; i < argc; i++){
    if(is_dot(basename(argv[i]))){
      warn("%s: not removed", argv[i]);
      status = 1;
    } else {
      status |= tree_walk(argv[i], enter, leave);
    }
  }
  return status;
}
