#include "kernel/types.h"
#include "user/user.h"

int
threads_longest(const char **names, int n)
{
  int most = 0;
  for(int i = 0; i < n; i++)
    if(strlen(names[i]) > most)
      most = strlen(names[i]);
  return most;
}
