// ut_exec: programs, good and bad, and their arguments. The program is its own victim: called as
// `ut_exec --args ...` it checks what it was given. Run by usertests, or alone.

#include "user/tests/ut.h"

#define ME "/tests/ut_exec"
#define MB (1024 * 1024L)

static char image[MAXFILE * BSIZE];  // of a program
static int image_size;

// ---- running programs ----

// Runs path with argv; its standard output goes to buf, ended by a zero. result: exit status.
static int
run(char *path, char **argv, char *buf, int size)
{
  int fds[2], at = 0, n;

  MUST(pipe(fds));
  int pid = fork();
  if(pid < 0)
    FAIL("expected a child from fork, got -1");
  if(pid == 0){
    close(1);
    dup(fds[1]);
    close(fds[0]);
    close(fds[1]);
    exec(path, argv);
    exit(126);
  }
  close(fds[1]);
  while(at < size - 1 && (n = read(fds[0], buf + at, size - 1 - at)) > 0)
    at += n;
  buf[at] = 0;
  close(fds[0]);
  return ut_wait();
}

static void
echo(void)
{
  char out[64];

  IS(run("/echo", (char *[]){ "echo", "OK", "two words", 0 }, out, sizeof(out)), 0);
  IS(strcmp(out, "OK two words\n"), 0);
  IS(run("//./echo", (char *[]){ "echo", 0 }, out, sizeof(out)), 0);
  IS(strcmp(out, "\n"), 0);
}

// A program is found from the directory that its process is in, too.
static void
relative(void)
{
  char out[64];

  IS(run("../echo", (char *[]){ "echo", "here", 0 }, out, sizeof(out)), 0);
  IS(strcmp(out, "here\n"), 0);
  FAILS(exec("echo", (char *[]){ "echo", 0 }));
}

// What cannot be run: the call fails, and the process goes on as it was.
static void
not_programs(void)
{
  static int before = 4711;
  char *argv[] = { "x", 0 };

  ut_make("empty", 0, 0);
  ut_make("short", 1, 10);
  ut_make("text", 2, 5000);
  MUST(mkdir("dir"));
  FAILS_AS(exec("missing", argv), ENOENT);
  FAILS(exec("missing/dir", argv));
  FAILS(exec("empty", argv));
  FAILS(exec("short", argv));
  FAILS_AS(exec("text", argv), ENOEXEC);
  FAILS_AS(exec("dir", argv), EPERM);
  FAILS(exec("/console", argv));
  FAILS(exec("", argv));
  IS(before, 4711);
}

// Open files and the directory stay; memory does not.
static void
keeps_files(void)
{
  char out[64];

  ut_make("file", 3, 100);
  int pid = fork();
  if(pid == 0){
    close(0);
    MUST(open("file", O_RDONLY));
    close(1);
    MUST(open("copy", O_CREATE | O_WRONLY));
    exec("/cat", (char *[]){ "cat", 0 });
    exit(126);
  }
  IS(ut_wait(), 0);
  ut_holds("copy", 3, 100);
  IS(run("/cat", (char *[]){ "cat", "file", 0 }, out, sizeof(out)), 0);
}

// ---- arguments ----

// As `ut_exec --args N S...`: there are N further arguments, S each, in order; the vector ends with 0, and the
// stack pointer is aligned as the ABI wants it.
static int
check_args(int argc, char **argv)
{
  int n = argc > 2 ? atoi(argv[2]) : -1;

  if(argc != 3 + n || argv[argc] != 0 || r_sp() % 16 != 0)
    return 11;
  for(int i = 0; i < n; i++)
    for(char *s = argv[3 + i]; *s; s++)
      if(*s != 'a' + i % 26)
        return 12;
  return 0;
}

static void
args_are_passed(void)
{
  static char a[MAXARG][100];
  char *argv[MAXARG + 1], count[12], out[8];

  for(int n = 0; n < MAXARG - 3; n++){
    ut_numbered(count, "", n);
    argv[0] = "ut_exec";
    argv[1] = "--args";
    argv[2] = count;
    for(int i = 0; i < n; i++){
      memset(a[i], 'a' + i % 26, i);
      a[i][i] = 0;
      argv[3 + i] = a[i];
    }
    argv[3 + n] = 0;
    IS(run(ME, argv, out, sizeof(out)), 0);
  }
}

