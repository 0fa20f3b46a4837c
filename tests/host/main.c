// Runs the tests, each in a process of its own, on a machine that nobody used before.
//
//   tests           all of them      tests WORD      those with the word in their name
//   tests -1 ...    until one fails

#include "shim/host.h"
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 20  // that one test may take

static struct test *tests, **last = &tests;

void
test_register(struct test *t)
{
  *last = t;
  last = &t->next;
}

static void
run(struct test *t)
{
  alarm(SECONDS);
  test_begin();
  t->fn();
  test_end();
  host_exit(0);
}

int
main(int argc, char **argv)
{
  int passed = 0, failed = 0, to_first = argc > 1 && strcmp(argv[1], "-1") == 0;
  const char *word = argc > 1 + to_first ? argv[1 + to_first] : "";
  for(struct test *t = tests; t && !(to_first && failed); t = t->next){
    int status;
    if(strstr(t->name, word) == 0)
      continue;
    fflush(stdout);
    pid_t pid = fork();
    if(pid == 0)
      run(t);
    if(pid < 0 || waitpid(pid, &status, 0) != pid){
      perror("fork");
      return 2;
    }
    if(WIFEXITED(status) && WEXITSTATUS(status) == 0){
      passed++;
      continue;
    }
    failed++;
    if(WIFSIGNALED(status))
      printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    printf("FAIL %s (tests/host/%s:%d)\n", t->name, t->file, t->line);
  }
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
