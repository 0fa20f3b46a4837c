// ut_path: names and paths at their limits, and many processes at work on the same few names: whatever comes first, the
// tree stays a tree, and all of it can be removed. What the disk holds then is for mkfs/fsck to say (tests/guest/s_disk.py).
// Run by usertests, or alone.

#include "user/tests/ut.h"

#define CROWD 8
#define ROUNDS 120

// Names of 13, 14 and 15 bytes: the last is cut off, so it is the same as one of 14.
static void
name_lengths(void)
{
  struct stat full, cut;

  ut_make("a23456789_123", 1, 10);
  ut_make("a23456789_1234", 2, 20);
  ut_make("a23456789_12345", 3, 30);
  ut_holds("a23456789_123", 1, 10);
  ut_holds("a23456789_1234", 3, 30);
  MUST(stat("a23456789_1234", &full));
  MUST(stat("a23456789_12345_and_more", &cut));
  IS(cut.ino, full.ino);
  FAILS_AS(link("a23456789_123", "a23456789_1234x"), EEXIST);
  FAILS_AS(mkdir("a23456789_1234y"), EEXIST);
  MUST(rename("a23456789_123", "b23456789_123456"));
  ut_holds("b23456789_1234", 1, 10);
  FAILS_AS(open("a23456789_123", O_RDONLY), ENOENT);
  MUST(unlink("a23456789_1234z"));
  FAILS_AS(unlink("a23456789_1234"), ENOENT);
}

// A path of n bytes, without its zero, that leads to `name`.
static const char *
path_of(int n, const char *name)
{
  static char path[4 * MAXPATH];
  int len = strlen(name), i = 0;

  for(; i + 2 + len <= n; i += 2)
    memmove(path + i, "./", 2);
  for(; i + len < n; i++)
    path[i] = '/';
  strcpy(path + i, name);
  return path;
}

static void
too_long(int n)
{
  FAILS_AS(open(path_of(n, "f"), O_CREATE | O_RDWR), ENAMETOOLONG);
  FAILS_AS(unlink(path_of(n, "f")), ENAMETOOLONG);
  FAILS_AS(mkdir(path_of(n, "new")), ENAMETOOLONG);
  FAILS_AS(mknod(path_of(n, "new"), 2, 0), ENAMETOOLONG);
  FAILS_AS(chdir(path_of(n, "d")), ENAMETOOLONG);
  FAILS_AS(link("f", path_of(n, "new")), ENAMETOOLONG);
  FAILS_AS(link(path_of(n, "f"), "new"), ENAMETOOLONG);
  FAILS_AS(rename("f", path_of(n, "new")), ENAMETOOLONG);
  FAILS_AS(rename(path_of(n, "f"), "new"), ENAMETOOLONG);
  FAILS_AS(exec(path_of(n, "f"), (char *[]){ "f", 0 }), ENAMETOOLONG);
}

// The longest path that a call takes has MAXPATH - 1 bytes and its zero.
static void
path_lengths(void)
{
  ut_make("f", 1, 5);
  MUST(mkdir("d"));
  for(int n = MAXPATH - 2; n < MAXPATH; n++){
    ut_holds(path_of(n, "f"), 1, 5);
    MUST(link("f", path_of(n, "g")));
    MUST(rename(path_of(n, "g"), "h"));
    MUST(unlink(path_of(n, "h")));
    MUST(mkdir(path_of(n, "e")));
    MUST(chdir(path_of(n, "e")));
    MUST(chdir(".."));
    MUST(unlink("e"));
  }
  too_long(MAXPATH);
  too_long(MAXPATH + 1);
  too_long(3 * MAXPATH);
  ut_holds("f", 1, 5);
}

// A tree that no path leads through, and renames within it.
static void
deeper_than_paths(void)
{
  char path[MAXPATH];
  int n;

  for(n = 0; n < 2 * MAXPATH; n++){
    MUST(mkdir("x"));
    MUST(chdir("x"));
  }
  FAILS_AS(getcwd(path, sizeof(path)), ERANGE);
  ut_make("f", 1, 3000);
  MUST(rename("f", "../g"));
  MUST(mkdir("y"));
  MUST(rename("y", "../../z"));
  FAILS_AS(rename("../../../x", "w"), EINVAL);  // into itself
  ut_holds("../g", 1, 3000);
  for(; n > 0; n--){
    MUST(chdir(".."));
    if(n == 2 * MAXPATH)
      MUST(unlink("g"));
    if(n == 2 * MAXPATH - 1)
      MUST(unlink("z"));
    MUST(unlink("x"));
  }
}

// ---- crowds

static const char *
one_of(const char *const *names, uint n)
{
  return names[(ut_rand() >> 8) % n];
}

static void
works_on_names(long who)
{
  static const char *const names[] = { "a", "b", "c", "a/a", "a/b", "b/a", "b/b", "c/a", "a/b/c" };
  int fd;

  ut_seed += (uint)who * 7919;
  for(int i = 0; i < ROUNDS; i++){
    const char *x = one_of(names, 9), *y = one_of(names, 9);
    switch((ut_rand() >> 8) % 7){
    case 0:
      if((fd = open(x, O_CREATE | O_RDWR)) >= 0){
        write(fd, y, 1);
        close(fd);
      }
      break;
    case 1:
    case 2:
      mkdir(x);
      break;
    case 3:
      link(x, y);
      break;
    case 4:
      unlink(x);
      break;
    default:
      rename(x, y);
    }
  }
}

