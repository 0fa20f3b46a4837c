// ut_kill: the ends that others make: kill, wherever the victim is, and faults. Run by usertests, or alone.

#include "user/tests/ut.h"
#include "user/socket.h"

static int fds[2];
static char big[64 * 1024];

// Starts the victim, waits until it has come to rest, kills it and sees it end.
static void
kill_blocked(void (*victim)(long), long arg)
{
  int status, pid = ut_start(victim, arg);

  ut_until_blocked(pid);
  MUST(kill(pid));
  IS(wait(&status), pid);
  IS(status, UT_KILLED);
}

static void
in_pipe_read(long unused)
{
  read(fds[0], big, 1);
}

static void
in_pipe_write(long unused)
{
  for(;;)
    write(fds[1], big, sizeof(big));
}

static void
in_pause(long unused)
{
  pause(100000);
}

static void
in_wait(long unused)
{
  ut_start(in_pause, 0);
  wait(0);
}

static void
in_poll(long timeout)
{
  struct pollfd p = { .fd = fds[0], .events = POLLIN };

  poll(&p, 1, (int)timeout);
}

static void
in_console_read(long unused)
{
  read(0, big, 1);
}

static void
killed_in_pipe_read(void)
{
  MUST(pipe(fds));
  kill_blocked(in_pipe_read, 0);
}

static void
killed_in_pipe_write(void)
{
  MUST(pipe(fds));
  kill_blocked(in_pipe_write, 0);
}

static void
killed_in_pause(void)
{
  kill_blocked(in_pause, 0);
}

static void
killed_in_wait(void)
{
  int pid = ut_start(in_wait, 0), status, n;
  static struct kstat_proc p[NPROC + NKTHREAD];

  ut_until_blocked(pid);
  MUST(kill(pid));
  IS(wait(&status), pid);
  IS(status, UT_KILLED);
  n = kstat(KSTAT_PROC, p, sizeof(p)) / (int)sizeof(p[0]);
  for(int i = 0; i < n; i++)  // its child is an orphan now, and sleeps
    if(p[i].pid > pid && p[i].ppid == 1)
      kill(p[i].pid);
}

static void
killed_in_poll(void)
{
  MUST(pipe(fds));
  kill_blocked(in_poll, -1);
  kill_blocked(in_poll, 100000);
}

// The console is the one from which the tests were started, so nobody else reads from it meanwhile.
static void
killed_in_console_read(void)
{
  struct stat st;

  MUST(fstat(0, &st));
  if(st.type == T_DEVICE)
    kill_blocked(in_console_read, 0);
}

// Processes in their own loop, with no system call in it, and ones in the middle of calls.
static void
spins(long unused)
{
  for(;;)
    ;
}

static void
calls(long unused)
{
  for(;;)
    getpid();
}

static void
forks(long unused)
{
  for(;;){
    if(fork() == 0)
      exit(0);
    wait(0);
  }
}

static void
grows(long unused)
{
  for(;;){
    char *p = sbrk(8 * PGSIZE);
    if(p != SBRK_ERROR){
      memset(p, 1, 8 * PGSIZE);
      sbrk(-8 * PGSIZE);
    }
  }
}

static void
makes_files(long n)
{
  char name[20];
  int fd;

  ut_numbered(name, "victim", (int)n);
  for(;;){
    if((fd = open(name, O_CREATE | O_WRONLY)) >= 0){
      write(fd, big, 3000);
      close(fd);
    }
    unlink(name);
  }
}

static void
execs(long unused)
{
  for(;;)
    if(fork() == 0){
      close(1);
      exec("/true", (char *[]){ "true", 0 });
      exit(0);
    } else {
      wait(0);
    }
}

static void
kill_busy(void (*victim)(long), int n, int rounds)
{
  int pid[8], status;

  for(int r = 0; r < rounds; r++){
    for(int i = 0; i < n; i++)
      pid[i] = ut_start(victim, i);
    pause(r % 3);
    for(int i = 0; i < n; i++)
      MUST(kill(pid[i]));
    for(int i = 0; i < n; i++){
      CHECK(wait(&status) > 0);
      IS(status, UT_KILLED);
    }
  }
}

static void
killed_spinning(void)
{
  kill_busy(spins, 8, 3);
}

static void
killed_in_calls(void)
{
  kill_busy(calls, 4, 3);
}

static void
killed_forking(void)
{
  kill_busy(forks, 4, 5);
}

static void
killed_growing(void)
{
  kill_busy(grows, 4, 4);
}

static void
killed_making_files(void)
{
  kill_busy(makes_files, 4, 5);
}

static void
killed_execing(void)
{
  kill_busy(execs, 4, 5);
}

// Killed before it has run for the first time, or just afterwards.
static void
killed_newborn(void)
{
  for(int i = 0; i < 100; i++){
    int status, pid = ut_start(spins, 0);
    MUST(kill(pid));
    IS(wait(&status), pid);
    IS(status, UT_KILLED);
  }
}

// A process that kills itself does not come back from the call.
static void
kills_itself(long unused)
{
  kill(getpid());
  exit(5);
}

static void
killed_by_itself(void)
{
  for(int i = 0; i < 20; i++)
    DIES(kills_itself, 0);
}

// A zombie keeps the status that it ended with.
static void
ends(long status)
{
  exit((int)status);
}

static void
kill_zombie(void)
{
  int status, pid = ut_start(ends, 9);

  for(int i = 0; i < 50 && ut_state(pid) != PS_ZOMBIE; i++)
    pause(1);
  kill(pid);
  IS(wait(&status), pid);
  IS(status, 9);
  FAILS(kill(pid));
}

