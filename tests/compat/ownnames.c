// A program may have functions and variables of its own under any name that xv6 leaves free, also under those
// that rxv's library uses besides xv6's.

#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"
#include "kernel/fcntl.h"

int errno;
char *progname = "mine";

int min(int a, int b) { return a < b ? a : b; }
int clock(void) { return 1; }
int rename(char *a) { return a[0]; }
int poll(int a, char *b) { return a + b[0]; }
int socket(void) { return 2; }
int listen(int n) { return n; }
int accept(int n) { return n; }
int halt(void) { return 3; }
int sync(int n) { return n; }
int fsync(int fd) { return fd; }
int kstat(void) { return 4; }
int yield(int n) { return n; }
int fcntl(void) { return 5; }
int getcwd(void) { return 6; }
int getppid(void) { return 7; }
int getrandom(void) { return 8; }
int isdigit(int c) { return c >= '0' && c <= '9'; }
int isspace(int c) { return c == ' '; }
char *strstr(char *a, char *b) { return a[0] == b[0] ? a : 0; }
char *strrchr(char *a, int c) { return a[0] == c ? a : 0; }
int strncmp(char *a, char *b, int n) { return n ? a[0] - b[0] : 0; }
char *strdup(char *a) { return a; }
char *safestrcpy(char *a, const char *b, int n) { return n ? a : (char *)b; }
void panic(char *s) { fprintf(2, "%s\n", s); exit(1); }
void warn(char *s) { fprintf(2, "%s\n", s); }
void die(char *s) { panic(s); }
void usage(void) { panic("usage"); }
void perror(char *s) { warn(s); }
char *strerror(int n) { return n ? "bad" : "good"; }
int snprintf(char *b, int n) { return b[0] + n; }
char *basename(char *s) { return s; }
void *calloc(int n) { return malloc(n); }
void *realloc(void *p, int n) { return n ? p : 0; }
char *fmtname(char *path) { return path; }
int round(int n) { return n + 1; }
int abs(int n) { return n < 0 ? -n : n; }

int
main(int argc, char *argv[])
{
  if(clock() + halt() + kstat() + socket() != 10 || min(3, 2) != 2 || poll(1, "a") != 98 || abs(-1) != 1)
    panic("ownnames: not mine");
  if(fcntl() + getcwd() + getppid() + getrandom() != 26 || errno != 0 || strerror(0)[0] != 'g')
    panic("ownnames: not mine");
  if(open("/no/such/file", O_RDONLY) >= 0)
    panic("ownnames: open");
  printf("ownnames: OK\n");
  exit(0);
}
