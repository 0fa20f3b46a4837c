// The host's half: runs the tests, each in a process of its own, and stands for the system calls.

#include "host.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 60  // that one test may take
#define HEAP (16ul << 20)

static struct test *tests, **last = &tests;
static const char *input;
static unsigned input_left, input_piece;
static char output[1 << 16];
static unsigned noutput;
static unsigned long seed = 1;
static char heap[HEAP] __attribute__((aligned(4096)));
static unsigned long heap_used;
unsigned long host_heap = HEAP;
unsigned host_writes;
int u_errno;

void
test_register(struct test *t)
{
  *last = t;
  last = &t->next;
}

void
test_fail(int line, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  printf("  line %d: ", line);
  vprintf(fmt, ap);
  va_end(ap);
  printf("\n");
  fflush(stdout);
  _exit(1);
}

unsigned
host_random(unsigned n)
{
  seed = seed * 6364136223846793005ul + 1442695040888963407ul;
  return (seed >> 33) % n;
}

void
host_input(const char *bytes, unsigned n, unsigned piece)
{
  input = bytes;
  input_left = n;
  input_piece = piece;
}

void *
host_copy(const void *p, unsigned n)
{
  void *copy = malloc(n);
  return n ? memcpy(copy, p, n) : copy;
}

void
host_free(void *p)
{
  free(p);
}

const char *
host_output(void)
{
  output[noutput] = 0;
  noutput = 0;
  return output;
}

// --- system calls ---

int
u_read(int fd, void *buf, int n)
{
  unsigned k = input_left < input_piece ? input_left : input_piece;
  if((unsigned)n < k)
    k = n;
  memcpy(buf, input, k);
  input += k;
  input_left -= k;
  return k;
}

int
u_write(int fd, const void *buf, int n)
{
  host_writes++;
  if(noutput + n >= sizeof(output))
    return -1;
  memcpy(output + noutput, buf, n);
  noutput += n;
  return n;
}

char *
sys_sbrk(int n, int how)
{
  char *was = heap + heap_used;
  if(n < 0 || heap_used + n > host_heap)
    return (char *)-1;
  heap_used += n;
  return was;
}

int
u_exit(int status)
{
  printf("  the library called exit(%d): %s\n", status, host_output());
  fflush(stdout);
  _exit(3);
}

int
u_getpid(void)
{
  return 42;
}

static int
refuse(void)
{
  u_errno = 2;
  return -1;
}

// There is no file here.
int u_exec(const char *path, char **argv) { return refuse(); }
int u_open(const char *path, int flags) { return refuse(); }
int u_close(int fd) { return refuse(); }
int u_fstat(int fd, void *st) { return refuse(); }
int kstat(int what, void *buf, unsigned n) { return refuse(); }

int
sendto(int fd, const void *buf, unsigned n, int flags, const void *to, unsigned len)
{
  return refuse();
}

int
recvfrom(int fd, void *buf, unsigned n, int flags, void *from, void *len)
{
  return refuse();
}

int
u_main(int argc, char **argv)
{
  return 0;
}

int
main(int argc, char **argv)
{
  int passed = 0, failed = 0;
  for(struct test *t = tests; t; t = t->next){
    int status = 0;
    if(argc > 1 && strstr(t->name, argv[1]) == 0)
      continue;
    fflush(stdout);
    pid_t pid = fork();
    if(pid == 0){
      alarm(SECONDS);
      t->fn();
      _exit(0);
    }
    if(pid < 0 || waitpid(pid, &status, 0) != pid){
      perror("fork");
      return 2;
    }
    if(WIFEXITED(status) && WEXITSTATUS(status) == 0){
      passed++;
      continue;
    }
    failed++;
    if(WIFSIGNALED(status))
      printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    printf("FAIL user %s (line %d)\n", t->name, t->line);
  }
  printf("user/lib: %d passed, %d failed\n", passed, failed);
  return failed != 0;
}
