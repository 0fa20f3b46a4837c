// ut_mem: the heap (eager and lazy), the stack, what may be read, written and executed, and that memory comes
// clean. Run by usertests, or alone.

#include "user/tests/ut.h"

#define MB (1024 * 1024L)

static char bss[3 * PGSIZE];
static const char constant[] = "not to be changed";
static volatile int sink;

// ---- the heap ----

// sbrk(n) gives the old top, moves it by exactly n, and what it gave can be written to the last byte.
static void
heap_by_bytes(void)
{
  char *top = sbrk(0);

  for(int i = 0; i < 3 * PGSIZE; i++){
    char *p = sbrk(1);
    CHECK(p == top + i);
    *p = (char)i;
  }
  for(int i = 0; i < 3 * PGSIZE; i++)
    IS((uchar)top[i], i & 0xff);
  CHECK(sbrk(-3 * PGSIZE) == top + 3 * PGSIZE);
  CHECK(sbrk(0) == top);
}

// A child has a heap of its own, which starts as its parent's.
static void
child_grows(long top)
{
  char *p = sbrk(PGSIZE);

  CHECK(p == (char *)top);
  p[PGSIZE - 1] = 1;
}

static void
heap_of_child(void)
{
  char *top = sbrk(0);

  LIVES(child_grows, top);
  CHECK(sbrk(0) == top);
}

// Pages that sbrk gives until it fails.
static int
count_pages(void)
{
  char *start = sbrk(0);
  int n = 0;

  while(sbrk(PGSIZE) != SBRK_ERROR)
    n++;
  CHECK(sbrk(-n * PGSIZE) == start + (long)n * PGSIZE);
  return n;
}

static void
ends(long unused)
{
}

// After as many processes as there can be, and programs on all harts, exactly as much can be had as before.
static void
heap_same_after(void)
{
  int before, n = 0, pid;

  count_pages();  // touches what this process needs for it
  before = count_pages();
  while((pid = fork()) > 0)
    n++;
  if(pid == 0){
    pause(1);
    exit(0);
  }
  while(n-- > 0)
    MUST(wait(0));
  for(int i = 0; i < 20; i++)
    LIVES(ends, i);
  IS(count_pages(), before);
}

// Most of what is free can be had at once, used at both ends and in the middle, and given back.
static void
heap_large(void)
{
  long n = PGROUNDDOWN(ut_free() / 4 * 3);
  char *p = sbrk(n);

  CHECK(p != SBRK_ERROR);
  p[0] = 1;
  p[n / 2] = 2;
  p[n - 1] = 3;
  IS(p[0] + p[n / 2] + p[n - 1], 6);
  CHECK(sbrk(-n) == p + n);
}

static void
touch(long a)
{
  *(volatile char *)a = 1;
}

static void
look(long a)
{
  sink = *(volatile char *)a;
}

// At once, with no other process in between.
static void
touch_what_was_given_back(long n)
{
  char *p = sbrk(2 * PGSIZE);

  p = (char *)PGROUNDUP((uint64)p);
  *p = 1;
  sbrk(-2 * PGSIZE);
  *(volatile char *)p = (char)n;
}

// Memory that was given back is out of reach, and comes back zeroed.
static void
heap_shrink(void)
{
  char *p = sbrk(4 * PGSIZE);

  memset(p, 7, 4 * PGSIZE);
  CHECK(sbrk(-3 * PGSIZE) == p + 4 * PGSIZE);
  IS(p[PGSIZE - 1], 7);
  DIES(touch, PGROUNDUP((uint64)p + PGSIZE));
  DIES(look, PGROUNDUP((uint64)p + PGSIZE));
  DIES(touch_what_was_given_back, 2);
  CHECK(sbrk(3 * PGSIZE) == p + PGSIZE);
  for(char *q = (char *)PGROUNDUP((uint64)p + PGSIZE); q < p + 4 * PGSIZE; q++)
    IS(*q, 0);
}

// More than there is, or an address that cannot be: sbrk fails and leaves all as it was. Less than nothing is no error in
// xv6, and changes nothing either.
static void
heap_impossible(void)
{
  char *top = sbrk(0);

  CHECK(sbrk(0x7fffffff) == SBRK_ERROR);
  CHECK(sbrk(-(int)(uint64)top - 1) == top);
  CHECK(sbrk(-(int)(uint64)top - PGSIZE) == top);
  CHECK(sbrk(-0x7fffffff) == top);
  CHECK(sbrk(-0x7fffffff - 1) == top);
  CHECK(sbrk(0) == top);
  CHECK(sbrk(PGSIZE) == top);
  top[0] = top[PGSIZE - 1] = 1;
}

