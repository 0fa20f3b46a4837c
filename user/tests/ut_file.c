// ut_file: open files: reading, writing, positions, flags, descriptors, devices. Run by usertests, or alone.

#include "user/tests/ut.h"
#include "kernel/file.h"
#include "user/socket.h"

static char buf[12 * BSIZE];

// ---- open, read, write ----

static void
opening(void)
{
  ut_make("there", 1, 10);
  IS(open("there", O_RDONLY), 3);
  IS(close(3), 0);
  FAILS(close(3));
  FAILS_AS(open("missing", O_RDONLY), ENOENT);
  FAILS(open("missing", O_RDWR));
  FAILS(open("there/below", O_RDONLY));
  FAILS(open("missing/below", O_CREATE | O_RDWR));
  FAILS(open("", O_RDONLY));
  FAILS(open("", O_CREATE | O_RDWR));
  CHECK(!ut_exists("missing"));
}

// A hundred small writes, read back in one piece and in odd ones.
static void
small_writes(void)
{
  int fd = MUST(open("small", O_CREATE | O_RDWR)), at = 0;
  static const int pieces[] = { 1, 7, 10, 511, 64, 3 };

  for(int i = 0; i < 200; i++){
    ut_pattern(buf, 3, i * 10, 10);
    IS(write(fd, buf, 10), 10);
  }
  close(fd);
  ut_holds("small", 3, 2000);
  fd = MUST(open("small", O_RDONLY));
  for(int i = 0; at < 2000; i++){
    int n = pieces[i % 6], want = at + n > 2000 ? 2000 - at : n;
    IS(read(fd, buf, n), want);
    CHECK(ut_is_pattern(buf, 3, at, want));
    at += want;
  }
  IS(read(fd, buf, 10), 0);
  close(fd);
}

// Writes of all sizes around the block size and beyond what one transaction of the log holds.
static void
write_sizes(void)
{
  for(int n = 499; n < (int)sizeof(buf); n += 471){
    int fd = MUST(open("sizes", O_CREATE | O_RDWR));
    for(int i = 0; i < 2; i++){
      ut_pattern(buf, 4, i * n, n);
      IS(write(fd, buf, n), n);
    }
    close(fd);
    ut_holds("sizes", 4, 2 * n);
    MUST(unlink("sizes"));
  }
}

// A file of more blocks than an i-node names itself.
static void
indirect_blocks(void)
{
  ut_make("indirect", 5, (NDIRECT + 30) * BSIZE + 17);
  ut_holds("indirect", 5, (NDIRECT + 30) * BSIZE + 17);
  MUST(unlink("indirect"));
}

// Nothing read and nothing written is no error, and moves nothing.
static void
zero_bytes(void)
{
  int fd = MUST(open("zero", O_CREATE | O_RDWR)), fds[2];
  struct stat st;

  IS(write(fd, buf, 0), 0);
  IS(read(fd, buf, 0), 0);
  MUST(fstat(fd, &st));
  IS(st.size, 0);
  MUST(pipe(fds));
  IS(write(fds[1], buf, 0), 0);
  IS(write(1, buf, 0), 0);
}

// A descriptor does what it was opened for, and nothing else.
static void
one_way(void)
{
  int fds[2], fd;

  ut_make("way", 6, 20);
  fd = MUST(open("way", O_RDONLY));
  FAILS_AS(write(fd, "x", 1), EBADF);
  close(fd);
  fd = MUST(open("way", O_WRONLY));
  FAILS_AS(read(fd, buf, 1), EBADF);
  close(fd);
  MUST(pipe(fds));
  FAILS(write(fds[0], "x", 1));
  FAILS(read(fds[1], buf, 1));
  ut_holds("way", 6, 20);
}

// Reading and writing through one descriptor share its position.
static void
read_after_write(void)
{
  int fd = MUST(open("both", O_CREATE | O_RDWR));

  IS(write(fd, "hello", 5), 5);
  IS(read(fd, buf, 5), 0);
  close(fd);
  fd = MUST(open("both", O_RDWR));
  IS(read(fd, buf, 2), 2);
  IS(write(fd, "LL", 2), 2);
  IS(read(fd, buf, 5), 1);
  IS(buf[0], 'o');
  close(fd);
  fd = MUST(open("both", O_RDONLY));
  IS(read(fd, buf, 10), 5);
  IS(memcmp(buf, "heLLo", 5), 0);
}

// ---- O_TRUNC, O_CREATE, O_APPEND ----

