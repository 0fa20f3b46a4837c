// faulty                 the faults on purpose that interfaces have, and what they have done so far
// faulty IF off          none any more
// faulty IF FAULT...     these, from now on, in both directions; several of
//   lose 10%   dup 5%   reorder 5%   corrupt 0.5%   shares of the frames
//   bad 10%    ... of the received ones: the card says that they came damaged (rx.error in netstat)
//   delay 20ms             the longest; a frame's own is drawn. Also us, s
//   seed 7                 the same seed and the same frames give the same faults; printed if it is not given

#include "kernel/netctl.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[IF off | IF [lose P%] [dup P%] [reorder P%] [corrupt P%] [bad P%] [delay TIME] [seed N]]"

static void
share(const char *what, uint n)
{
  if(n % 100)
    printf(" %s %u.%02u%%", what, n / 100, n % 100);
  else if(n)
    printf(" %s %u%%", what, n / 100);
}

static void
show_way(const char *name, const struct kstat_faulty_way *w)
{
  printf("  %-8s %8lu %8lu %8lu %8lu %8lu %8lu %8lu %8lu %8lu\n", name, w->in, w->lost, w->duplicated, w->reordered,
         w->corrupted, w->delayed, w->full, w->waiting, w->out);
}

static int
show(void)
{
  struct kstat_faulty *f;
  int n = kstat_all(KSTAT_FAULTY, (void **)&f, sizeof(*f));

  if(n < 0)
    die_errno("kstat");
  if(n == 0)
    printf("no interface has faults on purpose\n");
  for(int i = 0; i < n; i++){
    const struct netctl_faulty *s = &f[i].set;
    printf("%.8s:", s->ifname);
    share("lose", s->lose);
    share("dup", s->dup);
    share("reorder", s->reorder);
    share("corrupt", s->corrupt);
    share("bad", s->bad);
    if(s->delay_us)
      printf(" delay %u%s", s->delay_us % 1000 ? s->delay_us : s->delay_us / 1000, s->delay_us % 1000 ? "us" : "ms");
    printf(" seed %lu\n", s->seed);
    printf("  %-8s %8s %8s %8s %8s %8s %8s %8s %8s %8s\n", "", "in", "lost", "dup", "reorder", "corrupt", "delayed", "full",
           "waiting", "out");
    show_way("received", &f[i].way[0]);
    show_way("sent", &f[i].way[1]);
  }
  return 0;
}

// "10%", "0.05%": of FAULTY_ALL frames.
static uint
percent(const char *what, const char *s)
{
  uint v = 0, unit = 100, digits = 0;
  const char *c = s;

  for(; isdigit(*c) && v <= FAULTY_ALL; digits++)
    v = v * 10 + (*c++ - '0');
  v *= unit;
  if(*c == '.')
    for(c++; isdigit(*c) && unit > 1; digits++)
      v += (*c++ - '0') * (unit /= 10);
  if(digits == 0 || strcmp(c, "%") != 0 || v > FAULTY_ALL)
    die("%s %s: a share is written like 5%% or 0.25%%, up to 100%%", what, s);
  return v;
}

// "20ms", "500us", "1s": in microseconds.
static uint
microseconds(const char *s)
{
  static const struct {
    const char *name;
    uint us;
  } units[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 } };
  uint64 v = 0;
  const char *c = s;

  while(isdigit(*c) && v <= FAULTY_DELAY_MAX)
    v = v * 10 + (*c++ - '0');
  for(uint i = 0; c > s && i < sizeof(units) / sizeof(units[0]); i++)
    if(strcmp(c, units[i].name) == 0 && v * units[i].us <= FAULTY_DELAY_MAX)
      return v * units[i].us;
  die("delay %s: a time is written like 20ms or 500us, up to 1s", s);
}

// Words that come in pairs: a fault, and how much of it.
static void
parse(struct netctl_faulty *f, int argc, char **argv)
{
  int seeded = 0;

  f->on = 1;
  for(int i = 0; i < argc; i += 2){
    const char *what = argv[i], *value = i + 1 < argc ? argv[i + 1] : 0;
    if(value == 0)
      die("%s: how much of it?", what);
    if(strcmp(what, "lose") == 0)
      f->lose = percent(what, value);
    else if(strcmp(what, "dup") == 0)
      f->dup = percent(what, value);
    else if(strcmp(what, "reorder") == 0)
      f->reorder = percent(what, value);
    else if(strcmp(what, "corrupt") == 0)
      f->corrupt = percent(what, value);
    else if(strcmp(what, "bad") == 0)
      f->bad = percent(what, value);
    else if(strcmp(what, "delay") == 0)
      f->delay_us = microseconds(value);
    else if(strcmp(what, "seed") != 0)
      die("%s: no such fault; there are lose, dup, reorder, corrupt, bad, delay and seed", what);
    else if(parse_uint(value, ~0UL, &f->seed) < 0)
      die("seed %s: a seed is a number", value);
    else
      seeded = 1;
  }
  if(!seeded){
    uint32 seed;
    if(getrandom(&seed, sizeof(seed)) < 0)
      die_errno("getrandom");
    f->seed = seed;
    printf("seed %u\n", seed);
  }
}

int
main(int argc, char **argv)
{
  struct netctl_faulty f = { .on = 0 };

  if(argc == 1)
    return show();
  if(argv[1][0] == '-' || argc == 2)
    usage(USAGE);
  if(strlen(argv[1]) >= sizeof(f.ifname))
    die("%s: no such interface", argv[1]);
  strcpy(f.ifname, argv[1]);
  if(argc != 3 || strcmp(argv[2], "off") != 0)
    parse(&f, argc - 2, argv + 2);
  if(netctl(NETCTL_FAULTY, &f, sizeof(f)) < 0){
    if(errno == EOPNOTSUPP)
      die("this is no debug kernel (make DEBUG=1): it has no faults");
    die_errno("%s", argv[1]);
  }
  return 0;
}