// A process that gives back the memory it runs in is refused, or killed; nobody else notices.
static void
shrink_to(long n)
{
  long top = (long)sbrk(0);

  if(sbrk(-(int)(top - n)) == SBRK_ERROR)
    kill(getpid());
  sink = bss[0];
}

static void
heap_to_nothing(void)
{
  DIES(shrink_to, 0);
  DIES(shrink_to, 1);
  DIES(shrink_to, 3500);
  LIVES(child_grows, sbrk(0));
}

// The last, partly used page serves system calls up to the top, and so does the page after it once it is there.
static void
heap_last_page(void)
{
  char *p;
  int fd;

  sbrk(PGSIZE - (long)((uint64)sbrk(0) % PGSIZE));
  p = sbrk(10);
  sbrk(-10);
  p = sbrk(PGSIZE + 10);
  p[PGSIZE + 9] = 'x';
  fd = MUST(open("last", O_CREATE | O_RDWR));
  IS(write(fd, p + PGSIZE, 10), 10);
  close(fd);
  fd = MUST(open("last", O_RDONLY));
  p[PGSIZE + 9] = 0;
  IS(read(fd, p + PGSIZE, 10), 10);
  IS(p[PGSIZE + 9], 'x');
  close(fd);
}

// A page just below the first lies above 2 GB only on 32 bits: the argument is an int, and negative here.
static void
top_after_2g(long n)
{
  char *top;

  sbrk((int)n);
  top = sbrk(0);
  top[-1] = top[-1] + 1;
}

static void
heap_int_argument(void)
{
  int status = ut_status(top_after_2g, 0x80000004L);

  CHECK(status == 0 || status == UT_KILLED);
}

// Several processes ask for all memory at once: some fail, none stops the system, all is given back.
static void
greedy(long n)
{
  char *p;
  int got = 0;

  ut_parent_waits();
  while((p = sbrk(n)) != SBRK_ERROR){
    p[n - 1] = 1;
    if(++got > 100000)
      FAIL("expected sbrk to fail at last, it gave %d times %ld bytes", got, n);
  }
  for(; n >= PGSIZE; n /= 2)
    while((p = sbrk(n)) != SBRK_ERROR)
      p[0] = 1;
}

static void
heap_exhausted(void)
{
  int status;

  for(int i = 0; i < 4; i++)
    ut_start(greedy, MB);
  for(int i = 0; i < 4; i++){
    status = ut_wait();
    CHECK(status == 0 || status == UT_KILLED);
  }
  heap_large();
}

// System calls read from and write to fresh heap memory.
static void
heap_in_calls(void)
{
  char *p = sbrk(2 * PGSIZE);
  int fd = MUST(open("fresh", O_CREATE | O_RDWR));

  IS(write(fd, p, PGSIZE), PGSIZE);
  close(fd);
  p = sbrk(PGSIZE);
  MUST(pipe((int *)p));
  IS(write(((int *)p)[1], "ab", 2), 2);
  IS(read(((int *)p)[0], p + 100, 2), 2);
  IS(p[100], 'a');
}

// malloc until it fails, free everything, and malloc again.
static void
heap_malloc(void)
{
  void *list = 0, *p;
  int n = 0;

  while((p = malloc(10001)) != 0){
    *(void **)p = list;
    list = p;
    n++;
  }
  CHECK(n > 100);
  while((p = list) != 0){
    list = *(void **)p;
    free(p);
  }
  CHECK((p = malloc(20 * 1024)) != 0);
  memset(p, 1, 20 * 1024);
  free(p);
}

// Blocks of all sizes, freed and taken in disorder, keep their content.
static void
heap_malloc_mixed(void)
{
  static struct { uchar *p; uint n; } b[64];

  for(int round = 0; round < 3000; round++){
    uint i = ut_rand() % 64;
    if(b[i].p){
      if(!ut_is_pattern(b[i].p, i, 0, b[i].n))
        FAIL("expected block %u of %u bytes unchanged in round %d", i, b[i].n, round);
      free(b[i].p);
      b[i].p = 0;
    } else {
      b[i].n = ut_rand() % 3000 + 1;
      CHECK((b[i].p = malloc(b[i].n)) != 0);
      ut_pattern(b[i].p, i, 0, b[i].n);
    }
  }
}

