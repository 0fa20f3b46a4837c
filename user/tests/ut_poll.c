// ut_poll: poll() on pipes, files and the console. Run by usertests, or alone.

#include "user/tests/ut.h"
#include "user/socket.h"

static int fds[2];
static char buf[4096];

static short
poll1(int fd, short events, int timeout)
{
  struct pollfd p = { .fd = fd, .events = events, .revents = 0x7fff };
  int n = poll(&p, 1, timeout);

  CHECK(n == 0 || n == 1);
  IS(n, p.revents != 0);
  return p.revents;
}

// A pipe from empty to full and closed on either side.
static void
pipes(void)
{
  MUST(pipe(fds));
  IS(poll1(fds[0], POLLIN, 0), 0);
  IS(poll1(fds[1], POLLOUT, 0), POLLOUT);
  IS(write(fds[1], "x", 1), 1);
  IS(poll1(fds[0], POLLIN, 0), POLLIN);
  IS(poll1(fds[0], 0, 0), 0);
  IS(poll1(fds[1], POLLIN, 0) & POLLIN, 0);
  IS(read(fds[0], buf, 1), 1);
  IS(poll1(fds[0], POLLIN, 0), 0);
  MUST(fcntl(fds[1], F_SETFL, O_NONBLOCK));
  while(write(fds[1], buf, sizeof(buf)) > 0)
    ;
  IS(poll1(fds[1], POLLOUT, 0), 0);
  close(fds[1]);
  CHECK(poll1(fds[0], POLLIN, 0) & POLLIN);
  while(read(fds[0], buf, sizeof(buf)) > 0)
    ;
  CHECK(poll1(fds[0], POLLIN, 0) & POLLHUP);
}

static void
reader_gone(void)
{
  MUST(pipe(fds));
  close(fds[0]);
  CHECK(poll1(fds[1], POLLOUT, 1000) & (POLLERR | POLLHUP));
}

// A file is always ready; so is /dev/null's kind; the console's output, too.
static void
files(void)
{
  int fd;

  ut_make("file", 1, 1);
  fd = MUST(open("file", O_RDWR));
  IS(poll1(fd, POLLIN | POLLOUT, 1000), POLLIN | POLLOUT);
  CHECK(poll1(1, POLLOUT, 1000) & POLLOUT);
}

// Entries that are passed over, and ones that are wrong, among good ones.
static void
mixed(void)
{
  struct pollfd p[4] = {
    { .fd = -1, .events = POLLIN, .revents = 1 }, { .fd = 99, .events = POLLIN }, { .fd = NOFILE - 1, .events = POLLIN },
  };

  MUST(pipe(fds));
  p[3] = (struct pollfd){ .fd = fds[1], .events = POLLOUT };
  IS(poll(p, 4, 1000), 3);
  IS(p[0].revents, 0);
  IS(p[1].revents, POLLNVAL);
  IS(p[2].revents, POLLNVAL);
  IS(p[3].revents, POLLOUT);
}

// The timeout is kept; with nothing to watch, poll is a clock.
static void
timeouts(void)
{
  static const int ms[] = { 1, 20, 150, 400 };

  MUST(pipe(fds));
  for(uint i = 0; i < sizeof(ms) / sizeof(ms[0]); i++)
    for(int watch = 0; watch < 2; watch++){
      struct pollfd p = { .fd = fds[0], .events = POLLIN };
      long start = ut_ms(), took;
      IS(poll(&p, watch, ms[i]), 0);
      took = ut_ms() - start;
      if(took < ms[i] - 1 || took > ms[i] + 3000)
        FAIL("expected poll to wait %d ms, it took %ld ms", ms[i], took);
    }
}

// A poll without an end comes back when something comes, and at once then.
static void
writes_soon(long unused)
{
  pause(2);
  IS(write(fds[1], "x", 1), 1);
}

static void
woken(void)
{
  long start;

  MUST(pipe(fds));
  ut_start(writes_soon, 0);
  start = ut_ms();
  IS(poll1(fds[0], POLLIN, -1), POLLIN);
  CHECK(ut_ms() - start < 2000);
  ut_reap(1);
}

