// sysbench [-c] [NAME ...]: what the calls of the system cost, a line for each: nanoseconds of one operation, the median
// of five rounds and the range. With -c one round only, for a count of instructions: bench/insn.c counts what lies
// between the marks. The same file is compiled for the Linux guest.

#ifdef __linux__
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#define SELF "/sysbench"
#define DIR "/tmp/"
#else
#include "kernel/fcntl.h"
#include "user/rxv.h"
#include "user/user.h"
#define SELF "/bench/sysbench"
#define DIR "/"
#endif

typedef unsigned long long ns_t;

enum { PAGE = 4096, ROUNDS = 5, SMALL = 1024, BIG = 256 * 1024 };

static char buf[8192];

#ifdef __linux__
static ns_t
now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void
give_way(void)
{
  sched_yield();
}

static void
end_child(int pid)
{
  kill(pid, SIGKILL);
  wait(0);
}

// Memory that has no pages yet.
static char *
fresh(int bytes)
{
  char *p = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return p == MAP_FAILED ? 0 : p;
}

static void
put_away(char *p, int bytes)
{
  munmap(p, bytes);
}

static int
create(const char *path)
{
  return open(path, O_CREAT | O_WRONLY, 0600);
}
#else
static ns_t
now(void)
{
  return clock(CLOCK_BOOT);
}

static void
give_way(void)
{
  yield();
}

static void
end_child(int pid)
{
  kill(pid);
  wait(0);
}

static char *
fresh(int bytes)
{
  char *end = sbrk(0);
  if((unsigned long)end % PAGE)
    sbrk(PAGE - (unsigned long)end % PAGE);
  end = sbrklazy(bytes);
  return end == SBRK_ERROR ? 0 : end;
}

static void
put_away(char *p, int bytes)
{
  sbrk(-bytes);
}

static int
create(const char *path)
{
  return open(path, O_CREATE | O_WRONLY);
}
#endif

static void
check(int good, const char *what)
{
  if(!good){
    printf("sysbench: %s failed\n", what);
    exit(1);
  }
}

// ---- the measured stretch of an operation

static ns_t began;

static void
begin(void)
{
  began = now();
#ifdef __riscv
  asm volatile("slti x0, x0, 1" ::: "memory");
#endif
}

static ns_t
end(void)
{
#ifdef __riscv
  asm volatile("slti x0, x0, 1001" ::: "memory");
#endif
  return now() - began;
}

// ---- operations: n of them, and the time they took

static ns_t
op_getpid(int n)
{
  begin();
  for(int i = 0; i < n; i++)
    getpid();
  return end();
}

// A call that finds nothing to do: no such file is open.
static ns_t
op_null(int n)
{
  begin();
  for(int i = 0; i < n; i++)
    close(-1);
  return end();
}

// Two processes give way to each other.
static ns_t
op_switch(int n)
{
  int pid = fork();
  check(pid >= 0, "fork");
  if(pid == 0)
    for(;;)
      give_way();
  give_way();
  begin();
  for(int i = 0; i < n; i++)
    give_way();
  ns_t t = end();
  end_child(pid);
  return t;
}

// A byte to another process and back.
static ns_t
op_pipe(int n)
{
  int to[2], from[2];
  check(pipe(to) == 0 && pipe(from) == 0, "pipe");
  int pid = fork();
  check(pid >= 0, "fork");
  if(pid == 0){
    close(to[1]);
    while(read(to[0], buf, 1) == 1)
      write(from[1], buf, 1);
    exit(0);
  }
  begin();
  for(int i = 0; i < n; i++){
    write(to[1], buf, 1);
    check(read(from[0], buf, 1) == 1, "read");
  }
  ns_t t = end();
  close(to[1]);
  close(to[0]);
  close(from[0]);
  close(from[1]);
  wait(0);
  return t;
}

// 4 KiB through a pipe, to another process that throws it away.
static ns_t
op_pipe_4k(int n)
{
  int p[2];
  check(pipe(p) == 0, "pipe");
  int pid = fork();
  check(pid >= 0, "fork");
  if(pid == 0){
    close(p[1]);
    while(read(p[0], buf, PAGE) > 0)
      ;
    exit(0);
  }
  close(p[0]);
  begin();
  for(int i = 0; i < n; i++)
    check(write(p[1], buf, PAGE) == PAGE, "write");
  ns_t t = end();
  close(p[1]);
  wait(0);
  return t;
}

static ns_t
op_fork(int n)
{
  begin();
  for(int i = 0; i < n; i++){
    int pid = fork();
    check(pid >= 0, "fork");
    if(pid == 0)
      exit(0);
    wait(0);
  }
  return end();
}

static ns_t
op_exec(int n)
{
  char *argv[] = { "sysbench", "-x", 0 };
  begin();
  for(int i = 0; i < n; i++){
    int pid = fork();
    check(pid >= 0, "fork");
    if(pid == 0){
#ifdef __linux__
      execv(SELF, argv);
#else
      exec(SELF, argv);
#endif
      exit(1);
    }
    int status = 0;
    wait(&status);
    check(status == 0, "exec");
  }
  return end();
}

// The first store to a page that is not there.
static ns_t
op_zero_page(int n)
{
  char *p = fresh(n * PAGE);
  check(p != 0, "memory");
  begin();
  for(int i = 0; i < n; i++)
    p[i * PAGE] = 1;
  ns_t t = end();
  put_away(p, n * PAGE);
  return t;
}

