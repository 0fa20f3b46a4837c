// The host's half of the file system's fuzz target: processes that take turns, and fsck as a function.

#define _GNU_SOURCE
#include "fuzz.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#define PROCESSES 4
#define STACK (256 * 1024)

// ---- processes

static struct process {
  ucontext_t context;
  unsigned char *stack;   // stays when the machine is put back
  void (*fn)(void *);
  void *arg;
} processes[PROCESSES];

static void
begin(int i)
{
  processes[i].fn(processes[i].arg);
}

void
host_process(int i, void (*fn)(void *), void *arg)
{
  struct process *p = &processes[i];
  if(p->stack == 0)
    p->stack = host_pages(STACK);
  host_unpoison(p->stack, STACK);
  getcontext(&p->context);
  p->context.uc_stack.ss_sp = p->stack;
  p->context.uc_stack.ss_size = STACK;
  p->fn = fn;
  p->arg = arg;
  makecontext(&p->context, (void (*)(void))begin, 1, i);
}

void
host_switch(int from, int to)
{
  volatile int back = 0;
  getcontext(&processes[from].context);  // comes back here when somebody switches to `from`
  if(!back){
    back = 1;
    setcontext(&processes[to].context);
  }
}

// ---- fsck: its file is the disk, what it says goes nowhere, and what it leaves behind is given back

static jmp_buf gave_up;
static void *allocated[16];
static int nallocated;

static void *
keep(void *p)
{
  if(nallocated == 16)
    abort();
  return allocated[nallocated++] = p;
}

static void
drop(void *p)
{
  for(int i = 0; i < nallocated; i++)
    if(allocated[i] == p)
      allocated[i] = 0;
  free(p);
}

static int
quiet(const char *fmt, ...)
{
  (void)fmt;
  return 0;
}

#define main fsck_main
#define exit(status) longjmp(gave_up, 1)
#define printf(...) quiet(__VA_ARGS__)
#define vprintf(fmt, ap) ((void)ap)
#define fprintf(f, ...) quiet(__VA_ARGS__)
#define vfprintf(f, fmt, ap) ((void)ap)
#define malloc(n) keep(malloc(n))
#define calloc(n, m) keep(calloc(n, m))
#define free(p) drop(p)
#define fopen(name, mode) fmemopen(the_disk, sizeof(the_disk), mode)
#include "../../../mkfs/fsck.c"
#undef free
#undef main

int
host_fsck(int replay)
{
  char *with[] = { "fsck", "-r", "disk", 0 }, *without[] = { "fsck", "disk", 0 };
  volatile int status = 1;
  if(setjmp(gave_up) == 0)
    status = replay ? fsck_main(3, with) : fsck_main(2, without);
  while(nallocated > 0)
    free(allocated[--nallocated]);
  return status;
}
