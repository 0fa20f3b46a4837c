// ut_dir: names: directories, links, renaming, the current directory. Run by usertests, or alone.

#include "user/tests/ut.h"

static char buf[4096];

// The path of the current directory must be `want` below the test's own.
static void
here(const char *want)
{
  char path[MAXPATH], full[MAXPATH] = UT_SCRATCH;

  if(*want){
    strlcat(full, "/", sizeof(full));
    strlcat(full, want, sizeof(full));
  }
  MUST(getcwd(path, sizeof(path)));
  if(strcmp(path, full) != 0)
    FAIL("expected to be in %s, getcwd says %s", full, path);
}

// ---- directories ----

static void
making(void)
{
  struct stat a, b;

  MUST(mkdir("d"));
  FAILS_AS(mkdir("d"), EEXIST);
  MUST(chdir("d"));
  MUST(chdir(".."));
  MUST(stat("d", &a));
  MUST(stat("d/.", &b));
  IS(a.ino, b.ino);
  MUST(stat("d/..", &a));
  MUST(stat(".", &b));
  IS(a.ino, b.ino);
  MUST(unlink("d"));
  FAILS(chdir("d"));
  FAILS(mkdir("missing/d"));
  FAILS(mkdir(""));
  FAILS(mkdir("/"));
  FAILS(unlink("missing"));
}

// Files and directories two deep, by all kinds of paths.
static void
nested(void)
{
  MUST(mkdir("dd"));
  ut_make("dd/ff", 1, 2);
  FAILS_AS(unlink("dd"), ENOTEMPTY);
  MUST(mkdir("/" "ut.tmp/dd/dd"));
  ut_make("dd/dd/ff", 2, 3);
  ut_holds("dd/dd/../ff", 1, 2);
  MUST(link("dd/dd/ff", "dd/dd/ffff"));
  MUST(unlink("dd/dd/ff"));
  FAILS(open("dd/dd/ff", O_RDONLY));
  MUST(chdir("dd"));
  MUST(chdir("dd/../../dd"));
  MUST(chdir("./dd//"));
  ut_holds("ffff", 2, 3);
  ut_holds("./../../dd/dd/ffff", 2, 3);
  MUST(chdir("../.."));
  FAILS(open("dd/dd/ffff/xx", O_CREATE | O_RDWR));
  FAILS(open("dd/xx/ff", O_CREATE | O_RDWR));
  FAILS(mkdir("dd/ff/xx"));
  FAILS(mkdir("dd/dd/ffff"));
  FAILS(link("dd/ff/xx", "dd/dd/xx"));
  FAILS(link("dd/xx/ff", "dd/dd/xx"));
  FAILS(link("dd/ff", "dd/dd/ffff"));
  FAILS(chdir("dd/ff"));
  FAILS(chdir("dd/xx"));
  FAILS(unlink("dd/dd"));
  MUST(unlink("dd/dd/ffff"));
  MUST(unlink("dd/ff"));
  FAILS(unlink("dd"));
  MUST(unlink("dd/dd"));
  MUST(unlink("dd"));
}

// A directory can be read, and is written by the system only.
static void
directories_as_files(void)
{
  struct dirent de;
  int fd, dots = 0, found = 0;

  MUST(mkdir("d"));
  ut_make("d/inside", 1, 1);
  FAILS_AS(open("d", O_RDWR), EISDIR);
  FAILS(open("d", O_WRONLY));
  FAILS(open("d", O_CREATE));
  FAILS(open("d", O_CREATE | O_RDWR));
  FAILS(open("d", O_RDONLY | O_TRUNC | O_WRONLY));
  FAILS(open(".", O_RDWR));
  fd = MUST(open("d", O_RDONLY));
  FAILS(write(fd, "x", 1));
  while(read(fd, &de, sizeof(de)) == sizeof(de)){
    dots += de.inum && de.name[0] == '.';
    found += de.inum && memcmp(de.name, "inside", 7) == 0;
  }
  IS(dots, 2);
  IS(found, 1);
}

// A file is no directory, in any place of a path.
static void
files_as_directories(void)
{
  ut_make("file", 1, 5);
  FAILS_AS(chdir("file"), ENOTDIR);
  FAILS(open("file/x", O_RDONLY));
  FAILS(open("file/x", O_CREATE | O_WRONLY));
  FAILS(mkdir("file/x"));
  FAILS(unlink("file/x"));
  FAILS(link("/README", "file/x"));
  FAILS(rename("file/x", "y"));
  FAILS(rename("/README", "file/x"));
  ut_holds("file", 1, 5);
  MUST(unlink("file"));
}

