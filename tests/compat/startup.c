// As a first program would open its console: headers of the kernel's inside included for one constant each.

#include "kernel/types.h"
#include "kernel/stat.h"
#include "kernel/spinlock.h"
#include "kernel/sleeplock.h"
#include "kernel/fs.h"
#include "kernel/file.h"
#include "user/user.h"
#include "kernel/fcntl.h"

char *argv[] = { "echo", "startup:", "OK", 0 };

int
main(void)
{
  int pid, wpid;

  if(open("/console", O_RDWR) < 0){
    mknod("/console", CONSOLE, 0);
    open("/console", O_RDWR);
  }
  dup(0);
  dup(0);
  pid = fork();
  if(pid < 0){
    printf("startup: fork failed\n");
    exit(1);
  }
  if(pid == 0){
    exec("/echo", argv);
    printf("startup: exec echo failed\n");
    exit(1);
  }
  while((wpid = wait((int *) 0)) >= 0 && wpid != pid)
    printf("startup: another one, %d\n", wpid);
  exit(0);
}
