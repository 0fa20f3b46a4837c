// tail [-n N] [FILE]: the last N lines, 10 if not said otherwise.

#include "kernel/fcntl.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-n LINES] [FILE]"
#define MOST 100000  // lines that are kept

int
main(int argc, char **argv)
{
  uint64 n = 10, count = 0;
  int at = 1;
  if(argc > 2 && strcmp(argv[1], "-n") == 0){
    if(parse_uint(argv[2], MOST, &n) < 0)
      usage(USAGE);
    at = 3;
  } else if(argc > 1 && argv[1][0] == '-' && argv[1][1]){
    if(parse_uint(argv[1] + (argv[1][1] == 'n' ? 2 : 1), MOST, &n) < 0)
      usage(USAGE);
    at = 2;
  }
  if(argc - at > 1)
    usage(USAGE);
  if(at < argc){
    close(0);
    if(open(argv[at], O_RDONLY) != 0)
      die_file("cannot open %s", argv[at]);
  }
  if(n == 0)
    return 0;
  // A ring of the last n lines.
  struct reader r;
  char **ring = calloc(n, sizeof(*ring)), *line;
  if(ring == 0)
    die("no memory for %lu lines", n);
  reader_init(&r, 0);
  for(; (line = reader_line(&r)) != 0; count++){
    free(ring[count % n]);
    ring[count % n] = strdup(line);
    if(ring[count % n] == 0)
      die("no memory");
  }
  for(uint64 i = count > n ? count - n : 0; i < count; i++)
    printf("%s\n", ring[i % n]);
  return 0;
}