// "." and ".." stay.
static void
dots(void)
{
  MUST(mkdir("dots"));
  MUST(chdir("dots"));
  FAILS(unlink("."));
  FAILS(unlink(".."));
  FAILS(mkdir("."));
  FAILS(link("/README", ".."));
  FAILS(rename(".", "x"));
  FAILS(rename("..", "x"));
  MUST(chdir("/"));
  FAILS(unlink("/ut.tmp/dots/."));
  FAILS(unlink("/ut.tmp/dots/.."));
  MUST(unlink("/ut.tmp/dots"));
}

// Names have DIRSIZ bytes; what is longer is cut there, as xv6 does it, and found again by the same name.
static void
long_names(void)
{
  MUST(mkdir("12345678901234"));
  MUST(mkdir("12345678901234/123456789012345"));
  ut_make("123456789012345/123456789012345/123456789012345", 1, 9);
  ut_holds("12345678901234/12345678901234/12345678901234", 1, 9);
  FAILS(mkdir("12345678901234/12345678901234"));
  FAILS(mkdir("123456789012345/12345678901234"));
  MUST(unlink("123456789012345/12345678901234/12345678901234"));
  MUST(unlink("12345678901234/12345678901234"));
  MUST(unlink("12345678901234"));
}

// Empty paths in more directories than there are i-nodes in memory: what fails keeps hold of no i-node.
static void
empty_paths(void)
{
  for(int i = 0; i < NINODE + 5; i++){
    MUST(mkdir("deep"));
    MUST(chdir("deep"));
    FAILS(mkdir(""));
    FAILS(link("/README", ""));
    FAILS(unlink(""));
    FAILS(open("", O_CREATE));
    close(MUST(open("xx", O_CREATE)));
    MUST(unlink("xx"));
  }
  for(int i = 0; i < NINODE + 5; i++){
    MUST(chdir(".."));
    MUST(unlink("deep"));
  }
}

// A directory of several blocks: all its names are there, and gone one by one.
static void
many_names(void)
{
  char name[20];

  ut_make("first", 1, 4);
  for(int i = 0; i < 200; i++){
    ut_numbered(name, "name", i);
    MUST(link("first", name));
  }
  MUST(unlink("first"));
  for(int i = 0; i < 200; i++){
    ut_numbered(name, "name", i);
    if(i % 50 == 0)
      ut_holds(name, 1, 4);
    MUST(unlink(name));
    CHECK(!ut_exists(name));
  }
}

// A removed directory that somebody is in: he can leave, and nothing can be made in it.
static void
removed_under_us(void)
{
  int fd;

  MUST(mkdir("leaving"));
  MUST(chdir("leaving"));
  MUST(unlink("../leaving"));
  FAILS(open("new", O_CREATE | O_RDWR));
  FAILS(mkdir("new"));
  fd = open(".", O_RDONLY);
  if(fd >= 0)
    close(fd);
  MUST(chdir("/"));
  CHECK(!ut_exists("/ut.tmp/leaving"));
}

// The same with a child that stays in it until it ends; its directory is then freed.
static void
stays_in(long unused)
{
  MUST(mkdir("theirs"));
  MUST(chdir("theirs"));
  MUST(unlink("../theirs"));
}

static void
ends_in_removed(void)
{
  for(int i = 0; i < 10; i++)
    LIVES(stays_in, 0);
  CHECK(!ut_exists("theirs"));
}

// One opens a directory for writing while another unlinks it: no i-node may be lost or locked for good.
static void
opens_dir(long n)
{
  while(n-- > 0){
    int fd = open("race", O_RDWR);
    if(fd >= 0)
      FAIL("expected no directory opened for writing, got %d", fd);
  }
}

static void
open_and_remove(void)
{
  for(int i = 0; i < 10; i++){
    MUST(mkdir("race"));
    ut_start(opens_dir, 10);
    if(i % 2)
      yield();
    MUST(unlink("race"));
    ut_reap(1);
  }
}

// ---- links ----

static void
links(void)
{
  ut_make("a", 1, 50);
  MUST(link("a", "b"));
  MUST(unlink("a"));
  FAILS(open("a", O_RDONLY));
  ut_holds("b", 1, 50);
  FAILS_AS(link("b", "b"), EEXIST);
  MUST(unlink("b"));
  FAILS(link("b", "a"));
  FAILS(link(".", "a"));
  MUST(mkdir("d"));
  FAILS(link("d", "e"));
  FAILS(link("missing", "x"));
}

// Several processes create, link and unlink the same few names.
static void
link_mix(long seed)
{
  ut_seed = (uint)seed * 7919 + 1;
  for(int i = 0; i < 40; i++){
    uint r = ut_rand() % 3;
    if(r == 0)
      close(open("x", O_RDWR | O_CREATE));
    else if(r == 1)
      link("/cat", "x");
    else
      unlink("x");
  }
}

