// ut_disk: the limits of the disk: the largest file, no blocks left, no i-nodes left, the log under load. Most
// of it is slow. Run by usertests, or alone.

#include "user/tests/ut.h"

static char block[BSIZE];
static char blocks[8 * BSIZE];

// A file of MAXFILE blocks, each with its number in it; one block more does not fit.
static void
largest_file(void)
{
  int fd = MUST(open("large", O_CREATE | O_RDWR)), n, number;

  for(int i = 0; i < (int)MAXFILE; i++){
    memmove(block, &i, sizeof(i));
    n = write(fd, block, BSIZE);
    if(n != BSIZE)
      FAIL("expected block %d of %d to be written, got %d", i, (int)MAXFILE, n);
  }
  FAILS_AS(write(fd, block, BSIZE), EFBIG);
  close(fd);
  fd = MUST(open("large", O_RDONLY));
  for(n = 0; read(fd, block, BSIZE) == BSIZE; n++){
    memmove(&number, block, sizeof(number));
    IS(number, n);
  }
  IS(n, MAXFILE);
  close(fd);
  MUST(unlink("large"));
}

// Large writes cross the end of what one transaction may change, and the end of the file.
static void
large_writes(void)
{
  int fd = MUST(open("large", O_CREATE | O_RDWR)), n, sum = 0;

  while((n = write(fd, blocks, sizeof(blocks))) > 0)
    sum += n;
  CHECK(sum <= (int)(MAXFILE * BSIZE));
  CHECK(sum > (int)((MAXFILE - 8) * BSIZE));
  close(fd);
}

// Fills the disk with files f0, f1, ...: how many blocks went in.
static int
fill_disk(int *nfiles)
{
  char name[20];
  int sum = 0, n, fd;

  for(*nfiles = 0;; (*nfiles)++){
    ut_numbered(name, "f", *nfiles);
    if((fd = open(name, O_CREATE | O_WRONLY | O_TRUNC)) < 0)
      return sum;
    for(int i = 0; i < (int)MAXFILE && (n = write(fd, block, BSIZE)) == BSIZE; i++)
      sum++;
    close(fd);
    if(n != BSIZE){
      (*nfiles)++;
      return sum;
    }
    if(*nfiles > 100)
      FAIL("expected a full disk after %d blocks", sum);
  }
}

static void
remove_files(const char *prefix, int n)
{
  char name[20];

  for(int i = 0; i < n; i++){
    ut_numbered(name, prefix, i);
    MUST(unlink(name));
  }
}

// A full disk is an error of the call that needed a block. All else goes on, and everything can be removed;
// afterwards as many blocks are free as before.
static void
disk_full(void)
{
  int files, first, second, fd;

  first = fill_disk(&files);
  CHECK(first > 100);
  fd = MUST(open("f0", O_WRONLY | O_APPEND));
  FAILS_AS(write(fd, blocks, sizeof(blocks)), files > 1 ? EFBIG : ENOSPC);
  close(fd);  // an open file keeps its blocks
  for(int i = 0; i < 10; i++)
    mkdir("dir");
  fd = open("g", O_CREATE | O_RDWR);
  if(fd >= 0){
    CHECK(write(fd, blocks, sizeof(blocks)) <= 0);
    close(fd);
    MUST(unlink("g"));
  }
  unlink("dir");
  fd = MUST(open("f0", O_RDONLY));
  IS(read(fd, block, BSIZE), BSIZE);
  close(fd);
  remove_files("f", files);
  second = fill_disk(&files);
  remove_files("f", files);
  if(second < first || second > first + 2)
    FAIL("expected %d blocks to be free again, got %d", first, second);
}

// The last free block goes to nobody who needs two: a write that fails leaves it free.
static void
last_block(void)
{
  int files, fd, empty, rest;

  fd = MUST(open("direct", O_CREATE | O_WRONLY | O_APPEND));
  for(int i = 0; i < NDIRECT; i++)
    IS(write(fd, block, BSIZE), BSIZE);
  ut_make("one", 1, BSIZE);
  empty = MUST(open("empty", O_CREATE | O_WRONLY));
  rest = MUST(open("rest", O_CREATE | O_WRONLY));
  fill_disk(&files);
  while(write(rest, block, 1) == 1)  // fill_disk may have left one, for the same reason
    ;
  MUST(unlink("one"));
  FAILS_AS(write(fd, block, 1), ENOSPC);
  IS(write(empty, block, BSIZE), BSIZE);
  FAILS_AS(write(empty, block, 1), ENOSPC);
  remove_files("f", files);
}

