// The trace; see trace.h.
//
// A ring of records without a lock, for it is on the path of every packet. A writer claims the next record by a count; a
// record's seq is 0 while it is written, and the count afterwards, so that a reader knows a whole one.
//
// While stages are recorded, a record is kept for its packet until the packet's path ends: whoever owns the packet writes it,
// and other frames pass it by. Turning recording on takes back those that are over; packets under way keep theirs. When
// TRACE_KEPT are kept, recording is over until it is turned on again: a reader that was killed, or does not read, costs 64 packets a
// little and no more. Times of stages are the cycle counter's, which on QEMU is the host's and much finer than the
// clock; two pairs of both, when it was turned on and when it is read, tell what a cycle is worth.

#include "pkt/trace.h"
#include "core/cpu.h"
#include "core/csr.h"
#include "core/string.h"
#include "kernel/riscv.h"
#include "sched/timer.h"

enum { FREE, ACTIVE, DONE };  // of a record that is kept: its packet is under way, or not any more

// The beginning of a frame, in the words that it lies in: from the aligned address at or before it on.
struct beginning {
  uint64 words[KSTAT_TRACEBYTES / 8 + 1];
} __attribute__((may_alias));

struct record {
  uint32 kept;      // [a] FREE...
  uint32 seq;       // [a] number of the record, from 1; 0: being written
  uint8 out;        // 1: sent
  uint16 len;
  uint8 verdict;    // [a] drop_reason + 1; 0: it went on
  uint8 skip;       // bytes in front of the frame in words
  const char *ifname;  // 0: it is no frame yet
  uint64 when;      // now()
  struct beginning beginning;
} __attribute__((aligned(128)));

struct moment {
  uint64 cycle, insn;
  uint8 seen, hart;
};

int trace_on;
static struct record records[TRACE_N];
static struct moment stages[TRACE_N][NPATH];  // of the records that are kept
static uint32 count;           // [a] numbers so far
static uint32 nkept;           // [a]
static struct moment came[NCPU];  // each the hart's own
static uint64 cycle0, time0;   // when recording was turned on
static int counts_insns;       // instret is what its name says

static inline struct record *
trace_record_of(uint32 number)
{
  return &records[number % TRACE_N];
}

// A record may be written: nobody takes what follows for the old one.
static inline void
trace_open_record(struct record *r)
{
  __atomic_store_n(&r->seq, 0, __ATOMIC_RELAXED);
  __atomic_thread_fence(__ATOMIC_RELEASE);
}

static inline void
trace_close_record(struct record *r, uint32 number)
{
  __atomic_store_n(&r->seq, number, __ATOMIC_RELEASE);
}

// The next record that nobody keeps, open.
static inline struct record *
trace_claim(uint32 *number)
{
  struct record *r;

  do {
    *number = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);
    r = trace_record_of(*number);
  } while(unlikely(count_get(&r->kept) != FREE));
  trace_open_record(r);
  r->verdict = 0;
  return r;
}

static inline void
trace_note_bytes(struct record *r, const uint8 *page, uint64 at, uint len)
{
  r->len = len;
  r->skip = at % 8;
  r->beginning = *(const struct beginning *)(page + MIN(at - at % 8, PGSIZE - sizeof(r->beginning)));
}

// All of an open record.
static inline void
trace_note_frame(struct record *r, uint32 number, int out, const char *ifname, uint64 when, const uint8 *page, uint64 at, uint len)
{
  r->out = out;
  r->ifname = ifname;
  r->when = when;
  trace_note_bytes(r, page, at, len);
  trace_close_record(r, number);
}

static inline void
trace_set_moment(struct moment *m)
{
  push_off();
  *m = (struct moment){ csr_read(cycle), csr_read(instret), 1, mycpu()->id };
  pop_off();
}

// The record is kept, unless so many are that recording is over. The hart came to `first` when it last called trace_came(), and is
// at `stage` now.
static void __attribute__((noinline))
trace_keep(struct trace *t, int first, int stage)
{
  struct moment *m = stages[t->number % TRACE_N];

  if(__atomic_add_fetch(&nkept, 1, __ATOMIC_RELAXED) > TRACE_KEPT){
    __atomic_fetch_sub(&nkept, 1, __ATOMIC_RELAXED);
    __atomic_store_n(&trace_on, 0, __ATOMIC_RELAXED);
    return;
  }
  memset(m, 0, sizeof(stages[0]));
  push_off();
  m[first] = came[mycpu()->id];
  pop_off();
  trace_set_moment(&m[stage]);
  t->kept = 1;
  __atomic_store_n(&trace_record_of(t->number)->kept, ACTIVE, __ATOMIC_RELAXED);
}

