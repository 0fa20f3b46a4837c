// Runs fuzz targets: under libFuzzer, or, with -DREPLAY, a main() that runs inputs from files, each in a process of its own.
//
//   PROGRAM TARGET [libFuzzer's options] DIR...      FUZZ_TARGET=name does for TARGET
//   PROGRAM TARGET FILE|DIR...                        (REPLAY) exit status 1: some input failed
//   PROGRAM                                           the names of its targets
//
// The machine's memory is what lies between first.o and last.o on the linker's line, and the pages it has. It is copied
// once and put back before each run. This file is built without sanitizers, so that it may copy their red zones, too.
// -DONCE (coverage: its counters lie there as well; the memory sanitizer: so do its marks): nothing is put back, an input
// runs once, in a process of its own.

#define _GNU_SOURCE
#include "fuzz.h"
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 20        // that one input may take
#define INPUT_MAX 65536   // bytes of one
#define REGIONS 4096

extern char fuzz_data_first[], fuzz_data_last[], fuzz_bss_first[], fuzz_bss_last[];

static struct fuzz_target *targets, *target;
static uint64_t digest;

void
fuzz_register(struct fuzz_target *t)
{
  t->next = targets;
  targets = t;
}

void
fuzz_digest(const void *p, unsigned long n)
{
  const unsigned char *b = p;
  for(unsigned long i = 0; i < n; i++)
    digest = (digest ^ b[i]) * 0x100000001b3u;
}

void
fuzz_digest_number(long v)
{
  fuzz_digest(&v, sizeof(v));
}

void
fuzz_fail(const char *fmt, ...)
{
  va_list ap;
  fprintf(stderr, "  %s: ", target->name);
  va_start(ap, fmt);
  vfprintf(stderr, fmt, ap);
  va_end(ap);
  fprintf(stderr, "\n");
  abort();  // libFuzzer keeps the input
}

// ---- the machine's memory

#ifndef ONCE

static struct region {
  uint64_t *at, *copy;
  unsigned long words;
} regions[REGIONS];
static int nregions;

static void
copy(uint64_t *to, const uint64_t *from, unsigned long words)
{
  for(unsigned long i = 0; i < words; i++)
    to[i] = from[i];
}

static void
save(void *at, unsigned long bytes)
{
  struct region *r = &regions[nregions++];
  if(nregions > REGIONS)
    fuzz_fail("the machine has too many pages at its start");
  r->at = (uint64_t *)((uintptr_t)at & ~7ul);
  r->words = ((uintptr_t)at + bytes - (uintptr_t)r->at) / 8;
  r->copy = malloc(r->words * 8);
  if(r->copy == 0)
    fuzz_fail("no memory");
  copy(r->copy, r->at, r->words);
}

static void
save_section(char *first, char *last)
{
  if(last < first)
    fuzz_fail("the linker does not keep the order of its line");
  save(first, last - first);
}

static void
save_all(void)
{
  save_section(fuzz_data_first, fuzz_data_last);
  save_section(fuzz_bss_first, fuzz_bss_last);
  fuzz_pages(save);
}

static void
put_back(void)
{
  fuzz_drop_pages();
  for(int i = 0; i < 2; i++)
    copy(regions[i].at, regions[i].copy, regions[i].words);
  fuzz_take_pages();
  for(int i = 2; i < nregions; i++)
    copy(regions[i].at, regions[i].copy, regions[i].words);
}

#endif

// ---- one input

static void
choose(const char *name)
{
  for(target = targets; target; target = target->next)
    if(name && strcmp(target->name, name) == 0)
      return;
  if(name)
    fprintf(stderr, "%s: no such target\n", name);
  for(struct fuzz_target *t = targets; t; t = t->next)
    printf("%s\n", t->name);
  exit(name ? 2 : 0);
}

static void
boot(void)
{
  fuzz_boot();
  if(target->start)
    target->start();
#ifndef ONCE
  save_all();
#endif
}

static uint64_t
run(const uint8_t *data, size_t size, fuzz_byte junk)
{
  struct input in = { data, data + size };
  digest = 0xcbf29ce484222325u;
  fuzz_junk(junk);
  target->one(&in);
  return digest;
}

static void
run_input(const uint8_t *data, size_t size)
{
#ifdef ONCE
  run(data, size, 0xa5);
#else
  put_back();
  uint64_t first = run(data, size, 0xa5);
  put_back();
  if(run(data, size, 0x5a) != first)
    fuzz_fail("what leaves the kernel depends on bytes that nobody has set");
#endif
}

#ifndef REPLAY

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
  const char *name = getenv("FUZZ_TARGET");
  if(name == 0 && *argc > 1){
    name = (*argv)[1];
    (*argv)[1] = (*argv)[0];
    ++*argv, --*argc;
    setenv("FUZZ_TARGET", name, 1);  // for the processes that libFuzzer starts
  }
  choose(name);
  boot();
  return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  run_input(data, size);
  return 0;
}

#else

#ifdef COVERAGE
void __gcov_dump(void);
#define SAVE_COUNTS() __gcov_dump()
#else
#define SAVE_COUNTS() ((void)0)
#endif

static int nrun, nfailed;

static void
run_file(const char *name)
{
  static uint8_t bytes[INPUT_MAX];
  FILE *f = fopen(name, "rb");
  if(f == 0){
    perror(name);
    exit(2);
  }
  size_t n = fread(bytes, 1, sizeof(bytes), f);
  fclose(f);
  uint8_t *exact = malloc(n + !n);  // a byte beyond the end is seen by the sanitizer
  if(exact)
    run_input(memcpy(exact, bytes, n), n);
  SAVE_COUNTS();
}

static void
in_process(const char *name)
{
  int status;
  fflush(stdout);
  pid_t pid = fork();
  if(pid == 0){
    alarm(SECONDS);
    run_file(name);
    _exit(0);
  }
  if(pid < 0 || waitpid(pid, &status, 0) != pid){
    perror("fork");
    exit(2);
  }
  nrun++;
  if(status == 0)
    return;
  nfailed++;
  if(WIFSIGNALED(status))
    printf("  ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
  printf("FAIL %s %s\n", target->name, name);
}

static void
run_path(const char *path)
{
  struct stat st;
  struct dirent **names;
  char sub[4096];
  if(stat(path, &st) == 0 && S_ISDIR(st.st_mode)){
    int n = scandir(path, &names, 0, alphasort);
    for(int i = 0; i < n; i++)
      if(names[i]->d_name[0] != '.'){
        snprintf(sub, sizeof(sub), "%s/%s", path, names[i]->d_name);
        in_process(sub);
      }
    return;
  }
  in_process(path);
}

int
main(int argc, char **argv)
{
  choose(argc > 1 ? argv[1] : 0);
  boot();
  for(int i = 2; i < argc; i++)
    run_path(argv[i]);
  printf("%-8s %d inputs, %d failed\n", target->name, nrun, nfailed);
  return nfailed > 0;
}

#endif
