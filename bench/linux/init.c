// The first and only program of the Linux guest besides benchd: it loads the card's driver, gives the card its address
// and becomes /benchd, or /sysbench if the kernel's command line has the word.

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void
must(int result, const char *what)
{
  if(result < 0){
    perror(what);
    for(;;)
      pause();
  }
}

static void
up(int fd, const char *name, const char *addr, const char *mask)
{
  struct ifreq r = {0};
  struct sockaddr_in *a = (struct sockaddr_in *)&r.ifr_addr;
  strncpy(r.ifr_name, name, IFNAMSIZ - 1);
  a->sin_family = AF_INET;
  inet_aton(addr, &a->sin_addr);
  must(ioctl(fd, SIOCSIFADDR, &r), name);
  inet_aton(mask, &a->sin_addr);
  must(ioctl(fd, SIOCSIFNETMASK, &r), name);
  must(ioctl(fd, SIOCGIFFLAGS, &r), name);
  r.ifr_flags |= IFF_UP | IFF_RUNNING;
  must(ioctl(fd, SIOCSIFFLAGS, &r), name);
}

int
main(int argc, char **argv)
{
  int module = open("/e1000.ko", O_RDONLY | O_CLOEXEC);
  must(module, "/e1000.ko");
  must(syscall(SYS_finit_module, module, "", 0), "e1000");
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  up(fd, "lo", "127.0.0.1", "255.0.0.0");
  up(fd, "eth0", "10.0.2.15", "255.255.255.0");
  for(int i = 1; i < argc; i++)
    if(strcmp(argv[i], "sysbench") == 0){
      sleep(3);  // what the kernel puts off at boot is done then, and not counted
      must(execv("/sysbench", argv + i), "/sysbench");
    }
  must(execl("/benchd", "benchd", (char *)0), "/benchd");
  return 1;
}
