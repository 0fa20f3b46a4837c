#ifndef RXV_USER_SOCKET_H
#define RXV_USER_SOCKET_H
// BSD sockets. user/user.h has the network lab's bind, connect, send and recv; a program that includes this file, before or
// after it, gets BSD's. Both are in the library at the same time: source names are the same, link names differ.

#include "kernel/fcntl.h"
#include "kernel/net.h"
#include "kernel/socket.h"
#include "user/errno.h"

#define bind sock_bind
#define connect sock_connect
#define send sock_send
#define recv sock_recv

int socket(int domain, int type, int protocol);  // a descriptor
int bind(int fd, const struct sockaddr *addr, socklen_t len);
int connect(int fd, const struct sockaddr *addr, socklen_t len);
int listen(int fd, int backlog);
int accept(int fd, struct sockaddr *addr, socklen_t *len);
int send(int fd, const void *buf, uint n, int flags);
int recv(int fd, void *buf, uint n, int flags);
int sendto(int fd, const void *buf, uint n, int flags, const struct sockaddr *to, socklen_t len);
int recvfrom(int fd, void *buf, uint n, int flags, struct sockaddr *from, socklen_t *len);
int shutdown(int fd, int how);
int getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int getsockopt(int fd, int level, int name, void *value, socklen_t *len);
int poll(struct pollfd *fds, uint n, int timeout_ms);  // timeout -1: for ever. How many have something; 0: none in time
int fcntl(int fd, int cmd, int arg);

int inet_aton(const char *s, struct in_addr *addr);  // 1: s is an address such as 10.0.2.2, 0: it is not
char *inet_ntoa(struct in_addr addr);                // in a buffer that the next call overwrites

#endif
