// ut_mix: many processes do whatever comes to mind, from a seed, on the same few names, pipes and ports. No call has
// to succeed; nothing may hang, nothing may be lost (the frame counts), and the file system must be sound
// afterwards. Run by usertests, or alone.

#include "user/usertests/ut.h"
#include "user/socket.h"
#include "kernel/file.h"

#define PORT 8000

static const char *const names[] = {
  "a", "b", "c", "d", "d/a", "d/b", "d/e", "d/e/a", "d/e/..", "./a", "e", "e/a", "e/b/c", "/ut.tmp/a", "a/b",
  "d/.", "", "/ut.tmp/d/e/../b", "a_name_that_is_too_long",
};

static char bytes[3 * BSIZE];
static int child;  // one that was started and not yet waited for

static const char *
name(void)
{
  return names[ut_rand() % (sizeof(names) / sizeof(names[0]))];
}

// A descriptor, perhaps an open one; never the one on which failures are said.
static int
fd(void)
{
  return 2 + ut_rand() % (NOFILE - 2);
}

static void
no_waiting(int f)
{
  if(f >= 0)
    fcntl(f, F_SETFL, O_NONBLOCK);
}

static void
do_file(uint r)
{
  static const int flags[] = { O_RDONLY, O_WRONLY, O_RDWR, O_CREATE | O_RDWR, O_CREATE | O_TRUNC | O_WRONLY,
                               O_CREATE | O_APPEND | O_WRONLY };
  struct stat st;

  switch(r % 9){
  case 0:
  case 1:
    open(name(), flags[ut_rand() % 6]);
    break;
  case 2:
    close(fd());
    break;
  case 3:
    write(fd(), bytes, ut_rand() % sizeof(bytes));
    break;
  case 4:
    read(fd(), bytes, ut_rand() % sizeof(bytes));
    break;
  case 5:
    dup(fd());
    break;
  case 6:
    fstat(fd(), &st);
    break;
  case 7:
    stat(name(), &st);
    break;
  case 8:
    fcntl(fd(), F_GETFL, 0);
    break;
  }
}

static void
do_name(uint r)
{
  switch(r % 8){
  case 0:
    unlink(name());
    break;
  case 1:
    link(name(), name());
    break;
  case 2:
    rename(name(), name());
    break;
  case 3:
    mkdir(name());
    break;
  case 4:
    if(chdir(name()) == 0 && ut_rand() % 2)
      chdir(UT_SCRATCH);
    break;
  case 5:
    mknod(name(), (short)(CONSOLE + 1 + ut_rand() % 5), 0);  // a console would make readers wait for the keyboard
    break;
  case 6:
    getcwd(bytes, ut_rand() % 200);
    break;
  case 7:
    if(r % 64 == 7)
      sync();
    break;
  }
}

static void
do_memory(uint r)
{
  char *p;

  switch(r % 3){
  case 0:
    p = sbrk(ut_rand() % (4 * PGSIZE));
    if(p != SBRK_ERROR && sbrk(0) > p)
      *p = 1;
    break;
  case 1:
    p = sbrklazy(ut_rand() % (16 * PGSIZE));
    if(p != SBRK_ERROR)
      read(fd(), p, PGSIZE);
    break;
  case 2:
    if((uint64)sbrk(0) > 64 * PGSIZE)
      sbrk(-(int)(ut_rand() % (8 * PGSIZE)));
    break;
  }
}

static void
do_pipe(uint r)
{
  struct pollfd p[4];
  int fds[2];

  switch(r % 3){
  case 0:
    if(pipe(fds) == 0){
      no_waiting(fds[0]);
      no_waiting(fds[1]);
    }
    break;
  case 1:
  case 2:
    for(int i = 0; i < 4; i++)
      p[i] = (struct pollfd){ .fd = fd(), .events = (short)ut_rand() };
    poll(p, 4, (int)(r % 2));
    break;
  }
}

static void
do_socket(uint r)
{
  struct sockaddr_in a;
  socklen_t len = sizeof(a);

  memset(&a, 0, sizeof(a));
  a.sin_family = AF_INET;
  a.sin_port = htons((uint16)(PORT + ut_rand() % 4));
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  switch(r % 6){
  case 0:
    no_waiting(socket(AF_INET, SOCK_DGRAM, 0));
    break;
  case 1:
    bind(fd(), (struct sockaddr *)&a, len);
    break;
  case 2:
    connect(fd(), (struct sockaddr *)&a, len);
    break;
  case 3:
    sendto(fd(), bytes, ut_rand() % sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&a, len);
    break;
  case 4:
    recvfrom(fd(), bytes, ut_rand() % sizeof(bytes), MSG_DONTWAIT, (struct sockaddr *)&a, &len);
    break;
  case 5:
    shutdown(fd(), (int)(ut_rand() % 4));
    break;
  }
}

static void mix(long until);

// Starts a child that goes on by itself, becomes another program, or dies; or ends the one that is there.
static void
do_process(uint r, long until)
{
  if(child > 0){
    if(r % 2)
      kill(child);
    if(wait(0) == child)
      child = 0;
    return;
  }
  if((child = fork()) != 0)
    return;
  ut_seed ^= (uint)getpid() * 2654435761u;
  switch(r % 4){
  case 0:
    mix(ut_ms() + 20);
    break;
  case 1:
    exec("/true", (char *[]){ "true", 0 });
    break;
  case 2:
    *(volatile int *)0 = 1;
    break;
  }
  exit(0);
}

static void
mix(long until)
{
  while(ut_ms() < until){
    uint r = ut_rand() >> 4;
    switch(ut_rand() % 16){
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
      do_file(r);
      break;
    case 5:
    case 6:
    case 7:
    case 8:
      do_name(r);
      break;
    case 9:
    case 10:
      do_memory(r);
      break;
    case 11:
    case 12:
      do_pipe(r);
      break;
    case 13:
    case 14:
      do_socket(r);
      break;
    case 15:
      do_process(r, until);
      break;
    }
  }
  if(child > 0){
    kill(child);
    while(wait(0) > 0)
      ;
  }
}

static void
worker(long seed)
{
  ut_seed = (uint)seed * 2654435761u + 12345;
  close(0);
  close(2);
  mix(ut_ms() + 3000);
}

static void
run(int workers, int seed)
{
  for(int i = 0; i < workers; i++)
    ut_start(worker, seed * 100 + i);
  ut_reap(workers);
  MUST(chdir(UT_SCRATCH));
  char name[DIRSIZ + 1];
  for(int left = 1000; left > 0 && ut_entry(name); left--)
    ut_remove(name);  // they may have filled the disk
  MUST(mkdir("after"));
  ut_make("after/file", 1, 5000);
  ut_holds("after/file", 1, 5000);
  MUST(unlink("after/file"));
  MUST(unlink("after"));
}

static void
alone(void)
{
  run(1, 1);
}

static void
some(void)
{
  run(3, 2);
}

static void
crowd(void)
{
  run(8, 3);
}

// Another seed each time: the first line of a failure tells it.
static void
other_seeds(void)
{
  int seed = (int)(clock(CLOCK_BOOT) / 1000 % 100000);

  printf("mix_other_seeds: seed %d\n", seed);
  run(6, seed);
}

static const struct ut tests[] = {
  { "mix_alone", alone, 0, 60 },
  { "mix_some", some, 0, 60 },
  { "mix_crowd", crowd, 1, 120 },
  { "mix_other_seeds", other_seeds, 1, 120 },
};

UT_MAIN(tests)
