// gen: the far end of a guest's wire, as a generator of UDP traffic that measures.
//
//   gen -w PATH [options] ready SECS               ask until the guest's program answers
//                         echo BYTES WINDOW SECS   keep WINDOW echoes on their way
//                         recv BYTES RATE SECS     offer RATE frames a second, 0: as many as are taken
//                         send BYTES COUNT BURST   have COUNT frames sent by the guest
//                         forward BYTES RATE SECS  offer RATE frames a second to a router, and see what comes out behind it
//                         alone BYTES COUNT        COUNT echoes, each when the guest sleeps, and the instructions of each
//                         idle SECS                only watch
//                         quit                     end the guest's program
//   -w PATH   QEMU's end of the wire is PATH.q, ours PATH.h
//   -W PATH   the wire behind the router: forward only
//   -i FILE   the guest's instructions as bench/insn.c counts them, before and after; with -o OUT each of them
//   -H        with the histogram of the round trips
//
// BYTES is the length of the frames, 60 to 1514. The result is one line of JSON.

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "hist.h"
#include "peer.h"
#include "table.h"
#include "wire.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "user/bench/bench.h says little-endian"
#endif

const char program[] = "gen";

enum { WINDOW_MAX = 4096, PATIENCE_MS = 100 };

static struct wire wire = {
  .mac = { 0x52, 0x55, 0x0a, 0x00, 0x02, 0x02 },
  .guest_mac = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 },
  .addr = 0x0a000202,
  .guest_addr = 0x0a00020f,
};
static struct wire there = {
  .mac = { 0x52, 0x55, 0x0a, 0x00, 0x03, 0x02 },
  .addr = 0x0a000302,
  .port = BENCH_PORT,
};
static uint16_t run;               // of this process
static const struct table *table;  // the guest's instructions; 0: not counted
static struct table *before;       // as they were when the measured part began
static const char *profile;        // file for the count of each
static int with_histogram;
static uint8_t frame[2048];        // the one that came last

// ---- instructions

static void
counting_begins(void)
{
  if(table)
    memcpy(before, table, sizeof(*before));
}

// The end of the line of results. packets: what the instructions are shared out among.
static void
counting_ends(uint64_t packets)
{
  uint64_t total = 0;
  if(table){
    FILE *f = profile ? fopen(profile, "w") : 0;
    for(unsigned i = 0; i < TABLE_SLOTS; i++){
      uint64_t runs = table->slot[i].runs - before->slot[i].runs;
      total += runs;
      if(runs && f)
        fprintf(f, "%llx %llu\n", (unsigned long long)table->slot[i].addr - 1, (unsigned long long)runs);
    }
    total += table->rest.runs - before->rest.runs;
    if(f)
      fclose(f);
    printf(", \"insns\": %llu, \"packets\": %llu", (unsigned long long)total, (unsigned long long)packets);
  }
  printf("}\n");
}

static void
counting_open(const char *path)
{
  int fd = open(path, O_RDONLY);
  void *p = fd < 0 ? MAP_FAILED : mmap(0, sizeof(*table), PROT_READ, MAP_SHARED, fd, 0);
  if(p == MAP_FAILED){
    perror(path);
    exit(1);
  }
  table = p;
  before = malloc(sizeof(*before));
  if(before == 0)
    fail("there is no memory for the counts");
}

// ---- questions to the guest's program

// Sends r until an answer with its number comes: the answer, with *payload bytes. Ends the program after some seconds.
static struct bench_head *
ask(struct request *r, uint32_t seq, unsigned op, unsigned *payload)
{
  request_number(r, run, seq);
  for(int tries = 0; tries < 50; tries++){
    wire_put(&wire, r, 1);
    for(uint64_t until = now_ns() + 100000000; now_ns() < until;){
      struct bench_head *h = wire_get(&wire, frame, payload, 10);
      if(h && h->op == op && h->run == run && h->seq == seq)
        return h;
    }
  }
  fail("the guest's program does not answer");
}

