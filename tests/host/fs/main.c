// Tests of the file system on the host: the kernel's own files, a disk in memory, and its cable cut at any moment.
//
//   fstest            the quick round: about ten seconds
//   fstest long       every cut, more seeds
//   fstest NAME [SEED]  one test: crash, crowd, errors, full, bad, pipes      -v: what the kernel prints
//
// Each run is a process of its own, so that the kernel's memory is fresh as after a boot. They share the disk.

#include "host.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCKS 1500
#define BSIZE 1024
#define SECONDS 60   // that one process may take

unsigned char *disk;
unsigned disk_blocks = BLOCKS;
struct trace *trace;
static struct trace *recovery;          // of a recovery that is cut in its turn
static unsigned char *fresh, *before, *crashed;  // images: as made, at the start of a workload, after a crash
static int failures;
static char disk_path[64];
static const char *image_name;

int fsck_main(int argc, char **argv);

static unsigned
rnd(unsigned *seed)
{
  *seed = *seed * 1103515245 + 12345;
  return *seed >> 9;
}

static void *
shared(size_t n)
{
  void *p = mmap(0, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if(p == MAP_FAILED){
    perror("mmap");
    exit(2);
  }
  return p;
}

// Runs `code` in a process. 1: it ended well.
static int
finish(pid_t pid, const char *what, unsigned seed)
{
  int status;
  if(pid < 0 || waitpid(pid, &status, 0) != pid){
    perror("fork");
    exit(2);
  }
  if(WIFEXITED(status) && WEXITSTATUS(status) == 0)
    return 1;
  if(WIFSIGNALED(status))
    printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
  printf("FAIL %s (seed %u)\n", what, seed);
  failures++;
  return 0;
}

#define IN_PROCESS(what, seed, code)    \
  ({                                    \
    fflush(stdout);                     \
    pid_t pid_ = fork();                \
    if(pid_ == 0){                      \
      alarm(SECONDS);                   \
      code;                             \
      fflush(stdout);                   \
      _exit(0);                         \
    }                                   \
    finish(pid_, what, seed);           \
  })

// In a process of its own: fsck, quietly. What it finds fault with is kept.
static void
run_fsck(unsigned seed)
{
  char *argv[] = {"fsck", "-r", disk_path, 0}, copy[200];
  if(!verbose && freopen("/dev/null", "w", stdout) == 0)
    _exit(2);
  if(fsck_main(3, argv) == 0)
    return;
  snprintf(copy, sizeof(copy), "%s.bad-%u", image_name, seed);
  FILE *f = fopen(copy, "wb");
  if(f){
    fwrite(disk, BSIZE, BLOCKS, f);
    fclose(f);
  }
  fprintf(stderr, "  fsck finds faults; the image is %s\n", copy);
  _exit(1);
}

// The image in memory must be right once its log is replayed.
static void
check(const char *what, unsigned seed)
{
  IN_PROCESS(what, seed, run_fsck(seed));
}

// The disk as it may be when the machine stops before event `cut`: what was flushed is there; each write after the last
// flush is there, or not, or one of its sectors is.
static void
cut_at(unsigned cut, unsigned seed, unsigned *version, unsigned *records)
{
  unsigned flushed = 0;
  memcpy(disk, before, BLOCKS * BSIZE);
  *version = *records = 0;
  for(unsigned i = 0; i < cut; i++)
    if(trace->event[i].kind == EVENT_FLUSH)
      flushed = i;
    else if(trace->event[i].kind == EVENT_SYNCED){
      *version = trace->event[i].version;
      *records = trace->event[i].records;
    }
  for(unsigned i = 0; i < cut; i++){
    struct event *e = &trace->event[i];
    unsigned from = 0, to = BSIZE, fate = i > flushed ? rnd(&seed) % 5 : 4;
    if(e->kind != EVENT_WRITE || fate == 0)
      continue;
    if(fate == 1)
      to = BSIZE / 2;
    if(fate == 2)
      from = BSIZE / 2;
    memcpy(disk + (size_t)e->block * BSIZE + from, e->data + from, to - from);
  }
}

// How full the log became, and how often it was emptied: cuts are only as good as what they cut.
static void
describe_log(unsigned *most, unsigned *emptied)
{
  *most = *emptied = 0;
  for(unsigned i = 0; i < trace->n; i++){
    const struct event *e = &trace->event[i];
    if(e->kind != EVENT_WRITE || e->block != 2)
      continue;
    unsigned n = *(const unsigned *)e->data;
    *most = n > *most ? n : *most;
    *emptied += n == 0;
  }
}

// The power fails again while the log is replayed, or soon after: recovery's own writes, cut at some moments.
static void
cut_recovery(unsigned seed, unsigned version, unsigned records, unsigned cuts)
{
  unsigned unused;
  struct trace *workload = trace;
  memcpy(crashed, disk, BLOCKS * BSIZE);
  trace = recovery;
  trace->n = 0;
  trace->on = 1;
  int ok = IN_PROCESS("recovery to be cut", seed, check_recovered(version, records));
  trace->on = 0;
  unsigned char *start = before;
  before = crashed;
  for(unsigned i = 0; ok && i < cuts; i++){
    unsigned at = rnd(&seed) % (trace->n + 1);
    cut_at(at, seed, &unused, &unused);
    if(IN_PROCESS("recovery after it was cut", at, check_recovered(version, records)))
      check("fsck after a recovery that was cut", at);
  }
  before = start;
  trace = workload;
}

static void
cut_and_check(unsigned cut, unsigned seed)
{
  unsigned version, records;
  cut_at(cut, seed, &version, &records);
  check("fsck after a crash", cut);
  cut_at(cut, seed, &version, &records);
  if(IN_PROCESS("recovery after a crash", cut, check_recovered(version, records)))
    check("fsck after recovery", cut);
  if(seed % 4 == 0){
    cut_at(cut, seed, &version, &records);
    cut_recovery(seed, version, records, 3);
  }
}

// Cuts spread over the whole workload, and some where it hurts most: while a header of the log is on its way.
static void
crash(unsigned seed, int steps, int errors, unsigned cuts)
{
  unsigned total, most, emptied, done = 0;
  memcpy(before, fresh, BLOCKS * BSIZE);
  memcpy(disk, before, BLOCKS * BSIZE);
  trace->n = 0;
  trace->on = 1;
  if(!IN_PROCESS("workload", seed, run_workload(seed, steps, errors)))
    return;
  trace->on = 0;
  total = trace->n;
  if(total == MAXEVENTS || total < 50)
    printf("  the workload made %u events\n", total);
  for(unsigned i = 0; i < cuts && failures < 5; i++, done++)
    cut_and_check(cuts >= total ? i % total : (unsigned)((unsigned long)i * total / cuts), seed * 1000003 + i);
  for(unsigned i = 0; i < total && failures < 5; i++)
    if(trace->event[i].kind == EVENT_WRITE && trace->event[i].block == 2)
      for(unsigned j = 0; j < 1 + cuts / 500; j++, done++)
        cut_and_check(i + 1, seed * 1000003 + i + j * 7);
  describe_log(&most, &emptied);
  printf("crash%s: %u events, cut %u times; the log held up to %u blocks and was empty %u times\n",
    errors ? " with disk errors" : "", total, done, most, emptied);
}

static void
used_image(unsigned seed)
{
  memcpy(disk, fresh, BLOCKS * BSIZE);
  IN_PROCESS("workload", seed, run_crowd(seed, 1, 600));
  check("fsck of a used image", seed);  // also empties the log, or a replay would mend what a test damages
}

static void
crowds(unsigned seed, int threads, int steps)
{
  memcpy(disk, fresh, BLOCKS * BSIZE);
  if(IN_PROCESS("crowd", seed, run_crowd(seed, threads, steps)))
    check("fsck after a crowd", seed);
  printf("crowd: %d threads, %d steps each\n", threads, steps);
}

static void
errors(unsigned seed, int steps)
{
  used_image(seed);
  for(int i = 0; i < 10 && failures < 5; i++)  // each with cold buffers
    if(IN_PROCESS("errors", seed, run_errors(seed + i, steps / 10)))
      check("fsck after disk errors", seed);
  printf("errors: 3 threads, 10 times %d steps each, 3 of 100 reads and 1 of 100 writes fail\n", steps / 10);
}

static void
full(unsigned seed, int threads, int steps)
{
  memcpy(disk, fresh, BLOCKS * BSIZE);
  if(IN_PROCESS("full disk", seed, run_full(seed, threads, steps)))
    check("fsck of a full disk", seed);
  printf("full: %d threads, %d steps each\n", threads, steps);
}

// Bytes here and there, mostly where they hurt.
static void
damage(unsigned *seed)
{
  unsigned log = *(unsigned *)(disk + BSIZE + 20), inodes = *(unsigned *)(disk + BSIZE + 24),
    bitmap = *(unsigned *)(disk + BSIZE + 28);
  for(unsigned n = 1 + rnd(seed) % 40; n; n--){
    unsigned block, at = rnd(seed) % BSIZE;
    switch(rnd(seed) % 10){
    case 0:
      block = rnd(seed) % 12 == 0 ? 1 : log;
      at %= 40;
      break;
    case 1:
      block = bitmap;
      break;
    case 2:
    case 3:
      block = bitmap + 1 + rnd(seed) % 300;
      break;
    default:
      block = inodes + rnd(seed) % 8;
    }
    if(rnd(seed) % 8 == 0){  // a block that is none of a file's
      unsigned inode = rnd(seed) % 60;
      *(unsigned *)(disk + inodes * BSIZE + inode * 64 + 12 + rnd(seed) % 13 * 4) = rnd(seed) % 2 ? 1 : rnd(seed) % 2000;
    } else if(block < BLOCKS)
      disk[block * BSIZE + at] = rnd(seed) % 3 ? rnd(seed) % 100 : rnd(seed);
  }
}

static void
bad_images(unsigned seed, int n)
{
  unsigned char superblock[BSIZE];
  used_image(seed);
  memcpy(before, disk, BLOCKS * BSIZE);
  for(int i = 0; i < n && failures < 5; i++){
    unsigned s = seed * 5003 + i;
    memcpy(disk, before, BLOCKS * BSIZE);
    damage(&s);
    memcpy(superblock, disk + BSIZE, BSIZE);
    IN_PROCESS("bad image", i, run_bad_image());
    if(memcmp(superblock, disk + BSIZE, BSIZE) != 0){
      printf("FAIL bad image (seed %d): the superblock was written\n", i);
      failures++;
    }
  }
  printf("bad: %d damaged images\n", n);
}

static void
pipes(unsigned seed)
{
  IN_PROCESS("pipes", seed, run_pipes(seed));
  printf("pipes: 3 writers, 3 readers\n");
}

static void
read_fresh_image(const char *name)
{
  FILE *f = fopen(name, "rb");
  if(f == 0 || fread(fresh, BSIZE, BLOCKS, f) != BLOCKS){
    printf("%s: no image of %d blocks\n", name, BLOCKS);
    exit(2);
  }
  fclose(f);
}

int
main(int argc, char **argv)
{
  const char *which = "quick";
  unsigned seed = 1;
  for(int i = 2; i < argc; i++)
    if(strcmp(argv[i], "-v") == 0)
      verbose = 1;
    else if(argv[i][0] >= '0' && argv[i][0] <= '9')
      seed = atoi(argv[i]);
    else
      which = argv[i];
  int fd = memfd_create("disk", 0);
  if(argc < 2 || fd < 0 || ftruncate(fd, BLOCKS * BSIZE) != 0){
    printf("usage: fstest IMAGE [quick | long | crash | crowd | errors | full | bad | pipes] [SEED] [-v]\n");
    return 2;
  }
  snprintf(disk_path, sizeof(disk_path), "/proc/%d/fd/%d", getpid(), fd);
  disk = mmap(0, BLOCKS * BSIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  fresh = shared(BLOCKS * BSIZE);
  before = shared(BLOCKS * BSIZE);
  crashed = shared(BLOCKS * BSIZE);
  trace = shared(sizeof(*trace));
  recovery = shared(sizeof(*recovery));
  read_fresh_image(image_name = argv[1]);
  int quick = strcmp(which, "quick") == 0, all = strcmp(which, "long") == 0;
  int rounds = all ? 10 : 1;
  for(int i = 0; i < rounds; i++, seed++){
    if(quick || all || strcmp(which, "crash") == 0)
      for(int e = 0; e < 2; e++)
        crash(seed, all ? 600 : 200, e, quick ? 80 : 3000);
    if(quick || all || strcmp(which, "crowd") == 0)
      crowds(seed, 4, quick ? 400 : 4000);
    if(quick || all || strcmp(which, "errors") == 0)
      errors(seed, quick ? 300 : 2000);
    if(quick || all || strcmp(which, "full") == 0)
      full(seed, 4, quick ? 400 : 4000);
    if(quick || all || strcmp(which, "bad") == 0)
      bad_images(seed, quick ? 100 : 2000);
    if(quick || all || strcmp(which, "pipes") == 0)
      pipes(seed);
  }
  printf(failures ? "FAILED: %d\n" : "file system on the host: all passed\n", failures);
  return failures != 0;
}
