// sync [FILE...]: waits until what was written is on the disk: all of it, or what was written to these files.

#include "kernel/fcntl.h"
#include "kernel/types.h"
#include "user/rxv.h"
#include "user/user.h"

static int
sync_file(const char *name)
{
  int fd = open(name, O_RDONLY);
  int e = fd < 0 ? fd : fsync(fd);
  if(e < 0)
    warn_errno("%s", name);
  if(fd >= 0)
    close(fd);
  return e < 0;
}

int
main(int argc, char **argv)
{
  int failed = 0;

  for(int i = 1; i < argc; i++)
    failed |= sync_file(argv[i]);
  if(argc < 2 && (failed = sync() < 0) != 0)
    fprintf(2, "sync: the disk does not take it\n");
  exit(failed);
}
