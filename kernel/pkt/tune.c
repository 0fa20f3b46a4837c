// Parameters of the packet's way; see tune.h.

#include "pkt/tune.h"
#include "core/string.h"
#include "pkt/poll.h"
#include "sched/proc.h"
#include "sched/timer.h"

#define X(id, name, words, dflt, least, most, text) [TUNE_##id] = dflt,
uint32 tunes[NTUNE] = { TUNE_PARAMS(X) };
#undef X

#define X(id, name, words, dflt, least, most, text) [TUNE_##id] = { name, words, dflt, dflt, least, most, text },
static const struct kstat_tune params[NTUNE] = { TUNE_PARAMS(X) };
#undef X

int
tune_set(const char *name, uint32 value)
{
  for(int i = 0; i < NTUNE; i++){
    if(strncmp(params[i].name, name, sizeof(params[i].name)) != 0)
      continue;
    if(value < params[i].least || value > params[i].most)
      return -ERANGE;
    if(i == TUNE_FORWARD && value && netif_nics() < 2)
      return -ENODEV;
    __atomic_store_n(&tunes[i], value, __ATOMIC_SEQ_CST);
    if(i == TUNE_SPIN)
      idle_spin_time = value * USEC;
    if(i == TUNE_RXRING || i == TUNE_TXRING)
      netif_fill_rings();
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
