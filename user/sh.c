// sh: the shell. sh [-q] [FILE [WORD...]] runs a script, sh -c TEXT [NAME [WORD...]] runs TEXT, sh alone reads standard
// input. As xv6's it prompts for each line, wherever that comes from (-q: not), and has xv6's words for what fails.
//
// Commands, | && || ; & ! ( ), < > >> 2> 2>&1, 'single' "double" \quotes, # comments, NAME=value, $NAME $? $$ $! $# $1 $@,
// patterns * ? [a-z]; cd, exit, pwd, wait, set are its own. On a terminal it edits lines (lib/lineedit.c), and after a
// command that failed it shows the status in brackets.

#include "kernel/fcntl.h"
#include "kernel/param.h"
#include "kernel/riscv.h"
#include "kernel/syscall.h"
#include "user/dir.h"
#include "user/errno.h"
#include "user/lineedit.h"
#include "user/rxv.h"
#include "user/sh.h"
#include "user/user.h"

#define LINE 1024               // bytes typed at once
#define LONGEST (16 * 1024)     // bytes of a command that goes on over several lines

enum { NOT_A_COMMAND = 127, NOT_RUNNABLE = 126, SYNTAX = 2 };

static int interactive;  // 1: a terminal. Only in the shell itself, not in what it forks
static int prompting;    // 1: neither a terminal nor -q: prompts are printed all the same
static int running_bg;   // background processes that have not been waited for
static int interrupted;  // 1: ^C ended the command in the foreground, and with it the line

static uint64 stack_base;  // main's

static int run(struct node *n);
static int run_pipe(struct node *n);

// A child of the shell: its pid, 0 in the child.
static int
fork_child(void)
{
  int pid = fork();
  if(pid < 0)
    warn_errno("cannot fork");
  if(pid == 0){
    interactive = 0;
    running_bg = 0;
  }
  return pid;
}

// A child that ^C is meant for, from its first moment: the shell may get no hart before that has come and gone.
static int
fork_foreground(void)
{
  int terminal = interactive, pid = fork_child();
  if(pid == 0 && terminal)
    fgproc(getpid());
  return pid;
}

// Waits for this child. Others that end meanwhile were in the background.
static int
wait_for(int pid)
{
  int status, p;
  if(pid < 0)
    return 1;
  while((p = wait(&status)) != pid){
    if(p < 0)
      return 1;
    running_bg--;
  }
  return status;
}

// The same for a command in the foreground: ^C is meant for it.
static int
wait_foreground(int pid)
{
  if(!interactive)
    return wait_for(pid);
  if(pid > 0)
    fgproc(pid);
  int status = wait_for(pid);
  interrupted |= fgproc(0) > 0;
  return status;
}

// Background children that have ended are waited for, as soon as that needs no waiting.
static void
reap(void)
{
  struct kstat_proc *p;
  int n = running_bg > 0 ? kstat_all(KSTAT_PROC, (void **)&p, sizeof(*p)) : 0;
  if(n <= 0)
    return;
  int me = getpid();
  for(int i = 0; i < n; i++){
    if(p[i].ppid == me && p[i].state == PS_ZOMBIE && wait(0) > 0)
      running_bg--;
  }
  free(p);
}

// xv6's words; and why, unless the file is just not there.
static void
say_failed(const char *what, const char *name, int err)
{
  if(err == ENOENT)
    fprintf(2, "%s %s failed\n", what, name);
  else
    fprintf(2, "%s %s failed: %s\n", what, name, strerror(err));
}

// In a child: descriptor fd is `from` from now on.
static int
move_fd(int from, int fd)
{
  if(from == fd)
    return 0;
  // dup() takes the lowest free descriptor: all below fd must be taken before it can be the one.
  int held[NOFILE], n = 0, got = -1;
  close(fd);
  while(n < NOFILE && (got = dup(from)) >= 0 && got < fd)
    held[n++] = got;
  while(n > 0)
    close(held[--n]);
  return got == fd ? 0 : -1;
}

