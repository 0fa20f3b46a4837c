// Control keys that print what the kernel is doing. Filled at boot, read-only afterwards: no lock.

#include "core/debugkey.h"
#include "core/printf.h"

#define NKEY 12

static struct {
  int key;
  const char *what;
  void (*dump)(void);
} keys[NKEY];
static int nkey;

void
debugkey_register(int key, const char *what, void (*dump)(void))
{
  if(nkey == NKEY){
    printf("debugkey: no room for ^%c (%s)\n", key + '@', what);
    return;
  }
  keys[nkey].key = key;
  keys[nkey].what = what;
  keys[nkey].dump = dump;
  nkey++;
}

int
debugkey_run(int key)
{
  for(int i = 0; i < nkey; i++){
    if(keys[i].key != key)
      continue;
    printf("\n^%c: %s\n", key + '@', keys[i].what);
    keys[i].dump();
    return 1;
  }
  return 0;
}
