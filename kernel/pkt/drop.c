// Where packets end: every one under a name.

#include "pkt/drop.h"
#include "pkt/path.h"
#include "pkt/pktbuf.h"
#include "pkt/tap.h"

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

int
pkt_drop(struct pktbuf *p, enum drop_reason why, int err)
{
  tap_drop(p, why);
  if(unlikely(p->path != 0)){
    path_end(p->path, p, why + 1);
    p->path = 0;
  }
  pkt_free(p);
  return drop_count(why, err);
}
