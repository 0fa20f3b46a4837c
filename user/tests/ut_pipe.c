// ut_pipe: pipes. Run by usertests, or alone.

#include "user/tests/ut.h"
#include "user/socket.h"

static int fds[2];
static uchar buf[8192];

// Bytes come out as they went in, whatever the sizes of the writes and the reads.
static void
sends(long n)
{
  static uchar b[1100];
  int size = 1;

  close(fds[0]);
  for(int at = 0; at < n; at += size){
    size = size * 7 % 1033 + 1;
    if(size > n - at)
      size = (int)n - at;
    ut_pattern(b, 1, at, size);
    IS(write(fds[1], b, size), size);
  }
}

static void
in_order(void)
{
  int at = 0, n, ask = 1;

  MUST(pipe(fds));
  ut_start(sends, 50000);
  close(fds[1]);
  while((n = read(fds[0], buf, ask)) > 0){
    CHECK(n <= ask);
    CHECK(ut_is_pattern(buf, 1, at, n));
    at += n;
    ask = ask * 5 % 4093 + 1;
  }
  IS(n, 0);
  IS(at, 50000);
  ut_reap(1);
}

// The end: a reader sees it when the last writer has closed, and first gets what is still there.
static void
end_of_input(void)
{
  int other;

  MUST(pipe(fds));
  other = MUST(dup(fds[1]));
  IS(write(fds[1], "abc", 3), 3);
  close(fds[1]);
  IS(read(fds[0], buf, 2), 2);
  IS(write(other, "d", 1), 1);
  close(other);
  IS(read(fds[0], buf, 10), 2);
  IS(memcmp(buf, "cd", 2), 0);
  IS(read(fds[0], buf, 10), 0);
  IS(read(fds[0], buf, 10), 0);
}

// Nobody reads: the writer gets an error, also one that already waits.
static void
fills(long unused)
{
  close(fds[0]);
  for(;;)
    if(write(fds[1], buf, sizeof(buf)) < 0){
      IS(errno, EPIPE);
      exit(0);
    }
}

static void
no_reader(void)
{
  MUST(pipe(fds));
  close(fds[0]);
  FAILS_AS(write(fds[1], "x", 1), EPIPE);
  close(fds[1]);
  MUST(pipe(fds));
  int pid = ut_start(fills, 0);
  ut_until_blocked(pid);
  close(fds[0]);
  ut_reap(1);
}

// A reader that waits is woken by one byte, and gets it.
static void
sends_later(long unused)
{
  pause(1);
  IS(write(fds[1], "!", 1), 1);
}

static void
reader_waits(void)
{
  MUST(pipe(fds));
  ut_start(sends_later, 0);
  IS(read(fds[0], buf, 100), 1);
  IS(buf[0], '!');
  ut_reap(1);
}

// The reader's end, when the writer closes while it waits.
static void
closes_later(long unused)
{
  pause(1);
}

static void
writer_ends(void)
{
  MUST(pipe(fds));
  ut_start(closes_later, 0);
  close(fds[1]);
  IS(read(fds[0], buf, 100), 0);
  ut_reap(1);
}

// Many writers: each write of a small record arrives in one piece.
static void
writes_records(long who)
{
  uchar r[16];

  memset(r, (int)who, sizeof(r));
  for(int i = 0; i < 200; i++)
    IS(write(fds[1], r, sizeof(r)), sizeof(r));
}

static void
many_writers(void)
{
  int count[6] = { 0 }, have = 0, n;

  MUST(pipe(fds));
  for(int i = 0; i < 6; i++)
    ut_start(writes_records, i);
  close(fds[1]);
  while((n = read(fds[0], buf + have, 16 - have)) > 0){
    have += n;
    if(have < 16)
      continue;
    CHECK(buf[0] < 6);
    for(int i = 1; i < 16; i++)
      IS(buf[i], buf[0]);
    count[buf[0]]++;
    have = 0;
  }
  for(int i = 0; i < 6; i++)
    IS(count[i], 200);
  ut_reap(6);
}

// Many readers: each byte goes to exactly one of them.
static void
reads_bytes(long result)
{
  int sum = 0;
  uchar c;

  close(fds[1]);
  while(read(fds[0], &c, 1) == 1)
    sum += c;
  IS(write((int)result, &sum, sizeof(sum)), sizeof(sum));
}

static void
many_readers(void)
{
  int results[2], total = 0, sum = 0, part;

  MUST(pipe(fds));
  MUST(pipe(results));
  for(int i = 0; i < 6; i++)
    ut_start(reads_bytes, results[1]);
  for(int i = 0; i < 1500; i++){
    uchar c = (uchar)ut_rand();
    sum += c;
    IS(write(fds[1], &c, 1), 1);
  }
  close(fds[1]);
  for(int i = 0; i < 6; i++){
    IS(read(results[0], &part, sizeof(part)), sizeof(part));
    total += part;
  }
  IS(total, sum);
  ut_reap(6);
}

