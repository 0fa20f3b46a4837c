// compat: what programs written for xv6 rely on, seen from such a program: stock headers only, xv6's ways.
// One line for each group; exit status 1 if any failed. (tests/compat/ has what shows at compile time.)

#include "kernel/param.h"
#include "kernel/types.h"
#include "kernel/stat.h"
#include "user/user.h"
#include "kernel/fs.h"
#include "kernel/fcntl.h"
#include "kernel/syscall.h"
#include "kernel/memlayout.h"
#include "kernel/riscv.h"
#include "kernel/file.h"

static char *group;
static int bad;
static char *volatile nothing;

#define check(e) checked((e) != 0, #e, __LINE__)

static void
checked(int ok, char *what, int line)
{
  if(!ok){
    printf("compat %s: FAILED: line %d: expected %s\n", group, line, what);
    bad++;
  }
}

// A call made by hand, as a program with assembler of its own does it: the result is -1, never a reason.
static long
call(long number, long a, long b, long c)
{
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a7 asm("a7") = number;

  asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

// As many pages as there are for this process, and gives them back: how xv6's usertests look for leaks.
static int
count_pages(void)
{
  char *start = sbrk(0);
  int n = 0;

  while(sbrk(PGSIZE) != SBRK_ERROR)
    n++;
  sbrk(start - sbrk(0));
  return n;
}

// Neither a call that fails nor a variable that is written to for the first time takes a page. This group comes first.
static void
pages(void)
{
  static char never[4 * PGSIZE];
  int before = count_pages();

  check(close(77) == -1 && open("nosuchfile", O_RDONLY) == -1);
  for(int i = 0; i < (int)sizeof(never); i += PGSIZE)
    never[i] = 1;
  check(count_pages() >= before && never[PGSIZE]);
}

static void
numbers(void)
{
  check(call(SYS_getpid, 0, 0, 0) == getpid());
  check(call(SYS_close, 15, 0, 0) == -1);
  check(call(SYS_open, (long)"nosuchfile", O_RDONLY, 0) == -1);
  check(call(SYS_read, 77, 0, 1) == -1);
  check(call(SYS_wait, 0, 0, 0) == -1);
  check(call(SYS_kill, 0x7ffffff0, 0, 0) == -1);
  check(call(SYS_sbrk, 0, SBRK_EAGER, 0) == (long)sbrk(0));
  check(call(SYS_uptime, 0, 0, 0) >= 0);
  check(call(22, 0, 0, 0) == -1);
}

// What a process prints arrives in a pipe, formatted as xv6 formats it.
static int
printed(char *buf, int n, void (*say)(int))
{
  int p[2], got, sum = 0;

  if(pipe(p) < 0)
    return -1;
  if(fork() == 0){
    close(p[0]);
    say(p[1]);
    exit(0);
  }
  close(p[1]);
  while(sum < n - 1 && (got = read(p[0], buf + sum, n - 1 - sum)) > 0)
    sum += got;
  buf[sum] = 0;
  close(p[0]);
  wait(0);
  return sum;
}

static void
say(int fd)
{
  fprintf(fd, "%d %d %x %s %c %%", -42, 0, 0xbeef, "str", 'z');
  fprintf(fd, " %ld %lu %lx %lld", -5000000000L, 5000000000UL, 0x123456789abcUL, -1LL);
  fprintf(fd, " %u %s|", 4000000000u, nothing);
  fprintf(fd, " %p", (void*)0x12ab);
}

static void
printing(void)
{
  char buf[200];

  printed(buf, sizeof(buf), say);
  check(strcmp(buf, "-42 0 BEEF str z % -5000000000 5000000000 123456789ABC -1 4000000000 (null)|"
                    " 0x00000000000012AB") == 0);
}

static void
strings(void)
{
  char buf[32];

  check(strlen("") == 0 && strlen("four") == 4);
  check(strcmp("a", "a") == 0 && strcmp("a", "b") < 0 && strcmp("b", "a") > 0 && strcmp("\xff", "a") > 0);
  check(strcpy(buf, "hello") == buf && strcmp(buf, "hello") == 0);
  check(strchr(buf, 'l') == buf + 2 && strchr(buf, 'x') == 0);
  check(safestrcpy(buf + 8, "hello", 4) == buf + 8 && strcmp(buf + 8, "hel") == 0 && safestrcpy(buf, "x", 0)[0] == 'h');
  memmove(buf + 1, buf, 5);
  check(memcmp(buf, "hhello", 6) == 0);
  memmove(buf, buf + 1, 5);
  check(memcmp(buf, "hello", 5) == 0 && memcmp("a", "b", 1) < 0);
  check(memset(buf, 'x', 3) == buf && buf[2] == 'x' && buf[3] == 'l');
  check(memcpy(buf, "ab", 2) == buf && buf[1] == 'b');
  check(atoi("123") == 123 && atoi("12x") == 12 && atoi("x") == 0 && atoi("-5") == 0);
}

// gets() reads a line with its end, no more than fits, and nothing at the end of input.
static void
lines(void)
{
  char buf[16];
  int p[2];

  pipe(p);
  write(p[1], "one\ntwo\nlast", 12);
  close(p[1]);
  if(fork() == 0){
    close(0);
    dup(p[0]);
    check(gets(buf, sizeof(buf)) == buf && strcmp(buf, "one\n") == 0);
    check(strcmp(gets(buf, 3), "tw") == 0);
    check(strcmp(gets(buf, sizeof(buf)), "o\n") == 0);
    check(strcmp(gets(buf, sizeof(buf)), "last") == 0);
    check(gets(buf, sizeof(buf))[0] == 0);
    exit(bad);
  }
  close(p[0]);
  wait(&p[0]);
  bad += p[0] != 0;
}

static void
memory(void)
{
  char *a = sbrk(0), *b, *big;

  check(sbrk(PGSIZE) == a && sbrk(0) == a + PGSIZE && sbrk(-PGSIZE) == a + PGSIZE && sbrk(0) == a);
  check(sbrk(0x7fffffff) == SBRK_ERROR);
  check(sbrk(-(int)((uint64)a + 1)) == a && sbrk(0) == a);
  check((b = sbrklazy(10 * PGSIZE)) == a && b[5 * PGSIZE] == 0);
  sbrk(-10 * PGSIZE);
  check(sys_sbrk(100, SBRK_LAZY) == a && sys_sbrk(-100, SBRK_EAGER) == a + 100);
  check((big = malloc(100000)) != 0);
  memset(big, 7, 100000);
  free(big);
  check(r_sp() < MAXVA && (uint64)sbrk(0) < MAXVA);
  check(PHYSTOP > KERNBASE && TRAMPOLINE + PGSIZE == MAXVA);
}

static void
processes(void)
{
  int pid, status = -7, t;

  if((pid = fork()) == 0)
    exit(5);
  check(wait(&status) == pid && status == 5);
  check(wait(&status) == -1);
  if((pid = fork()) == 0)
    for(;;)
      pause(1);
  check(kill(pid) == 0 && wait(&status) == pid && status == -1);
  check(kill(pid) == -1);
  t = uptime();
  pause(2);
  sleep(1);
  t = uptime() - t;
  check(t >= 2 && t < 20);
  check(exec("nosuchprogram", (char*[]){ "x", 0 }) == -1);
}

// init, the shell and this program: all others of NPROC are there for children, as in xv6.
static void
children(void)
{
  int p[2], n = 0, pid;
  char c;

  check(pipe(p) == 0);
  while((pid = fork()) > 0)
    n++;
  if(pid == 0){
    close(p[1]);
    read(p[0], &c, 1);
    exit(0);
  }
  check(n >= NPROC - 3);
  close(p[0]);
  close(p[1]);
  while(wait(0) > 0)
    n--;
  check(n == 0);
}

static void
files(void)
{
  struct stat st;
  struct dirent de;
  int fd, found = 0;

  unlink("compat.d/f");
  unlink("compat.d/con");
  unlink("compat.d");
  check(mkdir("compat.d") == 0);
  check((fd = open("compat.d/f", O_CREATE | O_RDWR)) == 3);
  check(write(fd, "hello", 5) == 5 && fstat(fd, &st) == 0 && st.size == 5 && st.type == T_FILE && st.nlink == 1);
  check(st.dev == ROOTDEV && close(fd) == 0 && close(fd) == -1);
  check(link("compat.d/f", "compat.d/g") == 0 && unlink("compat.d/g") == 0);
  check(mknod("compat.d/con", CONSOLE, 0) == 0 && stat("compat.d/con", &st) == 0 && st.type == T_DEVICE);
  check((fd = open("compat.d", O_RDONLY)) == 3 && open("compat.d", O_RDWR) == -1);
  while(read(fd, &de, sizeof(de)) == sizeof(de))
    if(de.inum != 0 && strcmp(de.name, "f") == 0)
      found++;
  close(fd);
  check(found == 1);
  check(unlink("compat.d") == -1 && unlink("compat.d/f") == 0 && unlink("compat.d/con") == 0);
  check(chdir("compat.d") == 0 && chdir("..") == 0 && unlink("compat.d") == 0);
}

static void
descriptors(void)
{
  char buf[8];
  int p[2], d = -1;

  check(pipe(p) == 0 && p[0] == 3 && p[1] == 4 && (d = dup(p[1])) == 5);
  check(write(d, "x", 1) == 1 && read(p[0], buf, sizeof(buf)) == 1);
  close(p[1]);
  close(d);
  check(read(p[0], buf, 1) == 0);
  close(p[0]);
}

static struct {
  char *name;
  void (*run)(void);
} groups[] = {
  { "pages", pages }, { "numbers", numbers }, { "printing", printing }, { "strings", strings }, { "lines", lines }, { "memory", memory },
  { "processes", processes }, { "children", children }, { "files", files }, { "descriptors", descriptors },
};

int
main(int argc, char *argv[])
{
  int i, failed = 0;

  for(i = 0; i < sizeof(groups) / sizeof(groups[0]); i++){
    group = groups[i].name;
    bad = 0;
    groups[i].run();
    if(bad == 0)
      printf("compat %s: OK\n", group);
    else
      failed++;
  }
  if(failed == 0)
    printf("compat: OK\n");
  exit(failed != 0);
}
