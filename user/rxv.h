#ifndef RXV_USER_RXV_H
#define RXV_USER_RXV_H
// The part of the library that xv6 does not have. Its link names are weak: a program may have its own.

#include <stdarg.h>

#include "kernel/kstat.h"
#include "kernel/types.h"

// System calls; -1 and errno if they fail.
int rename(const char *old, const char *new);
int halt(int status) __attribute__((noreturn));  // powers off; status is QEMU's exit status
int kstat(int what, void *buf, uint bytes);      // kernel/kstat.h
uint64 clock(int which);                         // nanoseconds: CLOCK_BOOT or CLOCK_WALL
int sync(void);                                  // all that was written is on the disk
int fsync(int fd);                               // ... to this file
int netctl(int op, const void *buf, uint bytes);  // kernel/netctl.h
int getrandom(void *buf, uint bytes);             // bytes
int fgproc(int pid);                              // whom ^C kills; 0: nobody, FG_WAIT: it ends our wait() (kernel/syscall.h)
int getppid(void);
int yield(void);
int failalloc(int kind, int n);                   // let an allocation fail (kernel/failalloc.h; debug build)
int kdebug(int what, uint64 key);                 // a report, or a mistake on purpose (kernel/provoke.h; debug build)
int fcntl(int fd, int cmd, int arg);

// The working directory. result: length of the path; -1 and errno: ERANGE it is longer than that, or than 42 levels; ENOENT it was removed.
int getcwd(char *buf, uint bytes);

// Strings.
int strncmp(const char *a, const char *b, uint n);
char *strrchr(const char *s, char c);
char *strstr(const char *s, const char *what);
uint strlcpy(char *to, const char *from, uint size);  // always ends with a zero; strlen(from)
uint strlcat(char *to, const char *from, uint size);  // the length it wanted to have
char *strdup(const char *s);                          // by malloc
int isspace(int c);
int isdigit(int c);
// All of s is a decimal number from 0 to max, or with a leading 0x a hexadecimal one: 0, and it is in *v. Else -1.
int parse_uint(const char *s, uint64 max, uint64 *v);

// Output. A format has %d %i %u %x %X %o %p %s %c %%, with - 0 + # flags, width, precision (also *), h l ll z. Here %x and %p
// print small letters; with user/user.h alone they print capitals, as in xv6.
int vsnprintf(char *buf, uint size, const char *fmt, va_list ap);  // the length it wanted to have
int snprintf(char *buf, uint size, const char *fmt, ...) __attribute__((format(__printf__, 3, 4)));
void vfprintf(int fd, const char *fmt, va_list ap);
void fprintf(int fd, const char *fmt, ...) __asm__("rxv_fprintf") __attribute__((format(__printf__, 2, 3)));
void printf(const char *fmt, ...) __asm__("rxv_printf") __attribute__((format(__printf__, 1, 2)));

// Memory.
void *calloc(uint n, uint size);
void *realloc(void *p, uint n);
void *xmalloc(uint n);            // these two say so and exit if there is none
void *xrealloc(void *p, uint n);

// Programs.
extern const char *progname __asm__("rxv_progname");  // argv[0], without the path
// "NAME: message" on standard error.
void warn(const char *fmt, ...) __attribute__((format(__printf__, 1, 2)));
void die(const char *fmt, ...) __attribute__((noreturn, format(__printf__, 1, 2)));    // and exit(1)
void usage(const char *arguments) __attribute__((noreturn));                       // "usage: NAME arguments", exit(2)
// "NAME: message: why", from errno.
void warn_errno(const char *fmt, ...) __attribute__((format(__printf__, 1, 2)));
void die_errno(const char *fmt, ...) __attribute__((noreturn, format(__printf__, 1, 2)));
// "NAME: message", as xv6 says it; and ": why", unless the file is just not there.
void warn_file(const char *fmt, ...) __attribute__((format(__printf__, 1, 2)));
void die_file(const char *fmt, ...) __attribute__((noreturn, format(__printf__, 1, 2)));
// The i-th path at which a command of this name is searched for, from 0: the working directory, the root, /tests, /bench. A name
// with a slash has only itself. result: 0, path is set; -1: there are no more.
int command_path(int i, const char *name, char *path, uint size);
// Becomes the command argv, found as above. If there is none: says so as the shell does.
void exec_or_exit(char **argv) __attribute__((noreturn));
int write_all(int fd, const void *buf, uint n);  // 0, or -1: not all of it could be written
void output(const void *buf, uint n);            // to standard output, or exit(1): after a message, if anybody reads

// Options: -a -b or -ab, before the other arguments; "--" ends them.
struct opts {
  int argc;
  char **argv;
  int at;            // next argument; after the last option, the first that is none
  const char *more;  // rest of a word of several options
  const char *arg;   // value of the option, if it takes one
};
// Next option of those in known ("nf:" : -n, and -f with a value); 0: no more. Anything else is a usage error: '?'.
int next_opt(struct opts *o, const char *known);

// Lines of a file, of any length.
struct reader {
  int fd;
  uint at, end;      // bytes of buf that have not been taken
  char *line;        // by malloc, grows
  uint size;
  uint length;       // of the last line, without its newline
  char newline;      // 1: it ended with one
  char *buf;         // by malloc, READER_BYTES: a stack has one page for all
};
#define READER_BYTES 1024
void reader_init(struct reader *r, int fd);
char *reader_line(struct reader *r);  // next line, ended by a zero, until the next call; 0: end of file or error
void reader_free(struct reader *r);

// Files.
const char *basename(const char *path);                              // what follows the last slash
int join_path(char *to, uint size, const char *dir, const char *name);  // 0, or -1: too long

// Network. Addresses in host order.
int parse_ip(const char *s, uint32 *addr);                // 10.0.2.2: 0, anything else: -1
int parse_ip_len(const char *s, uint32 *addr, int *len);  // 10.0.2.0/24: 0, anything else: -1
int parse_mac(const char *s, uint8 mac[6]);               // 52:54:00:12:34:56: 0, anything else: -1
char *ip_str(uint32 addr, char buf[16]);
char *mac_str(const uint8 mac[6], char buf[18]);
int mask_len(uint32 mask);                                // 255.255.255.0: 24; -1: it has holes
// All records of one kind, by malloc: how many, or -1. free(*out).
int kstat_all(int what, void **out, uint record_size);

#endif