// Numbers that are no process, and processes that are the system's own.
static void
kill_nobody(void)
{
  static struct kstat_proc p[NPROC + NKTHREAD];
  int n;

  FAILS_AS(kill(0), ESRCH);
  FAILS(kill(-1));
  FAILS(kill(getpid() + 100000));
  FAILS(kill(0x7fffffff));
  FAILS(kill(1));
  n = kstat(KSTAT_PROC, p, sizeof(p)) / (int)sizeof(p[0]);
  for(int i = 0; i < n; i++)
    if(p[i].ppid == 0 && p[i].state != PS_UNUSED)
      FAILS(kill(p[i].pid));
}

// Two blocked readers of one pipe: the one that lives gets the byte.
static void
reads_x(long unused)
{
  char c = 0;

  IS(read(fds[0], &c, 1), 1);
  IS(c, 'x');
}

static void
kill_one_of_two(void)
{
  for(int i = 0; i < 10; i++){
    MUST(pipe(fds));
    int a = ut_start(reads_x, 0), b = ut_start(reads_x, 0), status;
    ut_until_blocked(a);
    ut_until_blocked(b);
    MUST(kill(i % 2 ? a : b));
    IS(wait(&status), i % 2 ? a : b);
    IS(status, UT_KILLED);
    IS(write(fds[1], "x", 1), 1);
    ut_reap(1);
    close(fds[0]);
    close(fds[1]);
  }
}

// What a killed process had open is closed: its reader sees the end of the pipe.
static void
holds_writer(long unused)
{
  close(fds[0]);
  pause(100000);
}

static void
kill_closes_files(void)
{
  char c;

  MUST(pipe(fds));
  int pid = ut_start(holds_writer, 0);
  close(fds[1]);
  ut_until_blocked(pid);
  MUST(kill(pid));
  IS(read(fds[0], &c, 1), 0);
  IS(ut_wait(), UT_KILLED);
}

// ---- faults ----

// Instructions that a program may not execute: each kills the process, by name and not the machine.
#define INSTRUCTION(name, text) static void name(long unused) { asm volatile(text ::: "memory", "t0"); }
INSTRUCTION(illegal, ".word 0")
INSTRUCTION(all_ones, ".word 0xffffffff")
INSTRUCTION(breakpoint, "ebreak")
INSTRUCTION(read_sstatus, "csrr t0, sstatus")
INSTRUCTION(write_satp, "csrw satp, zero")
INSTRUCTION(write_stvec, "csrw stvec, zero")
INSTRUCTION(read_mstatus, "csrr t0, mstatus")
INSTRUCTION(return_s, "sret")
INSTRUCTION(return_m, "mret")
INSTRUCTION(flush, "sfence.vma")
INSTRUCTION(float_register, ".word 0xf0000053")  // fmv.w.x f0, x0: the FPU is off

static void
forbidden_instructions(void)
{
  static void (*const f[])(long) = { illegal, all_ones, breakpoint, read_sstatus, write_satp, write_stvec, read_mstatus,
                                     return_s, return_m, flush, float_register };

  for(uint i = 0; i < sizeof(f) / sizeof(f[0]); i++)
    DIES(f[i], i);
}

// A jump to an odd or unmapped address, and to 0 after the stack was lost.
static void
jump(long a)
{
  ((void (*)(void))a)();
}

static void
bad_jumps(void)
{
  DIES(jump, 0x3000000000);
  DIES(jump, -1);
  DIES(jump, -2);
  DIES(jump, KERNBASE);
}

// Faults on all harts at once.
static void
null_store(long unused)
{
  *(volatile int *)0 = 1;
}

static void
faults_everywhere(void)
{
  for(int round = 0; round < 3; round++){
    for(int i = 0; i < 8; i++)
      ut_start(null_store, 0);
    for(int i = 0; i < 8; i++)
      IS(ut_wait(), UT_KILLED);
  }
}

// A child's death by fault leaves its parent's memory and files alone.
static void
fault_after_write(long a)
{
  *(int *)a = 99;
  close(fds[1]);
  null_store(0);
}

static void
fault_is_private(void)
{
  static int number = 1;

  MUST(pipe(fds));
  DIES(fault_after_write, &number);
  IS(number, 1);
  IS(write(fds[1], "x", 1), 1);
}

static const struct ut tests[] = {
  { "killed_in_pipe_read", killed_in_pipe_read, 0, 0 },
  { "killed_in_pipe_write", killed_in_pipe_write, 0, 0 },
  { "killed_in_pause", killed_in_pause, 0, 0 },
  { "killed_in_wait", killed_in_wait, 0, 0 },
  { "killed_in_poll", killed_in_poll, 0, 0 },
  { "killed_in_console_read", killed_in_console_read, 0, 0 },
  { "killed_spinning", killed_spinning, 0, 0 },
  { "killed_in_calls", killed_in_calls, 0, 0 },
  { "killed_forking", killed_forking, 0, 0 },
  { "killed_growing", killed_growing, 0, 0 },
  { "killed_making_files", killed_making_files, 0, 60 },
  { "killed_execing", killed_execing, 0, 60 },
  { "killed_newborn", killed_newborn, 0, 0 },
  { "killed_by_itself", killed_by_itself, 0, 0 },
  { "kill_zombie", kill_zombie, 0, 0 },
  { "kill_nobody", kill_nobody, 0, 0 },
  { "kill_one_of_two", kill_one_of_two, 0, 0 },
  { "kill_closes_files", kill_closes_files, 0, 0 },
  { "forbidden_instructions", forbidden_instructions, 0, 0 },
  { "bad_jumps", bad_jumps, 0, 0 },
  { "faults_everywhere", faults_everywhere, 0, 0 },
  { "fault_is_private", fault_is_private, 0, 0 },
};

UT_MAIN(tests)
