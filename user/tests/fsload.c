// fsload [-s SEED] [-p PROCESSES] [-n STEPS]: works on files and names without an end, until the power goes.
//
// Worker w has the directory /load.w to itself and takes steps there; number and kind of each follow from the seed
// alone. A step is one call that changes something, and such a call happens whole or not at all, in order. So whatever
// moment the machine stops at, what is found in /load.w later must be what some number of steps make of what was there
// before: no fewer than the worker has said were synced. Between its own steps each worker disturbs the others in
// /load.all, of which nothing is promised but that it is a directory. tests/guest/crash.py takes the same steps.

#include "kernel/fcntl.h"
#include "kernel/fs.h"
#include "kernel/stat.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

#define SMALL 6000    // bytes from which a file takes no more ...
#define LARGE 40000   // ... but f0 does: it has indirect blocks
#define MOST 3000     // bytes of one write
#define HELD 3        // files that are kept open, with a name or without
#define SYNC_EVERY 40 // steps, about

static uint seed;
static uint noise;    // a seed of its own, so that the noise does not change the steps
static int held[HELD] = { -1, -1, -1 };
static uchar data[MOST];

static uint
draw(uint *s)
{
  *s ^= *s << 13;
  *s ^= *s >> 17;
  *s ^= *s << 5;
  return *s;
}

// One of 32 names, in up to two directories; a directory may be called f0 and a file d0 some day.
static void
draw_name(uint *s, char *name)
{
  static const char *const where[] = { "", "d0/", "d1/", "d0/d1/" };
  static const char *const last[] = { "f0", "f1", "f2", "f3", "f4", "f5", "d0", "d1" };
  uint r = draw(s) >> 8;
  strcpy(name, where[r % 4]);
  strcpy(name + strlen(name), last[r / 4 % 8]);
}

// The bytes that a step writes: its number, then a row that starts elsewhere each time.
static void
fill(uint step, uint n)
{
  for(uint i = 0; i < n; i++)
    data[i] = i < 4 ? step >> 8 * i : (step + i) % 251;
}

static void
give_up(int worker, uint step, const char *what)
{
  printf("fsload: worker %d failed at step %d: %s: %s\n", worker, step, what, strerror(errno));
  exit(1);
}

// A call may fail for what names there are, which the host foresees; not for want of anything. result: r.
static int
foreseen(int worker, uint step, const char *what, int r)
{
  static const int why[] = { ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EINVAL, EPERM };
  uint i = 0;

  while(r < 0 && i < sizeof(why) / sizeof(why[0]) && errno != why[i])
    i++;
  if(i == sizeof(why) / sizeof(why[0]))
    give_up(worker, step, what);
  return r;
}

// n bytes to the end of a file, or to its beginning.
static void
put(int worker, uint step, const char *name, int how, uint n)
{
  struct stat st;
  int fd = foreseen(worker, step, name, open(name, O_WRONLY | how));
  if(fd < 0)
    return;
  uint most = name[strlen(name) - 2] == 'f' && name[strlen(name) - 1] == '0' ? LARGE : SMALL;
  if(fstat(fd, &st) < 0)
    give_up(worker, step, "fstat");
  fill(step, n);
  if(st.size < most && write(fd, data, n) != (int)n)
    give_up(worker, step, name);
  close(fd);
}

static void
hold(int fd, uint r)
{
  int *slot = &held[r % HELD];
  if(*slot >= 0)
    close(*slot);
  *slot = fd;
}

// Makes a file, or empties one.
static void
make(int worker, uint step, const char *name, int how)
{
  int fd = foreseen(worker, step, name, open(name, O_WRONLY | how));
  if(fd >= 0)
    close(fd);
}