static struct bench_ctl
ask_report(void)
{
  static uint32_t seq = 1u << 31;
  struct request r;
  struct bench_ctl c;
  unsigned payload;
  request_make(&r, &wire, BENCH_REPORT, FRAME_HEADERS + sizeof(c), 0, 0);
  struct bench_head *h = ask(&r, seq++, BENCH_REPORT, &payload);
  if(payload < sizeof(c))
    fail("the guest's report is too short");
  memcpy(&c, h, sizeof(c));
  return c;
}

// ---- measurements

static void
measure_ready(const double *arg)
{
  double secs = arg[0];
  struct request r;
  unsigned payload;
  uint64_t start = now_ns();
  request_make(&r, &wire, BENCH_ECHO, FRAME_MIN, 0, 0);
  for(uint32_t seq = 0; now_ns() - start < secs * 1e9; seq++){
    request_number(&r, run, seq);
    if(wire_pending(&wire) == 0)  // questions that wait would all be answered at once, later
      wire_put(&wire, &r, 0);
    struct bench_head *h = wire_get(&wire, frame, &payload, 1);
    if(h && h->op == BENCH_ECHO && h->run == run){
      printf("{\"secs\": %.4f}\n", (now_ns() - start) * 1e-9);
      return;
    }
  }
  fail("the guest's program did not answer in time");
}

static void
measure_quit(const double *arg)
{
  struct request r;
  unsigned payload;
  request_make(&r, &wire, BENCH_QUIT, FRAME_MIN, 0, 0);
  ask(&r, 0, BENCH_QUIT, &payload);
  printf("{}\n");
}

static void
measure_idle(const double *arg)
{
  double secs = arg[0];
  uint64_t start = now_ns();
  counting_begins();
  while(now_ns() - start < secs * 1e9)
    poll(0, 0, 10);
  printf("{\"secs\": %.4f", (now_ns() - start) * 1e-9);
  counting_ends(0);
}

// One echo on its way in each place of the window. A number is used once, and number % window is its place.
struct place {
  uint32_t seq;
  uint64_t sent_at;  // 0: nothing is on its way
};

static void
send_echo(struct request *r, struct place *p, uint32_t seq)
{
  p->seq = seq;
  request_number(r, run, seq);
  p->sent_at = now_ns();
  wire_put(&wire, r, 1);
}

static void
measure_echo(const double *arg)
{
  unsigned bytes = arg[0], window = arg[1];
  double secs = arg[2];
  static struct place place[WINDOW_MAX];
  static struct hist hist;
  struct request r;
  uint64_t done = 0, lost = 0, wrong = 0, in_time = 0, under_way = 0;
  unsigned payload;

  request_make(&r, &wire, BENCH_ECHO, bytes, 0, 0);
  counting_begins();
  uint64_t start = now_ns(), end = start + secs * 1e9, looked = start, t = start;
  for(; under_way < window; under_way++)
    send_echo(&r, &place[under_way], under_way);
  while(under_way > 0){
    struct bench_head *h = wire_get(&wire, frame, &payload, 1);
    t = now_ns();
    if(h && h->op == BENCH_ECHO && h->run == run){
      struct place *p = &place[h->seq % window];
      if(p->sent_at && p->seq == h->seq){
        unsigned rest = FRAME_HEADERS + sizeof(*h);
        if(payload != bytes - FRAME_HEADERS || memcmp(frame + rest, r.bytes + rest, bytes - rest) != 0)
          wrong++;
        hist_add(&hist, t - p->sent_at);
        done++;
        in_time += t < end;
        if(t < end)
          send_echo(&r, p, p->seq + window);
        else
          p->sent_at = 0, under_way--;
      }
    }
    if(t - looked < 1000000)
      continue;
    looked = t;
    for(unsigned i = 0; i < window; i++){
      struct place *p = &place[i];
      if(p->sent_at == 0 || t < p->sent_at + PATIENCE_MS * 1000000ull)
        continue;
      lost++;
      if(t < end)
        send_echo(&r, p, p->seq + window);
      else
        p->sent_at = 0, under_way--;
    }
  }
  printf("{\"per_s\": %.0f, \"lost\": %llu, \"wrong\": %llu, \"p50_us\": %.2f, \"p90_us\": %.2f, \"p99_us\": %.2f, "
         "\"max_us\": %.2f, \"secs\": %.4f", in_time / secs, (unsigned long long)lost, (unsigned long long)wrong,
         hist_at(&hist, 0.5) / 1e3, hist_at(&hist, 0.9) / 1e3, hist_at(&hist, 0.99) / 1e3, hist_at(&hist, 1) / 1e3,
         (t - start) * 1e-9);
  if(with_histogram)
    hist_print(&hist);
  counting_ends(done);
}

