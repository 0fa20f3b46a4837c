// ut_proc: fork, exit, wait, who inherits whose children, how harts are shared, and time. Run by usertests, or
// alone.

#include "user/tests/ut.h"

// ---- fork, exit, wait ----

static void
end_with(long status)
{
  exit((int)status);
}

// The status arrives whole, for any int.
static void
exit_statuses(void)
{
  static const int v[] = { 0, 1, 2, 97 - 1, 255, 256, -1, -2, 0x12345678, 0x7fffffff, -0x7fffffff - 1 };

  for(uint i = 0; i < sizeof(v) / sizeof(v[0]); i++)
    IS(ut_status(end_with, v[i]), v[i]);
}

// wait() names the child that has ended, every child once, and then there is none.
static void
wait_each_once(void)
{
  int pids[10], pid, status, found;

  FAILS_AS(wait(0), ECHILD);
  for(int i = 0; i < 10; i++)
    pids[i] = ut_start(end_with, 100 + i);
  for(int n = 0; n < 10; n++){
    found = 0;
    pid = wait(&status);
    for(int i = 0; i < 10; i++)
      if(pids[i] == pid){
        IS(status, 100 + i);
        pids[i] = 0;
        found = 1;
      }
    CHECK(found);
  }
  FAILS_AS(wait(&status), ECHILD);
}

// wait(0): the status is not wanted.
static void
wait_without_status(void)
{
  int pid = ut_start(end_with, 7);

  IS(wait(0), pid);
  FAILS(wait(0));
}

// A child's end and its parent's wait meet in every order.
static void
exit_and_wait(void)
{
  for(int i = 0; i < 200; i++){
    int status, pid = ut_start(end_with, i);
    if(i % 3 == 0)
      yield();
    IS(wait(&status), pid);
    IS(status, i);
  }
}

// Two children of one parent end at the same time.
static void
two_at_once(void)
{
  for(int i = 0; i < 200; i++){
    int a = ut_start(end_with, 1), b = ut_start(end_with, 1), c = wait(0), d = wait(0);
    CHECK((a == c && b == d) || (a == d && b == c));
  }
}

// Each process has a pid of its own, getpid and getppid say which.
static void
knows_parent(long pid)
{
  IS(getppid(), pid);
  CHECK(getpid() != pid);
}

static void
pids(void)
{
  int last = getpid();

  for(int i = 0; i < 50; i++){
    int pid = ut_start(knows_parent, getpid());
    CHECK(pid > last);
    last = pid;
    ut_reap(1);
  }
}

// ---- orphans ----

// The children of a process that ends belong to process 1, which collects them.
static void
orphan(long fd)
{
  char c = 'x';

  for(int i = 0; i < 50 && getppid() != 1; i++)
    pause(1);
  IS(getppid(), 1);
  IS(write(fd, &c, 1), 1);
}

static void
leaves_orphan(long fd)
{
  ut_start(orphan, fd);
}

static void
orphans(void)
{
  int fds[2];
  char c;

  MUST(pipe(fds));
  LIVES(leaves_orphan, fds[1]);
  close(fds[1]);
  IS(read(fds[0], &c, 1), 1);
  IS(c, 'x');
}

// Parent and child end at the same moment, two hundred times.
static void
fork_and_end(long unused)
{
  if(fork() < 0)
    FAIL("expected a grandchild, got none (errno %d)", errno);
}

static void
orphans_often(void)
{
  int me = getpid();

  for(int i = 0; i < 200; i++){
    int pid = ut_start(fork_and_end, 0);
    IS(getpid(), me);
    IS(wait(0), pid);
  }
}

// Orphans that already are zombies, or become so while their parent ends.
static void
leaves_several(long n)
{
  for(int i = 0; i < n; i++)
    ut_start(end_with, i);
}

static void
orphan_zombies(void)
{
  for(int i = 0; i < 20; i++)
    LIVES(leaves_several, i % 6);
}

// Many generations: each process forks the next and waits for it.
static void
deep_chain(void)
{
  for(int n = 0; n < 30; n++)
    if(MUST(fork()) > 0){
      ut_reap(1);
      if(n == 0)
        return;
      break;
    }
  exit(0);
}

// The same, but nobody waits, so all but the first become orphans.
static void
loose_chain(long n)
{
  while(n-- > 0 && MUST(fork()) == 0)
    ;
}

static void
loose_chains(void)
{
  int fds[2];
  char c;

  for(int i = 0; i < 6; i++){
    MUST(pipe(fds));
    LIVES(loose_chain, 30);
    close(fds[1]);
    IS(read(fds[0], &c, 1), 0);  // the last of them is gone, too
    close(fds[0]);
  }
}

