// sysfuzz [-s SEED] [-n CALLS] [-t SECONDS] [-p PROCESSES] [-k FIRST] [-v]: random system calls with random arguments
// (tests/anycall.h), by several processes at once. Whatever they do, no call may return what cannot be, none may
// hang, and in the end all is given back: pages, packets, files, processes, i-nodes, sockets.
//
// Each process makes CALLS calls (20000), or goes on for SECONDS. They are made in batches, each by a child with a seed of
// its own, in a directory that all share. So what batch 17 of process 2 does depends on seed, 2 and 17 only, and on what
// the others do at that moment.
//
// One batch in eight may make calls that wait for ever, and is killed soon; another one in the middle of its work. Of the
// others none may take a minute: what makes it wait, if it does, is a fault.
//
// When the machine stops, -v shows the last call of each process; -k FIRST makes only the CALLS from the FIRST one on.

#include "user/tests/ut.h"
#include "user/tests/anycall.h"

#define BATCH 400
#define SOON 4          // ticks until a batch is killed that may wait for ever
#define PATIENCE 600    // ticks that any other may take, on a busy host
#define BATCH_FAILED 97
#define ROUNDS 100      // ticks that children of killed batches may take
#define USAGE "[-s SEED] [-n CALLS] [-t SECONDS] [-p PROCESSES, 1 to 8] [-k FIRST] [-v]"

static uint64 seed, first, calls = 20000, seconds, processes = 4;
static int verbose;
static uint64 last;  // call that was made

// What a manager tells main.
struct tally {
  uint64 calls;    // made, at least: those of killed batches are not counted
  uint64 killed;   // batches
  int failed;
};

static int me;      // which process this is, and the number of its batch's first call
static uint64 at;

// Is the i-th call of the batch to be made?
static int
wanted(uint i)
{
  char who[80];
  uint64 n = at + i;

  if(n < first || (seconds == 0 && n >= first + calls))
    return 0;
  if(verbose){
    snprintf(who, sizeof(who), "process %d, call %ld", me, n);
    any_say(who, "");
  }
  last = n;
  return 1;
}

static uint
batch_seed(void)
{
  return (uint)(seed * 2654435761u) ^ (uint)(me + 1) * 40503u ^ (uint)(at / BATCH * 2246822519u);
}

// In a child: the calls of one batch.
static void __attribute__((noreturn))
batch(void)
{
  char who[80], what[40];

  for(int i = 0; i < NOFILE; i++)
    if(i != 1)
      close(i);
  if(chdir(UT_SCRATCH) < 0)
    exit(0);
  any_waits = batch_seed() % 8 == 0;
  if(any_batch(batch_seed(), BATCH, wanted) == 0)
    exit(0);
  snprintf(who, sizeof(who), "sysfuzz: seed %ld, process %d, call %ld", seed, me, last);
  snprintf(what, sizeof(what), " returned %ld", any_result);
  any_say(who, what);
  exit(BATCH_FAILED);
}

// Runs one batch, and a dog that ends when its time is over.
static void
run_batch(struct tally *t)
{
  int status, dog, worker, kind = batch_seed() % 8;

  while((dog = fork()) < 0)
    pause(1);
  if(dog == 0){
    pause(kind == 0 ? SOON : kind == 1 ? 1 : PATIENCE);
    exit(0);
  }
  while((worker = fork()) < 0)
    pause(1);
  if(worker == 0)
    batch();
  int who = wait(&status);
  if(who == dog && kind > 1){
    printf("sysfuzz: seed %ld, process %d: the batch from call %ld on does not end\n", seed, me, at);
    t->failed = 1;
  }
  kill(who == dog ? worker : dog);
  wait(who == dog ? &status : 0);
  if(status == BATCH_FAILED)
    t->failed = 1;
  else if(status == 0)
    t->calls += BATCH;
  else
    t->killed++;
}

