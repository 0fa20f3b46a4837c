// find [PATH...] [-name PATTERN] [-type f|d|c]: what there is under the paths.

#include "kernel/stat.h"
#include "user/dir.h"
#include "user/regex.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[PATH...] [-name PATTERN] [-type f|d|c]"

static const char *pattern;
static int type;

static int
show(const char *path)
{
  struct stat st;
  if(stat(path, &st) < 0){
    warn_file("cannot open %s", path);
    return -1;
  }
  if((!pattern || glob_match(pattern, basename(path))) && (!type || st.type == type))
    printf("%s\n", path);
  return st.type == T_DIR;
}

int
main(int argc, char **argv)
{
  int npath = 0, status = 0;
  while(1 + npath < argc && argv[1 + npath][0] != '-')
    npath++;
  for(int i = 1 + npath; i < argc; i += 2){
    if(i + 1 == argc)
      usage(USAGE);
    const char *v = argv[i + 1];
    if(strcmp(argv[i], "-name") == 0)
      pattern = v;
    else if(strcmp(argv[i], "-type") == 0 && v[0] && strchr("fdc", v[0]) && v[1] == 0)
      type = v[0] == 'f' ? T_FILE : v[0] == 'd' ? T_DIR : T_DEVICE;
    else
      usage(USAGE);
  }
  if(npath == 0)
    return tree_walk(".", show, 0);
  for(int i = 1; i <= npath; i++)
    status |= tree_walk(argv[i], show, 0);
  return status;
}
