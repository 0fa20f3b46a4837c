// netctl                what can be changed in the packet's way while it runs: value, range, meaning
// netctl NAME           one of them
// netctl NAME VALUE     changes it
// netctl default        all of them as they were at boot

#include "kernel/kstat.h"
#include "kernel/netctl.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

#define USAGE "[NAME [VALUE] | default]"

// Word number n of a list with blanks between into buf; result: its length, 0: there are fewer.
static int
word(const char *list, uint n, char *buf, int room)
{
  int len = 0;
  for(; n > 0 && *list; list++)
    n -= *list == ' ';
  while(n == 0 && list[len] && list[len] != ' ' && len < room - 1){
    buf[len] = list[len];
    len++;
  }
  buf[len] = 0;
  return len;
}

static const char *
value_str(const struct kstat_tune *t, uint32 value, char buf[20])
{
  if(word(t->words, value, buf, 20) == 0)
    snprintf(buf, 20, "%u", value);
  return buf;
}

static void
show(const struct kstat_tune *t)
{
  char now[20], dflt[20], range[32];
  if(t->words[0])
    snprintf(range, sizeof(range), "%s", t->words);
  else
    snprintf(range, sizeof(range), "%u..%u", t->least, t->most);
  printf("%-9s %-7s (%s; at boot %s)\n          %s\n", t->name, value_str(t, t->value, now), range,
         value_str(t, t->dflt, dflt), t->text);
}

// What is written in s for t; 0, or -1: no such value.
static int
parse(const struct kstat_tune *t, const char *s, uint32 *value)
{
  char w[20];
  for(uint32 i = 0; word(t->words, i, w, sizeof(w)) > 0; i++)
    if(strcmp(w, s) == 0){
      *value = i;
      return 0;
    }
  uint64 n;
  if(t->words[0] || parse_uint(s, t->most, &n) < 0 || n < t->least)
    return -1;
  *value = n;
  return 0;
}

static void
set(const struct kstat_tune *t, uint32 value)
{
  struct netctl_tune c = { .value = value };
  memcpy(c.name, t->name, sizeof(c.name));
  int err = netctl(NETCTL_TUNE, &c, sizeof(c));
  if(err < 0 && errno == ENODEV)
    die("%s: a router needs two cards", t->name);
  if(err < 0)
    die_errno("%s", t->name);
}

int
main(int argc, char **argv)
{
  struct kstat_tune *t, *found = 0;
  uint32 value;
  int n = kstat_all(KSTAT_TUNE, (void **)&t, sizeof(*t));
  if(n < 0)
    die_errno("kstat");
  if(argc > 3)
    usage(USAGE);
  for(int i = 0; i < n; i++){
    if(argc == 1)
      show(&t[i]);
    else if(argc == 2 && strcmp(argv[1], "default") == 0)
      set(&t[i], t[i].dflt);
    else if(strcmp(argv[1], t[i].name) == 0)
      found = &t[i];
  }
  if(argc == 1 || (argc == 2 && strcmp(argv[1], "default") == 0))
    return 0;
  if(found == 0)
    die("%s: no such parameter; netctl alone lists them", argv[1]);
  if(argc == 2){
    show(found);
    return 0;
  }
  if(parse(found, argv[2], &value) < 0){
    if(found->words[0])
      die("%s: %s is none of: %s", argv[1], argv[2], found->words);
    die("%s: %s is no number from %u to %u", argv[1], argv[2], found->least, found->most);
  }
  set(found, value);
  return 0;
}
