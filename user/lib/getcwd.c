// The path of the working directory. The kernel knows it as an i-node only: its name stands in the directory above, whose name
// stands in the one above that, up to the root.

#include "kernel/fcntl.h"
#include "kernel/fs.h"
#include "kernel/param.h"
#include "kernel/stat.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

#pragma weak getcwd

// What the directory at path calls the i-node inum: the length of the name, which has no zero at its end if it is as long as a
// name may be; -1 and errno. *dir: the directory's own i-node.
static int
name_of(const char *path, uint inum, char name[DIRSIZ], uint *dir)
{
  struct dirent de[16];
  struct stat st;
  int n = -1, k, found = 0, fd = open(path, O_RDONLY);

  if(fd < 0)
    return -1;
  if(fstat(fd, &st) == 0){
    *dir = st.ino;
    while(!found && (n = read(fd, de, sizeof(de))) > 0)
      for(k = 0; !found && k < n / (int)sizeof(de[0]); k++)
        if(de[k].inum == inum){  // neither "." nor "..": those are directories above this one
          memmove(name, de[k].name, DIRSIZ);
          found = 1;
        }
  }
  close(fd);
  if(!found){
    if(n == 0)
      errno = ENOENT;  // another process has just moved or removed it
    return -1;
  }
  for(k = 0; k < DIRSIZ && name[k]; k++)
    ;
  return k;
}

int
getcwd(char *buf, uint bytes)
{
  char path[MAXPATH], up[MAXPATH] = "", name[DIRSIZ];
  uint at = sizeof(path) - 1, inum;  // path is filled from its end
  struct stat st;

  if(stat(".", &st) < 0)
    return -1;
  path[at] = 0;
  for(inum = st.ino; inum != ROOTINO; ){
    int n = -1;
    if(strlcat(up, up[0] ? "/.." : "..", sizeof(up)) < sizeof(up)){
      if((n = name_of(up, inum, name, &inum)) < 0)
        return -1;
    }
    if(n < 0 || n + 1 > at){
      errno = ERANGE;
      return -1;
    }
    at -= n;
    memmove(path + at, name, n);
    path[--at] = '/';
  }
  if(path[at] == 0)
    path[--at] = '/';
  int n = sizeof(path) - 1 - at;
  if((int)bytes <= n){
    errno = ERANGE;
    return -1;
  }
  memmove(buf, path + at, n + 1);
  return n;
}