static void
link_and_unlink(void)
{
  for(int i = 0; i < 3; i++)
    ut_start(link_mix, i);
  ut_reap(3);
}

// Two processes make names in the same directory at the same time; each name appears once.
static void
make_names(long odd)
{
  char name[20];

  for(int i = 0; i < 20; i++){
    ut_numbered(name, "c", i);
    if(odd && i % 3 == 1)
      link("c0", name);
    else
      close(MUST(open(name, O_CREATE | O_RDWR)));
  }
}

static void
concurrent_names(void)
{
  char seen[20];
  struct dirent de;
  int fd;

  for(int round = 0; round < 5; round++){
    ut_start(make_names, 0);
    ut_start(make_names, 1);
    ut_reap(2);
    memset(seen, 0, sizeof(seen));
    fd = MUST(open(".", O_RDONLY));
    while(read(fd, &de, sizeof(de)) == sizeof(de))
      if(de.inum && de.name[0] == 'c'){
        int i = atoi(de.name + 1);
        CHECK(i >= 0 && i < 20);
        CHECK(!seen[i]++);
      }
    close(fd);
    for(int i = 0; i < 20; i++){
      IS(seen[i], 1);
      ut_numbered(buf, "c", i);
      MUST(unlink(buf));
    }
  }
}

// Four processes create and delete files of their own names in one directory.
static void
create_delete(long who)
{
  char name[20] = "p?";

  for(int i = 0; i < 15; i++){
    name[1] = (char)('0' + who);
    ut_numbered(name + 2, "", i);
    close(MUST(open(name, O_CREATE | O_RDWR)));
    if(i > 0 && i % 2 == 0){
      ut_numbered(name + 2, "", i / 2);
      MUST(unlink(name));
    }
  }
}

static void
creations_and_deletions(void)
{
  char name[20] = "p?";

  for(int i = 0; i < 4; i++)
    ut_start(create_delete, i);
  ut_reap(4);
  for(int i = 0; i < 15; i++)
    for(int who = 0; who < 4; who++){
      name[1] = (char)('0' + who);
      ut_numbered(name + 2, "", i);
      IS(ut_exists(name), i == 0 || i > 7);
    }
}

// ---- rename ----

static void
renaming_files(void)
{
  struct stat st;

  ut_make("a", 1, 10);
  MUST(rename("a", "b"));
  CHECK(!ut_exists("a"));
  ut_holds("b", 1, 10);
  ut_make("c", 2, 20);
  MUST(rename("c", "b"));
  CHECK(!ut_exists("c"));
  ut_holds("b", 2, 20);
  MUST(stat("b", &st));
  IS(st.nlink, 1);
  MUST(rename("b", "b"));
  ut_holds("b", 2, 20);
  FAILS_AS(rename("missing", "x"), ENOENT);
  FAILS(rename("b", "missing/x"));
  FAILS(rename("b", ""));
  FAILS(rename("", "x"));
  MUST(link("b", "d"));
  MUST(rename("b", "d"));  // two names of one file: one of them may stay
  ut_holds("d", 2, 20);
}

static void
renaming_directories(void)
{
  struct stat a, b;

  MUST(mkdir("x"));
  MUST(mkdir("y"));
  ut_make("x/in", 1, 10);
  MUST(rename("x", "y/x"));
  ut_holds("y/x/in", 1, 10);
  CHECK(!ut_exists("x"));
  MUST(stat("y/x/..", &a));
  MUST(stat("y", &b));
  IS(a.ino, b.ino);
  FAILS_AS(rename("y", "y/x/y"), EINVAL);
  FAILS(rename("y", "y/z"));
  MUST(mkdir("full"));
  ut_make("full/f", 1, 1);
  FAILS(rename("y", "full"));
  ut_make("file", 1, 1);
  FAILS(rename("y", "file"));
  FAILS(rename("file", "y"));
  MUST(mkdir("empty"));
  if(rename("y", "empty") == 0)
    MUST(rename("empty", "y"));
  MUST(rename("y/x", "x"));
  MUST(stat("x/..", &a));
  MUST(stat(".", &b));
  IS(a.ino, b.ino);
  MUST(unlink("y"));
  FAILS(rename("/", "root"));
}

// An open file keeps its content when another takes its name.
static void
rename_over_open(void)
{
  int fd;

  ut_make("a", 1, 100);
  ut_make("b", 2, 200);
  fd = MUST(open("b", O_RDONLY));
  MUST(rename("a", "b"));
  IS(read(fd, buf, 1000), 200);
  CHECK(ut_is_pattern(buf, 2, 0, 200));
  close(fd);
  ut_holds("b", 1, 100);
}