// MAXARG arguments and more: refused, not cut.
static void
too_many_args(void)
{
  static char *argv[3 * MAXARG + 1];

  for(int n = MAXARG + 1; n <= 3 * MAXARG; n += 7){
    for(int i = 0; i < n; i++)
      argv[i] = "x";
    argv[n] = 0;
    FAILS(exec("/echo", argv));
  }
}

// Arguments that do not fit in their part of the stack, one by one or together, are refused; what fits is passed.
static void
large_args(void)
{
  static char big[2 * PGSIZE * USERSTACK];
  char *argv[MAXARG], out[2];

  memset(big, ' ', sizeof(big) - 1);
  argv[0] = "echo";
  argv[1] = big;
  argv[2] = 0;
  FAILS(exec("/echo", argv));
  big[ARGBYTES / 8] = 0;
  for(int i = 1; i < MAXARG - 1; i++)
    argv[i] = big;
  argv[MAXARG - 1] = 0;
  FAILS(exec("/echo", argv));
  argv[4] = 0;
  IS(run("/echo", argv, out, sizeof(out)), 0);
}

// 16 arguments of n bytes each, with their zeros, and the vector: what exec says.
static void
sixteen_args(long n)
{
  static char arg[200];
  char *argv[17];

  memset(arg, ' ', n - 1);
  for(int i = 0; i < 16; i++)
    argv[i] = arg;
  argv[16] = 0;
  exec("/true", argv);
  IS(errno, E2BIG);
  exit(UT_FAILED - 1);
}

// Each string takes a multiple of 16 bytes: 16 of them and the vector fill what there is for arguments, and what is one
// byte longer does not fit.
static void
args_just_too_large(void)
{
  _Static_assert(ARGBYTES / 16 % 16 == 0 && (17 * 8 + 15) / 16 * 16 == 144, "what fits");
  int fits = ARGBYTES / 16 - 16;

  IS(ut_status(sixteen_args, fits), 0);
  IS(ut_status(sixteen_args, fits + 1), UT_FAILED - 1);
}

// No arguments at all is possible, too.
static void
no_args(void)
{
  char out[16];
  int status = run("/true", (char *[]){ 0 }, out, sizeof(out));

  CHECK(status == 0 || status == 126);
}

// ---- bad programs ----

// Fields of the ELF64 header and of a program header (System V ABI, chapters 4 and 5): offset, size.
enum {
  E_MAGIC = 0, E_CLASS = 4, E_DATA = 5, E_TYPE = 16, E_MACHINE = 18, E_ENTRY = 24, E_PHOFF = 32, E_PHENTSIZE = 54,
  E_PHNUM = 56, P_TYPE = 0, P_FLAGS = 4, P_OFFSET = 8, P_VADDR = 16, P_FILESZ = 32, P_MEMSZ = 40, PHSIZE = 56,
};

static void
load_image(void)
{
  int fd = MUST(open("/true", O_RDONLY));

  image_size = MUST(read(fd, image, sizeof(image)));
  CHECK(image_size > 200);
  close(fd);
}

static uint64
get(int at)
{
  uint64 v;

  memmove(&v, image + at, 8);
  return v;
}

static void
put(int at, uint64 v, int bytes)
{
  memmove(image + at, &v, bytes);
}

// Offset of the i-th program header that is to be loaded.
static int
segment(int i)
{
  for(int at = (int)get(E_PHOFF);; at += PHSIZE){
    CHECK(at >= 0 && at + PHSIZE <= image_size);
    if((uint)get(at + P_TYPE) == 1 && i-- == 0)
      return at;
  }
}

// Runs the image as it now is: the exit status, 126 if exec refused it.
static int
try_image(int bytes)
{
  int fd = MUST(open("bad", O_CREATE | O_TRUNC | O_WRONLY)), status;

  IS(write(fd, image, bytes), bytes);
  close(fd);
  int pid = fork(), dog;
  if(pid == 0){
    close(1);
    close(2);
    exec("bad", (char *[]){ "bad", 0 });
    exit(126);
  }
  if((dog = fork()) == 0){  // a broken program may well run for ever
    pause(5);
    kill(pid);
    exit(0);
  }
  CHECK(pid > 0 && dog > 0);
  int who = wait(&status), other;
  if(who == dog){
    wait(&status);
  } else {
    kill(dog);
    wait(&other);
  }
  return status;
}

// One field of the header changed: exec must refuse it.
static void
refused(int at, uint64 v, int bytes)
{
  uint64 old = get(at);

  put(at, v, bytes);
  int status = try_image(image_size);
  put(at, old, 8);
  if(status != 126)
    FAIL("expected exec to refuse 0x%lx at offset %d of the file, it ended with %d", v, at, status);
}

