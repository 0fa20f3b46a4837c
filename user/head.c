// head [-n N] [FILE...]: the first N lines, 10 if not said otherwise.

#include "kernel/fcntl.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-n LINES] [FILE...]"

static void
head(int fd, uint64 n)
{
  struct reader r;
  char *line;
  reader_init(&r, fd);
  for(; n > 0 && (line = reader_line(&r)) != 0; n--){
    if(write_all(1, line, r.length) < 0 || (r.newline && write_all(1, "\n", 1) < 0))
      exit(1);
  }
  reader_free(&r);
}

int
main(int argc, char **argv)
{
  uint64 n = 10;
  int at = 1, status = 0;
  if(argc > 2 && strcmp(argv[1], "-n") == 0){
    if(parse_uint(argv[2], 1ul << 40, &n) < 0)
      usage(USAGE);
    at = 3;
  } else if(argc > 1 && argv[1][0] == '-' && argv[1][1]){
    if(parse_uint(argv[1] + (argv[1][1] == 'n' ? 2 : 1), 1ul << 40, &n) < 0)
      usage(USAGE);
    at = 2;
  }
  if(at == argc)
    head(0, n);
  for(int i = at; i < argc; i++){
    int fd = open(argv[i], O_RDONLY);
    if(fd < 0){
      warn_errno("%s", argv[i]);
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
