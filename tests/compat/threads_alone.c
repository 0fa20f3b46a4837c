#include "kernel/types.h"
#include "user/user.h"

int threads_alone_sum(int, int);

int main(void)
{
  printf("%d\n", threads_alone_sum(1, 2));
  exit(0);
}
