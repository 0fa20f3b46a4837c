#ifndef RXV_UT_H
#define RXV_UT_H
// The frame of the test programs user/tests/ut_*.c. Each program is one group: a table of tests and a main that
// hands it to ut_main(). Every test runs in a process of its own, in an empty directory of its own, under a
// deadline that a watchdog process enforces; afterwards no process of it may be left, and pages, packets,
// open files, i-nodes and sockets must be as free as before.
//
// A test says nothing when all is well. A check that does not hold prints
//   test NAME: FAILED: line N: expected ..., got ...
// and ends the process with UT_FAILED; whoever waits for that process then ends with it, too.

#include "kernel/types.h"
#include "kernel/stat.h"
#include "kernel/fcntl.h"
#include "kernel/param.h"
#include "kernel/fs.h"
#include "kernel/riscv.h"
#include "kernel/memlayout.h"
#include "kernel/kstat.h"
#include "kernel/vm.h"
#include "user/user.h"
#include "user/rxv.h"
#include "user/errno.h"

struct ut {
  const char *name;
  void (*run)(void);
  int slow;     // 1: -q passes it over
  int seconds;  // deadline; 0: UT_SECONDS
};

#define UT_SECONDS 30
#define UT_FAILED 97           // exit status: the failure has been printed
#define UT_KILLED (-1)         // exit status of a process that was killed, or died of a fault
#define UT_SCRATCH "/ut.tmp"   // where each test's files go
#define UT_MARK "/ut.failed"   // is there when any process of the test has failed, an orphan, too
#define UT_UNUSED __attribute__((unused))

// What a group tells usertests, through the descriptor given with -r.
struct ut_report {
  int passed, failed;
  uint seen;  // bit i: the i-th name asked for is one of ours
};

static const char *ut_name = "?";

// ---- checks ----

#define FAIL(...)                               \
  do {                                          \
    char why_[200];                             \
    snprintf(why_, sizeof(why_), __VA_ARGS__);  \
    ut_fail(__LINE__, why_);                    \
  } while(0)
#define MUST(e) ut_must((long)(e), #e, __LINE__)             // 0 or more: that is the result
#define FAILS(e) ut_is((long)(e), -1, #e, __LINE__)          // -1
#define IS(e, want) ut_is((long)(e), (long)(want), #e, __LINE__)
#define CHECK(e) ut_check(!!(e), #e, __LINE__)
#define FAILS_AS(e, why) ut_fails_as((long)(e), (why), #e, #why, __LINE__)  // -1, and errno

static void __attribute__((noreturn))
ut_fail(int line, const char *why)
{
  char text[300];

  snprintf(text, sizeof(text), "test %s: FAILED: line %d: %s\n", ut_name, line, why);
  write(1, text, strlen(text));
  close(open(UT_MARK, O_CREATE | O_WRONLY));
  exit(UT_FAILED);
}

static UT_UNUSED long
ut_must(long r, const char *e, int line)
{
  char why[200];

  if(r < 0){
    snprintf(why, sizeof(why), "expected success of %s, got %ld (errno %d)", e, r, errno);
    ut_fail(line, why);
  }
  return r;
}

static UT_UNUSED void
ut_is(long r, long want, const char *e, int line)
{
  char why[200];

  if(r != want){
    snprintf(why, sizeof(why), "expected %ld from %s, got %ld", want, e, r);
    ut_fail(line, why);
  }
}

static UT_UNUSED void
ut_check(int r, const char *e, int line)
{
  char why[200];

  if(!r){
    snprintf(why, sizeof(why), "expected %s, it does not hold", e);
    ut_fail(line, why);
  }
}

static UT_UNUSED void
ut_fails_as(long r, int want, const char *e, const char *name, int line)
{
  char why[200];
  int got = errno;

  if(r != -1 || got != want){
    snprintf(why, sizeof(why), "expected -1 and %s (%d) from %s, got %ld and %d", name, want, e, r, got);
    ut_fail(line, why);
  }
}

// ---- processes ----

// A child that runs fn(arg) and ends with 0: its pid.
static UT_UNUSED int
ut_start(void (*fn)(long), long arg)
{
  int pid = fork();

  if(pid < 0)
    FAIL("expected a child from fork, got -1 (errno %d)", errno);
  if(pid == 0){
    fn(arg);
    exit(0);
  }
  return pid;
}

// The status of any one child. A failure that a child has printed ends us as well.
static UT_UNUSED int
ut_wait(void)
{
  int status = 0;

  if(wait(&status) < 0)
    FAIL("expected a child to wait for, there is none");
  if(status == UT_FAILED)
    exit(UT_FAILED);
  return status;
}

// Waits for n children, which must all end well.
static UT_UNUSED void
ut_reap(int n)
{
  int status;

  while(n-- > 0)
    if((status = ut_wait()) != 0)
      FAIL("expected exit status 0 of a child, got %d", status);
}

// fn(arg) in a child: its exit status.
static UT_UNUSED int
ut_status(void (*fn)(long), long arg)
{
  ut_start(fn, arg);
  return ut_wait();
}

