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
    warn_file("cannot open %s", from);
    return 1;
  }
  int out = open(to, O_WRONLY | O_CREATE);
  if(out < 0){
    warn_file("cannot create %s", to);
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

// The tree that is copied, and its copy: the same path behind both.
static const char *tree_from, *tree_to;
static struct stat top;  // of the copy

static int
copy_entry(const char *path)
{
  static char to[MAXPATH];
  struct stat st;
  const char *rest = path + strlen(tree_from), *slash = *rest && *rest != '/' ? "/" : "";
  if(snprintf(to, MAXPATH, "%s%s%s", tree_to, slash, rest) >= MAXPATH){
    warn("%s%s%s: too deep", tree_to, slash, rest);
    return -1;
  }
  if(!is_dir(path))
    return copy_file(path, to) ? -1 : 0;
  if(top.ino && stat(path, &st) == 0 && st.ino == top.ino && st.dev == top.dev){
    warn("%s: the copy is not copied into itself", path);
    return -1;
  }
  if((!is_dir(to) && mkdir(to) < 0) || (top.ino == 0 && stat(to, &top) < 0)){
    warn_errno("%s", to);
    return -1;
  }
  return 1;
}

int
copy_tree(const char *from, const char *to)
{
  tree_from = from;
  tree_to = to;
  top.ino = 0;
  return tree_walk(from, copy_entry, 0);
}
