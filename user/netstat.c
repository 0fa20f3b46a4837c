// netstat [-igsrdcta]: the state of the network. Without options: interfaces, rings, sockets, routes, drops, counters.
//   -i interfaces   -g rings   -s sockets   -r routes   -c counters   -t the last frames
//   -d drops by name, and the diagnosis: what is wrong now, from rings, interrupts, packets, queues and locks
//   -a drops and counters that are 0, too

#include "user/netshow.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[-igsrdcta]"

static int status;

// A heading, if there is more than one table.
static void
head(const char *text, int several)
{
  static int shown;
  if(several)
    printf("%s%s\n", shown++ ? "\n" : "", text);
}

int
main(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  char want[256] = { 0 };
  int c, n = 0, all = 0;
  while((c = next_opt(&o, "igsrdcta")) != 0){
    if(c == '?')
      usage(USAGE);
    all |= c == 'a';
    n += c != 'a' && !want[c];
    want[c] = 1;
  }
  if(o.at < argc)
    usage(USAGE);
  if(n == 0)
    want['i'] = want['g'] = want['s'] = want['r'] = want['d'] = want['c'] = 1;
  int several = n != 1;
  static const struct {
    char opt;
    const char *title;
    int (*show)(void);
  } tables[] = {
    { 'i', "Interfaces", show_interfaces },
    { 'g', "Rings", show_rings },
    { 's', "Sockets", show_sockets },
    { 'r', "Routes", show_routes },
  };
  for(uint i = 0; i < sizeof(tables) / sizeof(tables[0]); i++){
    if(want[(int)tables[i].opt]){
      head(tables[i].title, several);
      status |= tables[i].show();
    }
  }
  if(want['d']){
    head("Drops", several);
    status |= show_drops(all, 0, 0);
    head("Diagnosis", 1);
    status |= show_findings();
  }
  if(want['c']){
    head("Counters", several);
    status |= show_counters(all);
  }
  if(want['t']){
    head("Last frames", several);
    status |= show_frames(64);
  }
  return status != 0;
}