static int
redirect(struct redir *r)
{
  for(; r; r = r->next){
    static const int flags[] = { O_RDONLY, O_WRONLY | O_CREATE | O_TRUNC, O_WRONLY | O_CREATE | O_APPEND };
    const char *error;
    char *file = expand_one(r->text, &error);
    int fd = -1;
    if(error){
      warn("%s: %s", r->text, error);
      return -1;
    }
    if(r->how == R_DUP){
      if(isdigit(file[0]) && file[1] == 0 && move_fd(file[0] - '0', r->fd) == 0)
        continue;
      warn("%s is not an open descriptor", file);
      return -1;
    }
    // The new file gets the descriptor's own number if that is the lowest free one; moved there if not.
    fd = open(file, flags[r->how]);
    if(fd < 0 || move_fd(fd, r->fd) < 0){
      say_failed("open", file, errno);
      return -1;
    }
    if(fd != r->fd)
      close(fd);
  }
  return 0;
}

// Becomes a shell that runs the file at path, if that says with #! that it is a script. Returns if not.
static void
exec_script(char *path, int argc, char **argv)
{
  char **v = xmalloc((argc + 4) * sizeof(*v)), mark[2];
  int fd = open(path, O_RDONLY), script = read(fd, mark, 2) == 2 && mark[0] == '#' && mark[1] == '!';
  close(fd);
  errno = ENOEXEC;
  if(!script)
    return;
  v[0] = "sh";
  v[1] = "-q";
  v[2] = path;
  for(int i = 1; i <= argc; i++)
    v[i + 2] = argv[i];
  exec("/sh", v);
}

// Becomes the command: the file of this name in the first directory of command_path() that has it.
static void __attribute__((noreturn))
exec_command(int argc, char **argv)
{
  static char path[MAXPATH];
  int err = ENOENT;
  for(int i = 0; command_path(i, argv[0], path, sizeof(path)) == 0; i++){
    if(is_dir(path)){
      err = EISDIR;
      continue;
    }
    exec(path, argv);
    if(errno == ENOEXEC)
      exec_script(path, argc, argv);
    if(errno != ENOENT)
      err = errno;
    if(err == E2BIG)
      break;
  }
  say_failed("exec", argv[0], err);
  exit(err == ENOENT ? NOT_A_COMMAND : NOT_RUNNABLE);
}

static int
builtin_cd(int argc, char **argv)
{
  const char *dir = argc > 1 ? argv[1] : "/";
  if(argc > 2){
    warn("usage: cd [DIRECTORY]");
    return 2;
  }
  if(chdir(dir) < 0){
    if(errno == ENOENT)
      fprintf(2, "cannot cd %s\n", dir);
    else
      fprintf(2, "cannot cd %s: %s\n", dir, strerror(errno));
    return 1;
  }
  return 0;
}

static int
builtin_pwd(int argc, char **argv)
{
  static char path[MAXPATH * 2];
  if(getcwd(path, sizeof(path)) < 0){
    warn_errno("pwd");
    return 1;
  }
  printf("%s\n", path);
  return 0;
}

static int
builtin_exit(int argc, char **argv)
{
  uint64 status = sh_params.status;
  if(argc > 2 || (argc == 2 && parse_uint(argv[1], 0x7fffffff, &status) < 0)){
    warn("usage: exit [STATUS]");
    return 2;
  }
  exit(status);
}

static int
builtin_wait(int argc, char **argv)
{
  if(interactive)
    fgproc(FG_WAIT);
  while(wait(0) >= 0)
    running_bg--;
  if(interactive)
    interrupted |= fgproc(0) > 0;
  return interrupted;
}

static const struct builtin {
  const char *name;
  int (*fn)(int argc, char **argv);
} builtins[] = {
  { "cd", builtin_cd },
  { "exit", builtin_exit },
  { "pwd", builtin_pwd },
  { "wait", builtin_wait },
};

static const struct builtin *
find_builtin(const char *name)
{
  for(uint i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++){
    if(strcmp(builtins[i].name, name) == 0)
      return &builtins[i];
  }
  return 0;
}

// Takes NAME=value words from the front of a command; 0, or -1 after saying why not.
static int
assign(struct word **w)
{
  uint n;
  for(; *w && (n = assignment((*w)->text)) > 0; *w = (*w)->next){
    const char *error;
    char *value = expand_one((*w)->text + n + 1, &error);
    if(error){
      warn("%s: %s", (*w)->text, error);
      return -1;
    }
    var_set(arena_text((*w)->text, n), value);
  }
  return 0;
}

