// sort [-rnu] [FILE...]: lines in order of their bytes; -n: of the number they start with; -r: downwards; -u: each once.

#include "kernel/fcntl.h"
#include "user/dir.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-rnu] [FILE...]"

static int reverse, numeric, once;
static char **lines;
static int n, room;

static long
number(const char *s)
{
  long v = 0;
  while(isspace(*s))
    s++;
  int minus = *s == '-';
  for(s += minus; isdigit(*s); s++)
    v = v * 10 + *s - '0';
  return minus ? -v : v;
}

static int
compare(const char *a, const char *b)
{
  if(numeric){
    long x = number(a), y = number(b);
    if(x != y)
      return x < y ? -1 : 1;
  }
  return strcmp(a, b);
}

static int
less(const char *a, const char *b)
{
  int c = compare(a, b);
  return reverse ? c > 0 : c < 0;
}

static void
take(int fd)
{
  struct reader r;
  char *line;
  reader_init(&r, fd);
  while((line = reader_line(&r)) != 0){
    if(n == room){
      room = room ? room * 2 : 256;
      lines = xrealloc(lines, room * sizeof(*lines));
    }
    lines[n] = strdup(line);
    if(lines[n++] == 0)
      die("no memory after %d lines", n);
  }
  reader_free(&r);
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, status = 0;
  while((c = next_opt(&o, "rnu")) != 0){
    if(c == '?')
      usage(USAGE);
    reverse |= c == 'r';
    numeric |= c == 'n';
    once |= c == 'u';
  }
  if(o.at >= argc)
    take(0);
  for(int i = o.at; i < argc; i++){
    int fd = open(argv[i], O_RDONLY);
    if(fd < 0){
      warn_file("cannot open %s", argv[i]);
      status = 1;
      continue;
    }
    take(fd);
    close(fd);
  }
  if(n > 0)
    sort_strings(lines, n, less);
  for(int i = 0; i < n; i++){
    if(i == 0 || !once || compare(lines[i], lines[i - 1]) != 0)
      printf("%s\n", lines[i]);
  }
  return status;
}