// One field changed in a way that may be run or not; nothing else may happen.
static void
harmless(int at, uint64 v, int bytes)
{
  uint64 old = get(at);

  put(at, v, bytes);
  try_image(image_size);
  put(at, old, 8);
}

static void
bad_headers(void)
{
  load_image();
  IS(try_image(image_size), 0);
  refused(E_MAGIC, 0x464c457e, 4);
  refused(E_PHOFF, 1UL << 40, 8);
  refused(E_PHOFF, -8UL, 8);
  refused(E_PHOFF, image_size, 8);
  refused(E_PHNUM, 0xffff, 2);
  refused(E_CLASS, 1, 1);
  refused(E_DATA, 2, 1);
  refused(E_MACHINE, 62, 2);
  refused(E_TYPE, 1, 2);
  harmless(E_PHNUM, 0, 2);
  refused(E_PHENTSIZE, 1, 2);
  harmless(E_ENTRY, 0, 8);
  harmless(E_ENTRY, 1, 8);
  refused(E_ENTRY, MAXVA, 8);
  refused(E_ENTRY, 0xffffffc080000000UL, 8);
  IS(try_image(image_size), 0);
}

static void
bad_segments(void)
{
  load_image();
  int ph = segment(0);
  uint64 filesz = get(ph + P_FILESZ);
  refused(ph + P_VADDR, 5, 8);
  refused(ph + P_VADDR, MAXVA, 8);
  refused(ph + P_VADDR, KERNBASE << 8, 8);
  refused(ph + P_VADDR, 0xffffffc080000000UL, 8);
  refused(ph + P_VADDR, -4096UL, 8);
  refused(ph + P_MEMSZ, filesz - 1, 8);
  refused(ph + P_MEMSZ, -1UL, 8);
  refused(ph + P_MEMSZ, 1UL << 63, 8);
  refused(ph + P_MEMSZ, MAXVA, 8);
  refused(ph + P_FILESZ, -1UL, 8);
  refused(ph + P_OFFSET, 1UL << 40, 8);
  refused(ph + P_OFFSET, -1UL, 8);
  refused(ph + P_OFFSET, image_size - 1, 8);
  harmless(ph + P_OFFSET, 0xfffff000UL, 8);
  harmless(ph + P_FLAGS, 0, 4);
  refused(ph + P_FLAGS, 7, 4);
  harmless(ph + P_FLAGS, 2, 4);
  refused(ph + P_FLAGS, -1UL, 4);
  harmless(ph + P_TYPE, 2, 4);
  IS(try_image(image_size), 0);
}

// The program with n further segments of one page each, from `at` on, so far apart: its exit status, 126 if exec refused it.
static int
with_segments(int n, uint64 at, uint64 step)
{
  load_image();
  int from = segment(0), second = segment(1), to = (image_size + 7) / 8 * 8, first = to;
  for(int i = 0; i < n + 2; i++, to += PHSIZE){
    memmove(image + to, image + (i == 0 ? from : second), PHSIZE);
    if(i < 2)
      continue;
    put(to + P_VADDR, at + (i - 2) * step, 8);
    put(to + P_FILESZ, 0, 8);
    put(to + P_MEMSZ, PGSIZE, 8);
  }
  put(E_PHOFF, first, 8);
  put(E_PHNUM, n + 2, 2);
  image_size = to;
  return try_image(image_size);
}

// A few more segments are as good as two; more than an address space has room for are refused, and so are two in one place.
static void
odd_segments(void)
{
  IS(with_segments(6, MB, MB), 0);
  IS(with_segments(6, MB, PGSIZE), 0);
  for(int n = 10; n <= 14; n++)
    IS(with_segments(n, MB, MB), 126);
  IS(with_segments(1, 0, 0), 126);
  IS(with_segments(1, get(segment(1) + P_VADDR), 0), 126);
  IS(with_segments(2, MB, 0), 126);
  IS(with_segments(0, 0, 0), 0);
  for(int n = 14; n <= 15; n++){  // 16 headers may say anything; of 17 none is looked at
    with_segments(n, MB, MB);
    for(int at = (int)get(E_PHOFF) + 2 * PHSIZE; at < image_size; at += PHSIZE)
      put(at + P_TYPE, 4, 4);     // a note, which is not loaded
    IS(try_image(image_size), n == 14 ? 0 : 126);
  }
}