// ---- many processes ----

// Several processes fork and wait, on all harts at the same time.
static void
forks_often(long n)
{
  for(int i = 0; i < n; i++)
    IS(ut_status(end_with, i), i);
}

static void
forks_on_all_harts(void)
{
  for(int i = 0; i < 8; i++)
    ut_start(forks_often, 40);
  ut_reap(8);
}

// fork fails when the process table is full, with the reason; all the others live, and it works again afterwards.
static void
stay(long fd)
{
  char c;

  while(read(fd, &c, 1) > 0)
    ;
}

static void
table_full(void)
{
  int fds[2], n = 0, pid;
  struct kstat_mem m;

  ut_mem(&m);
  uint room = m.procs_free;
  MUST(pipe(fds));
  while((pid = fork()) != 0){
    if(pid < 0)
      break;
    if(++n > NPROC)
      FAIL("expected fork to fail with %d processes, it did not", NPROC);
  }
  if(pid == 0){
    close(fds[1]);
    stay(fds[0]);
    exit(0);
  }
  IS(errno, EAGAIN);
  ut_mem(&m);
  IS(m.procs_free, 0);
  IS(n, room);
  FAILS(fork());
  close(fds[1]);
  ut_reap(n);
  LIVES(end_with, 0);
}

// Trees of processes that fork without asking whether it works: the table is full most of the time.
static void
fork_freely(long until)
{
  while(ut_ms() < until - 1000)
    yield();
  while(ut_ms() < until){
    int pid = fork();
    if(pid == 0)
      exit(0);
    if(pid > 0 && ut_ms() % 3)
      wait(0);
  }
  while(wait(0) > 0)
    ;
}

static void
forks_in_heap(void)
{
  long until = ut_ms() + 1500;

  for(int i = 0; i < 6; i++)
    ut_start(fork_freely, until);
  ut_reap(6);
  LIVES(end_with, 0);
}

// fork when memory is short fails, or gives a child that works; what was taken for it is given back.
static void
short_of_memory(long unused)
{
  char *p;
  int n = 0, pid = 0;

  ut_parent_waits();
  while((p = sbrk(64 * PGSIZE)) != SBRK_ERROR)
    memset(p, 1, 64 * PGSIZE);
  while((p = sbrk(PGSIZE)) != SBRK_ERROR)
    *p = 1;
  for(int i = 0; i < 10; i++)
    if((pid = fork()) == 0)
      exit(0);
    else if(pid > 0)
      n++;
  while(n-- > 0)
    wait(0);
}

static void
fork_without_memory(void)
{
  int status = ut_status(short_of_memory, 0);

  CHECK(status == 0 || status == UT_KILLED);
  LIVES(end_with, 0);
}

// ---- the harts ----

static void
spin(long ms)
{
  for(long end = ut_ms() + ms; ut_ms() < end;)
    ;
}

// Processes that never give up their hart are made to: with more of them than harts, all advance.
static void
spins_and_tells(long fd)
{
  for(volatile long i = 0; i < 1000000; i++)
    ;
  write((int)fd, "x", 1);
  for(;;)
    ;
}

static void
spinners_share(void)
{
  int pid[16], fds[2];
  char c;

  MUST(pipe(fds));
  for(int i = 0; i < 16; i++)
    pid[i] = ut_start(spins_and_tells, fds[1]);
  for(int i = 0; i < 16; i++)
    IS(read(fds[0], &c, 1), 1);
  for(int i = 0; i < 16; i++)
    MUST(kill(pid[i]));
  for(int i = 0; i < 16; i++)
    IS(ut_wait(), UT_KILLED);
}

// Among spinning processes, one that sleeps is woken in time.
static void
sleeper_among_spinners(void)
{
  int pid[12];
  long start;

  for(int i = 0; i < 12; i++)
    pid[i] = ut_start(spin, 20000);
  start = ut_ms();
  for(int i = 0; i < 5; i++)
    pause(1);
  if(ut_ms() - start > 10000)
    FAIL("expected five ticks to end within 10 s, it took %ld ms", ut_ms() - start);
  for(int i = 0; i < 12; i++)
    MUST(kill(pid[i]));
  for(int i = 0; i < 12; i++)
    IS(ut_wait(), UT_KILLED);
}

// ---- whose turn it is: by the time that each has had ----

// Milliseconds that a process has had of harts.
static long
cpu_ms(int pid)
{
  static struct kstat_proc procs[2 * NPROC];
  int n = MUST(kstat(KSTAT_PROC, procs, sizeof(procs))) / (int)sizeof(procs[0]);
  for(int i = 0; i < n; i++)
    if(procs[i].pid == pid)
      return procs[i].cpu_ns / 1000000;
  FAIL("expected process %d among those of kstat, it is not there", pid);
}

