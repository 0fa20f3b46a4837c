// rm [-rf] FILE...: removes files. -r: directories, too, with all that is in them. -f: silent if there is none.

#include "kernel/param.h"
#include "user/dir.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

static int recursive, force;

static int remove_path(const char *path, int depth);

static int
remove_contents(const char *dir, int depth)
{
  char **names, path[MAXPATH];
  int status = 0, n = dir_read(dir, &names);
  if(n < 0)
    return 1;
  for(int i = 0; i < n; i++){
    if(is_dot(names[i]))
      continue;
    if(depth == 0 || join_path(path, sizeof(path), dir, names[i]) < 0){
      warn("%s/%s: too deep", dir, names[i]);
      status = 1;
    } else {
      status |= remove_path(path, depth - 1);
    }
  }
  dir_free(names, n);
  return status;
}

static int
remove_path(const char *path, int depth)
{
  if(is_dir(path)){
    if(!recursive){
      warn("%s: is a directory (rm -r removes it)", path);
      return 1;
    }
    if(remove_contents(path, depth) != 0)
      return 1;
  }
  if(unlink(path) == 0 || (force && errno == ENOENT))
    return 0;
  warn_errno("%s", path);
  return 1;
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
      status |= remove_path(argv[i], 16);
    }
  }
  return status;
}
