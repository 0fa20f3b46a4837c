// hexdump [-n BYTES] [FILE]: bytes in hexadecimal and as characters, 16 a line.

#include "kernel/fcntl.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-C] [-n BYTES] [FILE]"

static void
show(uint64 at, const uint8 *p, int n)
{
  char line[96];
  int k = snprintf(line, sizeof(line), "%08lx ", at);
  for(int i = 0; i < 16; i++)
    k += i < n ? snprintf(line + k, sizeof(line) - k, "%s%02x", i == 8 ? "  " : " ", p[i])
               : snprintf(line + k, sizeof(line) - k, "%s", i == 8 ? "    " : "   ");
  k += snprintf(line + k, sizeof(line) - k, "  |");
  for(int i = 0; i < n; i++)
    line[k++] = p[i] >= ' ' && p[i] < 127 ? p[i] : '.';
  line[k] = 0;
  printf("%s|\n", line);
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  uint64 most = ~0ul >> 1, at = 0;
  uint8 buf[16];
  int c, n = 0;
  while((c = next_opt(&o, "Cn:")) != 0){
    if(c == '?' || (c == 'n' && parse_uint(o.arg, most, &most) < 0))
      usage(USAGE);
  }
  if(argc - o.at > 1)
    usage(USAGE);
  int fd = o.at < argc ? open(argv[o.at], O_RDONLY) : 0;
  if(fd < 0)
    die_file("cannot open %s", argv[o.at]);
  while(at < most){
    // A pipe gives what it has: a line is filled from as many reads as it takes.
    uint want = most - at < 16 ? most - at : 16, have = 0;
    while(have < want && (n = read(fd, buf + have, want - have)) > 0)
      have += n;
    if(have > 0)
      show(at, buf, have);
    at += have;
    if(have < want)
      break;
  }
  if(n < 0)
    die_errno("%s", o.at < argc ? argv[o.at] : "standard input");
  printf("%08lx\n", at);
  return 0;
}