// The first store of a child to a page that it shares with its parent. The child measures.
static ns_t
op_cow_page(int n)
{
  int result[2];
  ns_t t = 0;
  char *p = fresh(n * PAGE);
  check(p != 0 && pipe(result) == 0, "memory");
  for(int i = 0; i < n; i++)
    p[i * PAGE] = 1;
  int pid = fork();
  check(pid >= 0, "fork");
  if(pid == 0){
    begin();
    for(int i = 0; i < n; i++)
      p[i * PAGE] = 2;
    t = end();
    write(result[1], &t, sizeof(t));
    exit(0);
  }
  check(read(result[0], &t, sizeof(t)) == sizeof(t), "read");
  wait(0);
  close(result[0]);
  close(result[1]);
  put_away(p, n * PAGE);
  return t;
}

// Names of files: number i of this kind.
static char *
file_name(int i)
{
  static char name[] = DIR "sb00";
  name[sizeof(name) - 3] = '0' + i / 10 % 10;
  name[sizeof(name) - 2] = '0' + i % 10;
  return name;
}

// Each of n files is made and gets so many bytes; then they are removed.
static void
make_files(int n, int bytes)
{
  for(int i = 0; i < n; i++){
    int fd = create(file_name(i));
    check(fd >= 0, "create");
    for(int at = 0, part; at < bytes; at += part){
      part = bytes - at < PAGE ? bytes - at : PAGE;
      check(write(fd, buf, part) == part, "write");
    }
    close(fd);
  }
}

static void
remove_files(int n)
{
  for(int i = 0; i < n; i++)
    check(unlink(file_name(i)) == 0, "unlink");
}

static ns_t
time_make(int n, int bytes)
{
  begin();
  make_files(n, bytes);
  ns_t t = end();
  remove_files(n);
  return t;
}

static ns_t
time_remove(int n, int bytes)
{
  make_files(n, bytes);
  begin();
  remove_files(n);
  return end();
}

// The same file n times, from open to close.
static ns_t
time_read(int n, int bytes)
{
  make_files(1, bytes);
  begin();
  for(int i = 0; i < n; i++){
    int fd = open(file_name(0), O_RDONLY), got, all = 0;
    check(fd >= 0, "open");
    while(all < bytes && (got = read(fd, buf, PAGE)) > 0)
      all += got;
    check(all == bytes, "read");
    close(fd);
  }
  ns_t t = end();
  remove_files(1);
  return t;
}

static ns_t
op_create_empty(int n)
{
  return time_make(n, 0);
}

static ns_t
op_create_1k(int n)
{
  return time_make(n, SMALL);
}

static ns_t
op_create_256k(int n)
{
  return time_make(n, BIG);
}

// To the end of a file that is open.
static ns_t
op_write_1k(int n)
{
  int fd = create(file_name(0));
  check(fd >= 0, "create");
  begin();
  for(int i = 0; i < n; i++)
    check(write(fd, buf, SMALL) == SMALL, "write");
  ns_t t = end();
  close(fd);
  remove_files(1);
  return t;
}

static ns_t
op_read_1k(int n)
{
  return time_read(n, SMALL);
}

static ns_t
op_read_256k(int n)
{
  return time_read(n, BIG);
}

static ns_t
op_unlink_1k(int n)
{
  return time_remove(n, SMALL);
}

static ns_t
op_unlink_256k(int n)
{
  return time_remove(n, BIG);
}

// ----

static const struct op {
  const char *name;
  ns_t (*run)(int n);
  int n;
} ops[] = {
  { "null_call", op_null, 20000 },
  { "getpid", op_getpid, 20000 },
  { "context_switch", op_switch, 5000 },
  { "pipe_round_trip", op_pipe, 2000 },
  { "pipe_4k", op_pipe_4k, 2000 },
  { "fork_exit_wait", op_fork, 200 },
  { "fork_exec_wait", op_exec, 50 },
  { "zero_page", op_zero_page, 256 },
  { "cow_page", op_cow_page, 256 },
  { "create_empty", op_create_empty, 40 },
  { "create_1k", op_create_1k, 40 },
  { "write_1k", op_write_1k, 40 },
  { "read_1k", op_read_1k, 500 },
  { "unlink_1k", op_unlink_1k, 40 },
  { "create_256k", op_create_256k, 4 },
  { "read_256k", op_read_256k, 8 },
  { "unlink_256k", op_unlink_256k, 4 },
};

static void
measure(const struct op *op, int rounds)
{
  ns_t t[ROUNDS];
  for(int i = 0; i < rounds; i++){
    ns_t one = op->run(op->n) / op->n;
    int at = i;
    for(; at > 0 && t[at - 1] > one; at--)  // sorted as they come
      t[at] = t[at - 1];
    t[at] = one;
  }
  printf("bench %s %d %lu %lu %lu\n", op->name, op->n, (unsigned long)t[rounds / 2], (unsigned long)t[0],
         (unsigned long)t[rounds - 1]);
}

static int
wanted(const char *name, char **names)
{
  if(*names == 0)
    return 1;
  for(; *names; names++)
    if(strcmp(*names, name) == 0)
      return 1;
  return 0;
}

int
main(int argc, char **argv)
{
  int rounds = ROUNDS;
  char **names = argv + 1;
  if(argc > 1 && strcmp(argv[1], "-x") == 0)
    exit(0);  // op_exec started it
  if(argc > 1 && strcmp(argv[1], "-c") == 0){
    rounds = 1;
    names++;
  }
#ifdef __linux__
  setvbuf(stdout, 0, _IONBF, 0);
#endif
  for(unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
    if(wanted(ops[i].name, names))
      measure(&ops[i], rounds);
  printf("bench end\n");
#ifdef __linux__
  for(;;)
    pause();
#endif
  exit(0);
}
