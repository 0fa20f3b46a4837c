// ut_cow: fork shares memory until one of the sides writes. Run by usertests, or alone.

#include "user/tests/ut.h"

#define MB (1024 * 1024L)

static volatile uint shared[4 * PGSIZE / sizeof(uint)] = { 1 };
static volatile int number = 4711;

static void
fill(volatile uint *p, uint n, uint v)
{
  for(uint i = 0; i < n; i++)
    p[i] = v + i;
}

static void
same(volatile uint *p, uint n, uint v, const char *who)
{
  for(uint i = 0; i < n; i++)
    if(p[i] != v + i)
      FAIL("expected 0x%x at word %u of the %s, got 0x%x", v + i, i, who, p[i]);
}

#define WORDS (sizeof(shared) / sizeof(shared[0]))

// The child writes first, then the parent; then the other way round. Each sees its own.
static void
rewrite(long v)
{
  same(shared, WORDS, 1000, "child before it writes");
  fill(shared, WORDS, v);
  same(shared, WORDS, v, "child");
}

static void
both_write(void)
{
  fill(shared, WORDS, 1000);
  LIVES(rewrite, 2000);
  same(shared, WORDS, 1000, "parent");
  fill(shared, WORDS, 3000);
  same(shared, WORDS, 3000, "parent after writing");
  fill(shared, WORDS, 1000);
  ut_start(rewrite, 5000);
  fill(shared, WORDS, 6000);
  ut_reap(1);
  same(shared, WORDS, 6000, "parent that wrote first");
}

// A child that writes one word of a page has all the others as they were.
static void
write_one(long i)
{
  shared[i] = 7;
  IS(shared[i], 7);
  shared[i] = 1000 + i;
  same(shared, WORDS, 1000, "child that wrote one word");
}

static void
one_word(void)
{
  uint page = PGSIZE / sizeof(shared[0]);

  fill(shared, WORDS, 1000);
  for(uint i = 0; i < WORDS; i += page){
    LIVES(write_one, i);
    LIVES(write_one, i + page - 1);
  }
}

// Three generations share one page; each of them writes, in any order.
static void
generation(long n)
{
  fill(shared, WORDS, n);
  if(n < 5)
    ut_start(generation, n + 1);
  same(shared, WORDS, n, "generation");
  fill(shared, WORDS, n * 100);
  if(n < 5)
    ut_reap(1);
  same(shared, WORDS, n * 100, "generation after its child's end");
}

static void
generations(void)
{
  generation(0);
}

// Many children of one parent write to the same pages at the same time, for a while.
static void
writer(long v)
{
  for(int round = 0; round < 20; round++){
    fill(shared, WORDS, v * 1000 + round);
    yield();
    same(shared, WORDS, v * 1000 + round, "writer");
  }
}

static void
all_write(void)
{
  fill(shared, WORDS, 42);
  for(int i = 0; i < 12; i++)
    ut_start(writer, i);
  same(shared, WORDS, 42, "parent");
  ut_reap(12);
  same(shared, WORDS, 42, "parent afterwards");
}

// A fork of a process that has more than half of all memory works, for nothing is copied.
static void
read_all(long a)
{
  char *p = (char *)a;
  long n = (long)sbrk(0) - a;

  for(long i = 0; i < n; i += PGSIZE)
    if(p[i] != (char)(i / PGSIZE))
      FAIL("expected the parent's byte in page %ld, got %d", i / PGSIZE, p[i]);
}

static void
large_fork(void)
{
  long n = PGROUNDDOWN(ut_free() / 3 * 2);
  char *p = sbrk(n);

  CHECK(p != SBRK_ERROR);
  for(long i = 0; i < n; i += PGSIZE)
    p[i] = (char)(i / PGSIZE);
  LIVES(read_all, p);
  LIVES(read_all, p);
  read_all((long)p);
}

// Three processes with more than half of memory between them write in it, again and again.
static void
part_of_all(long a)
{
  char *p = (char *)a;
  long n = (long)sbrk(0) - a;

  for(long i = 0; i < n / 2; i += PGSIZE)
    *(int *)(p + i) = getpid();
  for(long i = 0; i < n / 2; i += PGSIZE)
    if(*(int *)(p + i) != getpid())
      FAIL("expected what this process wrote, in page %ld", i / PGSIZE);
}

static void
large_writers(void)
{
  long n = PGROUNDDOWN(ut_free() / 4);

  for(int round = 0; round < 2; round++){
    char *p = sbrk(n);
    CHECK(p != SBRK_ERROR);
    memset(p, round, n);
    for(int i = 0; i < 3; i++)
      ut_start(part_of_all, (long)p);
    ut_reap(3);
    for(long i = 0; i < n; i += PGSIZE)
      IS(p[i], round);
    CHECK(sbrk(-n) == p + n);
  }
}

