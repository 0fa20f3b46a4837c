#ifndef RXV_UT_RUN_H
#define RXV_UT_RUN_H
// Runs the tests of one group (see ut.h): arguments, deadline, clean-up, leaks.

static int ut_report_fd = -1;
static int ut_verbose;

// The first entry of the current directory but . and ..: 1, and its name; 0: it is empty.
static int
ut_entry(char *name)
{
  struct dirent de;
  int fd = open(".", O_RDONLY), found = 0;

  while(!found && fd >= 0 && read(fd, &de, sizeof(de)) == sizeof(de)){
    memmove(name, de.name, DIRSIZ);
    name[DIRSIZ] = 0;
    found = de.inum != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
  }
  if(fd >= 0)
    close(fd);
  return found;
}

// Removes a file, or a directory with all in it. From inside, with no file open and nothing on the stack on the way down:
// a test may have moved directories into each other until no path is long enough.
static void
ut_remove(const char *path)
{
  char name[DIRSIZ + 1];
  int depth = 0;

  if(unlink(path) == 0 || chdir(path) < 0)
    return;
  for(int left = 100000; left > 0 && depth >= 0; left--){
    if(!ut_entry(name)){
      chdir("..");  // where the directory we were in is the first entry, and empty now
      depth--;
    } else if(unlink(name) < 0){
      if(chdir(name) < 0)
        break;
      depth++;
    }
  }
  for(; depth >= 0; depth--)
    chdir("..");
  unlink(path);
}

static void
ut_clean(void)
{
  ut_remove(UT_SCRATCH);
}

// Kills what is left of the test whose first process was pid: result, how many processes that were. They get
// three seconds to end by themselves: whoever frees most of memory may need some.
static int
ut_strays(int pid)
{
  static struct kstat_proc p[NPROC + NKTHREAD];
  int n, left = 0;

  memset(p, 0, sizeof(p));  // all of its pages are there from the first time on (ut_settle)
  for(int round = 0; round < 40; round++){
    n = kstat(KSTAT_PROC, p, sizeof(p)) / (int)sizeof(p[0]);
    int now = 0;
    for(int i = 0; i < n; i++){
      if(p[i].pid <= pid || p[i].state == PS_UNUSED || p[i].pid == getpid())
        continue;
      now++;
      if(round >= 30 && kill(p[i].pid) == 0 && round == 30)
        left++;
    }
    if(now == 0)
      break;
    pause(1);
  }
  return left;
}


// How much of everything is in use.
enum { USED_PAGES, USED_PACKETS, USED_FILES, USED_PROCS, USED_INODES, USED_SOCKS, NUSED };

static const char *const ut_units[NUSED] = { "pages", "packets", "open files", "processes", "i-nodes", "sockets" };

struct ut_used {
  long n[NUSED];
  long made;  // packets that have pages, which they keep
  long sock_pages;  // pages of sockets, which stay
};

static void
ut_use(struct ut_used *u)
{
  struct kstat_mem m;

  ut_mem(&m);
  u->n[USED_PAGES] = (long)((m.total - m.free) / PGSIZE);
  u->n[USED_PACKETS] = m.packets - m.packets_free;
  u->n[USED_FILES] = m.files - m.files_free;
  u->n[USED_PROCS] = m.procs - m.procs_free;
  u->n[USED_INODES] = m.inodes - m.inodes_free;
  u->n[USED_SOCKS] = m.socks - m.socks_free;
  u->made = m.packets_made;
  u->sock_pages = m.sock_pages;
}

// Pages by which memory in use may have grown since before: those of packets made since, and what describes them; and sockets'.
static long
ut_grown(const struct ut_used *before, const struct ut_used *now)
{
  long made = now->made - before->made;

  return (made > 0 ? made + made / 16 + 1 : 0) + now->sock_pages - before->sock_pages;
}