static uint64_t
instructions(void)
{
  uint64_t total = table->rest.runs;
  for(unsigned i = 0; i < TABLE_SLOTS; i++)
    total += table->slot[i].runs;
  return total;
}

// Waits until the guest has executed nothing for some milliseconds: what it has executed by then.
static uint64_t
asleep(void)
{
  enum { QUIET_MS = 5, PATIENCE = 400 };
  uint64_t was = instructions();
  for(int tries = 0; tries < PATIENCE; tries++){
    poll(0, 0, QUIET_MS);
    uint64_t now = instructions();
    if(now == was)
      return now;
    was = now;
  }
  fail("the guest never sleeps: its harts watch the rings (netctl spin 0)");
}

// A packet that wakes the guest, all the way in and out again, with nothing else going on: the same count each time, but
// for a tick of its clock that falls into one now and then, and for how often its idle hart looks at the ring.
static void
measure_alone(const double *arg)
{
  unsigned bytes = arg[0], count = arg[1], payload;
  struct request r;
  if(table == 0)
    fail("alone needs -i");
  request_make(&r, &wire, BENCH_ECHO, bytes, 0, 0);
  asleep();
  counting_begins();
  for(unsigned i = 0; i < count; i++){
    ask(&r, i, BENCH_ECHO, &payload);
    asleep();
  }
  printf("{\"answers\": %u", count);
  counting_ends(count);
}

// Frames that come while we send (questions by ARP, above all).
static void
look_at_wire(void)
{
  unsigned payload;
  while(wire_get(&wire, frame, &payload, 0))
    ;
}

// Waits until the next of `offered` frames is due, 50 us at least: a generator that spins would take a core away from
// the guest. start: of the measurement, ns.
static void
wait_until_due(uint64_t start, uint64_t offered, double rate, double secs)
{
  uint64_t next = start + (offered + 1) / rate * 1e9, soon = now_ns() + 50000;
  if(next < soon)
    next = soon;
  if(next > start + secs * 1e9)
    next = start + secs * 1e9;
  struct timespec at = { .tv_sec = next / 1000000000, .tv_nsec = next % 1000000000 };
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, 0);
}

// Offers n frames that are due now: how many the wire took. When it is full, the rest is lost without being tried: a
// generator that spends a core on that takes it away from the guest.
static uint64_t
offer(struct request *r, uint32_t *seq, uint64_t n, int wait)
{
  for(uint64_t i = 0; i < n; i++){
    request_number(r, run, *seq + i);
    if(!wire_put(&wire, r, wait)){
      n = i;
      break;
    }
  }
  *seq += n;
  return n;
}

// At an open rate the wire is never waited for: a frame that it does not take is one that this host has lost. What is
// due goes out together at most every 50 us.
static void
measure_recv(const double *arg)
{
  unsigned bytes = arg[0];
  double rate = arg[1], secs = arg[2];
  struct request r;
  uint64_t offered = 0, taken = 0, t;
  uint32_t seq = 0;

  request_make(&r, &wire, BENCH_COUNT, bytes, 0, 0);
  struct bench_ctl first = ask_report();
  counting_begins();
  uint64_t start = now_ns();
  for(uint64_t looked = start; (t = now_ns() - start) < secs * 1e9;){
    uint64_t due = rate > 0 ? rate * t * 1e-9 : offered + 64;
    taken += offer(&r, &seq, due - offered, rate == 0);
    offered = due;
    if(start + t - looked > 1000000){
      looked = start + t;
      look_at_wire();
    }
    if(rate > 0)
      wait_until_due(start, offered, rate, secs);
  }
  double elapsed = (now_ns() - start) * 1e-9;
  for(int ms = 0; wire_pending(&wire) > 0 && ms < 5000; ms++)
    poll(0, 0, 1);
  poll(0, 0, 50);
  printf("{\"secs\": %.4f, \"offered_per_s\": %.0f, \"taken_per_s\": %.0f", (now_ns() - start) * 1e-9,
         offered / elapsed, taken / elapsed);
  // The counts are taken before the second report, so that it is not among what they cover.
  struct table *after = 0;
  if(table && (after = malloc(sizeof(*after))) != 0)
    memcpy(after, table, sizeof(*after));
  struct bench_ctl last = ask_report();
  uint64_t got = last.report.messages - first.report.messages;
  printf(", \"per_s\": %.0f, \"mbit_s\": %.2f, \"misordered\": %llu, \"taken\": %llu", got / elapsed,
         got / elapsed * bytes * 8e-6, last.report.misordered - first.report.misordered, (unsigned long long)taken);
  if(after)
    table = after;
  counting_ends(got);
}

