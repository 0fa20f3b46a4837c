// Directories, and sorting. See user/dir.h.

#include "kernel/fcntl.h"
#include "kernel/param.h"
#include "kernel/stat.h"
#include "user/dir.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

int
is_dot(const char *name)
{
  return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int
is_dir(const char *path)
{
  struct stat st;
  return stat(path, &st) == 0 && st.type == T_DIR;
}

static int
before(const char *a, const char *b)
{
  return strcmp(a, b) < 0;
}

// Merges s[0..n) and s[n..m), both sorted; tmp has room for n.
static void
merge(char **s, int n, int m, char **tmp, int (*less)(const char *, const char *))
{
  int i = 0, j = n, k = 0;
  memcpy(tmp, s, n * sizeof(*s));
  while(i < n){
    if(j < m && less(s[j], tmp[i]))
      s[k++] = s[j++];
    else
      s[k++] = tmp[i++];
  }
}

void
sort_strings(char **s, int n, int (*less)(const char *, const char *))
{
  if(less == 0)
    less = before;
  char **tmp = xmalloc((n + 1) * sizeof(*s));
  for(int run = 1; run < n; run *= 2){
    for(int at = 0; at + run < n; at += 2 * run){
      int m = n - at < 2 * run ? n - at : 2 * run;
      merge(s + at, run, m, tmp, less);
    }
  }
  free(tmp);
}

void
dir_free(char **names, int n)
{
  for(int i = 0; i < n; i++)
    free(names[i]);
  free(names);
}

// Takes the entries that fd gives into names.
static int
read_entries(int fd, char ***names)
{
  static struct dirent de[32];
  char **list = 0;
  int n = 0, room = 0, k;
  while((k = read(fd, de, sizeof(de))) > 0){
    for(uint i = 0; i < k / sizeof(de[0]); i++){
      if(de[i].inum == 0)
        continue;
      if(n == room){
        room = room ? room * 2 : 32;
        list = xrealloc(list, room * sizeof(*list));
      }
      list[n] = xmalloc(DIRSIZ + 1);
      memcpy(list[n], de[i].name, DIRSIZ);
      list[n++][DIRSIZ] = 0;
    }
  }
  if(k < 0){
    dir_free(list, n);
    return -1;
  }
  *names = list;
  return n;
}

int
dir_read(const char *path, char ***names)
{
  struct stat st;
  int n = -1, fd = open(path, O_RDONLY);
  if(fd < 0)
    return -1;
  if(fstat(fd, &st) == 0 && st.type != T_DIR)
    errno = ENOTDIR;
  else
    n = read_entries(fd, names);
  close(fd);
  if(n > 0)
    sort_strings(*names, n, 0);
  return n;
}

// ----- trees -----

#define LEVELS (MAXPATH / 2)  // as many directories as a path can name

// Where a walk is: a path, and for each directory on it the names that it has, and the next one of them.
static struct {
  char path[MAXPATH];
  struct level {
    char **names;
    int n, next, failed;
    uint end;  // of the directory's own path
  } level[LEVELS];
} walk;

// The path becomes path/name: 0, or -1: too long.
static int
go_down(const char *name)
{
  uint n = strlen(walk.path);
  const char *slash = n > 0 && walk.path[n - 1] != '/' ? "/" : "";
  if(n + strlen(slash) + strlen(name) >= MAXPATH)
    return -1;
  strlcat(walk.path, slash, MAXPATH);
  strlcat(walk.path, name, MAXPATH);
  return 0;
}

// The directory at the path becomes a level: 0, or -1 after saying why not.
static int
open_level(struct level *l)
{
  *l = (struct level){ .end = strlen(walk.path) };
  l->n = dir_read(walk.path, &l->names);
  if(l->n < 0)
    warn_file("cannot open %s", walk.path);
  return l->n < 0 ? -1 : 0;
}

// The path becomes what comes next in the directory: 1; 0: nothing does.
static int
next_entry(struct level *l)
{
  walk.path[l->end] = 0;
  while(l->next < l->n){
    const char *name = l->names[l->next++];
    if(is_dot(name))
      continue;
    if(go_down(name) == 0)
      return 1;
    warn("%s/%s: too deep", walk.path, name);
    l->failed = 1;
  }
  dir_free(l->names, l->n);
  return 0;
}

int
tree_walk(const char *top, int (*enter)(const char *path), int (*leave)(const char *path, int failed))
{
  struct level *l = walk.level;  // the first one that is not in use
  if(strlcpy(walk.path, top, MAXPATH) >= MAXPATH){
    warn("%s: path too long", top);
    return 1;
  }
  int what = enter(walk.path);
  for(;;){
    if(what > 0 && open_level(l) < 0)
      what = -1;
    if(what > 0)
      l++;
    else if(l == walk.level)
      return what < 0;
    else
      l[-1].failed |= what < 0;
    while(!next_entry(l - 1)){
      int failed = l[-1].failed;
      if(leave && leave(walk.path, failed) < 0)
        failed = 1;
      if(--l == walk.level)
        return failed;
      l[-1].failed |= failed;
    }
    what = enter(walk.path);
  }
}
