// init: the first process. Opens the console, keeps a shell running on it, and waits for orphans.

#include "kernel/fcntl.h"
#include "kernel/file.h"
#include "user/rxv.h"
#include "user/user.h"

static char *sh_argv[] = { "sh", 0 };

// The device of this path, made if it is not there yet (as in a file system fresh from mkfs).
static int
open_device(const char *path, int major)
{
  int fd = open(path, O_RDWR);
  if(fd < 0 && mknod(path, major, 0) == 0)
    fd = open(path, O_RDWR);
  return fd;
}

// Starts the shell: its pid.
static int
start_shell(void)
{
  int pid = fork();
  if(pid == 0){
    exec("/sh", sh_argv);
    die_errno("cannot run /sh");
  }
  if(pid < 0)
    die_errno("cannot fork");
  return pid;
}

int
main(void)
{
  // Descriptor 0, and without a console also 1 and 2 of everything that follows.
  if(open_device("/console", CONSOLE) < 0)
    halt(1);
  dup(0);
  dup(0);
  printf("rxv: learn what happens to a packet. Type help for what there is, halt to end.\n"
         "The first ping takes up to a second: QEMU's network card hears nothing before.\n");
  for(int fast = 0; fast < 10;){
    int sh = start_shell(), status = 0, pid;
    int since = uptime();
    while((pid = wait(&status)) != sh){
      if(pid < 0)
        die_errno("wait");
    }
    fcntl(0, F_SETRAW, 0);
    // A shell that dies at once each time will not get better: power off rather than fill the screen.
    fast = uptime() - since < 2 && status != 0 ? fast + 1 : 0;
  }
  warn("the shell does not stay alive");
  halt(1);
}