// A command of words. in_child: this process is for nothing else, and may become the command.
static int
run_command(struct node *n, int in_child)
{
  struct word *w = n->words;
  const char *error;
  int argc, pid;
  if(assign(&w) < 0)
    return 1;
  char **argv = expand_words(w, &argc, &error);
  if(argv == 0){
    warn("%s", error);
    return 1;
  }
  const struct builtin *b = argc > 0 ? find_builtin(argv[0]) : 0;
  if(n->redirs == 0 && (argc == 0 || b))
    return b ? b->fn(argc, argv) : 0;
  pid = in_child ? 0 : fork_foreground();
  if(pid != 0)
    return wait_foreground(pid);
  if(redirect(n->redirs) < 0)
    exit(1);
  if(b || argc == 0)
    exit(b ? b->fn(argc, argv) : 0);
  exec_command(argc, argv);
}

// Runs a tree in a process that does nothing else.
static void __attribute__((noreturn))
run_and_exit(struct node *n)
{
  for(;;){
    if(n->type == N_SEQ && n->b == 0){
      n = n->a;
    } else if(n->type == N_SUB){
      if(redirect(n->redirs) < 0)
        exit(1);
      n = n->a;
    } else {
      break;
    }
  }
  if(n->type == N_CMD)
    exit(run_command(n, 1));
  if(n->type == N_PIPE)
    exit(run_pipe(n));
  exit(run(n));
}

// The same in a child, where nobody is to be returned to: the stack begins anew. It has one page, and commands may lie in
// each other.
static void __attribute__((noreturn))
begin_anew(struct node *n)
{
  register struct node *a0 asm("a0") = n;
  asm volatile("mv sp, %0\n jr %1" : : "r"(stack_base), "r"(run_and_exit), "r"(a0) : "memory");
  __builtin_unreachable();
}

// Starts a command of a pipe: in is its standard input, out[1] its standard output; -1: that stays as it is. Its pid.
static int
start_stage(struct node *n, int in, const int out[2])
{
  int pid = fork_child();
  if(pid != 0)
    return pid;
  if((in >= 0 && move_fd(in, 0) < 0) || (out[1] >= 0 && move_fd(out[1], 1) < 0))
    exit(1);
  for(int i = 0; i < 2; i++)
    if(out[i] > 1)
      close(out[i]);
  if(in > 0)
    close(in);
  begin_anew(n);
}

// a | b, where b may be a pipe itself. Runs in a process of its own, so that ^C finds all of them below it.
// result: the status of the last command.
static int
run_pipe(struct node *n)
{
  int in = -1, pid, status, last = 1;
  for(;; n = n->b){
    int out[2] = { -1, -1 };
    if(n->type == N_PIPE && pipe(out) < 0){
      warn_errno("pipe");
      pid = -1;
    } else {
      pid = start_stage(n->type == N_PIPE ? n->a : n, in, out);
    }
    if(in >= 0)
      close(in);
    if(out[1] >= 0)
      close(out[1]);
    in = out[0];
    if(pid < 0 || n->type != N_PIPE)
      break;
  }
  if(in >= 0)
    close(in);
  for(int p; (p = wait(&status)) >= 0;){
    if(p == pid)
      last = status;
  }
  return last;
}

static int
run_child(struct node *n)
{
  int pid = fork_foreground();
  if(pid != 0)
    return wait_foreground(pid);
  begin_anew(n);
}

static int
run_background(struct node *n)
{
  int pid = fork_child();
  if(pid < 0)
    return 1;
  if(pid > 0){
    running_bg++;
    sh_params.last_bg = pid;
    if(interactive)
      fprintf(2, "[%d]\n", pid);
    return 0;
  }
  // Not for the terminal: a background command that reads it would take what is typed for the shell.
  int fd = open("/dev/null", O_RDONLY);
  if(fd > 0)
    move_fd(fd, 0);
  begin_anew(n->a);
}

// a && b || c: from left to right, each if the status so far says so.
static int
run_and_or(struct node *n)
{
  int s = run(n->a);
  for(; n->type == N_AND || n->type == N_OR; n = n->b){
    struct node *next = n->b->type == N_AND || n->b->type == N_OR ? n->b->a : n->b;
    if(n->type == N_AND ? s == 0 : s != 0 && !interrupted)
      s = run(next);
  }
  return s;
}

