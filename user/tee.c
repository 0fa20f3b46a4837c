// tee [-a] [FILE...]: standard input to standard output and to files. -a: to the end of the files.

#include "kernel/fcntl.h"
#include "kernel/param.h"
#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  static char buf[4096];
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, n, flags = O_TRUNC, status = 0, out[NOFILE] = { 1 }, nout = 1;
  while((c = next_opt(&o, "a")) != 0){
    if(c == '?')
      usage("[-a] [FILE...]");
    flags = O_APPEND;
  }
  for(int i = o.at; i < argc; i++){
    int fd = open(argv[i], O_WRONLY | O_CREATE | flags);
    if(fd < 0){
      warn_file("cannot open %s", argv[i]);
      status = 1;
    } else {
      out[nout++] = fd;
    }
  }
  while((n = read(0, buf, sizeof(buf))) > 0){
    for(int i = 0; i < nout; i++){
      if(write_all(out[i], buf, n) < 0)
        status = 1;
    }
  }
  return status | (n < 0);
}
