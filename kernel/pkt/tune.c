// Parameters of the packet's way; see tune.h.

#include "pkt/tune.h"
#include "core/string.h"

#define X(id, name, words, dflt, least, most, text) [TUNE_##id] = dflt,
uint32 tunes[NTUNE] = { TUNE_PARAMS(X) };
#undef X

#define X(id, name, words, dflt, least, most, text) [TUNE_##id] = { name, words, dflt, dflt, least, most, text },
static const struct kstat_tune params[NTUNE] = { TUNE_PARAMS(X) };
#undef X

// Constant after boot.
static struct {
  int (*may_be)(uint32 value);
  void (*changed)(uint32 value);
} watchers[NTUNE];

void
tune_watch(enum tune_param id, int (*may_be)(uint32 value), void (*changed)(uint32 value))
{
  watchers[id].may_be = may_be;
  watchers[id].changed = changed;
}

int
tune_set(const char *name, uint32 value)
{
  for(int i = 0; i < NTUNE; i++){
    if(strncmp(params[i].name, name, sizeof(params[i].name)) != 0)
      continue;
    if(value < params[i].least || value > params[i].most)
      return -ERANGE;
    int err = watchers[i].may_be ? watchers[i].may_be(value) : 0;
    if(err < 0)
      return err;
    __atomic_store_n(&tunes[i], value, __ATOMIC_SEQ_CST);
    if(watchers[i].changed)
      watchers[i].changed(value);
    return 0;
  }
  return -ENOENT;
}

int
tune_record(int i, void *rec)
{
  struct kstat_tune *r = rec;
  if(i < 0 || i >= NTUNE)
    return -1;
  *r = params[i];
  r->value = tunes[i];
  return 1;
}