// Beside `others`, who never let the machine be idle but wait all the time, a process that computes has its part of a hart: a third
// of one, and at least a quarter as this is measured.
static void
has_its_part(void (*others)(long), int n)
{
  int pid[4], spinner = ut_start(spin, 20000);

  for(int i = 0; i < n; i++)
    pid[i] = ut_start(others, i);
  for(int i = 0; i < 3; i++)
    pause(1);  // whatever they had before has been used up
  long start = ut_ms(), had = cpu_ms(spinner);
  for(int i = 0; i < 10; i++)
    pause(1);
  long part = 100 * (cpu_ms(spinner) - had) / (ut_ms() - start);
  if(part < 25)
    FAIL("expected a third of a hart for who computes, it had %ld %%", part);
  for(int i = 0; i < n; i++)
    MUST(kill(pid[i]));
  MUST(kill(spinner));
  for(int i = 0; i < n + 1; i++)
    IS(ut_wait(), UT_KILLED);
}

// Two that wake each other as often as they can.
static int to_and_fro[4];

static void
wakes_the_other(long me)
{
  char c = 'x';

  if(me == 0)
    write(to_and_fro[1], &c, 1);
  while(read(to_and_fro[me ? 0 : 2], &c, 1) == 1)
    write(to_and_fro[me ? 3 : 1], &c, 1);
}

static void
pair_beside_spinner(void)
{
  MUST(pipe(to_and_fro));
  MUST(pipe(to_and_fro + 2));
  has_its_part(wakes_the_other, 2);
}

// One that starts a short command after the other.
static void
starts_many(long unused)
{
  for(;;){
    ut_start(spin, 8);
    wait(0);
  }
}

static void
short_children_beside_spinner(void)
{
  has_its_part(starts_many, 1);
}

// Registers survive interrupts and switches: all that a function call keeps, and the temporaries, over a
// loop of some hundred milliseconds in which others run on the same hart.
static void
keep_registers(long v)
{
  long bad = 0;
  long loops = 40 * 1000 * 1000;

  asm volatile(
    "add s2, %1, 1\n add s3, %1, 2\n add s4, %1, 3\n add s5, %1, 4\n add s6, %1, 5\n add s7, %1, 6\n"
    "add s8, %1, 7\n add s9, %1, 8\n add s10, %1, 9\n add s11, %1, 10\n add t3, %1, 11\n add t4, %1, 12\n"
    "add t5, %1, 13\n add t6, %1, 14\n add gp, %1, 15\n add tp, %1, 16\n add ra, %1, 17\n"
    "1: addi %2, %2, -1\n bnez %2, 1b\n"
    "sub s2, s2, %1\n addi s2, s2, -1\n or %0, %0, s2\n sub s3, s3, %1\n addi s3, s3, -2\n or %0, %0, s3\n"
    "sub s4, s4, %1\n addi s4, s4, -3\n or %0, %0, s4\n sub s5, s5, %1\n addi s5, s5, -4\n or %0, %0, s5\n"
    "sub s6, s6, %1\n addi s6, s6, -5\n or %0, %0, s6\n sub s7, s7, %1\n addi s7, s7, -6\n or %0, %0, s7\n"
    "sub s8, s8, %1\n addi s8, s8, -7\n or %0, %0, s8\n sub s9, s9, %1\n addi s9, s9, -8\n or %0, %0, s9\n"
    "sub s10, s10, %1\n addi s10, s10, -9\n or %0, %0, s10\n sub s11, s11, %1\n addi s11, s11, -10\n or %0, %0, s11\n"
    "sub t3, t3, %1\n addi t3, t3, -11\n or %0, %0, t3\n sub t4, t4, %1\n addi t4, t4, -12\n or %0, %0, t4\n"
    "sub t5, t5, %1\n addi t5, t5, -13\n or %0, %0, t5\n sub t6, t6, %1\n addi t6, t6, -14\n or %0, %0, t6\n"
    "sub gp, gp, %1\n addi gp, gp, -15\n or %0, %0, gp\n sub tp, tp, %1\n addi tp, tp, -16\n or %0, %0, tp\n"
    "sub ra, ra, %1\n addi ra, ra, -17\n or %0, %0, ra\n"
    : "+&r"(bad), "+&r"(v), "+&r"(loops)
    : : "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6", "gp", "tp", "ra");
  IS(bad, 0);
}

static void
registers(void)
{
  for(int i = 0; i < 10; i++)
    ut_start(keep_registers, (long)i * 0x123456789abL);
  ut_reap(10);
}

