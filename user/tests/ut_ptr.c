// ut_ptr: addresses, lengths and descriptors that a program may not give to a system call. Each must end in
// -1, with the process and the system as they were. Sockets have theirs in ut_sock and ut_lab.

#include "user/tests/ut.h"
#include "kernel/syscall.h"
#include "user/socket.h"
#include "kernel/file.h"

// Where no program has memory: devices and RAM by their physical addresses, the top of the user half, the
// gap, the kernel's half, and the end of all addresses.
static const uint64 nowhere[] = {
  0x02000000, 0x10000000, KERNBASE, KERNBASE + 0x1000, 0x100000000, TRAPFRAME, TRAMPOLINE, MAXVA, MAXVA + 8,
  1UL << 40, 1UL << 63, 0xffffffc000000000UL, 0xffffffc080000000UL, 0xffffffc087000000UL,
  0xfffffff000001000UL, 0xffffffffffffe000UL, 0xfffffffffffffff0UL, 0xffffffffffffffffUL,
};
#define NNOWHERE ((int)(sizeof(nowhere) / sizeof(nowhere[0])))

static char page[2 * PGSIZE];

// f must refuse each of those, and the first byte above the heap.
static void
everywhere(void (*f)(char *))
{
  for(int i = 0; i < NNOWHERE; i++)
    f((char *)nowhere[i]);
  f((char *)PGROUNDUP((uint64)sbrk(0)));
}

// ---- buffers ----

static int file_rd, file_wr, pipe_rd, pipe_wr;

static void
open_all(void)
{
  int fds[2];

  ut_make("data", 1, 3000);
  file_rd = MUST(open("data", O_RDONLY));
  file_wr = MUST(open("out", O_CREATE | O_WRONLY));
  MUST(pipe(fds));
  pipe_rd = fds[0];
  pipe_wr = fds[1];
}

static void
write_from(char *p)
{
  FAILS(write(file_wr, p, 8192));
  FAILS(write(file_wr, p, 1));
  FAILS(write(pipe_wr, p, 100));
  FAILS(write(1, p, 8));
}

// write() of bytes that the program does not have, to a file, a pipe and the console.
static void
write_nowhere(void)
{
  struct stat st;

  open_all();
  everywhere(write_from);
  MUST(fstat(file_wr, &st));
  IS(st.size, 0);
}

static void
read_to(char *p)
{
  FAILS(read(file_rd, p, 1000));
  MUST(write(pipe_wr, "0123456789", 10));
  FAILS(read(pipe_rd, p, 10));
  while(poll(&(struct pollfd){ .fd = pipe_rd, .events = POLLIN }, 1, 0) == 1)
    MUST(read(pipe_rd, page, sizeof(page)));
}

// read() to where the program may not write, from a file and a pipe.
static void
read_nowhere(void)
{
  open_all();
  everywhere(read_to);
}

// A buffer of which only the first page is there: what is reported as done was really there.
static void
half_a_buffer(void)
{
  char *top = (char *)PGROUNDUP((uint64)sbrk(0)), *p;
  int n;

  sbrk(top - (char *)sbrk(0) + PGSIZE);
  p = top + PGSIZE - 100;
  open_all();
  n = write(file_wr, p, 300);
  CHECK(n == -1 || (n >= 0 && n <= 100));
  n = read(file_rd, p, 300);
  CHECK(n == -1 || (n >= 0 && n <= 100));
  n = write(pipe_wr, p, 300);
  CHECK(n == -1 || (n >= 0 && n <= 100));
  MUST(write(pipe_wr, page, 200));
  n = read(pipe_rd, p, 200);
  CHECK(n == -1 || (n >= 0 && n <= 100));
}