// A file that ends too early.
static void
cut_programs(void)
{
  static const int ends[] = { 1, 3, 4, 16, 63, 64, 65, 100, 119, 120 };

  load_image();
  for(uint i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
    IS(try_image(ends[i]), 126);
  int ph = segment(0);
  IS(try_image((int)(get(ph + P_OFFSET) + get(ph + P_FILESZ)) - 1), 126);
}

// Bits flipped at random in the headers. Whatever comes of it, it comes to this process only.
static void
flipped_bits(void)
{
  load_image();
  int span = (int)get(E_PHOFF) + 4 * PHSIZE;
  for(int round = 0; round < 60; round++){
    uint at[3];
    for(int i = 0; i < 3; i++){
      at[i] = ut_rand() % (span * 8);
      image[at[i] / 8] ^= 1 << at[i] % 8;
    }
    try_image(image_size);
    for(int i = 0; i < 3; i++)
      image[at[i] / 8] ^= 1 << at[i] % 8;
  }
  IS(try_image(image_size), 0);
}

// Bytes at random in the code: it dies of some fault, or ends somehow.
static void
random_code(void)
{
  load_image();
  int ph = segment(0), start = (int)get(ph + P_OFFSET), n = (int)get(ph + P_FILESZ);
  for(int round = 0; round < 15; round++){
    for(int i = 0; i < n; i += 4)
      put(start + i, ut_rand(), n - i < 4 ? n - i : 4);
    try_image(image_size);
  }
}

// ---- at the limits ----

// exec without memory fails or kills; nothing of the half-built program is left.
static void
exec_hungry(long leave)
{
  char *p, *last = 0;

  ut_parent_waits();
  while((p = sbrk(PGSIZE * 16)) != SBRK_ERROR)
    memset(p, 1, PGSIZE * 16);
  while((p = sbrk(PGSIZE)) != SBRK_ERROR){
    *p = 1;
    last = p;
  }
  if(last)
    sbrk(-PGSIZE * (int)leave);
  close(1);
  exec("/echo", (char *[]){ "echo", "x", 0 });
  exit(0);
}

static void
exec_without_memory(void)
{
  for(int leave = 0; leave < 12; leave++){
    int status = ut_status(exec_hungry, leave);
    CHECK(status == 0 || status == UT_KILLED || status == 1);
  }
}

// Many processes load programs at the same time.
static void
execs_true(long n)
{
  char out[8];

  while(n-- > 0)
    IS(run("/echo", (char *[]){ "echo", "abc", 0 }, out, sizeof(out)), 0);
  IS(strcmp(out, "abc\n"), 0);
}

static void
exec_on_all_harts(void)
{
  for(int i = 0; i < 8; i++)
    ut_start(execs_true, 10);
  ut_reap(8);
}

// A new program's unset data is zero, though its pages were somebody's before.
static void
exec_is_clean(void)
{
  char out[8];

  for(int i = 0; i < 10; i++)
    IS(run(ME, (char *[]){ "ut_exec", "--clean", 0 }, out, sizeof(out)), 0);
}

static int
check_clean(void)
{
  for(uint i = 0; i < sizeof(image); i++)
    if(image[i])
      return 13;
  memset(image, 0x77, sizeof(image));
  return 0;
}

static const struct ut tests[] = {
  { "echo", echo, 0, 0 },
  { "relative", relative, 0, 0 },
  { "not_programs", not_programs, 0, 0 },
  { "keeps_files", keeps_files, 0, 0 },
  { "args_are_passed", args_are_passed, 0, 0 },
  { "too_many_args", too_many_args, 0, 0 },
  { "large_args", large_args, 0, 0 },
  { "args_just_too_large", args_just_too_large, 0, 0 },
  { "no_args", no_args, 0, 0 },
  { "bad_headers", bad_headers, 0, 60 },
  { "bad_segments", bad_segments, 0, 60 },
  { "odd_segments", odd_segments, 0, 60 },
  { "cut_programs", cut_programs, 0, 60 },
  { "flipped_bits", flipped_bits, 1, 120 },
  { "random_code", random_code, 1, 120 },
  { "exec_without_memory", exec_without_memory, 1, 120 },
  { "exec_on_all_harts", exec_on_all_harts, 0, 0 },
  { "exec_is_clean", exec_is_clean, 0, 0 },
};

int
main(int argc, char **argv)
{
  if(argc > 1 && strcmp(argv[1], "--args") == 0)
    exit(check_args(argc, argv));
  if(argc > 1 && strcmp(argv[1], "--clean") == 0)
    exit(check_clean());
  exit(ut_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0])));
}
