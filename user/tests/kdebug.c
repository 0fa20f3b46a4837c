// kdebug: what the checks of a debug kernel (make DEBUG=1) have measured: how deep the kernel stacks got, how long
// interrupts were off, and where. With a name: a mistake on purpose, which stops the machine (kdebug -l lists them).

#include "user/rxv.h"
#include "user/user.h"
#include "kernel/provoke.h"

static const struct {
  const char *name, *text;
} mistakes[] = {
#define X(id, name, text) [PROVOKE_##id] = {name, text},
  PROVOKE(X)
#undef X
};

static int
find(const char *name)
{
  for(int i = 1; i < NPROVOKE; i++)
    if(strcmp(mistakes[i].name, name) == 0)
      return i;
  die("there is no mistake %s; -l lists them", name);
}

int
main(int argc, char **argv)
{
  int what = KDEBUG_REPORT;
  if(argc > 2)
    usage("[-l | MISTAKE]");
  if(argc == 2 && strcmp(argv[1], "-l") == 0){
    for(int i = 1; i < NPROVOKE; i++)
      printf("%-10s %s\n", mistakes[i].name, mistakes[i].text);
    return 0;
  }
  if(argc == 2)
    what = find(argv[1]);
  if(kdebug(what, KDEBUG_KEY) < 0)
    die("this is no debug kernel (make DEBUG=1)");
  return 0;
}
