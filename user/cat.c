// cat [FILE...]: files, or standard input, one after the other.

#include "kernel/fcntl.h"
#include "user/dir.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

static int
cat(int fd, const char *name)
{
  static char buf[4096];
  int n;
  while((n = read(fd, buf, sizeof(buf))) > 0)
    output(buf, n);
  if(n < 0)
    warn_errno("%s", name);
  return n < 0;
}

int
main(int argc, char **argv)
{
  int status = 0;
  if(argc == 1)
    return cat(0, "standard input");
  for(int i = 1; i < argc; i++){
    int fd = strcmp(argv[i], "-") == 0 ? dup(0) : open(argv[i], O_RDONLY);
    if(fd >= 0 && is_dir(argv[i])){
      close(fd);
      fd = -1;
      errno = EISDIR;
    }
    if(fd < 0){
      warn_file("cannot open %s", argv[i]);
      status = 1;
      continue;
    }
    status |= cat(fd, argv[i]);
    close(fd);
  }
  return status;
}