// In words, of what more is in use than before; 0: of nothing.
static const char *
ut_more(const struct ut_used *before, const struct ut_used *now)
{
  static char text[160];
  int len = 0;

  for(int i = 0; i < NUSED; i++){
    long more = now->n[i] - before->n[i] - (i == USED_PAGES ? ut_grown(before, now) : 0);
    if(more > 0)
      len += snprintf(text + len, sizeof(text) - len, " %ld %s", more, ut_units[i]);
  }
  return len ? text : 0;
}

// An idle hart keeps the page table of the process that it ran last, though that may be dead, until another one has
// run there. So as many processes as there may be harts spin until each hart has been seen with one of them, and end.
static void
ut_shake(void)
{
  static struct kstat_hart h[NCPU];
  int pid[NCPU], me = getpid(), harts, seen = 0;
  long end = ut_ms() + 3000;

  for(int i = 0; i < NCPU; i++)
    if((pid[i] = fork()) == 0){
      while(ut_ms() < end)
        ;
      exit(0);
    }
  do {
    harts = kstat(KSTAT_HART, h, sizeof(h)) / (int)sizeof(h[0]);
    for(int i = 0; i < harts; i++)
      for(int k = 0; k < NCPU; k++)
        if((int)h[i].pid == me || (int)h[i].pid == pid[k])
          seen |= 1 << i;
  } while(seen != (1 << harts) - 1 && ut_ms() < end);
  for(int i = 0; i < NCPU; i++)
    if(pid[i] > 0)
      kill(pid[i]);
  while(wait(0) > 0)
    ;
}

// What the test did not give back; 0: nothing. What is freed late, as a packet under way, gets a second.
static const char *
ut_leak(const struct ut_used *before, struct ut_used *least)
{
  struct ut_used now;
  const char *more;

  ut_use(least);
  for(int round = 0; (more = ut_more(before, least)) != 0 && round < 10; round++){
    ut_shake();
    if(round > 1)
      pause(1);
    ut_use(&now);
    for(int i = 0; i < NUSED; i++)
      if(now.n[i] < least->n[i])
        least->n[i] = now.n[i];
    least->made = now.made;
  }
  return more;
}

static void
ut_nothing(void)
{
}

// Touch all pages that this process will ever touch, whatever the tests leave behind: a page that comes later, while
// something is looked for or cleaned up, would be counted as lost.
static void
ut_settle(struct ut_used *u)
{
  struct ut_used more;

  ut_use(u);
  more = *u;
  more.n[USED_PROCS]++;
  ut_more(u, &more);
  ut_shake();
}

// The test in a child, a watchdog beside it. result: the child's status; *late: the watchdog killed it.
static int
ut_watch(const struct ut *t, int *first, int *late)
{
  int pid, dog, who, status, mine = UT_KILLED;

  if((pid = *first = fork()) == 0){
    if(ut_report_fd >= 0)
      close(ut_report_fd);
    ut_parent_waits();  // by then the watchdog is there
    if(mkdir(UT_SCRATCH) < 0 || chdir(UT_SCRATCH) < 0)
      FAIL("expected to make and enter %s, got errno %d", UT_SCRATCH, errno);
    t->run();
    exit(0);
  }
  if((dog = fork()) == 0){
    pause((t->seconds ? t->seconds : UT_SECONDS) * 10);
    exit(kill(pid) == 0);
  }
  *late = 0;
  while((who = wait(&status)) > 0){
    if(who == pid){
      mine = status;
      kill(dog);
    } else if(who == dog){
      *late = status == 1;
    }
  }
  return pid < 0 || dog < 0 ? UT_KILLED : mine;
}