// fn(arg) must be killed by what it does.
#define DIES(fn, arg)                                                                   \
  do {                                                                                  \
    int status_ = ut_status((fn), (long)(arg));                                         \
    if(status_ != UT_KILLED)                                                            \
      FAIL("expected %s(0x%lx) to be killed, it ended with %d", #fn, (long)(arg), status_); \
  } while(0)
// fn(arg) must come to its end.
#define LIVES(fn, arg)                                                                \
  do {                                                                                \
    int status_ = ut_status((fn), (long)(arg));                                       \
    if(status_ != 0)                                                                  \
      FAIL("expected %s(0x%lx) to end with 0, got %d", #fn, (long)(arg), status_);    \
  } while(0)

// ---- time and state of the machine ----

// Milliseconds since boot.
static UT_UNUSED long
ut_ms(void)
{
  return clock(CLOCK_BOOT) / 1000000;
}

static UT_UNUSED void
ut_mem(struct kstat_mem *m)
{
  if(kstat(KSTAT_MEM, m, sizeof(*m)) != sizeof(*m))
    FAIL("expected kstat(KSTAT_MEM) to give %ld bytes", sizeof(*m));
}

// Bytes of memory that are free now.
static UT_UNUSED uint64
ut_free(void)
{
  struct kstat_mem m;

  ut_mem(&m);
  return m.free;
}

// The state of process pid as kstat sees it: PS_..., PS_UNUSED if there is none.
static UT_UNUSED int
ut_state(int pid)
{
  static struct kstat_proc p[NPROC + NKTHREAD];
  int n = kstat(KSTAT_PROC, p, sizeof(p)) / (int)sizeof(p[0]);

  for(int i = 0; i < n; i++)
    if(p[i].pid == pid)
      return p[i].state;
  return PS_UNUSED;
}

// Waits until process pid waits for something, 20 s at the most.
static UT_UNUSED void
ut_until_blocked(int pid)
{
  for(long end = ut_ms() + 20000; ut_ms() < end; yield())
    if(ut_state(pid) == PS_WAITING)
      return;
  FAIL("expected process %d to wait within 20 s, its state is %d", pid, ut_state(pid));
}

// Before a child takes all memory: its parent shall wait for it by then, and need no page for itself.
static UT_UNUSED void
ut_parent_waits(void)
{
  ut_until_blocked(getppid());
}

// A generator of the same numbers in every run (xorshift, Marsaglia 2003).
static uint ut_seed = 2463534242u;

static UT_UNUSED uint
ut_rand(void)
{
  ut_seed ^= ut_seed << 13;
  ut_seed ^= ut_seed >> 17;
  ut_seed ^= ut_seed << 5;
  return ut_seed;
}

// ---- bytes and files ----

// Byte i of the pattern that belongs to a seed.
static inline uchar
ut_byte(uint seed, uint i)
{
  return (uchar)(seed * 37 + i * 5 + (i >> 8) * 11 + 1);
}

static UT_UNUSED void
ut_pattern(void *buf, uint seed, uint at, uint n)
{
  for(uint i = 0; i < n; i++)
    ((uchar *)buf)[i] = ut_byte(seed, at + i);
}

static UT_UNUSED int
ut_is_pattern(const void *buf, uint seed, uint at, uint n)
{
  for(uint i = 0; i < n; i++)
    if(((const uchar *)buf)[i] != ut_byte(seed, at + i))
      return 0;
  return 1;
}

// Makes a file of n bytes of a pattern.
static UT_UNUSED void
ut_make(const char *name, uint seed, uint n)
{
  static char b[1024];
  int fd = open(name, O_CREATE | O_TRUNC | O_WRONLY);

  if(fd < 0)
    FAIL("expected to create %s, got errno %d", name, errno);
  for(uint at = 0; at < n;){
    uint m = n - at < sizeof(b) ? n - at : sizeof(b);
    ut_pattern(b, seed, at, m);
    int r = write(fd, b, m);
    if(r != (int)m)
      FAIL("expected to write %u bytes to %s at %u, got %d", m, name, at, r);
    at += m;
  }
  MUST(close(fd));
}

// The file must hold exactly n bytes of a pattern.
static UT_UNUSED void
ut_holds(const char *name, uint seed, uint n)
{
  static char b[1024];
  int fd = open(name, O_RDONLY), r;
  uint at = 0;

  if(fd < 0)
    FAIL("expected to open %s, got errno %d", name, errno);
  while((r = read(fd, b, sizeof(b))) > 0){
    if(!ut_is_pattern(b, seed, at, r))
      FAIL("expected pattern %u in %s at %u, got other bytes", seed, name, at);
    at += r;
  }
  if(r < 0 || at != n)
    FAIL("expected %u bytes in %s, got %u (last read %d)", n, name, at, r);
  MUST(close(fd));
}

static UT_UNUSED int
ut_exists(const char *name)
{
  struct stat st;

  return stat(name, &st) == 0;
}

// name = prefix followed by n in decimal; room for it is the caller's care.
static UT_UNUSED void
ut_numbered(char *name, const char *prefix, int n)
{
  char digits[12];
  int i = 0;

  while(*prefix)
    *name++ = *prefix++;
  do
    digits[i++] = '0' + n % 10;
  while((n /= 10) > 0);
  while(i > 0)
    *name++ = digits[--i];
  *name = 0;
}

#include "user/tests/run.h"

#endif