// result: the status, which is also in $? .
static int
run(struct node *n)
{
  int s = 0;
  switch(n->type){
  case N_CMD:
    s = run_command(n, 0);
    break;
  case N_SUB:
  case N_PIPE:
    s = run_child(n);
    break;
  case N_BG:
    s = run_background(n);
    break;
  case N_NOT:
    s = run(n->a) == 0;
    break;
  case N_AND:
  case N_OR:
    s = run_and_or(n);
    break;
  case N_SEQ:
    for(; n; n = n->b){
      s = run(n->a);
      // ^C ends the whole line, not just the command that ran.
      if(interrupted)
        break;
    }
    break;
  }
  sh_params.status = s;
  return s;
}

static void
show_status(int status)
{
  if(interactive && status != 0 && !interrupted)  // ^C has shown itself
    fprintf(2, "[exit %d]\n", status);
}

// One line more from the terminal or the file: 0, it is in line; -1: end; 1: the line was given up.
static int
more_input(struct reader *in, const char *prompt, char *line)
{
  if(interactive){
    int n = line_edit(0, prompt, line, LINE);
    return n >= 0 ? 0 : n == LINE_INTERRUPTED ? 1 : -1;
  }
  if(prompting)
    fprintf(2, "%s", prompt);
  char *s = reader_line(in);
  if(s == 0)
    return -1;
  if(strlcpy(line, s, LONGEST) >= LONGEST)
    die("line too long");
  return 0;
}

// Reads and runs until there is no more. Text of a command that goes on is collected.
static int
shell(int fd)
{
  static char text[LONGEST], line[LONGEST];
  static struct reader in;
  reader_init(&in, fd);
  for(;;){
    struct node *tree;
    const char *error;
    reap();
    int end = more_input(&in, text[0] ? "> " : "$ ", line);
    if(end > 0)
      text[0] = 0;
    if(end > 0)
      continue;
    if(end == 0 && (strlcat(text, line, LONGEST) >= LONGEST || strlcat(text, "\n", LONGEST) >= LONGEST)){
      warn("command too long");
      text[0] = 0;
      continue;
    }
    if(end == 0 && interactive)
      line_remember(line);
    enum parse_result r = sh_parse(text, &tree, &error);
    if(r == PARSE_MORE && end == 0){
      arena_reset();
      continue;
    }
    if(r == PARSE_OK){
      interrupted = 0;
      show_status(run(tree));
    } else if(r != PARSE_EMPTY){
      warn("%s", error);
      sh_params.status = SYNTAX;
    }
    text[0] = 0;
    arena_reset();
    if(end < 0)
      return sh_params.status;
  }
}

static int
run_text(const char *text)
{
  struct node *tree;
  const char *error;
  enum parse_result r = sh_parse(text, &tree, &error);
  if(r == PARSE_EMPTY)
    return 0;
  if(r == PARSE_OK)
    return run(tree);
  warn("%s", error);
  return SYNTAX;
}

int
main(int argc, char **argv)
{
  progname = "sh";
  stack_base = r_sp();
  sh_params.argc = 1;
  sh_params.argv = argv;
  if(argc > 1 && strcmp(argv[1], "-c") == 0){
    if(argc < 3)
      usage("[-q] [FILE [WORD...] | -c TEXT [NAME [WORD...]]]");
    sh_params.argc = argc > 3 ? argc - 3 : 1;
    sh_params.argv = argc > 3 ? argv + 3 : argv;
    return run_text(argv[2]);
  }
  int quiet = argc > 1 && strcmp(argv[1], "-q") == 0;
  if(argc > 1 + quiet){
    int fd = open(argv[1 + quiet], O_RDONLY);
    if(fd < 0)
      die_file("cannot open %s", argv[1 + quiet]);
    sh_params.argc = argc - 1 - quiet;
    sh_params.argv = argv + 1 + quiet;
    prompting = !quiet;
    return shell(fd);
  }
  interactive = fcntl(0, F_SETRAW, 0) == 0;  // only a terminal takes that
  prompting = !interactive && !quiet;
  int status = shell(0);
  if(interactive)
    fprintf(2, "\n");
  return status;
}