// What a pipe holds is bounded: a writer that does not want to wait is told so.
static void
bounded(void)
{
  int n, sum = 0;

  MUST(pipe(fds));
  MUST(fcntl(fds[1], F_SETFL, O_NONBLOCK));
  while((n = write(fds[1], buf, 100)) > 0)
    CHECK((sum += n) < 1000000);
  IS(errno, EAGAIN);
  CHECK(sum >= 512);
  MUST(fcntl(fds[0], F_SETFL, O_NONBLOCK));
  while((n = read(fds[0], buf, 300)) > 0)
    sum -= n;
  IS(errno, EAGAIN);
  IS(sum, 0);
  close(fds[1]);
  IS(read(fds[0], buf, 10), 0);
}

// A write that does not want to wait does as much as fits.
static void
partial_write(void)
{
  int n, got, sum = 0;

  MUST(pipe(fds));
  MUST(fcntl(fds[1], F_SETFL, O_NONBLOCK));
  ut_pattern(buf, 2, 0, sizeof(buf));
  n = MUST(write(fds[1], buf, sizeof(buf)));
  CHECK(n > 0);
  while(sum < n && (got = read(fds[0], buf, sizeof(buf))) > 0){
    CHECK(ut_is_pattern(buf, 2, sum, got));
    sum += got;
  }
  IS(sum, n);
}

// A chain of processes, each passing on what it gets.
static void
passes_on(long n)
{
  int next[2];
  uchar c;

  if(n == 0)
    return;
  MUST(pipe(next));
  int pid = fork();
  CHECK(pid >= 0);
  if(pid == 0){
    close(fds[0]);
    close(next[1]);
    fds[0] = next[0];
    passes_on(n - 1);
    if(n == 1){
      for(int i = 0; i < 100; i++){
        IS(read(fds[0], &c, 1), 1);
        IS(c, i);
      }
      IS(read(fds[0], &c, 1), 0);
    }
    exit(0);
  }
  close(next[0]);
  while(read(fds[0], &c, 1) == 1)
    IS(write(next[1], &c, 1), 1);
  close(next[1]);
  ut_reap(1);
}

static void
starts_chain(long unused)
{
  close(fds[1]);
  passes_on(10);
}

static void
chain(void)
{
  MUST(pipe(fds));
  ut_start(starts_chain, 0);
  close(fds[0]);
  for(uchar i = 0; i < 100; i++)
    IS(write(fds[1], &i, 1), 1);
  close(fds[1]);
  ut_reap(1);
}

// Ping and pong between two processes: neither wake-up gets lost.
static void
answers(long n)
{
  int c;

  while(n-- > 0){
    IS(read(fds[0], &c, sizeof(c)), sizeof(c));
    c++;
    IS(write(4 + 2, &c, sizeof(c)), sizeof(c));
  }
}

static void
ping_pong(void)
{
  int back[2], c;

  MUST(pipe(fds));
  MUST(pipe(back));
  IS(back[1], 6);
  ut_start(answers, 3000);
  for(int i = 0; i < 3000; i++){
    IS(write(fds[1], &i, sizeof(i)), sizeof(i));
    IS(read(back[0], &c, sizeof(c)), sizeof(c));
    IS(c, i + 1);
  }
  ut_reap(1);
}

// Pipes until nothing is left to make them of; all can be closed, and made again.
static void
many_pipes(void)
{
  int n = 0, p[2];

  while(pipe(p) == 0)
    n++;
  IS(n, (NOFILE - 3) / 2);
  for(int fd = 3; fd < NOFILE; fd++)
    close(fd);
  while(n-- > 0)
    MUST(pipe(p));
}

// A buffer that lies on both sides of a page boundary, one page of it fresh.
static void
across_pages(void)
{
  uchar *p = (uchar *)sbrklazy(3 * PGSIZE) + PGSIZE / 2;

  MUST(pipe(fds));
  ut_pattern(buf, 3, 0, 400);
  IS(write(fds[1], buf, 400), 400);
  p = (uchar *)PGROUNDUP((uint64)p) + PGSIZE - 200;
  IS(read(fds[0], p, 400), 400);
  CHECK(ut_is_pattern(p, 3, 0, 400));
}

static const struct ut tests[] = {
  { "in_order", in_order, 0, 0 },
  { "end_of_input", end_of_input, 0, 0 },
  { "no_reader", no_reader, 0, 0 },
  { "reader_waits", reader_waits, 0, 0 },
  { "writer_ends", writer_ends, 0, 0 },
  { "many_writers", many_writers, 0, 0 },
  { "many_readers", many_readers, 0, 0 },
  { "bounded", bounded, 0, 0 },
  { "partial_write", partial_write, 0, 0 },
  { "chain", chain, 0, 0 },
  { "ping_pong", ping_pong, 0, 60 },
  { "many_pipes", many_pipes, 0, 0 },
  { "across_pages", across_pages, 0, 0 },
};

UT_MAIN(tests)
