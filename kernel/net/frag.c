// Reassembly (RFC 791 3.2, RFC 815's aim, RFC 5722's rule for overlaps).
//
// The pieces of a datagram wait in order of their offsets. A piece that overlaps another with other bytes is either an
// error or an attack, and nobody can tell which piece is right: the whole datagram is dropped, and what still comes
// of it too. An exact copy of a piece is only a copy (RFC 8200 4.5). Everything is bounded: datagrams, pieces (each
// takes a page), time. When a bound is hit the oldest datagram gives way.

#include "net/frag.h"
#include "core/string.h"
#include "net/count.h"
#include "net/icmperr.h"
#include "net/ipopt.h"
#include "pkt/tune.h"
#include "sched/timer.h"
#include "sched/waitq.h"

#define DATAGRAMS 16      // that wait
#define PIECES MIN(256, pkt_parts[PART_FRAGS])  // of all of them
#define PIECES_EACH 128   // of one
#define LIFE (TUNE(FRAGLIFE) * SEC)  // RFC 1122 3.3.2: 60 to 120 seconds after the first piece

// f fraglock
struct datagram {
  struct pktbuf *pieces;   // [f] in order of offset, by next
  uint32 src, dst;         // [f]
  uint16 id;               // [f] as on the wire
  uint8 proto;             // [f]
  uint8 used;              // [f]
  uint8 dead;              // [f] overlapped: takes no more pieces
  uint npieces;            // [f]
  uint got;                // [f] bytes of payload that are here
  uint end;                // [f] bytes of the whole payload, 0: the last piece is not here
  uint64 until;            // [f]
};

static struct spinlock fraglock = SPINLOCK("frag");
static struct datagram datagrams[DATAGRAMS];
static uint npieces;  // [f]
static struct timer reaper;

// A piece keeps its IP header in its page, in front of its data.
static inline struct ip *
header(const struct pktbuf *p)
{
  return (struct ip *)(p->page + p->l3);
}

static inline uint
offset(const struct pktbuf *p)
{
  return (ntohs(header(p)->ip_off) & IP_OFFMASK) * 8;
}

// Take the pieces off d. result: a list by next.
static struct pktbuf *
strip(struct datagram *d)
{
  struct pktbuf *list = d->pieces;
  npieces -= d->npieces;
  d->pieces = 0;
  d->npieces = 0;
  return list;
}

// Drop a list of pieces under one name. No lock is held.
static void
drop_list(struct pktbuf *list, enum drop_reason why)
{
  while(list){
    struct pktbuf *p = list;
    list = p->next;
    p->next = 0;
    pkt_drop(p, why, 0);
  }
}

static struct datagram *
frag_find(const struct pktbuf *p)
{
  const struct ip *h = header(p);
  for(struct datagram *d = datagrams; d < datagrams + DATAGRAMS; d++)
    if(d->used && d->id == h->ip_id && d->src == p->src && d->dst == p->dst && d->proto == h->ip_p)
      return d;
  return 0;
}

// The datagram that has waited longest, of those with at least so many pieces.
static struct datagram *
oldest(uint with)
{
  struct datagram *o = 0;
  for(struct datagram *d = datagrams; d < datagrams + DATAGRAMS; d++)
    if(d->used && d->npieces >= with && (o == 0 || d->until < o->until))
      o = d;
  return o;
}

// A new datagram, of which p is a piece; 0: no more may wait.
static struct datagram *
frag_start(const struct pktbuf *p)
{
  struct datagram *d = datagrams;
  while(d < datagrams + DATAGRAMS && d->used)
    d++;
  if(d == datagrams + DATAGRAMS)
    return 0;
  const struct ip *h = header(p);
  *d = (struct datagram){
    .src = p->src, .dst = p->dst, .id = h->ip_id, .proto = h->ip_p, .used = 1, .until = now() + LIFE,
  };
  if(!reaper.set || d->until < reaper.when)
    timer_set(&reaper, d->until);
  return d;
}

// Does it agree with what is known of the end? Sets the end if this piece is the last one.
static int
end_agrees(struct datagram *d, uint off, uint n, int last)
{
  if(d->end)
    return last ? off + n == d->end : off + n <= d->end;
  if(!last)
    return 1;
  for(struct pktbuf *q = d->pieces; q; q = q->next)
    if(offset(q) + pkt_len(q) > off + n)
      return 0;
  d->end = off + n;
  return 1;
}

enum verdict { PLACED, COPY, OVERLAP };

