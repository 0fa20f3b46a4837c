// uniq [-cd] [FILE]: lines that follow an equal one are left out. -c: how often each came; -d: only those that repeat.

#include "kernel/fcntl.h"
#include "user/rxv.h"
#include "user/user.h"

static int counts, repeated;

static void
show(const char *line, uint n)
{
  if(line == 0 || (repeated && n < 2))
    return;
  if(counts)
    printf("%7u ", n);
  printf("%s\n", line);
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c;
  while((c = next_opt(&o, "cd")) != 0){
    if(c == '?')
      usage("[-cd] [FILE]");
    counts |= c == 'c';
    repeated |= c == 'd';
  }
  if(argc - o.at > 1)
    usage("[-cd] [FILE]");
  if(o.at < argc){
    close(0);
    if(open(argv[o.at], O_RDONLY) != 0)
      die_file("cannot open %s", argv[o.at]);
  }
  struct reader r;
  char *line, *last = 0;
  uint n = 0;
  reader_init(&r, 0);
  while((line = reader_line(&r)) != 0){
    if(last && strcmp(line, last) == 0){
      n++;
      continue;
    }
    show(last, n);
    free(last);
    last = strdup(line);
    if(last == 0)
      die("no memory");
    n = 1;
  }
  show(last, n);
  return 0;
}