// Frames of this run that have come out behind the router, as far as they are here.
static uint64_t
came_out(uint64_t *misordered)
{
  static uint32_t last;
  unsigned payload;
  uint64_t n = 0;
  struct bench_head *h;
  while((h = wire_get(&there, frame, &payload, 0)) != 0){
    if(h->run != run)
      continue;
    *misordered += h->seq < last;
    last = h->seq;
    n++;
  }
  return n;
}

// As measure_recv(), but the frames are for a host behind the guest. What comes out within the time counts.
static void
measure_forward(const double *arg)
{
  unsigned bytes = arg[0];
  double rate = arg[1], secs = arg[2];
  struct wire dst = wire;
  struct request r;
  uint64_t offered = 0, taken = 0, got = 0, misordered = 0, t;
  uint32_t seq = 0;

  dst.guest_addr = there.addr;
  request_make(&r, &dst, BENCH_COUNT, bytes, 0, 0);
  counting_begins();
  uint64_t start = now_ns();
  for(uint64_t looked = start; (t = now_ns() - start) < secs * 1e9;){
    uint64_t due = rate > 0 ? rate * t * 1e-9 : offered + 64;
    taken += offer(&r, &seq, due - offered, 0);
    offered = due;
    got += came_out(&misordered);
    if(start + t - looked > 1000000){
      looked = start + t;
      look_at_wire();
    }
    if(rate > 0)
      wait_until_due(start, offered, rate, secs);
  }
  double elapsed = (now_ns() - start) * 1e-9;
  got += came_out(&misordered);
  printf("{\"secs\": %.4f, \"offered_per_s\": %.0f, \"taken_per_s\": %.0f, \"per_s\": %.0f, \"misordered\": %llu", elapsed,
         offered / elapsed, taken / elapsed, got / elapsed, (unsigned long long)misordered);
  counting_ends(got);
  // What is still on its way must not be taken for the next run's.
  for(int ms = 0; wire_pending(&wire) > 0 && ms < 5000; ms++){
    poll(0, 0, 1);
    came_out(&misordered);
  }
  for(int quiet = 0; quiet < 20; quiet++)
    quiet = came_out(&misordered) ? 0 : (poll(0, 0, 1), quiet);
}

static void
measure_send(const double *arg)
{
  unsigned bytes = arg[0];
  uint64_t count = arg[1], burst = arg[2];
  struct request r;
  struct bench_ctl c = { .send = { .messages = count, .bytes = bytes - FRAME_HEADERS, .burst = burst } };
  uint64_t got = 0, wrong = 0, first = 0, last = 0;
  unsigned payload;

  request_make(&r, &wire, BENCH_SEND, FRAME_HEADERS + sizeof(c), &c.send, sizeof(c) - sizeof(c.head));
  request_number(&r, run, 0);
  counting_begins();
  uint64_t start = now_ns();
  wire_put(&wire, &r, 1);
  for(;;){
    struct bench_head *h = wire_get(&wire, frame, &payload, 1000);
    if(h == 0)
      break;
    if(h->op != BENCH_DATA || h->run != run)
      continue;
    last = now_ns();
    if(got++ == 0)
      first = last;
    wrong += payload != bytes - FRAME_HEADERS;
    if(h->seq == count - 1)
      break;
  }
  double per_s = got > 1 && last > first ? (got - 1) / ((last - first) * 1e-9) : 0;
  printf("{\"per_s\": %.0f, \"mbit_s\": %.2f, \"lost\": %llu, \"wrong\": %llu, \"secs\": %.4f", per_s,
         per_s * bytes * 8e-6, (unsigned long long)(count - got), (unsigned long long)wrong, (now_ns() - start) * 1e-9);
  counting_ends(got);
}

