// head [-n N | -c N] [FILE...]: the first N lines (10 if not said otherwise), or bytes.

#include "kernel/fcntl.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-n LINES | -c BYTES] [FILE...]"

static void
head_bytes(int fd, uint64 n)
{
  static char buf[4096];
  for(int k; n > 0 && (k = read(fd, buf, n < sizeof(buf) ? n : sizeof(buf))) > 0; n -= k)
    output(buf, k);
}

static void
head_lines(int fd, uint64 n)
{
  struct reader r;
  char *line;
  reader_init(&r, fd);
  for(; n > 0 && (line = reader_line(&r)) != 0; n--){
    output(line, r.length);
    output("\n", r.newline);
  }
  reader_free(&r);
}

// The number in an option that starts at argv[1], as -n N, -nN or -N: words it takes.
static int
parse(int argc, char **argv, int *bytes, uint64 *n)
{
  const char *s = argv[1] + 1;
  int words = 1;
  if(*s == 'n' || *s == 'c')
    *bytes = *s++ == 'c';
  if(*s == 0 && argc > 2){
    s = argv[2];
    words = 2;
  }
  if(parse_uint(s, 1ul << 40, n) < 0)
    usage(USAGE);
  return words;
}

int
main(int argc, char **argv)
{
  uint64 n = 10;
  int at = 1, status = 0, bytes = 0;
  if(argc > 1 && argv[1][0] == '-' && argv[1][1])
    at += parse(argc, argv, &bytes, &n);
  void (*head)(int, uint64) = bytes ? head_bytes : head_lines;
  if(at == argc)
    head(0, n);
  for(int i = at; i < argc; i++){
    int fd = open(argv[i], O_RDONLY);
    if(fd < 0){
      warn_file("cannot open %s", argv[i]);
      status = 1;
      continue;
    }
    if(argc - at > 1)
      printf("%s==> %s <==\n", i > at ? "\n" : "", argv[i]);
    head(fd, n);
    close(fd);
  }
  return status;
}
