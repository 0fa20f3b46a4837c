// Directories, and sorting. See user/dir.h.

#include "kernel/fcntl.h"
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
  struct dirent de[32];
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