// A copy that cannot be made kills the process that needed it, or fails its call: never the system.
static void
write_pages(long a)
{
  char *p = (char *)a;
  long n = (long)sbrk(0) - a;

  ut_parent_waits();
  for(long i = 0; i < n; i += PGSIZE)
    p[i] = 1;
}

static void
no_memory_for_copy(void)
{
  long n = PGROUNDDOWN(ut_free() / 3 * 2);
  char *p = sbrk(n);

  CHECK(p != SBRK_ERROR);
  for(long i = 0; i < n; i += PGSIZE)
    p[i] = 2;
  DIES(write_pages, p);
  for(long i = 0; i < n; i += PGSIZE)
    IS(p[i], 2);
}

// A fork costs pages for tables and stack only.
static void
hold(long fd)
{
  char c;

  read(fd, &c, 1);
}

static void
fork_is_cheap(void)
{
  long n = 8 * MB;
  char *p = sbrk(n);
  int fds[2];
  uint64 before;

  memset(p, 1, n);
  MUST(pipe(fds));
  before = ut_free();
  int pid = ut_start(hold, fds[0]);
  ut_until_blocked(pid);
  CHECK(before - ut_free() < MB);
  IS(write(fds[1], "x", 1), 1);
  ut_reap(1);
}

// When the other side is gone, the last owner keeps its pages and gets no second copy.
static void
last_owner(void)
{
  long n = 8 * MB;
  char *p = sbrk(n);
  uint64 before;

  memset(p, 1, n);
  LIVES(hold, -1);
  before = ut_free();
  memset(p, 2, n);
  CHECK(before - ut_free() < MB);
}

// System calls that write to shared memory make the copy, too.
static int fds_in_data[2] = { -7, -7 };
static int status_in_data = -7;
static struct stat st_in_data = { .size = 77 };
static char buf_in_data[2 * PGSIZE] = { 5 };

static void
calls_in_child(long fd)
{
  int a[2];

  IS(read(fd, buf_in_data + PGSIZE - 3, 6), 6);
  IS(strcmp(buf_in_data + PGSIZE - 3, "hello"), 0);
  MUST(fstat(fd, &st_in_data));
  CHECK(st_in_data.size != 77);
  MUST(pipe(fds_in_data));
  memmove(a, fds_in_data, sizeof(a));
  CHECK(a[0] >= 3 && a[1] > a[0]);
  ut_start(hold, -1);
  CHECK(wait(&status_in_data) > 0);
  IS(status_in_data, 0);
}

static void
calls_make_copies(void)
{
  int fds[2];

  buf_in_data[PGSIZE - 3] = 'u';
  MUST(pipe(fds));
  IS(write(fds[1], "hello", 6), 6);
  LIVES(calls_in_child, fds[0]);
  IS(buf_in_data[PGSIZE - 3], 'u');
  IS(buf_in_data[PGSIZE], 0);
  IS(st_in_data.size, 77);
  IS(fds_in_data[0], -7);
  IS(fds_in_data[1], -7);
  IS(status_in_data, -7);
}

// A page that was looked at a moment ago, by the program or for it by a call, and is copied then: both see the copy, when the
// program writes it and when a call does. Another process has the old page, so it cannot become ours.
static void
waits_for_end(long fd)
{
  char c;

  IS(read(fd, &c, 1), 1);
}

static void
copies_are_seen(void)
{
  volatile char *p = buf_in_data;
  char got[4];
  int child[2], fds[2];

  MUST(pipe(child));
  MUST(pipe(fds));
  p[0] = 'a';
  p[PGSIZE] = 'c';
  ut_start(waits_for_end, child[0]);
  IS(write(fds[1], buf_in_data, 1), 1);           // a call has looked
  p[0] = 'b';                                     // the program writes
  IS(write(fds[1], buf_in_data, 1), 1);
  IS(p[PGSIZE], 'c');                             // the program has looked
  IS(write(fds[1], "d", 1), 1);
  IS(read(fds[0], got, 2), 2);
  IS(read(fds[0], buf_in_data + PGSIZE, 1), 1);   // a call writes
  IS(p[PGSIZE], 'd');
  IS(got[0], 'a');
  IS(got[1], 'b');
  IS(write(child[1], "x", 1), 1);
  ut_reap(1);
}

// A call that wrote to a page just before a fork writes to the parent's copy of it afterwards.
static void
keeps_its_byte(long fd)
{
  waits_for_end(fd);
  IS(*(volatile char *)buf_in_data, 'a');
}

static void
calls_after_fork(void)
{
  int child[2], fds[2];

  MUST(pipe(child));
  MUST(pipe(fds));
  IS(write(fds[1], "-ab", 3), 3);
  IS(read(fds[0], buf_in_data, 1), 1);  // it may have been shared; now it is ours
  IS(read(fds[0], buf_in_data, 1), 1);
  ut_start(keeps_its_byte, child[0]);
  IS(read(fds[0], buf_in_data, 1), 1);
  IS(write(child[1], "x", 1), 1);
  ut_reap(1);
  IS(*(volatile char *)buf_in_data, 'b');
}

