// ut_leak: what of the kernel's, or of other programs, a program gets to see: in records, in registers, in fresh memory.
// Run by usertests, or alone. `ut_leak --fresh` looks at the memory that it was born with.

#include "user/tests/ut.h"
#include "kernel/syscall.h"
#include "user/socket.h"

#define ME "/tests/ut_leak"
#define MB (1024 * 1024L)
#define KERNEL 0xffffffc000000000UL  // the direct map
#define STACKS 0xfffffff000000000UL  // kernel stacks

static char bss[5 * PGSIZE + 100];

// ---- what comes back ----

// Bytes that were not ours: a kernel's address, or what the debug kernel fills free pages and packets with.
static void
nothing_of_the_kernel(const void *buf, int n, const char *what)
{
  for(int i = 0; i + 8 <= n; i += 8){
    uint64 v;
    memmove(&v, (const char *)buf + i, 8);
    uint low = (uint)v;
    int address = (v >= KERNEL && v < KERNEL + (1UL << 37)) || (v >= STACKS && v < STACKS + (1UL << 28));
    if(address || low == 0xa5a5a5a5 || low == 0x5a5a5a5a || low == 0xdbdbdbdb)
      FAIL("expected nothing of the kernel's in %s, got 0x%lx at %d", what, v, i);
  }
}

static void
records_are_clean(void)
{
  static char buf[64 * 1024];
  struct sockaddr_in from[2], here = { .sin_family = AF_INET };
  socklen_t len = sizeof(from);
  struct stat st[2];
  int udp = MUST(socket(AF_INET, SOCK_DGRAM, 0)), n;

  for(int kind = 1; kind < 64; kind++){
    memset(buf, 0x11, sizeof(buf));
    n = kstat(kind, buf, sizeof(buf));
    if(n < 0)
      continue;
    for(struct kstat_proc *p = (void *)buf; kind == KSTAT_PROC && (char *)(p + 1) <= buf + n; p++)
      p->waits_for = 0;  // an address that is told on purpose, for `ps`; the kernel's addresses are no secret
    nothing_of_the_kernel(buf, n < (int)sizeof(buf) ? n : (int)sizeof(buf), "kstat's record");
    if(n < (int)sizeof(buf))
      IS(buf[n], 0x11);
  }
  memset(st, 0x11, sizeof(st));
  MUST(fstat(udp, st));
  nothing_of_the_kernel(st, sizeof(st[0]), "stat of a socket");
  MUST(stat(ME, st));
  nothing_of_the_kernel(st, sizeof(st[0]), "stat of a file");
  here.sin_addr.s_addr = htonl(0x7f000001);
  MUST(bind(udp, (struct sockaddr *)&here, sizeof(here)));
  memset(from, 0x11, sizeof(from));
  MUST(getsockname(udp, (struct sockaddr *)from, &len));
  nothing_of_the_kernel(from, len, "a socket's name");
  IS(len, sizeof(here));
  MUST(sendto(udp, "", 0, 0, (struct sockaddr *)from, len));
  memset(buf, 0x11, 100);
  IS(recvfrom(udp, buf, 100, 0, (struct sockaddr *)&from[1], &len), 0);
  nothing_of_the_kernel(&from[1], len, "a sender's name");
  IS(buf[0], 0x11);
}

// All registers but a0 are after a call as they were before, whatever the kernel did meanwhile: x[i] is i, if not a7,
// which is the call's number, and the stack pointer.
asm("  .text\n"
    "registers_after:\n"
    "  addi sp, sp, -512\n"
    "  sd ra, 0(sp)\n"
    "  sd gp, 8(sp)\n"
    "  sd tp, 16(sp)\n"
    "  sd a1, 24(sp)\n"
    "  .irp n, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27\n"
    "  sd x\\n, 32 + 8 * \\n - 64(sp)\n"
    "  .endr\n"
    "  mv a7, a0\n"
    "  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "  li x\\n, \\n\n"
    "  .endr\n"
    "  ecall\n"
    "  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "  sd x\\n, 256 + 8 * \\n - 8(sp)\n"
    "  .endr\n"
    "  ld a1, 24(sp)\n"
    "  .irp n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
    "  ld t0, 256 + 8 * \\n - 8(sp)\n"
    "  sd t0, 8 * \\n(a1)\n"
    "  .endr\n"
    "  .irp n, 8, 9, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27\n"
    "  ld x\\n, 32 + 8 * \\n - 64(sp)\n"
    "  .endr\n"
    "  ld tp, 16(sp)\n"
    "  ld gp, 8(sp)\n"
    "  ld ra, 0(sp)\n"
    "  addi sp, sp, 512\n"
    "  ret\n");
void registers_after(long number, uint64 x[32]);