// ---- lazy memory ----

// Room for a table larger than the machine's memory; only what is touched costs pages.
static void
lazy_sparse(void)
{
  long n = 1024 * MB, step = 64 * MB;
  uint64 before = ut_free();
  char *p = sbrklazy(n);

  CHECK(p != SBRK_ERROR);
  for(long i = 0; i < n; i += step)
    IS(p[i], 0);
  for(long i = 0; i < n; i += step)
    p[i] = (char)(i / step);
  for(long i = 0; i < n; i += step)
    IS(p[i], i / step);
  CHECK(before - ut_free() < 4 * MB);
  CHECK(sbrk(-n) == p + n);
  CHECK(before - ut_free() < MB);
}

// What a lazy page held is gone after it was given back.
static void
lazy_shrink(void)
{
  char *p = sbrklazy(8 * PGSIZE);

  memset(p, 9, 8 * PGSIZE);
  sbrk(-8 * PGSIZE);
  DIES(touch, PGROUNDUP((uint64)p));
  CHECK(sbrklazy(8 * PGSIZE) == p);
  for(uint64 q = PGROUNDUP((uint64)p); q < (uint64)p + 8 * PGSIZE; q += 64)
    IS(*(char *)q, 0);
}

// A page that was never touched is as good as any other for a system call.
static void
lazy_in_calls(void)
{
  char *p = sbrklazy(64 * PGSIZE);
  int fd = MUST(open("lazy", O_CREATE | O_RDWR)), fds[2];

  IS(write(fd, p, 3 * PGSIZE + 5), 3 * PGSIZE + 5);
  close(fd);
  fd = MUST(open("lazy", O_RDONLY));
  IS(read(fd, p + 20 * PGSIZE + 11, 2 * PGSIZE), 2 * PGSIZE);
  IS(fstat(fd, (struct stat *)(p + 40 * PGSIZE)), 0);
  IS(((struct stat *)(p + 40 * PGSIZE))->size, 3 * PGSIZE + 5);
  close(fd);
  MUST(pipe((int *)(p + 50 * PGSIZE - 4)));
  memmove(fds, p + 50 * PGSIZE - 4, sizeof(fds));
  IS(write(fds[1], "lazy", 5), 5);
  IS(read(fds[0], p + 60 * PGSIZE - 2, 5), 5);
  IS(strcmp(p + 60 * PGSIZE - 2, "lazy"), 0);
  FAILS(open(p + 62 * PGSIZE, O_RDONLY));
}

// A read needs only the pages that it fills, however large the buffer is said to be; those of a bad buffer it looks at
// before it changes anything.
static void
lazy_read(void)
{
  long n = 1024 * MB;
  char *p = (char *)PGROUNDUP((uint64)sbrklazy(n + PGSIZE));
  int fd;

  ut_make("lazyread", 1, 5 * PGSIZE);
  fd = MUST(open("lazyread", O_RDONLY));
  uint64 before = ut_free();
  IS(read(fd, p + 100, n - 100), 5 * PGSIZE);
  CHECK(ut_is_pattern(p + 100, 1, 0, 5 * PGSIZE));
  CHECK(before - ut_free() < 16 * PGSIZE);
  IS(read(fd, p, n), 0);
  close(fd);
  fd = MUST(open("lazyread", O_RDONLY));
  FAILS_AS(read(fd, p + n - 2 * PGSIZE, 4 * PGSIZE), EFAULT);
  IS(p[n - 2 * PGSIZE], 0);
  IS(read(fd, p, 10), 10);  // it is still at the start
  CHECK(ut_is_pattern(p, 1, 0, 10));
  close(fd);
  MUST(unlink("lazyread"));
}

// Parent and child each get their own copy of a page that neither had touched before the fork.
static void
lazy_child(long a)
{
  char *p = (char *)a;

  IS(p[0], 1);
  IS(p[PGSIZE], 0);
  p[PGSIZE] = 3;
  p[0] = 2;
}

static void
lazy_fork(void)
{
  char *p = sbrklazy(4 * PGSIZE);

  p[0] = 1;
  LIVES(lazy_child, p);
  IS(p[0], 1);
  IS(p[PGSIZE], 0);
}

