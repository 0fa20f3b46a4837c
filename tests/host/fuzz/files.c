// What entry/sysnet.c expects of entry/sysfile.c and fs/file.c.

#include "fuzz/files.h"
#include "core/string.h"
#include "entry/sys.h"
#include "proc/process.h"

static struct file files[NFD];
static uint8 open[NFD];
void (*proc_exiting)(int pid);

struct file *
fd_file(uint64 fd)
{
  return fd < NFD && open[fd] ? &files[fd] : 0;
}

struct file *
filealloc(void)
{
  for(int i = 0; i < NFD; i++)
    if(files[i].refs == 0){
      memset(&files[i], 0, sizeof(files[i]));
      files[i].refs = 1;
      return &files[i];
    }
  return 0;
}

// The last descriptor is for nobody: the way of EMFILE.
int
fd_alloc(struct file *f)
{
  int fd = f - files;
  if(fd == NFD - 1){
    fileclose(f);
    return -EMFILE;
  }
  open[fd] = 1;
  return fd;
}

void
fileclose(struct file *f)
{
  f->refs = 0;
  f->ops->close(f);
}

void
file_changed(void)
{
}

void
files_close(uint fd)
{
  if(fd < NFD && open[fd]){
    open[fd] = 0;
    fileclose(&files[fd]);
  }
}

void
files_close_all(void)
{
  for(int i = 0; i < NFD; i++)
    files_close(i);
}