static void
registers_kept(void)
{
  static const long numbers[] = { SYS_getpid, SYS_yield, SYS_uptime, SYS_sync, 200 };
  uint64 x[32];

  for(uint i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++){
    registers_after(numbers[i], x);
    x[17] = x[17] == (uint64)numbers[i] ? 17 : 0;
    for(int r = 1; r < 32; r++)
      if(r != 2 && r != 10 && x[r] != (uint64)r)
        FAIL("expected register x%d as before call %ld, got 0x%lx", r, numbers[i], x[r]);
  }
}

// ---- fresh memory ----

// Leaves its bytes behind, in as much memory as a few programs need.
static void
soil(long n)
{
  char *p = sbrk(n);

  CHECK(p != SBRK_ERROR);
  memset(p, 0x5a, n);
}

static int
zeros(const char *from, const char *to)
{
  while(from < to)
    if(*from++)
      return 0;
  return 1;
}

// What the file does not fill of the segments' last pages, from the program's own headers: offset of the first one, and
// in it address and bytes in the file and in memory.
static int
tails_are_zero(void)
{
  uint64 phoff = 32, ph[7];
  static char head[4096];
  int fd = open(ME, O_RDONLY), n = read(fd, head, sizeof(head)), bad = n != sizeof(head);

  close(fd);
  memmove(&phoff, head + 32, 8);
  memmove(ph, head + phoff, sizeof(ph));  // the text's: nobody has written there
  bad |= ph[2] != 0 || ph[4] < PGSIZE || !zeros((char *)ph[4], (char *)PGROUNDUP(ph[5]));
  return !bad;
}

// `ut_leak --fresh`: memory of which nothing has been used yet.
static int
check_fresh(void)
{
  extern char end[];
  char *stack = (char *)PGROUNDDOWN(r_sp()), *p;

  if(!zeros(bss, bss + sizeof(bss)))
    return 21;
  if(!zeros(end, (char *)PGROUNDUP((uint64)end)))
    return 22;
  if(!zeros(stack - (USERSTACK - 1) * PGSIZE, stack))
    return 23;
  if(!tails_are_zero())
    return 24;
  if((p = sbrk(MB)) == SBRK_ERROR || !zeros(p, p + MB))
    return 25;
  if((p = sbrklazy(MB)) == SBRK_ERROR || !zeros(p, p + MB))
    return 26;
  return 0;
}

// A child's heap, where its parent had touched nothing, and what it adds.
static void
fresh_in_child(long lazy)
{
  char *p = (char *)PGROUNDUP(lazy);

  CHECK(zeros(p, p + 64 * PGSIZE));
  p = sbrk(64 * PGSIZE);
  CHECK(zeros(p, p + 64 * PGSIZE));
}

static void
exec_me(long unused)
{
  exec(ME, (char *[]){ "ut_leak", "--fresh", 0 });
  exit(126);
}

static void
fresh_memory(void)
{
  char *lazy = sbrklazy(66 * PGSIZE);

  for(int i = 0; i < 4; i++){
    LIVES(soil, 16 * MB);
    LIVES(exec_me, 0);
    LIVES(soil, 4 * MB);
    LIVES(fresh_in_child, lazy);
  }
}

static void
grows(long unused)
{
  memset(sbrk(64 * 1024), 1, 64 * 1024);
}

// What kstat() says of a process that is just ending is its own: its memory is not looked at once it is another's.
static void
ends_often(long unused)
{
  for(int i = 0; i < 250; i++)
    LIVES(grows, 0);
}

static void
records_of_the_dying(void)
{
  static struct kstat_proc p[NPROC + NKTHREAD];
  struct kstat_mem m;
  int pid[3];

  ut_mem(&m);
  for(int i = 0; i < 3; i++)
    pid[i] = ut_start(ends_often, 0);
  for(int alive = 1; alive; ){
    int n = MUST(kstat(KSTAT_PROC, p, sizeof(p))) / (int)sizeof(p[0]);
    alive = 0;
    for(int i = 0; i < n; i++){
      if(p[i].size >= MAXVA || p[i].resident > m.total || p[i].resident % PGSIZE != 0)
        FAIL("expected process %d to have its own memory, got size 0x%lx, resident 0x%lx", p[i].pid, p[i].size, p[i].resident);
      alive |= p[i].state != PS_ZOMBIE && (p[i].pid == pid[0] || p[i].pid == pid[1] || p[i].pid == pid[2]);
    }
  }
  ut_reap(3);
}

static const struct ut tests[] = {
  { "records_are_clean", records_are_clean, 0, 0 },
  { "records_of_the_dying", records_of_the_dying, 0, 60 },
  { "registers_kept", registers_kept, 0, 0 },
  { "fresh_memory", fresh_memory, 0, 0 },
};

int
main(int argc, char **argv)
{
  if(argc > 1 && strcmp(argv[1], "--fresh") == 0)
    exit(check_fresh());
  exit(ut_main(argc, argv, tests, sizeof(tests) / sizeof(tests[0])));
}
