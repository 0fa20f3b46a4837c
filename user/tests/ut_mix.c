// ut_mix: many processes do whatever comes to mind, from a seed, on the same few names, pipes and ports. No call has
// to succeed; nothing may hang, nothing may be lost (the frame counts), and the file system must be sound
// afterwards. Run by usertests, or alone.

#include "user/tests/ut.h"
#include "user/tests/anycall.h"

#define CALLS 400  // of one process

static int
always(uint i)
{
  return 1;
}

static void
calls(long seed)
{
  close(0);
  close(2);
  if(any_batch(seed, CALLS, always) < 0){
    any_say(ut_name, "");
    FAIL("expected another result of this call than %ld", any_result);
  }
}

// Processes that make calls, one after the other; whatever they do, they end with 0 or are killed for it.
static void
worker(long seed)
{
  for(long until = ut_ms() + 3000; ut_ms() < until; seed += 1000000){
    int status = ut_status(calls, seed);
    if(status != 0 && status != UT_KILLED)
      FAIL("expected status 0 or a death, got %d", status);
  }
}

static void
run(int workers, int seed)
{
  for(int i = 0; i < workers; i++)
    ut_start(worker, seed * 100 + i);
  ut_reap(workers);
  MUST(chdir(UT_SCRATCH));
  char name[DIRSIZ + 1];
  for(int left = 1000; left > 0 && ut_entry(name); left--)
    ut_remove(name);  // they may have filled the disk
  MUST(mkdir("after"));
  ut_make("after/file", 1, 5000);
  ut_holds("after/file", 1, 5000);
  MUST(unlink("after/file"));
  MUST(unlink("after"));
}

static void
alone(void)
{
  run(1, 1);
}

static void
some(void)
{
  run(3, 2);
}

static void
crowd(void)
{
  run(8, 3);
}

// Another seed each time: the first line of a failure tells it.
static void
other_seeds(void)
{
  int seed = (int)(clock(CLOCK_BOOT) / 1000 % 100000);

  printf("mix_other_seeds: seed %d\n", seed);
  run(6, seed);
}

static const struct ut tests[] = {
  { "mix_alone", alone, 0, 60 },
  { "mix_some", some, 0, 60 },
  { "mix_crowd", crowd, 1, 120 },
  { "mix_other_seeds", other_seeds, 1, 120 },
};

UT_MAIN(tests)