// Files that wander between two directories in opposite directions: no deadlock, no file lost.
static void
wanders(long who)
{
  char a[20] = "p/f?", b[20] = "q/f?";

  a[3] = b[3] = (char)('0' + who);
  ut_make(who % 2 ? a : b, (uint)who, 30);
  for(int i = 0; i < 20; i++){
    MUST(who % 2 ? rename(a, b) : rename(b, a));
    MUST(who % 2 ? rename(b, a) : rename(a, b));
  }
  ut_holds(who % 2 ? a : b, (uint)who, 30);
}

static void
rename_crosswise(void)
{
  MUST(mkdir("p"));
  MUST(mkdir("q"));
  for(int i = 0; i < 4; i++)
    ut_start(wanders, i);
  ut_reap(4);
}

// Two processes move two directories into each other: at most one may succeed.
static void
moves(long way)
{
  if(way)
    rename("m", "n/m");
  else
    rename("n", "m/n");
}

static void
rename_into_each_other(void)
{
  for(int i = 0; i < 20; i++){
    MUST(mkdir("m"));
    MUST(mkdir("n"));
    ut_start(moves, 0);
    ut_start(moves, 1);
    ut_reap(2);
    int m = ut_exists("m"), n = ut_exists("n");
    CHECK(m || n);
    unlink("m/n");
    unlink("n/m");
    if(m)
      MUST(unlink("m"));
    if(n)
      MUST(unlink("n"));
  }
}

// ---- the current directory ----

static void
current_directory(void)
{
  char path[MAXPATH];

  here("");
  MUST(mkdir("one"));
  MUST(mkdir("one/two"));
  MUST(chdir("one/two"));
  here("one/two");
  MUST(chdir(".."));
  here("one");
  MUST(chdir("./two/../two/."));
  here("one/two");
  MUST(chdir("../.."));
  here("");
  FAILS(chdir("missing"));
  here("");
  FAILS_AS(getcwd(path, 3), ERANGE);
  FAILS(getcwd(path, 0));
  MUST(chdir("/"));
  IS(getcwd(path, sizeof(path)), 1);
  IS(strcmp(path, "/"), 0);
  MUST(chdir(".."));
  MUST(getcwd(path, sizeof(path)));
  IS(strcmp(path, "/"), 0);
  MUST(chdir(UT_SCRATCH));
  MUST(mkdir("gone"));
  MUST(chdir("gone"));
  MUST(unlink("../gone"));
  FAILS_AS(getcwd(path, sizeof(path)), ENOENT);
  MUST(chdir(UT_SCRATCH));
}

// A child has its parent's directory, and changes only its own.
static void
goes_elsewhere(long unused)
{
  here("");
  MUST(mkdir("sub"));
  MUST(chdir("sub"));
  here("sub");
}

static void
directory_of_child(void)
{
  LIVES(goes_elsewhere, 0);
  here("");
}

// Directories deeper than a path can say: going on is possible step by step, or refused; leaving is possible.
static void
very_deep(void)
{
  char path[2 * MAXPATH];
  int n;

  for(n = 0; n < 40; n++)
    if(mkdir("directory") < 0 || chdir("directory") < 0)
      break;
  CHECK(n >= 10);
  getcwd(path, sizeof(path));
  while(n-- > 0){
    MUST(chdir(".."));
    MUST(unlink("directory"));
  }
}

static const struct ut tests[] = {
  { "making", making, 0, 0 },
  { "nested", nested, 0, 0 },
  { "directories_as_files", directories_as_files, 0, 0 },
  { "files_as_directories", files_as_directories, 0, 0 },
  { "dots", dots, 0, 0 },
  { "long_names", long_names, 0, 0 },
  { "empty_paths", empty_paths, 0, 60 },
  { "many_names", many_names, 0, 60 },
  { "removed_under_us", removed_under_us, 0, 0 },
  { "ends_in_removed", ends_in_removed, 0, 0 },
  { "open_and_remove", open_and_remove, 0, 0 },
  { "links", links, 0, 0 },
  { "link_and_unlink", link_and_unlink, 0, 0 },
  { "concurrent_names", concurrent_names, 0, 60 },
  { "creations_and_deletions", creations_and_deletions, 0, 0 },
  { "renaming_files", renaming_files, 0, 0 },
  { "renaming_directories", renaming_directories, 0, 0 },
  { "rename_over_open", rename_over_open, 0, 0 },
  { "rename_crosswise", rename_crosswise, 0, 60 },
  { "rename_into_each_other", rename_into_each_other, 0, 60 },
  { "current_directory", current_directory, 0, 0 },
  { "directory_of_child", directory_of_child, 0, 0 },
  { "very_deep", very_deep, 0, 0 },
};

UT_MAIN(tests)