// Directories on a full disk: making names fails sooner or later, and breaks nothing.
static void
full_directories(void)
{
  char name[20];
  int files, made = 0;

  MUST(mkdir("d"));
  fill_disk(&files);
  for(; made < 200; made++){
    ut_numbered(name, "d/n", made);
    if(mkdir(name) < 0)
      break;
  }
  CHECK(made < 200);
  remove_files("d/n", made);
  remove_files("f", files);
  MUST(mkdir("d/again"));
  MUST(unlink("d/again"));
}

// Nothing leaks from writes whose buffer is bad: with a leak the disk would be full long before the end.
static void
failing_writes(void)
{
  int fd, files;

  for(int i = 0; i < 300; i++){
    fd = MUST(open("junk", O_CREATE | O_WRONLY));
    FAILS(write(fd, (char *)0xffffffffffL, 1));
    close(fd);
    MUST(unlink("junk"));
  }
  fd = MUST(open("junk", O_CREATE | O_WRONLY));
  IS(write(fd, "x", 1), 1);
  close(fd);
  CHECK(fill_disk(&files) > 100);
  remove_files("f", files);
}

// Files that were open without a name when their process was killed give their blocks back.
static void
holds_blocks(long fd)
{
  int f = MUST(open("nameless", O_CREATE | O_RDWR));

  MUST(unlink("nameless"));
  for(int i = 0; i < 200; i++)
    IS(write(f, block, BSIZE), BSIZE);
  MUST(write((int)fd, "x", 1));
  pause(100000);
}

static void
killed_with_blocks(void)
{
  int files, first = fill_disk(&files), second, fds[2];
  char c;

  remove_files("f", files);
  MUST(pipe(fds));
  for(int i = 0; i < 3; i++){
    int pid = ut_start(holds_blocks, fds[1]);
    IS(read(fds[0], &c, 1), 1);
    MUST(kill(pid));
    IS(ut_wait(), UT_KILLED);
  }
  second = fill_disk(&files);
  remove_files("f", files);
  if(second < first)
    FAIL("expected %d blocks to be free again, got %d", first, second);
}

// All i-nodes in use: no new file, until one is removed. Twice, with the same number both times.
static int
use_inodes(void)
{
  char name[20];
  int n = 0, fd;

  for(;; n++){
    ut_numbered(name, "i", n);
    if((fd = open(name, O_CREATE | O_RDWR | O_TRUNC)) < 0)
      return n;
    close(fd);
    if(n > 5000)
      FAIL("expected i-nodes to run out, %d files were made", n);
  }
}

static void
inodes_gone(void)
{
  int first = use_inodes(), second;

  CHECK(first > 5);
  FAILS(mkdir("d"));
  FAILS(mknod("null", 2, 0));
  remove_files("i", first);
  second = use_inodes();
  remove_files("i", second);
  IS(second, first);
}

// Many processes write files of their own at the same time, more than the log holds, and read them back.
static void
writes_much(long who)
{
  char name[20];

  ut_numbered(name, "much", (int)who);
  for(int round = 0; round < 8; round++){
    ut_make(name, (uint)(who * 100 + round), 20000);
    ut_holds(name, (uint)(who * 100 + round), 20000);
    MUST(unlink(name));
  }
}

static void
log_under_load(void)
{
  for(int i = 0; i < 6; i++)
    ut_start(writes_much, i);
  ut_reap(6);
}

// More blocks are read than the cache holds, by several at once.
static void
reads_all(long file)
{
  char name[20];

  ut_numbered(name, "r", (int)file);
  for(int i = 0; i < 3; i++)
    ut_holds(name, (uint)file, 100 * BSIZE);
}

static void
cache_under_load(void)
{
  char name[20];

  for(int i = 0; i < 4; i++){
    ut_numbered(name, "r", i);
    ut_make(name, i, 100 * BSIZE);
  }
  for(int i = 0; i < 4; i++)
    ut_start(reads_all, i);
  ut_reap(4);
}

// A directory with hundreds of entries, made and emptied.
static void
large_directory(void)
{
  char name[20];

  ut_make("one", 1, 1);
  for(int i = 0; i < 500; i++){
    ut_numbered(name, "x", i);
    MUST(link("one", name));
  }
  for(int i = 0; i < 500; i++){
    ut_numbered(name, "x", i);
    MUST(unlink(name));
  }
}

static const struct ut tests[] = {
  { "largest_file", largest_file, 0, 60 },
  { "large_writes", large_writes, 0, 60 },
  { "disk_full", disk_full, 1, 300 },
  { "last_block", last_block, 1, 300 },
  { "full_directories", full_directories, 1, 300 },
  { "failing_writes", failing_writes, 1, 300 },
  { "killed_with_blocks", killed_with_blocks, 1, 300 },
  { "inodes_gone", inodes_gone, 1, 300 },
  { "log_under_load", log_under_load, 1, 300 },
  { "cache_under_load", cache_under_load, 1, 300 },
  { "large_directory", large_directory, 1, 300 },
};

UT_MAIN(tests)
