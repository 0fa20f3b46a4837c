// usertests [-q] [-c] [-l] [-v] [NAME...]: tests the system from inside, group by group. The tests are in
// the programs ut_GROUP; a NAME is a test or a group.
//   -q  without the slow ones   -c  again and again, until one fails   -l  only list   -v  say times, too

#include "user/tests/ut.h"

static const char *groups[] = {
  "mem", "cow", "edge", "leak", "ptr", "proc", "kill", "exec", "file", "dir", "path", "pipe", "poll",
  "sock", "connect", "lab", "hostile", "disk", "mix",
};
#define NGROUP ((int)(sizeof(groups) / sizeof(groups[0])))

static const char *options[4];  // handed on to the groups
static int noptions;

// Runs one group with the names given (none: all its tests) and adds to the sum; result: 0, or 1 when the
// group itself could not do its work.
static int
run_group(const char *group, char **names, int n, struct ut_report *sum)
{
  char path[32], *name;
  char *argv[MAXARG];
  char fd[8];
  struct ut_report rep = { 0, 0, 0 };
  int p[2], status = 0, argc = 0, got = 0;

  strcpy(path, "/tests/ut_");
  strcpy(path + strlen(path), group);
  name = strrchr(path, '/') + 1;
  if(pipe(p) < 0){
    printf("usertests: no pipe for %s\n", name);
    return 1;
  }
  ut_numbered(fd, "", p[1]);
  argv[argc++] = name;
  for(int i = 0; i < noptions; i++)
    argv[argc++] = (char *)options[i];
  argv[argc++] = "-r";
  argv[argc++] = fd;
  for(int i = 0; i < n && argc < MAXARG - 1; i++)
    argv[argc++] = names[i];
  argv[argc] = 0;
  if(fork() == 0){
    close(p[0]);
    exec(path, argv);
    exit(127);
  }
  close(p[1]);
  got = read(p[0], &rep, sizeof(rep));
  close(p[0]);
  wait(&status);
  sum->passed += rep.passed;
  sum->failed += rep.failed;
  sum->seen |= rep.seen;
  if(got == sizeof(rep))
    return 0;
  printf("usertests: expected a report from %s, its exit status is %d\n", path, status);
  return 1;
}

// One round. result: 0 all passed, 1 some failed, 2 a name that nobody knows.
static int
round(char **names, int n)
{
  struct ut_report sum = { 0, 0, 0 };
  int broken = 0, unknown = 0, whole[NGROUP];
  uint group_names = 0;

  for(int g = 0; g < NGROUP; g++){
    whole[g] = n == 0;
    for(int i = 0; i < n; i++)
      if(strcmp(names[i], groups[g]) == 0){
        whole[g] = 1;
        group_names |= 1u << i;
      }
  }
  for(int g = 0; g < NGROUP; g++)
    if(whole[g] || group_names != (1u << n) - 1)
      broken |= run_group(groups[g], names, n, &sum);
  for(int i = 0; i < n; i++)
    if(!((sum.seen | group_names) >> i & 1)){
      fprintf(2, "usertests: there is no test or group %s; -l lists them\n", names[i]);
      unknown = 1;
    }
  for(int i = 0; i < noptions; i++)
    if(strcmp(options[i], "-l") == 0)
      return unknown ? 2 : broken;
  printf("%d passed, %d failed\n", sum.passed, sum.failed + broken);
  if(!broken && !unknown && sum.failed == 0)
    printf("ALL TESTS PASSED\n");
  return unknown ? 2 : broken || sum.failed;
}

int
main(int argc, char **argv)
{
  int i, forever = 0, result;

  for(i = 1; i < argc && argv[i][0] == '-'; i++){
    if(strcmp(argv[i], "-c") == 0)
      forever = 1;
    else if(noptions < 4 && argv[i][1] && strchr("qlv", argv[i][1]) && argv[i][2] == 0)
      options[noptions++] = argv[i];
    else {
      fprintf(2, "usage: usertests [-q] [-c] [-l] [-v] [NAME...]\n");
      exit(2);
    }
  }
  if(argc - i > 20){
    fprintf(2, "usertests: 20 names at the most\n");
    exit(2);
  }
  do
    result = round(argv + i, argc - i);
  while(forever && result == 0);
  exit(result);
}
