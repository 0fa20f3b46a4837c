#ifndef RXV_USER_H
#define RXV_USER_H
// What a program written for xv6 uses, with xv6's names and types. Calls that fail return -1 (user/errno.h
// tells why). The rest of rxv's library is in user/rxv.h, BSD sockets are in user/socket.h.

#include "kernel/types.h"
#include "kernel/vm.h"

struct stat;

// System calls. A tick, in pause(), sleep() and uptime(), is a tenth of a second.
int fork(void);  // child's pid; 0 in the child
int exit(int status) __attribute__((noreturn));
int wait(int *status);  // pid of a child that has ended; its status, if status is not 0
int pipe(int fds[2]);   // fds[0] reads what fds[1] writes
int write(int fd, const void *buf, int n);
int read(int fd, void *buf, int n);
int close(int fd);
int kill(int pid);
int exec(const char *path, char **argv);  // argv ends with a 0; returns only if it fails
int open(const char *path, int flags);
int mknod(const char *path, short major, short minor);
int unlink(const char *path);
int fstat(int fd, struct stat *st);
int link(const char *old, const char *new);
int mkdir(const char *path);
int chdir(const char *path);
int dup(int fd);
int getpid(void);
char *sys_sbrk(int n, int how);  // how: SBRK_EAGER or SBRK_LAZY
int pause(int ticks);
int sleep(int ticks);  // the same
int uptime(void);

// The network lab's calls. Addresses and ports in host order.
#ifndef RXV_USER_SOCKET_H  // with user/socket.h these names have BSD's meaning
int bind(uint16 port);
int unbind(uint16 port);
int send(uint16 sport, uint32 dst, uint16 dport, char *buf, uint32 n);
int recv(uint16 dport, uint32 *src, uint16 *sport, char *buf, uint32 max);
int connect(uint32 dst, uint16 sport, uint16 dport);  // labs up to 2023: a descriptor; each write sends, each read takes one
#endif

// Library.
int stat(const char *path, struct stat *st);
char *sbrk(int n);      // old end of the heap, or SBRK_ERROR
char *sbrklazy(int n);  // the same; pages come when they are touched
char *strcpy(char *to, const char *from);
void *memmove(void *to, const void *from, int n);
void *memcpy(void *to, const void *from, uint n);
void *memset(void *to, int c, uint n);
int memcmp(const void *a, const void *b, uint n);
char *safestrcpy(char *to, const char *from, int n);  // n bytes at the most, its zero among them
char *strchr(const char *s, char c);  // 0 for the terminating zero, too
int strcmp(const char *a, const char *b);
uint strlen(const char *s);
char *gets(char *buf, int max);  // a line of standard input, its end included; "" at the end of input
int atoi(const char *s);         // digits only
void fprintf(int fd, const char *fmt, ...) __attribute__((format(__printf__, 2, 3)));
void printf(const char *fmt, ...) __attribute__((format(__printf__, 1, 2)));
void *malloc(uint n);  // 16-aligned; 0: no memory
void free(void *p);

#endif