// A call changes a0 only: the temporaries and the saved registers come back as they were.
static void
registers_in_calls(void)
{
  for(int i = 0; i < 1000; i++){
    register long t0 asm("t0") = i + 1, t1 asm("t1") = i + 2, t2 asm("t2") = i + 3, a1 asm("a1") = i + 4;
    register long a5 asm("a5") = i + 5, a6 asm("a6") = i + 6, s11 asm("s11") = i + 7, a7 asm("a7") = 11;
    register long a0 asm("a0") = 0;
    asm volatile("ecall" : "+r"(a0), "+r"(t0), "+r"(t1), "+r"(t2), "+r"(a1), "+r"(a5), "+r"(a6), "+r"(s11), "+r"(a7)
                 : : "memory");
    long result = a0;  // the next call takes a0
    CHECK(t0 == i + 1 && t1 == i + 2 && t2 == i + 3 && a1 == i + 4 && a5 == i + 5 && a6 == i + 6 && s11 == i + 7);
    IS(result, getpid());
  }
}

// ---- time ----

// pause(n) takes n tenths of a second: not less, but for the tick that has begun, and not much more.
static void
pause_lasts(void)
{
  for(int n = 1; n <= 8; n += 2){
    long start = ut_ms(), took;
    IS(pause(n), 0);
    took = ut_ms() - start;
    if(took < (n - 1) * 100 || took > n * 100 + 3000)
      FAIL("expected pause(%d) to last %d ms, it took %ld ms", n, n * 100, took);
  }
}

// No time, and less than none, is over at once.
static void
pause_for_nothing(void)
{
  long start = ut_ms();

  pause(0);
  pause(-1);
  pause(-0x7fffffff - 1);
  CHECK(ut_ms() - start < 3000);
}

// uptime() counts ten ticks a second and clock() nanoseconds; neither goes back, whatever the hart.
static void
clocks(void)
{
  long before = ut_ms();
  int ticks = uptime(), last = ticks, now;
  long start = ut_ms();
  uint64 ns = clock(CLOCK_BOOT), then;

  while(ut_ms() - start < 1000){
    now = uptime();
    then = clock(CLOCK_BOOT);
    CHECK(now >= last);
    CHECK(then >= ns);
    last = now;
    ns = then;
  }
  // The machine may stand still between any two of these.
  long least = (ut_ms() - start) / 100 - 1;
  ticks = uptime() - ticks;
  long most = (ut_ms() - before) / 100 + 1;
  if(ticks < least || ticks > most)
    FAIL("expected %ld to %ld ticks of 100 ms, got %d", least, most, ticks);
  CHECK(clock(CLOCK_WALL) / 1000000000 > 1700000000);
  FAILS(clock(99));
}

// Many sleepers with different ends wake in order, each at its time.
static void
sleep_for(long ticks)
{
  long start = ut_ms();

  pause(ticks);
  CHECK(ut_ms() - start >= (ticks - 1) * 100);
}

static void
many_sleepers(void)
{
  for(int i = 0; i < 20; i++)
    ut_start(sleep_for, i % 7);
  ut_reap(20);
}

static const struct ut tests[] = {
  { "exit_statuses", exit_statuses, 0, 0 },
  { "wait_each_once", wait_each_once, 0, 0 },
  { "wait_without_status", wait_without_status, 0, 0 },
  { "exit_and_wait", exit_and_wait, 0, 0 },
  { "two_at_once", two_at_once, 0, 0 },
  { "pids", pids, 0, 0 },
  { "orphans", orphans, 0, 0 },
  { "orphans_often", orphans_often, 0, 0 },
  { "orphan_zombies", orphan_zombies, 0, 0 },
  { "deep_chain", deep_chain, 0, 0 },
  { "loose_chains", loose_chains, 0, 0 },
  { "forks_on_all_harts", forks_on_all_harts, 0, 0 },
  { "table_full", table_full, 0, 0 },
  { "forks_in_heap", forks_in_heap, 0, 0 },
  { "fork_without_memory", fork_without_memory, 0, 60 },
  { "spinners_share", spinners_share, 0, 0 },
  { "sleeper_among_spinners", sleeper_among_spinners, 0, 0 },
  { "pair_beside_spinner", pair_beside_spinner, 0, 0 },
  { "short_children_beside_spinner", short_children_beside_spinner, 0, 0 },
  { "registers", registers, 0, 60 },
  { "registers_in_calls", registers_in_calls, 0, 0 },
  { "pause_lasts", pause_lasts, 0, 0 },
  { "pause_for_nothing", pause_for_nothing, 0, 0 },
  { "clocks", clocks, 0, 0 },
  { "many_sleepers", many_sleepers, 0, 0 },
};

UT_MAIN(tests)