// The heap never grows into what is not a process's: growing ends with an error, not with a wrap.
static void
lazy_overflow(void)
{
  char *old = sbrk(0), *p;
  int n = 0;

  while((p = sbrklazy(0x7ffff000)) != SBRK_ERROR){
    CHECK(p >= old);
    CHECK((uint64)p < MAXVA);
    old = p;
    if(++n > 200)
      FAIL("expected sbrklazy to end below MAXVA, the top is %p", (void *)p);
  }
  CHECK((uint64)sbrk(0) < MAXVA);
}

// Above the top there is nothing, however lazy the heap.
static void
lazy_above_top(void)
{
  char *p = sbrklazy(PGSIZE);

  p[0] = 1;
  DIES(touch, PGROUNDUP((uint64)sbrk(0)));
  DIES(touch, PGROUNDUP((uint64)sbrk(0)) + 100 * PGSIZE);
}

// Touching more lazy memory than there is kills who touches it, and nobody else.
static void
lazy_greedy(long n)
{
  char *p = sbrklazy(n);

  CHECK(p != SBRK_ERROR);
  ut_parent_waits();
  for(long i = 0; i < n; i += PGSIZE)
    p[i] = 1;
}

static void
lazy_exhausted(void)
{
  DIES(lazy_greedy, PGROUNDUP(ut_free() + 4 * MB));
  heap_large();
}

// A call that needs a lazy page when there is no memory fails, or the process is killed; the system goes on.
static void
lazy_call_no_memory(long unused)
{
  int fds[2];
  char *room = sbrklazy(512 * MB), *p;

  MUST(pipe(fds));
  IS(write(fds[1], bss, 250), 250);
  ut_parent_waits();
  while((p = sbrk(64 * PGSIZE)) != SBRK_ERROR)
    p[0] = 1;
  while((p = sbrk(PGSIZE)) != SBRK_ERROR)
    p[0] = 1;
  for(int i = 0; i < 250; i++)
    read(fds[0], room + i * 2 * MB, 1);
}

static void
lazy_no_memory(void)
{
  int status = ut_status(lazy_call_no_memory, 0);

  CHECK(status == 0 || status == UT_KILLED);
}

// ---- protection ----

// The kernel's addresses, and those that are no addresses, are out of reach for loads, stores and jumps.
static const uint64 forbidden[] = {
  KERNBASE, KERNBASE + 0x100000, 0x10000000, 0x0c000000, 0x30000000, 0x100000000, TRAPFRAME, TRAMPOLINE,
  MAXVA, MAXVA + PGSIZE, MAXVA << 1, 1UL << 62, 1UL << 63, 0xffffffc000000000UL, 0xffffffc080000000UL,
  0xffffffc087fff000UL, 0xffffffdfffff0000UL, 0xfffffff000000000UL, 0xfffffff000001000UL, 0xfffffffffffff000UL,
};
#define NFORBIDDEN ((int)(sizeof(forbidden) / sizeof(forbidden[0])))

static void
jump(long a)
{
  ((void (*)(void))a)();
}

static void
kernel_memory(void)
{
  for(int i = 0; i < NFORBIDDEN; i++){
    DIES(look, forbidden[i]);
    DIES(touch, forbidden[i]);
    DIES(jump, forbidden[i]);
  }
}

// A little of the direct map, page by page, as a nosy program would do it.
static void
kernel_memory_scan(void)
{
  for(int i = 0; i < 40; i++)
    DIES(look, 0xffffffc080000000UL + (uint64)i * 50000);
}

// Code and constants cannot be written, by a store or by a system call.
static void
text_is_constant(void)
{
  int fds[2];

  DIES(touch, &text_is_constant);
  DIES(touch, 0);
  DIES(touch, constant);
  MUST(pipe(fds));
  IS(write(fds[1], "data", 4), 4);
  FAILS(read(fds[0], (void *)&text_is_constant, 4));
  FAILS(pipe((int *)PGROUNDDOWN((uint64)&text_is_constant)));
  FAILS(fstat(0, (struct stat *)&text_is_constant));
}

// Neither data, nor heap, nor stack can be executed: W^X.
static const uint ret = 0x00008067;  // jalr x0, 0(ra)

static void
jump_stack(long unused)
{
  volatile uint code[4];  // written, and not initialized: a compiler may leave an array that is only read among the constants

  for(int i = 0; i < 4; i++)
    code[i] = ret;
  asm volatile("fence.i" ::: "memory");
  jump((long)code);
}