// O_TRUNC empties the file for everybody who has it open; their positions stay, beyond the end.
static void
truncating(void)
{
  int a, b, c;

  ut_make("cut", 7, 1000);
  a = MUST(open("cut", O_RDONLY));
  IS(read(a, buf, 100), 100);
  b = MUST(open("cut", O_WRONLY | O_TRUNC));
  IS(read(a, buf, 100), 0);
  IS(write(b, "abcdef", 6), 6);
  IS(read(a, buf, 100), 0);
  c = MUST(open("cut", O_RDONLY));
  IS(read(c, buf, 100), 6);
  IS(memcmp(buf, "abcdef", 6), 0);
  close(a);
  close(b);
  close(c);
}

// A position beyond the end, left by somebody else's truncation: nothing can be written there, as in xv6.
static void
write_beyond_end(void)
{
  int a, b;

  ut_make("cut", 8, 1000);
  a = MUST(open("cut", O_RDWR));
  IS(read(a, buf, 900), 900);
  b = MUST(open("cut", O_WRONLY | O_TRUNC));
  FAILS(write(a, "x", 1));
  IS(write(b, "y", 1), 1);
  IS(read(MUST(open("cut", O_RDONLY)), buf, 1000), 1);
}

// O_TRUNC together with writers and readers of the same file, over and over.
static void
truncates(long n)
{
  while(n-- > 0){
    int fd = MUST(open("torn", O_WRONLY | O_TRUNC));
    IS(write(fd, "xxxxxxxx", 8), 8);
    close(fd);
  }
}

static void
truncate_race(void)
{
  ut_make("torn", 0, 0);
  ut_start(truncates, 60);
  for(int i = 0; i < 100; i++){
    int fd = MUST(open("torn", O_RDONLY)), n = read(fd, buf, 32);
    CHECK(n == 0 || (n == 8 && memcmp(buf, "xxxxxxxx", 8) == 0));
    close(fd);
    fd = MUST(open("torn", O_WRONLY | O_TRUNC));
    close(fd);
  }
  ut_reap(1);
}

// O_CREATE of a file that is there opens it as it is.
static void
creating(void)
{
  ut_make("mine", 9, 300);
  close(MUST(open("mine", O_CREATE | O_RDONLY)));
  ut_holds("mine", 9, 300);
  close(MUST(open("mine", O_CREATE | O_RDWR | O_TRUNC)));
  ut_holds("mine", 9, 0);
}

// O_APPEND: each write goes to the end, wherever other writers have moved it.
static void
appends(long who)
{
  int fd = MUST(open("log", O_WRONLY | O_APPEND));
  char line[8];

  memset(line, (int)('a' + who), 8);
  for(int i = 0; i < 25; i++)
    IS(write(fd, line, 8), 8);
}

static void
appending(void)
{
  int fd, count[4] = { 0, 0, 0, 0 };
  char line[8];

  ut_make("log", 0, 0);
  for(int i = 0; i < 4; i++)
    ut_start(appends, i);
  ut_reap(4);
  fd = MUST(open("log", O_RDONLY));
  while(read(fd, line, 8) == 8){
    for(int i = 1; i < 8; i++)
      IS(line[i], line[0]);
    CHECK(line[0] >= 'a' && line[0] < 'e');
    count[line[0] - 'a']++;
  }
  for(int i = 0; i < 4; i++)
    IS(count[i], 25);
}

// The same with writes that are several operations of the log each: they may mingle, but nothing is lost.
#define MUCH (130 * 1024)
static char lump[MUCH];

static void
appends_much(long who)
{
  int fd = MUST(open("log", O_WRONLY | O_APPEND));

  memset(lump, (int)('a' + who), MUCH);
  IS(write(fd, lump, MUCH), MUCH);
}

static void
appending_much(void)
{
  int n, fd, count[2] = { 0, 0 };

  for(int round = 0; round < 10; round++){
    ut_make("log", 0, 0);
    for(int i = 0; i < 2; i++)
      ut_start(appends_much, i);
    ut_reap(2);
    fd = MUST(open("log", O_RDONLY));
    count[0] = count[1] = 0;
    while((n = read(fd, lump, sizeof(lump))) > 0)
      for(int i = 0; i < n; i++)
        count[lump[i] - 'a']++;
    close(fd);
    IS(count[0], MUCH);
    IS(count[1], MUCH);
  }
}

