// Copying files. See user/copy.h.

#include "kernel/fcntl.h"
#include "kernel/param.h"
#include "kernel/stat.h"
#include "user/copy.h"
#include "user/dir.h"
#include "user/rxv.h"
#include "user/user.h"

const char *
target_path(const char *from, const char *target, char *buf)
{
  if(!is_dir(target))
    return target;
  char name[MAXPATH];
  uint n = strlcpy(name, from, sizeof(name));
  if(n >= sizeof(name))
    return 0;
  while(n > 1 && name[n - 1] == '/')
    name[--n] = 0;
  return join_path(buf, MAXPATH, target, basename(name)) == 0 ? buf : 0;
}

static int
same_file(int a, int b)
{
  struct stat x, y;
  return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.dev == y.dev && x.ino == y.ino &&
         x.type == T_FILE && y.type == T_FILE;
}

static int
copy_bytes(int in, int out, const char *from, const char *to)
{
  static char buf[4096];
  int n;
  while((n = read(in, buf, sizeof(buf))) > 0){
    if(write_all(out, buf, n) < 0){
      warn_errno("%s", to);
      return 1;
    }
  }
  if(n < 0)
    warn_errno("%s", from);
  return n < 0;
}

int
copy_file(const char *from, const char *to)
{
  int status = 1, in = open(from, O_RDONLY);
  if(in < 0){
    warn_errno("%s", from);
    return 1;
  }
  int out = open(to, O_WRONLY | O_CREATE);
  if(out < 0){
    warn_errno("%s", to);
  } else if(same_file(in, out)){
    warn("%s and %s are the same file", from, to);
  } else {
    close(out);
    out = open(to, O_WRONLY | O_TRUNC);
    status = out < 0 ? 1 : copy_bytes(in, out, from, to);
  }
  if(out >= 0)
    close(out);
  close(in);
  return status;
}

static int
copy_level(const char *from, const char *to, int depth)
{
  char **names, a[MAXPATH], b[MAXPATH];
  int status = 0;
  if(!is_dir(from))
    return copy_file(from, to);
  if(!is_dir(to) && mkdir(to) < 0){
    warn_errno("%s", to);
    return 1;
  }
  int n = dir_read(from, &names);
  if(n < 0){
    warn_errno("%s", from);
    return 1;
  }
  for(int i = 0; i < n; i++){
    if(is_dot(names[i]))
      continue;
    if(depth == 0 || join_path(a, sizeof(a), from, names[i]) < 0 || join_path(b, sizeof(b), to, names[i]) < 0){
      warn("%s/%s: too deep", from, names[i]);
      status = 1;
    } else {
      status |= copy_level(a, b, depth - 1);
    }
  }
  dir_free(names, n);
  return status;
}

int
copy_tree(const char *from, const char *to)
{
  return copy_level(from, to, 8);
}