static void
take_step(int worker, uint step)
{
  char name[32], other[32];
  uint kind = draw(&seed) >> 8, r = draw(&seed) >> 8;

  draw_name(&seed, name);
  draw_name(&seed, other);
  switch(kind % 16){
  case 0:
  case 1:
    make(worker, step, name, O_CREATE);
    break;
  case 2:
  case 3:
  case 4:
  case 5:
    put(worker, step, name, O_APPEND, 1 + r % MOST);
    break;
  case 6:
    put(worker, step, name, 0, 1 + r % MOST);
    break;
  case 7:
    make(worker, step, name, O_TRUNC);
    break;
  case 8:
  case 9:
  case 10:
    foreseen(worker, step, "rename", rename(name, other));
    break;
  case 11:
    foreseen(worker, step, "link", link(name, other));
    break;
  case 12:
    foreseen(worker, step, "unlink", unlink(name));
    break;
  case 13:
  case 14:
    foreseen(worker, step, "mkdir", mkdir(name));
    break;
  case 15:
    hold(foreseen(worker, step, "open", open(name, O_RDONLY)), r);
    break;
  }
}

// Anything in the directory that all share.
static void
make_noise(int worker, uint step)
{
  char name[40] = "/load.all/", other[40] = "/load.all/";
  uint r = draw(&noise) >> 8;

  draw_name(&noise, name + 10);
  draw_name(&noise, other + 10);
  switch(r % 8){
  case 0:
    mkdir(name);
    break;
  case 1:
  case 2:
    make(worker, step, name, O_CREATE);
    break;
  case 3:
    put(worker, step, name, O_APPEND, 1 + r / 8 % MOST);
    break;
  case 4:
    unlink(name);
    break;
  case 5:
    link(name, other);
    break;
  case 6:
    rename(name, other);
    break;
  case 7:
    hold(open(name, O_CREATE | O_RDWR), r / 8);
    unlink(name);
    break;
  }
}

// What the steps so far have made is on the disk. sync() does that, and so does fsync() of this directory.
static void
say_synced(int worker, uint steps)
{
  int fd = open(".", O_RDONLY);
  if(fd < 0 || (steps % 2 ? fsync(fd) : sync()) < 0)
    give_up(worker, steps, "sync");
  close(fd);
  printf("fsload: %d synced %d\n", worker, steps);
}

static void __attribute__((noreturn))
work(int worker, uint steps)
{
  char dir[] = "/load.0";

  dir[6] = '0' + worker;
  mkdir(dir);
  if(chdir(dir) < 0)
    give_up(worker, 0, dir);
  seed = (seed * 16 + worker) * 2654435761u | 1;
  noise = seed ^ 0x55555555;
  say_synced(worker, 0);
  for(uint i = 0; i < steps; i++){
    take_step(worker, i);
    if(i % 3 == 0)
      make_noise(worker, i);
    if((draw(&noise) >> 8) % SYNC_EVERY == 0)
      say_synced(worker, i + 1);
  }
  say_synced(worker, steps);
  exit(0);
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  uint64 workers = 4, steps = 0xffffffff, first = (clock(CLOCK_BOOT) ^ getpid()) % 1000000;
  int c, status = 0, failed = 0;

  while((c = next_opt(&o, "s:p:n:")))
    if((c == 's' && parse_uint(o.arg, 0xfffffff, &first) < 0) || (c == 'p' && parse_uint(o.arg, 8, &workers) < 0) ||
       (c == 'n' && parse_uint(o.arg, 0xffffffff, &steps) < 0) || c == '?')
      usage("[-s SEED] [-p PROCESSES, 1 to 8] [-n STEPS]");
  if(o.at < argc || workers == 0)
    usage("[-s SEED] [-p PROCESSES, 1 to 8] [-n STEPS]");
  seed = first;
  printf("fsload: seed %d, %d processes\n", seed, (int)workers);
  mkdir("/load.all");
  for(int i = 0; i < (int)workers; i++)
    if(fork() == 0)
      work(i, steps);
  while(wait(&status) > 0)
    failed |= status != 0;
  exit(failed);
}