// A writer that waits in poll is woken when room comes, and a reader when the writer closes.
static void
drains(long unused)
{
  pause(1);
  for(int i = 0; i < 10; i++)
    read(fds[0], buf, sizeof(buf));
}

static void
woken_by_room(void)
{
  MUST(pipe(fds));
  MUST(fcntl(fds[1], F_SETFL, O_NONBLOCK));
  MUST(fcntl(fds[0], F_SETFL, O_NONBLOCK));
  while(write(fds[1], buf, sizeof(buf)) > 0)
    ;
  ut_start(drains, 0);
  IS(poll1(fds[1], POLLOUT, 10000), POLLOUT);
  ut_reap(1);
}

static void
waits(long unused)
{
  pause(1);
}

static void
woken_by_close(void)
{
  MUST(pipe(fds));
  ut_start(waits, 0);
  close(fds[1]);
  CHECK(poll1(fds[0], POLLIN, 10000) & POLLHUP);
  ut_reap(1);
}

// Several processes poll several pipes; each byte wakes those who watch, and no wake-up is lost.
static int many[4][2];

static void
watcher(long mine)
{
  struct pollfd p[4];
  char c;

  for(int round = 0; round < 30; round++){
    for(int i = 0; i < 4; i++)
      p[i] = (struct pollfd){ .fd = i == mine ? many[i][0] : -1, .events = POLLIN };
    IS(poll(p, 4, 10000), 1);
    IS(p[mine].revents & POLLIN, POLLIN);
    IS(read(many[mine][0], &c, 1), 1);
  }
}

static void
many_watchers(void)
{
  for(int i = 0; i < 4; i++)
    MUST(pipe(many[i]));
  for(int i = 0; i < 4; i++)
    ut_start(watcher, i);
  for(int round = 0; round < 30; round++)
    for(int i = 0; i < 4; i++){
      IS(write(many[(i + round) % 4][1], "x", 1), 1);
      if(round % 8 == 0)
        yield();
    }
  ut_reap(4);
}

// Counts and addresses that cannot be.
static void
bad_arguments(void)
{
  struct pollfd *p = (struct pollfd *)sbrk(PGSIZE);
  char *top;

  FAILS(poll(p, 0x7fffffff, 0));
  FAILS(poll(p, 0xffffffff, 0));
  FAILS(poll((struct pollfd *)0xffffffc080000000UL, 1, 0));
  FAILS(poll((struct pollfd *)-4L, 1, 0));
  IS(poll(0, 0, 0), 0);
  sbrk(PGSIZE - (long)((uint64)sbrk(0) % PGSIZE));
  top = sbrk(0);
  p = (struct pollfd *)(top - 12);
  FAILS(poll(p, 2, 0));
}

// The console: not ready for reading as long as nobody types, and the wait has its end.
static void
console(void)
{
  struct stat st;
  int fl = fcntl(0, F_GETFL, 0);

  MUST(fstat(0, &st));
  if(st.type != T_DEVICE || poll1(0, POLLIN, 50) != 0)
    return;
  MUST(fcntl(0, F_SETFL, fl | O_NONBLOCK));
  int n = read(0, buf, 1), why = errno;
  MUST(fcntl(0, F_SETFL, fl));
  IS(n, -1);
  IS(why, EAGAIN);
}

static const struct ut tests[] = {
  { "poll_pipes", pipes, 0, 0 },
  { "poll_reader_gone", reader_gone, 0, 0 },
  { "poll_files", files, 0, 0 },
  { "poll_mixed", mixed, 0, 0 },
  { "poll_timeouts", timeouts, 0, 0 },
  { "poll_woken", woken, 0, 0 },
  { "poll_woken_by_room", woken_by_room, 0, 0 },
  { "poll_woken_by_close", woken_by_close, 0, 0 },
  { "poll_many_watchers", many_watchers, 0, 0 },
  { "poll_bad_arguments", bad_arguments, 0, 0 },
  { "poll_console", console, 0, 0 },
};

UT_MAIN(tests)