void
trace_in(struct trace *t, const char *ifname, uint64 when, const uint8 *page, uint64 at, uint len)
{
  uint32 number;
  struct record *r = trace_claim(&number);

  t->number = number;
  trace_note_frame(r, number, 0, ifname, when, page, at, len);
  if(unlikely(trace_on))
    trace_keep(t, PATH_CAME, PATH_RING);
}

void
trace_out(struct trace *t, const char *ifname, uint64 when, const uint8 *page, uint64 at, uint len)
{
  uint32 number = t->number;
  struct record *r = trace_record_of(number);

  if(likely(!t->kept))
    r = trace_claim(&number);
  else
    trace_open_record(r);
  t->number = number;
  trace_note_frame(r, number, 1, ifname, when, page, at, len);
}

void
trace_send(struct trace *t)
{
  uint32 number;
  struct record *r = trace_claim(&number);

  t->number = number;
  r->out = 1;
  r->ifname = 0;
  r->when = now();
  r->len = 0;
  trace_close_record(r, number);
  trace_keep(t, PATH_SEND, PATH_GATHER);
}

void
trace_came_now(void)
{
  push_off();
  trace_set_moment(&came[mycpu()->id]);
  pop_off();
}

void
trace_mark(const struct trace *t, int stage)
{
  trace_set_moment(&stages[t->number % TRACE_N][stage]);
}

void
trace_drop(const struct trace *t, int why, const uint8 *page, uint64 at, uint len)
{
  struct record *r = trace_record_of(t->number);

  if(t->number && __atomic_load_n(&r->seq, __ATOMIC_RELAXED) == t->number)
    r->verdict = why + 1;
  if(unlikely(t->kept) && r->ifname == 0)
    trace_note_bytes(r, page, at, len);
}

void
trace_end(struct trace *t)
{
  t->kept = 0;
  __atomic_store_n(&trace_record_of(t->number)->kept, DONE, __ATOMIC_RELEASE);
}

void
trace_set(int on)
{
  if(on && !trace_on){
    counts_insns = csr_counts_insns();
    cycle0 = csr_read(cycle);
    time0 = now();
  }
  for(int i = 0; on && i < TRACE_N; i++){
    uint32 done = DONE;
    if(__atomic_compare_exchange_n(&records[i].kept, &done, FREE, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
      __atomic_fetch_sub(&nkept, 1, __ATOMIC_RELAXED);
  }
  __atomic_store_n(&trace_on, on, __ATOMIC_SEQ_CST);
}

static uint32
trace_nanoseconds(uint64 cycles)
{
  uint64 dc = csr_read(cycle) - cycle0, dt = (now() - time0) * NSEC_OF_COUNT;
  return dc ? cycles * (dt >> 10) / (dc >> 10 ? dc >> 10 : 1) : 0;
}

static void
trace_tell_stages(struct kstat_trace *out, const struct moment *stage)
{
  const struct moment *first = 0;  // stages are in the order of any path, but for what is sent: SEND is its first

  for(int s = 0; s < NPATH; s++){
    const struct moment *m = &stage[s];
    if(!m->seen)
      continue;
    if(first == 0)
      first = m;
    out->stage[s].seen = 1;
    out->stage[s].hart = m->hart;
    out->stage[s].ns = m->cycle > first->cycle ? trace_nanoseconds(m->cycle - first->cycle) : 0;
    out->stage[s].insns = counts_insns && m->hart == first->hart ? m->insn - first->insn : 0;
  }
}

int
trace_record(int i, void *rec)
{
  struct kstat_trace *out = rec;
  if(i < 0 || i >= TRACE_N)
    return -1;
  const struct record *r = &records[i];
  uint32 seq = __atomic_load_n(&r->seq, __ATOMIC_ACQUIRE);
  int done = __atomic_load_n(&r->kept, __ATOMIC_ACQUIRE) == DONE;
  if(seq == 0)
    return 0;
  struct record c = *r;
  memset(out, 0, sizeof(*out));
  out->number = seq;
  out->done = done;
  if(done)
    trace_tell_stages(out, stages[i]);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  if(count_get(&r->seq) != seq || (count_get(&r->kept) == DONE) != done)
    return 0;  // another frame has it, or another reader gave it to one
  out->when_ns = c.when * NSEC_OF_COUNT;
  if(c.ifname)
    safestrcpy(out->ifname, c.ifname, sizeof(out->ifname));
  if(c.verdict)
    safestrcpy(out->drop, drop_names[c.verdict - 1], sizeof(out->drop));
  out->out = c.out;
  out->len = c.len;
  memcpy(out->bytes, (uint8 *)c.beginning.words + c.skip, MIN(c.len, KSTAT_TRACEBYTES));
  return 1;
}