// Six at once write files in pieces of 2000 bytes until no more fits in: each file is as long as one may be, all that was
// reported is in it, and the next write says why not.
static void
fills_file(long who)
{
  char name[8];
  long total = 0, n;

  ut_numbered(name, "six", who);
  int fd = MUST(open(name, O_CREATE | O_RDWR));
  memset(lump, (int)('a' + who), 2000);
  while((n = write(fd, lump, 2000)) > 0)
    total += n;
  IS(errno, EFBIG);
  IS(total, MAXFILE * BSIZE);
}

static void
six_largest_files(void)
{
  char name[8];
  struct stat st;

  for(int i = 0; i < 6; i++)
    ut_start(fills_file, i);
  ut_reap(6);
  for(int i = 0; i < 6; i++){
    ut_numbered(name, "six", i);
    MUST(stat(name, &st));
    IS(st.size, MAXFILE * BSIZE);
  }
}

// fcntl tells the flags, and changes O_APPEND and O_NONBLOCK only.
static void
flags(void)
{
  int fd = MUST(open("flags", O_CREATE | O_RDWR));

  IS(write(fd, "0123", 4), 4);
  close(fd);
  fd = MUST(open("flags", O_WRONLY));
  IS(fcntl(fd, F_GETFL, 0) & 3, O_WRONLY);
  IS(fcntl(fd, F_SETFL, O_APPEND), 0);
  CHECK(fcntl(fd, F_GETFL, 0) & O_APPEND);
  IS(fcntl(fd, F_GETFL, 0) & 3, O_WRONLY);
  IS(write(fd, "4", 1), 1);
  FAILS(read(fd, buf, 1));
  IS(fcntl(fd, F_SETFL, 0), 0);
  IS(fcntl(fd, F_GETFL, 0) & O_APPEND, 0);
  FAILS_AS(fcntl(fd, 99, 0), EINVAL);
  close(fd);
  fd = MUST(open("flags", O_RDONLY));
  IS(read(fd, buf, 10), 5);
}

// ---- descriptors ----

// dup shares the position, another open does not; the lowest free number is given.
static void
duplicates(void)
{
  int a, b, c;

  ut_make("dup", 10, 100);
  a = MUST(open("dup", O_RDONLY));
  b = MUST(dup(a));
  c = MUST(open("dup", O_RDONLY));
  IS(a, 3);
  IS(b, 4);
  IS(c, 5);
  IS(read(a, buf, 10), 10);
  IS(read(b, buf, 10), 10);
  CHECK(ut_is_pattern(buf, 10, 10, 10));
  IS(read(c, buf, 10), 10);
  CHECK(ut_is_pattern(buf, 10, 0, 10));
  close(a);
  IS(read(b, buf, 10), 10);
  CHECK(ut_is_pattern(buf, 10, 20, 10));
  IS(dup(c), 3);
}

// Parent and child share the position of a file opened before the fork: nobody overwrites the other.
static void
writes_letter(long letter)
{
  char line[10];

  memset(line, (int)letter, 10);
  for(int i = 0; i < 100; i++)
    IS(write(3, line, 10), 10);
}

static void
shared_position(void)
{
  int n, p = 0, c = 0;

  IS(open("shared", O_CREATE | O_RDWR), 3);
  ut_start(writes_letter, 'c');
  writes_letter('p');
  ut_reap(1);
  close(3);
  int fd = MUST(open("shared", O_RDONLY));
  while((n = read(fd, buf, sizeof(buf))) > 0)
    for(int i = 0; i < n; i++){
      p += buf[i] == 'p';
      c += buf[i] == 'c';
    }
  IS(p, 1000);
  IS(c, 1000);
}

// All descriptors of a process in use: the next call that needs one fails and gives back what it took.
static void
own_table_full(void)
{
  int n = 0, fd, fds[2];

  ut_make("one", 0, 1);
  while((fd = open("one", O_RDONLY)) >= 0)
    n++;
  IS(errno, EMFILE);
  IS(n, NOFILE - 3);
  FAILS(dup(3));
  FAILS(pipe(fds));
  FAILS(open("new", O_CREATE | O_WRONLY));
  MUST(close(7));
  FAILS(pipe(fds));
  IS(open("one", O_RDONLY), 7);
}

// All open files of the system in use: the same, for everybody, until one is closed.
static void
opens_all(long fd)
{
  char c;

  while(open("one", O_RDONLY) >= 0)
    ;
  write(fd, errno == ENFILE ? "f" : "m", 1);
  read(0, &c, 0);
  pause(100000);
}

