// echo [-n] [WORD...]: the words with a space between each two, and a newline unless -n is given.

#include "user/rxv.h"
#include "user/user.h"

int
main(int argc, char **argv)
{
  int first = 1;
  if(argc > 1 && strcmp(argv[1], "-n") == 0)
    first = 2;
  uint size = 2;
  for(int i = first; i < argc; i++)
    size += strlen(argv[i]) + 1;
  char *line = xmalloc(size);
  line[0] = 0;
  for(int i = first; i < argc; i++){
    if(i > first)
      strlcat(line, " ", size);
    strlcat(line, argv[i], size);
  }
  if(first == 1)
    strlcat(line, "\n", size);
  output(line, strlen(line));
  return 0;
}
