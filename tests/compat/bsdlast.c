// BSD sockets, with user/socket.h after user/user.h: bind, send and recv are BSD's, also as function pointers.

#include "kernel/types.h"
#include "user/user.h"
#include "user/socket.h"

int
main(void)
{
  struct sockaddr_in a;
  int (*f)(int, const struct sockaddr *, socklen_t) = bind;
  char c = 'x';
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  memset(&a, 0, sizeof(a));
  a.sin_family = AF_INET;
  if(fd < 0 || f(fd, (struct sockaddr *)&a, sizeof(a)) < 0){
    perror("bind");
    exit(1);
  }
  if(send(fd, &c, 1, 0) >= 0 || errno != EDESTADDRREQ)
    exit(1);
  exit(recv(fd, &c, 1, MSG_DONTWAIT) >= 0 || errno != EAGAIN);
}
