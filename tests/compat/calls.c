// Each call and library function under its xv6 name, with its xv6 type: a pointer of that type takes it without a
// warning.

#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"

struct calls {
  int (*fork)(void);
  int (*exit)(int) __attribute__((noreturn));
  int (*wait)(int*);
  int (*pipe)(int*);
  int (*write)(int, const void*, int);
  int (*read)(int, void*, int);
  int (*close)(int);
  int (*kill)(int);
  int (*exec)(const char*, char**);
  int (*open)(const char*, int);
  int (*mknod)(const char*, short, short);
  int (*unlink)(const char*);
  int (*fstat)(int, struct stat*);
  int (*link)(const char*, const char*);
  int (*mkdir)(const char*);
  int (*chdir)(const char*);
  int (*dup)(int);
  int (*getpid)(void);
  char* (*sys_sbrk)(int, int);
  int (*pause)(int);
  int (*sleep)(int);
  int (*uptime)(void);
  int (*bind)(uint16);
  int (*unbind)(uint16);
  int (*send)(uint16, uint32, uint16, char*, uint32);
  int (*recv)(uint16, uint32*, uint16*, char*, uint32);
};

struct library {
  int (*stat)(const char*, struct stat*);
  char* (*strcpy)(char*, const char*);
  void* (*memmove)(void*, const void*, int);
  char* (*strchr)(const char*, char);
  int (*strcmp)(const char*, const char*);
  char* (*gets)(char*, int);
  uint (*strlen)(const char*);
  void* (*memset)(void*, int, uint);
  int (*atoi)(const char*);
  int (*memcmp)(const void*, const void*, uint);
  void* (*memcpy)(void*, const void*, uint);
  char* (*sbrk)(int);
  char* (*sbrklazy)(int);
  void (*fprintf)(int, const char*, ...);
  void (*printf)(const char*, ...);
  void* (*malloc)(uint);
  void (*free)(void*);
};

struct calls calls = {
  fork, exit, wait, pipe, write, read, close, kill, exec, open, mknod, unlink, fstat, link, mkdir, chdir, dup,
  getpid, sys_sbrk, pause, sleep, uptime, bind, unbind, send, recv,
};

struct library library = {
  stat, strcpy, memmove, strchr, strcmp, gets, strlen, memset, atoi, memcmp, memcpy, sbrk, sbrklazy, fprintf,
  printf, malloc, free,
};

int
main(int argc, char *argv[])
{
  if(sbrk(0) == SBRK_ERROR)
    exit(1);
  calls.exit(library.strlen("") != 0);
}