// A write of which the program does not have all bytes changes nothing, however many blocks the others would fill: neither
// the file, nor its position, nor what is free on the disk. A pipe takes what it can copy, and says how much that was.
static void
end_of_heap(void)
{
  struct stat st;
  char *top = (char *)PGROUNDUP((uint64)sbrk(0));

  sbrk(top - (char *)sbrk(0) + 20 * PGSIZE);
  top += 20 * PGSIZE;
  open_all();
  for(int have = 1; have < 19 * PGSIZE; have = have * 3 + 500){
    for(int append = 0; append < 2; append++){
      MUST(fcntl(file_wr, F_SETFL, append ? O_APPEND : 0));
      FAILS_AS(write(file_wr, top - have, have + 1), EFAULT);
      MUST(fstat(file_wr, &st));
      IS(st.size, 0);
    }
  }
  IS(write(file_wr, top - 10000, 10000), 10000);
  FAILS_AS(write(file_wr, top - 10000, 0x7fffffff), EFAULT);
  MUST(fstat(file_wr, &st));
  IS(st.size, 10000);
  IS(write(file_wr, "more", 4), 4);
  MUST(fstat(file_wr, &st));
  IS(st.size, 10004);
}

// Lengths below zero and lengths whose end wraps. Nothing is written, and nothing is read beyond the heap.
static void
huge_lengths(void)
{
  static const int lengths[] = { -1, -2, -4096, -0x7fffffff - 1 };

  open_all();
  for(uint i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++){
    FAILS(write(file_wr, page, lengths[i]));
    FAILS(write(pipe_wr, page, lengths[i]));
    CHECK(read(file_rd, sbrk(0) - 1, lengths[i]) <= 1);
    FAILS(getcwd(page, lengths[i]));
  }
  CHECK(write(file_wr, page, 0x7fffffff) <= (int)sizeof(page) + 0x100000);
  MUST(write(pipe_wr, "x", 1));
  IS(read(pipe_rd, page, 0x7fffffff), 1);
}

// Memory that the program had, and gave back, is as bad as any other.
static void
after_shrinking(void)
{
  char *p = sbrk(2 * PGSIZE), *q = (char *)PGROUNDUP((uint64)p);

  memset(p, 'x', 2 * PGSIZE);
  open_all();
  IS(write(file_wr, q + 0x10, 100), 100);  // calls have just found it there
  IS(read(file_rd, q + 0x10, 10), 10);
  sbrk(-2 * PGSIZE);
  FAILS(write(file_wr, q + 0x10, 1024));
  FAILS(read(file_rd, q + 0x10, 10));
  FAILS(open(q, O_RDONLY));
}

// Results that go to a struct.
static void
struct_to(char *p)
{
  FAILS(fstat(file_rd, (struct stat *)p));
  FAILS(pipe((int *)p));
  FAILS(kstat(KSTAT_MEM, p, sizeof(struct kstat_mem)));
  FAILS(kstat(KSTAT_PROC, p, 4096));
  FAILS(kstat(KSTAT_DROP, p, 4096));
  FAILS(getrandom(p, 16));
  FAILS(poll((struct pollfd *)p, 1, 0));
}

static void
structs_nowhere(void)
{
  open_all();
  everywhere(struct_to);
}

// wait() with a bad address neither loses the child nor stops us from collecting it.
static void
end_with_3(long unused)
{
  exit(3);
}

static void
wait_nowhere(void)
{
  int status;

  for(int i = 0; i < NNOWHERE; i++){
    ut_start(end_with_3, 0);
    FAILS(wait((int *)nowhere[i]));
    if(wait(&status) > 0)
      IS(status, 3);
    FAILS(wait(&status));
  }
}

// ---- strings ----

static void
path_from(char *p)
{
  FAILS(open(p, O_RDONLY));
  FAILS(open(p, O_CREATE | O_WRONLY));
  FAILS(unlink(p));
  FAILS(link(p, "new"));
  FAILS(link("data", p));
  FAILS(mkdir(p));
  FAILS(mknod(p, 1, 1));
  FAILS(chdir(p));
  FAILS(rename(p, "new"));
  FAILS(rename("data", p));
  FAILS(exec(p, (char *[]){ "x", 0 }));
}

static void
paths_nowhere(void)
{
  open_all();
  everywhere(path_from);
  CHECK(!ut_exists("new"));
  ut_holds("data", 1, 3000);
}

// A string that runs from the last byte of the heap into nothing has no end.
static void
paths_without_end(void)
{
  char *top = (char *)PGROUNDUP((uint64)sbrk(0));

  sbrk(top - (char *)sbrk(0));
  ut_make("data", 1, 10);
  for(int n = 1; n < 20; n++){
    memset(top - n, 'x', n);
    FAILS(open(top - n, O_CREATE | O_WRONLY));
    FAILS(mkdir(top - n));
    FAILS(unlink(top - n));
    FAILS(link("data", top - n));
  }
  strcpy(top - 5, "data");
  close(MUST(open(top - 5, O_RDONLY)));
}

