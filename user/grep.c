// grep [-vincqh] PATTERN [FILE...]: lines that hold what a regular expression describes (user/regex.h).

#include "kernel/fcntl.h"
#include "user/regex.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-vincqh] PATTERN [FILE...]"

static struct {
  char invert, nocase, numbers, count, quiet, names;
} opt;

// Lines of one file that are wanted: how many.
static uint
grep(int fd, const char *re, const char *name)
{
  struct reader r;
  uint found = 0, number = 0;
  char *line;
  reader_init(&r, fd);
  while((line = reader_line(&r)) != 0){
    number++;
    if(regex_match(re, line, opt.nocase) == opt.invert)
      continue;
    found++;
    if(opt.quiet)
      break;
    if(opt.count)
      continue;
    if(opt.names)
      printf("%s:", name);
    if(opt.numbers)
      printf("%u:", number);
    printf("%s\n", line);
  }
  reader_free(&r);
  if(opt.count && !opt.quiet)
    printf("%s%s%u\n", opt.names ? name : "", opt.names ? ":" : "", found);
  return found;
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, hide = 0, failed = 0;
  while((c = next_opt(&o, "vincqhE")) != 0){
    opt.invert |= c == 'v';
    opt.nocase |= c == 'i';
    opt.numbers |= c == 'n';
    opt.count |= c == 'c';
    opt.quiet |= c == 'q';
    hide |= c == 'h';
    if(c == '?')
      usage(USAGE);
  }
  if(o.at >= argc)
    usage(USAGE);
  const char *re = argv[o.at++];
  opt.names = argc - o.at > 1 && !hide;
  uint found = 0;
  if(o.at == argc)
    found = grep(0, re, "standard input");
  for(int i = o.at; i < argc; i++){
    int fd = open(argv[i], O_RDONLY);
    if(fd < 0){
      warn_file("cannot open %s", argv[i]);
      failed = 1;
      continue;
    }
    found += grep(fd, re, argv[i]);
    close(fd);
  }
  return failed ? 2 : found == 0;
}