static void
system_table_full(void)
{
  int fds[2], pid[2 * NFILE / NOFILE + 4], n = 0, fd, max = sizeof(pid) / sizeof(pid[0]);
  char c = 'm';

  ut_make("one", 0, 1);
  MUST(pipe(fds));
  while(c == 'm' && n < max){
    pid[n++] = ut_start(opens_all, fds[1]);
    IS(read(fds[0], &c, 1), 1);
  }
  if(c != 'f')
    FAIL("expected ENFILE after %d processes, got none", n);
  FAILS_AS(open("one", O_RDONLY), ENFILE);
  FAILS(pipe((int[2]){ 0, 0 }));
  while(n > 0){
    MUST(kill(pid[--n]));
    IS(ut_wait(), UT_KILLED);
  }
  fd = MUST(open("one", O_RDONLY));
  close(fd);
}

// i-nodes in memory run out: open fails, the files that are open stay as they are.
static void
holds_files(long first)
{
  char name[20];
  int n = 0;

  for(int i = (int)first; i < first + 12; i++){
    ut_numbered(name, "held", i);
    if(open(name, O_CREATE | O_RDWR) >= 0)
      n++;
  }
  CHECK(n <= 12);
  pause(5);
}

static void
inode_table_full(void)
{
  for(int i = 0; i < 6; i++)
    ut_start(holds_files, i * 12);
  pause(2);
  ut_reap(6);
  ut_make("after", 1, 100);
  ut_holds("after", 1, 100);
}

// ---- what fstat says; devices ----

static void
status(void)
{
  struct stat a, b;
  int fds[2];

  ut_make("stat", 1, 12345);
  MUST(stat("stat", &a));
  IS(a.type, T_FILE);
  IS(a.nlink, 1);
  IS(a.size, 12345);
  IS(a.dev, ROOTDEV);
  MUST(link("stat", "stat2"));
  MUST(stat("stat2", &b));
  IS(b.ino, a.ino);
  IS(b.nlink, 2);
  MUST(stat(".", &a));
  IS(a.type, T_DIR);
  MUST(stat("/", &b));
  IS(b.ino, ROOTINO);
  CHECK(a.ino != b.ino);
  FAILS(stat("missing", &a));
  MUST(pipe(fds));
  MUST(fstat(fds[0], &a));
  IS(a.type, T_PIPE);
}

// Devices are files with a number; a number without a driver cannot be used, and does no harm.
static void
devices(void)
{
  struct stat st;
  int fd;

  MUST(mknod("null", DEVNULL, 0));
  MUST(mknod("zero", DEVZERO, 0));
  MUST(mknod("random", DEVRANDOM, 0));
  MUST(mknod("nodriver", 9, 0));
  MUST(mknod("nonumber", NDEV + 5, 0));
  FAILS(mknod("null", DEVNULL, 0));
  fd = MUST(open("null", O_RDWR));
  MUST(fstat(fd, &st));
  IS(st.type, T_DEVICE);
  IS(write(fd, buf, 500), 500);
  IS(read(fd, buf, 500), 0);
  fd = MUST(open("zero", O_RDWR));
  memset(buf, 1, 500);
  IS(read(fd, buf, 500), 500);
  for(int i = 0; i < 500; i++)
    IS(buf[i], 0);
  fd = MUST(open("random", O_RDONLY));
  IS(read(fd, buf, 64), 64);
  IS(read(fd, buf + 64, 64), 64);
  CHECK(memcmp(buf, buf + 64, 64) != 0);
  if((fd = open("nodriver", O_RDWR)) >= 0){
    FAILS(read(fd, buf, 1));
    FAILS(write(fd, buf, 1));
  }
  FAILS(open("nonumber", O_RDWR));
  MUST(unlink("null"));
  FAILS(mknod("missing/null", DEVNULL, 0));
}

// getrandom fills what it is asked to fill, differently each time.
static void
random_bytes(void)
{
  memset(buf, 0, 400);
  IS(getrandom(buf, 128), 128);
  IS(getrandom(buf + 200, 128), 128);
  CHECK(memcmp(buf, buf + 200, 128) != 0);
  IS(buf[128], 0);
  CHECK(getrandom(buf, 0) == 0);
}

// ---- unlinked and still open ----

static void
unlinked_open(void)
{
  int fd, other;

  ut_make("gone", 11, 500);
  fd = MUST(open("gone", O_RDWR));
  MUST(unlink("gone"));
  CHECK(!ut_exists("gone"));
  ut_make("gone", 12, 3);
  IS(read(fd, buf, 1000), 500);
  CHECK(ut_is_pattern(buf, 11, 0, 500));
  IS(write(fd, "more", 4), 4);
  close(fd);
  ut_holds("gone", 12, 3);
  other = MUST(open("gone", O_RDONLY));
  MUST(unlink("gone"));
  close(other);
}