// A string across a page boundary is read to its end.
static void
paths_across_pages(void)
{
  char *p = (char *)PGROUNDUP((uint64)page);

  ut_make("crossing", 2, 10);
  for(int at = 0; at < 9; at++){
    strcpy(p - at, "crossing");
    close(MUST(open(p - at, O_RDONLY)));
  }
}

// Paths of MAXPATH bytes and more are refused, whatever they would lead to.
static void
paths_too_long(void)
{
  static char path[3 * MAXPATH];

  for(int n = MAXPATH; n < (int)sizeof(path); n += 37){
    memset(path, '/', n - 1);
    path[n - 1] = '.';
    path[n] = 0;
    FAILS(open(path, O_RDONLY));
    FAILS(chdir(path));
    FAILS(mkdir(path));
    FAILS(unlink(path));
    FAILS(link(path, "x"));
    FAILS(exec(path, (char *[]){ "x", 0 }));
  }
  memset(path, '/', MAXPATH - 2);
  path[MAXPATH - 2] = '.';
  path[MAXPATH - 1] = 0;
  close(MUST(open(path, O_RDONLY)));
}

// ---- exec's arguments ----

static void
argv_from(char *p)
{
  char *argv[] = { "echo", p, 0 };

  FAILS(exec("/echo", (char **)p));
  FAILS(exec("/echo", argv));
}

static void
argv_nowhere(void)
{
  everywhere(argv_from);
}

// A vector that ends with the heap instead of with 0, and one that is misaligned.
static void
argv_without_end(void)
{
  char *top = (char *)PGROUNDUP((uint64)sbrk(0));

  sbrk(top - (char *)sbrk(0));
  for(int n = 1; n < 6; n++){
    for(int i = 1; i <= n; i++)
      ((char **)top)[-i] = "x";
    FAILS(exec("/echo", (char **)top - n));
  }
  memset(top - 40, 0xff, 40);
  FAILS(exec("/echo", (char **)(top - 17)));
}

// Failed calls of exec leave no pages behind, however often they fail.
static void
argv_often(void)
{
  char *argv[] = { (char *)0xffffffff, 0 };
  uint64 before = ut_free();

  for(int i = 0; i < 2000; i++)
    FAILS(exec("/echo", argv));
  CHECK(before <= ut_free() + 16 * PGSIZE);
}

// ---- descriptors and numbers ----

// Descriptors that are not open, in every call that takes one.
static void
bad_descriptors(void)
{
  static const int bad[] = { -1, -2, 3, NOFILE - 1, NOFILE, NOFILE + 1, 100, 0x7fffffff, -0x7fffffff - 1 };
  struct stat st;

  for(uint i = 0; i < sizeof(bad) / sizeof(bad[0]); i++){
    FAILS(read(bad[i], page, 1));
    FAILS(write(bad[i], page, 1));
    FAILS(close(bad[i]));
    FAILS(dup(bad[i]));
    FAILS(fstat(bad[i], &st));
    FAILS(fcntl(bad[i], F_GETFL, 0));
    FAILS_AS(read(bad[i], page, 1), EBADF);
  }
}

static long
raw(long number, long a, long b, long c)
{
  register long a7 asm("a7") = number, a0 asm("a0") = a, a1 asm("a1") = b, a2 asm("a2") = c;

  asm volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
  return a0;
}

// Numbers that are no call; with SYS_ERRNO the answer is the reason.
static void
unknown_calls(void)
{
  static const long none[] = { 0, 22, 28, 34, 39, 54, 75, 99, 255, 512, 1 << 30, 1L << 40, 1L << 63 };

  for(uint i = 0; i < sizeof(none) / sizeof(none[0]); i++){
    IS(raw(none[i], 1, 2, 3), -1);
    if(none[i] > 0 && none[i] < SYS_ERRNO)
      IS(raw(none[i] + SYS_ERRNO, 1, 2, 3), -ENOSYS);
  }
  IS(raw(SYS_close + SYS_ERRNO, 77, 0, 0), -EBADF);
  IS(raw(SYS_close, 77, 0, 0), -1);
}

