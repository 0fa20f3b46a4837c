// ls [-l] [PATH...]: name, type, i-node number and size, as xv6 shows them. -l: type in a letter, links, size, name.

#include "kernel/param.h"
#include "kernel/stat.h"
#include "user/dir.h"
#include "user/rxv.h"
#include "user/user.h"

static int lng;

static int
show(const char *path, const char *name)
{
  struct stat st;
  if(stat(path, &st) < 0){
    warn_file("cannot open %s", path);
    return 1;
  }
  if(lng)
    printf("%c %3d %8lu %s\n", "?d-cs|"[st.type > 0 && st.type < 6 ? st.type : 0], st.nlink, st.size, name);
  else
    printf("%-14s %d %u %lu\n", name, st.type, st.ino, st.size);
  return 0;
}

static int
list(const char *path)
{
  char **names, full[MAXPATH * 2];
  int status = 0;
  if(!is_dir(path))
    return show(path, basename(path));
  int n = dir_read(path, &names);
  if(n < 0){
    warn_file("cannot open %s", path);
    return 1;
  }
  for(int i = 0; i < n; i++){
    if(join_path(full, sizeof(full), path, names[i]) < 0)
      warn("%s/%s: path too long", path, names[i]);
    else
      status |= show(full, names[i]);
  }
  dir_free(names, n);
  return status;
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, status = 0;
  while((c = next_opt(&o, "la")) != 0){
    if(c == '?')
      usage("[-l] [PATH...]");
    lng |= c == 'l';
  }
  if(o.at >= argc)
    return list(".");
  for(int i = o.at; i < argc; i++){
    if(argc - o.at > 1 && is_dir(argv[i]))
      printf("%s%s:\n", i > o.at ? "\n" : "", argv[i]);
    status |= list(argv[i]);
  }
  return status;
}