// ---- the command line

static double
number(const char *word, const char *what, double min, double max)
{
  char *end;
  double v = strtod(word, &end);
  if(*word == 0 || *end || !(v >= min && v <= max)){
    fprintf(stderr, "gen: %s must be a number from %g to %g, not %s\n", what, min, max, word);
    exit(2);
  }
  return v;
}

// What there is to do, and the range of each of its arguments.
static const struct command {
  const char *name;
  void (*measure)(const double *arg);
  int args;
  struct {
    const char *what;
    double min, max;
  } arg[3];
} commands[] = {
  { "ready", measure_ready, 1, { { "SECS", 0.001, 3600 } } },
  { "echo", measure_echo, 3, { { "BYTES", FRAME_MIN, FRAME_MAX }, { "WINDOW", 1, WINDOW_MAX }, { "SECS", 0.001, 3600 } } },
  { "recv", measure_recv, 3, { { "BYTES", FRAME_MIN, FRAME_MAX }, { "RATE", 0, 1e8 }, { "SECS", 0.001, 3600 } } },
  { "send", measure_send, 3, { { "BYTES", FRAME_MIN, FRAME_MAX }, { "COUNT", 1, 1e8 }, { "BURST", 1, 256 } } },
  { "forward", measure_forward, 3, { { "BYTES", FRAME_MIN, FRAME_MAX }, { "RATE", 0, 1e8 }, { "SECS", 0.001, 3600 } } },
  { "alone", measure_alone, 2, { { "BYTES", FRAME_MIN, FRAME_MAX }, { "COUNT", 1, 10000 } } },
  { "idle", measure_idle, 1, { { "SECS", 0.001, 3600 } } },
  { "quit", measure_quit, 0, { { 0 } } },
};

static int
usage(void)
{
  fprintf(stderr, "usage: gen -w PATH [-i FILE [-o OUT]] [-H] ready SECS | echo BYTES WINDOW SECS | recv BYTES RATE SECS |\n"
                  "           send BYTES COUNT BURST | forward BYTES RATE SECS (with -W PATH) | alone BYTES COUNT | idle SECS | quit\n");
  return 2;
}

int
main(int argc, char **argv)
{
  const char *path = 0, *behind = 0, *counts = 0;
  int o;
  while((o = getopt(argc, argv, "+w:W:i:o:H")) != -1){
    if(o == 'w')
      path = optarg;
    else if(o == 'W')
      behind = optarg;
    else if(o == 'i')
      counts = optarg;
    else if(o == 'o')
      profile = optarg;
    else if(o == 'H')
      with_histogram = 1;
    else
      return usage();
  }
  char **a = argv + optind;
  int n = argc - optind;
  const struct command *c = commands, *none = commands + sizeof(commands) / sizeof(commands[0]);
  double value[3] = {0};
  while(c < none && n > 0 && strcmp(a[0], c->name) != 0)
    c++;
  if(path == 0 || n == 0 || c == none || n != 1 + c->args || (c->measure == measure_forward) != (behind != 0))
    return usage();
  for(int i = 0; i < c->args; i++)
    value[i] = number(a[1 + i], c->arg[i].what, c->arg[i].min, c->arg[i].max);
  if(counts)
    counting_open(counts);
  run = getpid();
  wire.port = 20000 + getpid() % 40000;
  wire.fd = peer_socket(path, 10000);
  if(behind)
    there.fd = peer_socket(behind, 10000);
#ifdef __linux__
  prctl(PR_SET_TIMERSLACK, 1);  // else sleeps last 50 us longer than asked for
#endif
  c->measure(value);
  return 0;
}