static void __attribute__((noreturn))
manage(int report, long until)
{
  struct tally t = { 0, 0, 0 };

  for(at = first / BATCH * BATCH; !t.failed; at += BATCH)
    if(seconds ? ut_ms() >= until : at >= first + calls)
      break;
    else
      run_batch(&t);
  write(report, &t, sizeof(t));
  exit(t.failed);
}

// Children of killed batches have no parent to wait for them, but end soon. result: how many have not.
static int
strays(void)
{
  static struct kstat_proc p[NPROC + NKTHREAD];
  int left = 1, self = getpid();

  for(int round = 0; left && round < ROUNDS; round++){
    int n = kstat(KSTAT_PROC, p, sizeof(p)) / (int)sizeof(p[0]);
    left = 0;
    for(int i = 0; i < n; i++)
      if(p[i].pid > self && p[i].ppid == 1 && p[i].state != PS_UNUSED){
        left++;
        if(round == ROUNDS - 1)
          printf("sysfuzz: process %d, state %d, waits for %lx\n", p[i].pid, p[i].state, p[i].waits_for);
      }
    if(left)
      pause(1);
  }
  return left;
}

static void
parse(int argc, char **argv)
{
  struct opts o = { argc, argv, 0, 0, 0 };
  int c, bad = 0;

  while((c = next_opt(&o, "s:n:t:p:k:v")))
    switch(c){
    case 's':
      bad |= parse_uint(o.arg, 0xffffffff, &seed) < 0;
      break;
    case 'n':
      bad |= parse_uint(o.arg, 1ul << 40, &calls) < 0;
      break;
    case 't':
      bad |= parse_uint(o.arg, 1000000, &seconds) < 0;
      break;
    case 'p':
      bad |= parse_uint(o.arg, 8, &processes) < 0 || processes == 0;
      break;
    case 'k':
      bad |= parse_uint(o.arg, 1ul << 40, &first) < 0;
      break;
    case 'v':
      verbose = 1;
      break;
    default:
      bad = 1;
    }
  if(bad || o.at < argc)
    usage(USAGE);
}

// All processes, to their end.
static struct tally
run_all(void)
{
  struct tally sum = { 0, 0, 0 }, t;
  long until = ut_ms() + (long)seconds * 1000;
  int fds[2];

  if(pipe(fds) < 0)
    die_errno("pipe");
  for(me = 0; me < (int)processes; me++){
    int pid = fork();
    if(pid < 0)
      die_errno("fork");
    if(pid == 0)
      manage(fds[1], until);
  }
  for(int i = 0; i < (int)processes; i++)
    if(read(fds[0], &t, sizeof(t)) == sizeof(t)){
      sum.calls += t.calls;
      sum.killed += t.killed;
      sum.failed |= t.failed;
    }
  while(wait(0) > 0)
    ;
  close(fds[0]);
  close(fds[1]);
  return sum;
}

int
main(int argc, char **argv)
{
  static struct ut_used before, after;
  struct tally t;
  const char *lost;

  seed = clock(CLOCK_WALL) / 1000 % 1000000;
  parse(argc, argv);
  printf("sysfuzz: seed %ld, %ld processes\n", seed, processes);
  ut_shake();  // this process and the harts have all the pages now that they will ever have
  ut_use(&before);
  ut_remove(UT_SCRATCH);
  if(mkdir(UT_SCRATCH) < 0)
    die_errno("%s", UT_SCRATCH);
  t = run_all();
  int left = strays();
  failalloc(FAIL_PAGE, 0);
  failalloc(FAIL_PACKET, 0);
  chdir("/");
  ut_remove(UT_SCRATCH);
  lost = ut_leak(&before, &after);
  printf("sysfuzz: %ld calls, and %ld batches that were killed\n", t.calls, t.killed);
  if(left)
    printf("sysfuzz: seed %ld: %d processes do not end\n", seed, left);
  if(lost)
    printf("sysfuzz: seed %ld: still in use:%s\n", seed, lost);
  if(!t.failed && !left && !lost)
    printf("sysfuzz: all is well\n");
  exit(t.failed || left || lost);
}