static void
data_not_executed(void)
{
  char *heap = sbrk(PGSIZE);

  memmove(heap, &ret, 4);
  memmove(bss, &ret, 4);
  asm volatile("fence.i" ::: "memory");
  DIES(jump, heap);
  DIES(jump, bss);
  DIES(jump_stack, 0);
}

// Under the stack's one page lies one that nobody can touch: not to read either.
static void
under_stack(long unused)
{
  touch(r_sp() - PGSIZE);
}

static void
looks_under_stack(long unused)
{
  look(r_sp() - USERSTACK * PGSIZE);
}

static int
deep(int n)
{
  volatile char room[200];

  room[n % 200] = (char)n;
  return n == 0 ? 0 : deep(n - 1) + room[n % 200];
}

static void
too_deep(long n)
{
  sink = deep(n);
}

static void
stack_guard(void)
{
  LIVES(look, r_sp());
  DIES(under_stack, 0);
  DIES(looks_under_stack, 0);
  DIES(too_deep, 10000);
}

// Each of these calls must refuse the address of memory that nobody owns; none may bring the kernel down.
static void
link_any_address(void)
{
  uint64 end = PGROUNDUP((uint64)sbrk(0)) + 64 * PGSIZE;

  for(uint64 a = 0; a < end; a += PGSIZE)
    FAILS(link("nosuchfile", (char *)a));
}

// ---- clean memory ----

// A program's unset variables are zero.
static void
bss_zero(void)
{
  for(uint i = 0; i < sizeof(bss); i++)
    IS(bss[i], 0);
}

// Processes leave their bytes behind in memory, and nobody gets to see them.
static void
soil(long n)
{
  char *p = sbrk(n);

  if(p != SBRK_ERROR)
    memset(p, 0x5a, n);
}

static void
all_zero(long lazy)
{
  long n = 8 * MB;
  uint64 *p = (uint64 *)PGROUNDUP((uint64)(lazy ? sbrklazy(n) : sbrk(n)));

  for(long i = 0; i < (n - PGSIZE) / 8; i++)
    if(p[i] != 0)
      FAIL("expected zeros in fresh memory, got 0x%lx", p[i]);
}

static void
fresh_is_zero(void)
{
  for(int i = 0; i < 4; i++){
    LIVES(soil, 16 * MB);
    LIVES(all_zero, i & 1);
  }
}

static const struct ut tests[] = {
  { "heap_by_bytes", heap_by_bytes, 0, 0 },
  { "heap_of_child", heap_of_child, 0, 0 },
  { "heap_same_after", heap_same_after, 0, 0 },
  { "heap_large", heap_large, 0, 0 },
  { "heap_shrink", heap_shrink, 0, 0 },
  { "heap_impossible", heap_impossible, 0, 0 },
  { "heap_to_nothing", heap_to_nothing, 0, 0 },
  { "heap_last_page", heap_last_page, 0, 0 },
  { "heap_int_argument", heap_int_argument, 0, 0 },
  { "heap_exhausted", heap_exhausted, 0, 60 },
  { "heap_in_calls", heap_in_calls, 0, 0 },
  { "heap_malloc", heap_malloc, 0, 0 },
  { "heap_malloc_mixed", heap_malloc_mixed, 0, 0 },
  { "lazy_sparse", lazy_sparse, 0, 0 },
  { "lazy_shrink", lazy_shrink, 0, 0 },
  { "lazy_in_calls", lazy_in_calls, 0, 0 },
  { "lazy_read", lazy_read, 0, 0 },
  { "lazy_fork", lazy_fork, 0, 0 },
  { "lazy_overflow", lazy_overflow, 0, 0 },
  { "lazy_above_top", lazy_above_top, 0, 0 },
  { "lazy_exhausted", lazy_exhausted, 0, 60 },
  { "lazy_no_memory", lazy_no_memory, 0, 60 },
  { "kernel_memory", kernel_memory, 0, 0 },
  { "kernel_memory_scan", kernel_memory_scan, 0, 0 },
  { "text_is_constant", text_is_constant, 0, 0 },
  { "data_not_executed", data_not_executed, 0, 0 },
  { "stack_guard", stack_guard, 0, 0 },
  { "link_any_address", link_any_address, 0, 0 },
  { "bss_zero", bss_zero, 0, 0 },
  { "fresh_is_zero", fresh_is_zero, 0, 0 },
};

UT_MAIN(tests)
