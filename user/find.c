// find [PATH...] [-name PATTERN] [-type f|d|c]: what there is under the paths.

#include "kernel/param.h"
#include "kernel/stat.h"
#include "user/dir.h"
#include "user/regex.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[PATH...] [-name PATTERN] [-type f|d|c]"

static const char *pattern;
static int type;

static int
find(const char *path, int depth)
{
  struct stat st;
  char **names, sub[MAXPATH];
  int status = 0;
  if(stat(path, &st) < 0){
    warn_errno("%s", path);
    return 1;
  }
  if((!pattern || glob_match(pattern, basename(path))) && (!type || st.type == type))
    printf("%s\n", path);
  if(st.type != T_DIR)
    return 0;
  int n = dir_read(path, &names);
  if(n < 0){
    warn_errno("%s", path);
    return 1;
  }
  for(int i = 0; i < n; i++){
    if(is_dot(names[i]))
      continue;
    if(depth == 0 || join_path(sub, sizeof(sub), path, names[i]) < 0){
      warn("%s/%s: too deep", path, names[i]);
      status = 1;
    } else {
      status |= find(sub, depth - 1);
    }
  }
  dir_free(names, n);
  return status;
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
    return find(".", 8);
  for(int i = 1; i <= npath; i++)
    status |= find(argv[i], 8);
  return status;
}
