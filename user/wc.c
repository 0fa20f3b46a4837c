// wc [-lwc] [FILE...]: lines, words and bytes.

#include "kernel/fcntl.h"
#include "user/rxv.h"
#include "user/user.h"

struct counts {
  uint64 lines, words, bytes;
};

static int show_lines, show_words, show_bytes;

static void
show(const struct counts *c, const char *name)
{
  const char *sep = "";
  if(show_lines){
    printf("%lu", c->lines);
    sep = " ";
  }
  if(show_words){
    printf("%s%lu", sep, c->words);
    sep = " ";
  }
  if(show_bytes)
    printf("%s%lu", sep, c->bytes);
  printf("%s%s\n", *name ? " " : "", name);
}

static int
count(int fd, const char *name, struct counts *total)
{
  static char buf[4096];
  struct counts c = { 0, 0, 0 };
  int n, in_word = 0;
  while((n = read(fd, buf, sizeof(buf))) > 0){
    c.bytes += n;
    for(int i = 0; i < n; i++){
      c.lines += buf[i] == '\n';
      int space = isspace(buf[i]);
      c.words += !space && !in_word;
      in_word = !space;
    }
  }
  if(n < 0){
    warn_errno("%s", *name ? name : "standard input");
    return 1;
  }
  show(&c, name);
  total->lines += c.lines;
  total->words += c.words;
  total->bytes += c.bytes;
  return 0;
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  struct counts total = { 0, 0, 0 };
  int c, status = 0;
  while((c = next_opt(&o, "lwc")) != 0){
    if(c == '?')
      usage("[-lwc] [FILE...]");
    show_lines |= c == 'l';
    show_words |= c == 'w';
    show_bytes |= c == 'c';
  }
  if(!show_lines && !show_words && !show_bytes)
    show_lines = show_words = show_bytes = 1;
  if(o.at >= argc)
    return count(0, "", &total);
  for(int i = o.at; i < argc; i++){
    int fd = open(argv[i], O_RDONLY);
    if(fd < 0){
      warn_file("cannot open %s", argv[i]);
      status = 1;
      continue;
    }
    status |= count(fd, argv[i], &total);
    close(fd);
  }
  if(argc - o.at > 1)
    show(&total, "total");
  return status;
}