// Every call there is, with arguments that mean nothing, and none of them ends the process.
static void
nonsense_in_calls(void)
{
  static const long odd[] = { -1, 0, 1L << 62, 0xffffffc080000000L, 0x3ffffff000L, 0x7fffffff };
  int n = sizeof(odd) / sizeof(odd[0]);

  close(0);  // nobody shall wait for what is typed
  for(int call = 1; call <= 75; call++){
    if(call == SYS_exit || call == SYS_fork || call == SYS_kill || call == SYS_halt || call == SYS_pause ||
       call == SYS_wait || call == SYS_poll || call == SYS_netctl || call == SYS_fgproc || call == SYS_close ||
       call == SYS_sbrk || call == SYS_getrandom || call == SYS_failalloc)
      continue;
    for(int i = 0; i < n * n; i++)
      raw(call, odd[i % n], odd[i / n], odd[(i + i / n) % n]);
  }
}

// The kernel does not use the program's stack pointer: a call works without any stack.
static void
no_stack(long sp)
{
  asm volatile("mv sp, %0\n li a7, %1\n ecall\n li a0, 0\n li a7, %2\n ecall"
               : : "r"(sp), "i"(SYS_getpid), "i"(SYS_exit) : "a0", "a7", "memory");
}

static void
calls_without_stack(void)
{
  LIVES(no_stack, 0);
  LIVES(no_stack, -1);
  LIVES(no_stack, 0xffffffc080000000UL);
  LIVES(no_stack, 3);
}

// kstat: unknown kinds, and buffers that are too small, never written past their end.
static void
kstat_bounds(void)
{
  struct kstat_mem m;
  int want;

  FAILS(kstat(0, page, sizeof(page)));
  FAILS(kstat(99, page, sizeof(page)));
  FAILS(kstat(-1, page, sizeof(page)));
  memset(page, 0x77, sizeof(page));
  want = MUST(kstat(KSTAT_PROC, page, sizeof(struct kstat_proc) + 5));
  CHECK(want >= (int)sizeof(struct kstat_proc));
  IS(page[sizeof(struct kstat_proc) + 5], 0x77);
  IS(kstat(KSTAT_MEM, page, 0), sizeof(m));
  IS(kstat(KSTAT_MEM, &m, sizeof(m)), sizeof(m));
  CHECK(m.free <= m.total && m.packets_free <= m.packets && m.files_free <= m.files);
}

static const struct ut tests[] = {
  { "write_nowhere", write_nowhere, 0, 0 },
  { "read_nowhere", read_nowhere, 0, 0 },
  { "half_a_buffer", half_a_buffer, 0, 0 },
  { "end_of_heap", end_of_heap, 0, 0 },
  { "huge_lengths", huge_lengths, 0, 0 },
  { "after_shrinking", after_shrinking, 0, 0 },
  { "structs_nowhere", structs_nowhere, 0, 0 },
  { "wait_nowhere", wait_nowhere, 0, 0 },
  { "paths_nowhere", paths_nowhere, 0, 0 },
  { "paths_without_end", paths_without_end, 0, 0 },
  { "paths_across_pages", paths_across_pages, 0, 0 },
  { "paths_too_long", paths_too_long, 0, 0 },
  { "argv_nowhere", argv_nowhere, 0, 0 },
  { "argv_without_end", argv_without_end, 0, 0 },
  { "argv_often", argv_often, 0, 0 },
  { "bad_descriptors", bad_descriptors, 0, 0 },
  { "unknown_calls", unknown_calls, 0, 0 },
  { "nonsense_in_calls", nonsense_in_calls, 0, 0 },
  { "calls_without_stack", calls_without_stack, 0, 0 },
  { "kstat_bounds", kstat_bounds, 0, 0 },
};

// `ut_ptr --console`: a line that could not be handed over is there for the next read.
static int
line_is_kept(void)
{
  char line[16];

  if(read(0, (char *)0xffffffffffL, 100) != -1 || errno != EFAULT)
    return 1;
  return read(0, line, sizeof(line)) == 5 && memcmp(line, "four\n", 5) == 0 ? 0 : 2;
}

int
main(int argc, char **argv)
{
  if(argc == 2 && strcmp(argv[1], "--console") == 0)
    exit(line_is_kept());
  exit(ut_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0])));
}