// One test: 1 it passed. Prints its line.
static int
ut_one(const struct ut *t, struct ut_used *base)
{
  int pid, late, status, left;
  const char *more;
  struct ut_used least;
  long start = ut_ms();

  ut_name = t->name;
  if(ut_verbose && t->name[0])
    printf("test %s\n", t->name);
  ut_clean();
  status = ut_watch(t, &pid, &late);
  left = ut_strays(pid);
  ut_clean();
  if(unlink(UT_MARK) == 0 && status == 0)
    status = UT_FAILED;
  more = ut_leak(base, &least);
  if(t->name[0] == 0)
    ;
  else if(late)
    printf("test %s: FAILED: expected an end within %d s, got none\n", t->name, t->seconds ? t->seconds : UT_SECONDS);
  else if(status != 0 && status != UT_FAILED)
    printf("test %s: FAILED: expected exit status 0, got %d\n", t->name, status);
  else if(status == 0 && left)
    printf("test %s: FAILED: expected no process left, got %d\n", t->name, left);
  else if(status == 0 && more)
    printf("test %s: FAILED: expected all to be given back, still in use:%s\n", t->name, more);
  else if(status == 0 && ut_verbose)
    printf("test %s: OK (%ld ms)\n", t->name, ut_ms() - start);
  else if(status == 0)
    printf("test %s: OK\n", t->name);
  *base = least;  // what was lost is said once
  return status == 0 && !late && !left && !more;
}

// The next test of the group. The first one is preceded by one that does nothing: after it all pages are there.
static int
ut_next(const struct ut *t)
{
  static const struct ut nothing = { "", ut_nothing, 0, 0 };
  static struct ut_used base;
  static int begun;

  if(!begun){
    begun = 1;
    ut_settle(&base);
    ut_use(&base);
    ut_one(&nothing, &base);
  }
  return ut_one(t, &base);
}

// Is it among the names? Notes that they are known.
static int
ut_listed(const char *name, int n, char **names, uint *seen)
{
  int hit = 0;

  for(int i = 0; i < n; i++)
    if(strcmp(names[i], name) == 0){
      *seen |= 1u << i;
      hit = 1;
    }
  return hit;
}

// main of a group, ut_GROUP: the tests of these names; all of them, if there is none or GROUP is one.
// -q without the slow ones, -l only their names, -v with times, -r FD report to usertests.
static UT_UNUSED int
ut_main(int argc, char **argv, const struct ut *tests, int n)
{
  struct ut_report rep = { 0, 0, 0 };
  int quick = 0, list = 0, i;

  for(i = 1; i < argc && argv[i][0] == '-'; i++){
    if(strcmp(argv[i], "-q") == 0)
      quick = 1;
    else if(strcmp(argv[i], "-l") == 0)
      list = 1;
    else if(strcmp(argv[i], "-v") == 0)
      ut_verbose = 1;
    else if(strcmp(argv[i], "-r") == 0 && i + 1 < argc)
      ut_report_fd = atoi(argv[++i]);
    else {
      fprintf(2, "usage: %s [-q] [-l] [-v] [NAME...]\n", argv[0]);
      return 2;
    }
  }
  int whole = i == argc || ut_listed(argv[0] + 3, argc - i, argv + i, &rep.seen);
  for(const struct ut *t = tests; t < tests + n; t++){
    int named = ut_listed(t->name, argc - i, argv + i, &rep.seen);
    if(!named && !whole)
      continue;
    if(list)
      printf("%s%s\n", t->name, t->slow ? " (slow)" : "");
    else if(quick && t->slow && !named)
      continue;
    else if(ut_next(t))
      rep.passed++;
    else
      rep.failed++;
  }
  if(ut_report_fd >= 0)
    write(ut_report_fd, &rep, sizeof(rep));
  else if(!list)
    printf("%d passed, %d failed\n", rep.passed, rep.failed);
  return rep.failed || (argc > i && rep.passed == 0 && !list);
}

#define UT_MAIN(table)                                                      \
  int main(int argc, char **argv)                                           \
  {                                                                         \
    exit(ut_main(argc, argv, table, sizeof(table) / sizeof((table)[0])));   \
  }

#endif
