// xargs [-n N] [COMMAND [WORD...]]: runs COMMAND with the words of standard input after its own, at most N of them at a
// time, and no more than exec() takes. COMMAND is echo if there is none. Status 123 if any of them failed.

#include "kernel/param.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-n WORDS] [COMMAND [WORD...]]"

static char *args[MAXARG];
static int own, n;  // words of the command, and all that args has
static int status;

static void
run(void)
{
  int child, pid = fork();
  if(pid < 0)
    die_errno("cannot fork");
  args[n] = 0;
  if(pid == 0)
    exec_or_exit(args);
  if(wait(&child) == pid && child != 0)
    status = 123;
  while(n > own)
    free(args[--n]);
}

// The next word of *p, its end marked with a zero; 0: no more.
static char *
next_word(char **p)
{
  char *s = *p;
  while(isspace(*s))
    s++;
  char *word = s;
  while(*s && !isspace(*s))
    s++;
  if(s == word)
    return 0;
  if(*s)
    *s++ = 0;
  *p = s;
  return word;
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  uint64 most = MAXARG;
  int c;
  while((c = next_opt(&o, "n:")) != 0){
    if(c == '?' || parse_uint(o.arg, 1 << 20, &most) < 0 || most == 0)
      usage(USAGE);
  }
  if(argc - o.at > MAXARG - 2)
    die("more than %d words", MAXARG - 2);
  for(int i = o.at; i < argc; i++)
    args[own++] = argv[i];
  if(own == 0)
    args[own++] = "echo";
  n = own;
  struct reader r;
  char *line, *word;
  int ran = 0;
  reader_init(&r, 0);
  while((line = reader_line(&r)) != 0){
    while((word = next_word(&line)) != 0){
      args[n] = strdup(word);
      if(args[n++] == 0)
        die("no memory");
      if(n - own == most || n == MAXARG - 1){
        run();
        ran = 1;
      }
    }
  }
  if(n > own || !ran)
    run();
  return status;
}