// A process that ends with an unlinked file open gives its blocks back (the disk group counts them).
static void
ends_with_open(long n)
{
  char name[20];

  ut_numbered(name, "open", (int)n);
  int fd = MUST(open(name, O_CREATE | O_RDWR));
  MUST(unlink(name));
  ut_pattern(buf, 1, 0, 4000);
  IS(write(fd, buf, 4000), 4000);
}

static void
ends_with_unlinked(void)
{
  for(int i = 0; i < 20; i++)
    LIVES(ends_with_open, i);
}

// ---- together ----

// Several processes write a file each at the same time.
static void
writes_file(long n)
{
  char name[20];

  ut_numbered(name, "several", (int)n);
  ut_make(name, (uint)n, 6000 + (uint)n);
}

static void
several_files(void)
{
  char name[20];

  for(int round = 0; round < 3; round++){
    for(int i = 0; i < 5; i++)
      ut_start(writes_file, i);
    ut_reap(5);
    for(int i = 0; i < 5; i++){
      ut_numbered(name, "several", i);
      ut_holds(name, i, 6000 + i);
      MUST(unlink(name));
    }
  }
}

// sync() says when all is on the disk.
static void
synced(void)
{
  ut_make("sync", 1, 3000);
  IS(sync(), 0);
  ut_holds("sync", 1, 3000);
}

// fsync() says the same of one file, or directory, however it was opened; what has nothing on a disk is refused.
static void
file_synced(void)
{
  int fd = MUST(open("fsync", O_CREATE | O_WRONLY)), dir = MUST(open(".", O_RDONLY)), zero;
  int sock = MUST(socket(AF_INET, SOCK_DGRAM, 0)), ends[2];

  MUST(pipe(ends));
  MUST(mknod("zero", DEVZERO, 0));
  zero = MUST(open("zero", O_RDWR));
  for(int i = 0; i < 20; i++){
    IS(write(fd, "0123456789", 10), 10);
    IS(fsync(fd), 0);
  }
  IS(fsync(dir), 0);
  MUST(close(fd));
  FAILS_AS(fsync(fd), EBADF);
  FAILS_AS(fsync(-1), EBADF);
  FAILS_AS(fsync(1000), EBADF);
  fd = MUST(open("fsync", O_RDONLY));
  IS(fsync(fd), 0);
  MUST(unlink("fsync"));
  IS(fsync(fd), 0);
  FAILS_AS(fsync(zero), EINVAL);
  FAILS_AS(fsync(ends[0]), EINVAL);
  FAILS_AS(fsync(ends[1]), EINVAL);
  FAILS_AS(fsync(sock), EINVAL);
}

static const struct ut tests[] = {
  { "opening", opening, 0, 0 },
  { "small_writes", small_writes, 0, 0 },
  { "write_sizes", write_sizes, 0, 0 },
  { "indirect_blocks", indirect_blocks, 0, 0 },
  { "zero_bytes", zero_bytes, 0, 0 },
  { "one_way", one_way, 0, 0 },
  { "read_after_write", read_after_write, 0, 0 },
  { "truncating", truncating, 0, 0 },
  { "write_beyond_end", write_beyond_end, 0, 0 },
  { "truncate_race", truncate_race, 0, 60 },
  { "creating", creating, 0, 0 },
  { "appending", appending, 0, 0 },
  { "appending_much", appending_much, 0, 60 },
  { "six_largest_files", six_largest_files, 0, 60 },
  { "flags", flags, 0, 0 },
  { "duplicates", duplicates, 0, 0 },
  { "shared_position", shared_position, 0, 0 },
  { "own_table_full", own_table_full, 0, 0 },
  { "system_table_full", system_table_full, 0, 0 },
  { "inode_table_full", inode_table_full, 0, 0 },
  { "status", status, 0, 0 },
  { "devices", devices, 0, 0 },
  { "random_bytes", random_bytes, 0, 0 },
  { "unlinked_open", unlinked_open, 0, 0 },
  { "ends_with_unlinked", ends_with_unlinked, 0, 0 },
  { "several_files", several_files, 0, 0 },
  { "synced", synced, 0, 0 },
  { "file_synced", file_synced, 0, 0 },
};

UT_MAIN(tests)