static void
same_names(void)
{
  for(int i = 0; i < CROWD; i++)
    ut_start(works_on_names, i);
  ut_reap(CROWD);
}

// Does the way up from here end at the scratch directory?
static void
check_up(void)
{
  struct stat top, here;

  MUST(stat(UT_SCRATCH, &top));
  for(int steps = 0;; steps++){
    MUST(stat(".", &here));
    if(here.ino == top.ino)
      return;
    CHECK(steps < 50);
    MUST(chdir(".."));
  }
}

static void
moves_directories(long who)
{
  static const char *const names[] = { "a", "b", "c", "d", "a/b", "b/a", "a/c", "c/a", "b/c", "c/b", "d/a", "a/b/c", "c/b/a",
                                       "b/c/d" };

  ut_seed += (uint)who * 104729;
  for(int i = 0; i < ROUNDS; i++){
    rename(one_of(names, 14), one_of(names, 14));
    if(i % 16 == 0 && chdir(one_of(names, 14)) == 0){
      struct stat st;
      stat("..", &st);
      MUST(chdir(UT_SCRATCH));
    }
  }
}

static uint
count_directories(void)
{
  char name[DIRSIZ + 1];
  struct dirent de;
  uint found = 0;
  int fd = MUST(open(".", O_RDONLY));

  while(read(fd, &de, sizeof(de)) == sizeof(de)){
    memmove(name, de.name, DIRSIZ);
    name[DIRSIZ] = 0;
    if(de.inum == 0 || name[0] == '.')
      continue;
    MUST(chdir(name));
    found += 1 + count_directories();
    MUST(chdir(".."));
  }
  close(fd);
  return found;
}

// Directories move into each other from all sides. None ends up below itself, where nobody would find it any more; an
// empty one may be replaced, but the last one cannot.
static void
no_loops(void)
{
  static const char *const names[] = { "a", "b", "c", "d" };

  for(int i = 0; i < 4; i++)
    MUST(mkdir(names[i]));
  for(int i = 0; i < CROWD; i++)
    ut_start(moves_directories, i);
  ut_reap(CROWD);
  uint left = count_directories();
  CHECK(left >= 1 && left <= 4);
  while(ut_exists("a") || ut_exists("b") || ut_exists("c") || ut_exists("d")){
    const char *n = one_of(names, 4);
    if(chdir(n) < 0)
      continue;
    check_up();
    ut_remove(n);
  }
}

// One file after the other takes the name of one that is open: who has it open reads the old one to its end.
static void
reads_whole(long who)
{
  static char b[500];

  for(int i = 0; i < ROUNDS; i++){
    int fd = open("f", O_RDONLY), n, all = 0, first = -1;
    CHECK(fd >= 0);
    while((n = read(fd, b, sizeof(b))) > 0){
      for(int k = 0; k < n; k++){
        first = first < 0 ? b[0] : first;
        IS(b[k], first);
      }
      all += n;
      yield();
    }
    IS(all, 3000);
    close(fd);
  }
}

static void
replaces(long who)
{
  static char b[3000];
  char name[20];

  ut_numbered(name, "new", (int)who);
  for(int i = 0; i < ROUNDS / 2; i++){
    int fd = MUST(open(name, O_CREATE | O_TRUNC | O_WRONLY));
    memset(b, (int)('a' + (who * 7 + i) % 26), sizeof(b));
    IS(write(fd, b, sizeof(b)), sizeof(b));
    close(fd);
    MUST(rename(name, "f"));
  }
}

static void
replaced_while_open(void)
{
  static char b[3000];
  int fd = MUST(open("f", O_CREATE | O_WRONLY));

  IS(write(fd, b, sizeof(b)), sizeof(b));
  close(fd);
  for(int i = 0; i < CROWD / 2; i++){
    ut_start(replaces, i);
    ut_start(reads_whole, i);
  }
  ut_reap(CROWD);
}

// Processes sit in directories that others remove and make again. Where they are then, nothing can be made or found.
static void
sits(long who)
{
  char path[MAXPATH];

  for(int i = 0; i < ROUNDS; i++){
    if(chdir("d") < 0)
      continue;
    yield();
    int fd = open("here", O_CREATE | O_RDWR);
    if(fd >= 0){
      close(fd);
      unlink("here");
    }
    mkdir("sub");
    unlink("sub");
    getcwd(path, sizeof(path));
    unlink("../d");
    MUST(chdir(UT_SCRATCH));
    mkdir("d");
  }
}

static void
directory_goes(void)
{
  for(int i = 0; i < CROWD; i++)
    ut_start(sits, i);
  ut_reap(CROWD);
}

static const struct ut tests[] = {
  { "name_lengths", name_lengths, 0, 0 },
  { "path_lengths", path_lengths, 0, 0 },
  { "deeper_than_paths", deeper_than_paths, 0, 60 },
  { "same_names", same_names, 0, 60 },
  { "no_loops", no_loops, 0, 60 },
  { "replaced_while_open", replaced_while_open, 0, 60 },
  { "directory_goes", directory_goes, 0, 60 },
};

UT_MAIN(tests)