// Memory may end at any page that a fork needs for the child's tables. Another process has taken all the rest.
static int ready[2], over[2];

static void
takes_all_but(long leave)
{
  long most = ut_free() / PGSIZE;
  char *p = (char *)PGROUNDUP((uint64)sbrklazy((most + 1) * PGSIZE)), c;

  close(over[1]);
  for(long n = most; n > 64; n = ut_free() / PGSIZE)  // the tables take some, too
    for(long i = 0; i < n - 64; i++, p += PGSIZE)
      *p = 1;
  for(; ut_free() > (uint64)leave * PGSIZE; p += PGSIZE)
    *p = 1;
  write(ready[1], "r", 1);
  read(over[0], &c, 1);
}

static void
forks_hungry(long leave)
{
  char c;

  MUST(pipe(ready));
  MUST(pipe(over));
  ut_start(takes_all_but, leave);
  close(ready[1]);
  read(ready[0], &c, 1);  // nothing: its own tables took the last page
  int pid = fork();
  if(pid == 0)
    exit(0);
  close(over[1]);
  MUST(wait(0));
  if(pid > 0)
    MUST(wait(0));
}

static void
no_memory_for_tables(void)
{
  uint64 enough = ut_free() / 2;

  for(int leave = 0; leave < 14; leave++){
    int status = ut_status(forks_hungry, leave);
    CHECK(status == 0 || status == UT_KILLED);
    // One who was killed has left behind who took the memory, and is still giving it back.
    for(int i = 0; i < 100 && ut_free() < enough; i++)
      pause(1);
  }
}

// Four children read different bytes from a pipe into the same shared address.
static void
reads_own(long fd)
{
  int got;

  IS(read(fd, buf_in_data, sizeof(int)), sizeof(int));
  memmove(&got, buf_in_data, sizeof(got));
  IS(got, fd);
}

static void
pipes_and_copies(void)
{
  for(int i = 0; i < 30; i++){
    int fds[2];
    MUST(pipe(fds));
    ut_start(reads_own, fds[0]);
    IS(write(fds[1], &fds[0], sizeof(int)), sizeof(int));
    ut_reap(1);
    IS(buf_in_data[0], 5);
    close(fds[0]);
    close(fds[1]);
  }
}

// Sharing does not make constant memory writable, in parent or child.
static void
write_text(long unused)
{
  *(volatile char *)&write_text = 0;
}

static void
text_stays_constant(void)
{
  DIES(write_text, 0);
  LIVES(hold, -1);
  DIES(write_text, 0);
}

// Parent and child write the same word from two harts at the same moment, many times.
static void
race_child(long rounds)
{
  for(int i = 0; i < rounds; i++)
    number = number + 1;
  IS(number, 4711 + rounds);
}

static void
race_for_copy(void)
{
  for(int i = 0; i < 150; i++){
    ut_start(race_child, 100);
    number = number - 1;
    ut_reap(1);
    IS(number, 4711 - 1);
    number = 4711;
  }
}

// A child shrinks and grows the heap it shares, and gets zeros; the parent keeps its bytes.
static void
shrinks(long a)
{
  sbrk(-4 * PGSIZE);
  CHECK((long)sbrk(4 * PGSIZE) == a);
  IS(*(char *)PGROUNDUP(a), 0);
}

static void
child_shrinks(void)
{
  char *p = sbrk(4 * PGSIZE);

  memset(p, 3, 4 * PGSIZE);
  LIVES(shrinks, p);
  for(int i = 0; i < 4 * PGSIZE; i++)
    IS(p[i], 3);
}

static const struct ut tests[] = {
  { "both_write", both_write, 0, 0 },
  { "one_word", one_word, 0, 0 },
  { "generations", generations, 0, 0 },
  { "all_write", all_write, 0, 0 },
  { "large_fork", large_fork, 0, 0 },
  { "large_writers", large_writers, 0, 60 },
  { "no_memory_for_copy", no_memory_for_copy, 0, 60 },
  { "fork_is_cheap", fork_is_cheap, 0, 0 },
  { "last_owner", last_owner, 0, 0 },
  { "calls_make_copies", calls_make_copies, 0, 0 },
  { "copies_are_seen", copies_are_seen, 0, 0 },
  { "calls_after_fork", calls_after_fork, 0, 0 },
  { "no_memory_for_tables", no_memory_for_tables, 0, 120 },
  { "pipes_and_copies", pipes_and_copies, 0, 0 },
  { "text_stays_constant", text_stays_constant, 0, 0 },
  { "race_for_copy", race_for_copy, 0, 0 },
  { "child_shrinks", child_shrinks, 0, 0 },
};

UT_MAIN(tests)
