// Where packets end: every one under a name.

#include "pkt/drop.h"
#include "core/check.h"

#define X(id, name, text) [DROP_##id] = name,
const char *const drop_names[NDROP] = { DROP_REASONS(X) };
#undef X
#define X(id, name, text) [DROP_##id] = text,
const char *const drop_texts[NDROP] = { DROP_REASONS(X) };
#undef X

uint64 drop_counts[NDROP];

int
drop_count(enum drop_reason why, int err)
{
  debug_assert(why < NDROP);
  count_add(&drop_counts[why], 1);
  return err;
}
