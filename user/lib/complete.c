// What a tab could mean in a command line. See user/lineedit.h.

#include "kernel/param.h"
#include "user/dir.h"
#include "user/lineedit.h"
#include "user/rxv.h"
#include "user/user.h"

struct found {
  char **names;
  int n;
};

// Names in dir that begin with prefix into f; those of directories with a slash. Hidden ones only if they are meant.
static void
collect(struct found *f, const char *dir, const char *prefix)
{
  char **names, path[MAXPATH];
  uint len = strlen(prefix);
  int n = dir_read(dir, &names);
  for(int i = 0; i < n; i++){
    if(strncmp(names[i], prefix, len) != 0 || (names[i][0] == '.' && len == 0))
      continue;
    int directory = join_path(path, sizeof(path), dir, names[i]) == 0 && is_dir(path);
    uint size = strlen(names[i]) + 2;
    char *name = malloc(size);
    char **more = name ? realloc(f->names, (f->n + 1) * sizeof(*more)) : 0;
    if(more == 0){
      free(name);
      break;
    }
    snprintf(name, size, "%s%s", names[i], directory ? "/" : "");
    f->names = more;
    f->names[f->n++] = name;
  }
  if(n >= 0)
    dir_free(names, n);
}

// The same in the directories where commands are searched for, except the working directory.
static void
collect_commands(struct found *f, const char *prefix)
{
  char cwd[MAXPATH], dir[MAXPATH];
  if(getcwd(cwd, sizeof(cwd)) < 0)
    cwd[0] = 0;
  uint len = strlen(cwd);
  for(int i = 1; command_path(i, "", dir, sizeof(dir)) == 0; i++){
    int same = strncmp(dir, cwd, len) == 0 && strlen(dir) <= len + 1;  // dir ends with a slash, cwd does not
    if(!same)
      collect(f, dir, prefix);
  }
}

// Where the word that ends at line[at] begins; *command: 1, it is the name of a command.
static uint
word_start(const char *line, uint at, int *command)
{
  uint start = at;
  while(start > 0 && !strchr(" ;|&<>(", line[start - 1]))
    start--;
  uint before = start;
  while(before > 0 && line[before - 1] == ' ')
    before--;
  *command = before == 0 || strchr(";|&(", line[before - 1]) != 0;
  return start;
}

int
line_candidates(const char *line, uint at, char ***names, uint *typed)
{
  char dir[MAXPATH], prefix[MAXPATH];
  struct found f = { 0, 0 };
  int command;
  uint start = word_start(line, at, &command), slash = start, n = at - start;
  *names = 0;
  if(n >= sizeof(prefix))
    return 0;
  for(uint i = start; i < at; i++){
    if(line[i] == '/')
      slash = i + 1;
  }
  memcpy(dir, line + start, slash - start);
  dir[slash - start] = 0;
  memcpy(prefix, line + slash, at - slash);
  prefix[at - slash] = 0;
  *typed = at - slash;
  collect(&f, dir[0] ? dir : ".", prefix);
  if(command && dir[0] == 0)
    collect_commands(&f, prefix);
  *names = f.names;
  return f.n;
}