// Put p in its place among the pieces.
static enum verdict
frag_place(struct datagram *d, struct pktbuf *p)
{
  uint off = offset(p), n = pkt_len(p);
  struct pktbuf **at = &d->pieces;
  // Most pieces come in order: the search ends at the last one.
  while(*at && offset(*at) + pkt_len(*at) <= off)
    at = &(*at)->next;
  struct pktbuf *q = *at;
  if(q && off + n > offset(q)){
    int same = offset(q) == off && pkt_len(q) == n && memcmp(pkt_data(q), pkt_data(p), n) == 0;
    return same ? COPY : OVERLAP;
  }
  if(!end_agrees(d, off, n, (ntohs(header(p)->ip_off) & IP_MF) == 0))
    return OVERLAP;
  p->next = q;
  *at = p;
  d->npieces++;
  npieces++;
  d->got += n;
  return PLACED;
}

// All is here: one datagram, the first piece in front with its IP header, the others behind it.
static struct pktbuf *
frag_join(struct pktbuf *list)
{
  struct pktbuf *first = list;
  for(struct pktbuf *p = list; p; p = p->more){
    p->more = p->next;
    p->next = 0;
    first->l2bcast |= p->l2bcast;
  }
  first->head = first->l3;
  net_count(FRAG_WHOLE);
  return first;
}

// A piece's form (RFC 1858, RFC 3128 for the tiny ones). p starts at its data. result: 0, or the drop reason plus 1.
static int
check(const struct pktbuf *p)
{
  const struct ip *h = header(p);
  uint off = offset(p), n = pkt_len(p), last = (ntohs(h->ip_off) & IP_MF) == 0;
  if(n == 0 || (!last && n % 8 != 0))
    return DROP_FRAG_LEN + 1;
  if(off + n + ip_hlen(h) > IP_MAXLEN)
    return DROP_FRAG_BEYOND + 1;
  if(off == 0 && n < (h->ip_p == IPPROTO_TCP ? 20 : 8))
    return DROP_FRAG_TINY + 1;
  if(off > 0 && off < 20 && h->ip_p == IPPROTO_TCP)
    return DROP_FRAG_TINY + 1;
  return 0;
}

struct pktbuf *
frag_input(struct pktbuf *p)
{
  struct pktbuf *dropped = 0, *evicted = 0, *whole = 0;
  enum drop_reason why = DROP_FRAG_OVERLAP;
  net_count(FRAG_RECEIVED);
  pkt_pull(p, ip_hlen(header(p)));
  int bad = check(p);
  if(bad){
    pkt_drop(p, bad - 1, 0);
    return 0;
  }

  acquire(&fraglock);
  struct datagram *d = frag_find(p);
  if(npieces >= PIECES || (d == 0 && (d = frag_start(p)) == 0)){
    struct datagram *o = oldest(npieces >= PIECES);
    evicted = strip(o);
    o->used = 0;
    if(d == 0 || d == o)
      d = frag_start(p);
  }
  if(d->dead){
    dropped = p;
  } else if(d->npieces >= PIECES_EACH){
    dropped = p;
    why = DROP_FRAG_FULL;
  } else {
    enum verdict v = frag_place(d, p);
    if(v != PLACED)
      dropped = p;
    if(v == OVERLAP){
      p->next = strip(d);
      d->dead = 1;
    } else if(d->end && d->got == d->end){
      whole = strip(d);
      d->used = 0;
      if(ip_hlen(header(whole)) + d->end > IP_MAXLEN){  // the first piece's header may be longer than the last one's
        dropped = whole;
        whole = 0;
        why = DROP_FRAG_BEYOND;
      }
    }
  }
  release(&fraglock);

  drop_list(evicted, DROP_FRAG_FULL);
  drop_list(dropped, why);
  return whole ? frag_join(whole) : 0;
}

// Time is up for a datagram: the sender is told, unless its first piece is missing (RFC 792; icmp_error() looks).
static void
expire(struct pktbuf *list)
{
  if(list)
    icmp_error(list, ICMP_TIMXCEED, 1, 0);
  drop_list(list, DROP_FRAG_TIMEOUT);
}

static void
frag_reap(void *arg)
{
  uint64 t = now(), next = FOREVER;
  for(int i = 0; i < DATAGRAMS; i++){
    struct datagram *d = &datagrams[i];
    struct pktbuf *list = 0;
    acquire(&fraglock);
    if(d->used && d->until <= t){
      list = strip(d);
      d->used = 0;
    } else if(d->used){
      next = MIN(next, d->until);
    }
    release(&fraglock);
    expire(list);
  }
  if(next != FOREVER)
    timer_set(&reaper, next);
}

void
frag_counts(uint *n, uint *pieces)
{
  *n = 0;
  for(int i = 0; i < DATAGRAMS; i++)
    *n += datagrams[i].used;
  *pieces = npieces;
}

void
frag_init(void)
{
  timer_init(&reaper, frag_reap, 0);
}
