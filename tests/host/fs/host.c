// The host's half of the shim: threads, semaphores, pages.

#include "host.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SLOTS 64

static sem_t sem[SLOTS];
int verbose;

static void __attribute__((constructor))
make_semaphores(void)
{
  for(int i = 0; i < SLOTS; i++)
    sem_init(&sem[i], 0, 0);
}

unsigned long
host_nanoseconds(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000UL + t.tv_nsec;
}

struct start {
  void (*fn)(void *);
  void *arg;
};

static void *
begin(void *p)
{
  struct start s = *(struct start *)p;
  free(p);
  s.fn(s.arg);
  return 0;
}

void
host_thread(void (*fn)(void *), void *arg)
{
  struct start *s = malloc(sizeof(*s));
  pthread_t t;
  *s = (struct start){fn, arg};
  if(pthread_create(&t, 0, begin, s) != 0)
    host_fail("no thread");
  pthread_detach(t);
}

void
host_pause(void)
{
  sched_yield();
}

void
host_wait(int slot)
{
  while(sem_wait(&sem[slot]) != 0)
    ;
}

int
host_wait_until(int slot, unsigned long when)
{
  for(;;){
    unsigned long now = host_nanoseconds();
    struct timespec t;
    if(when <= now)
      return sem_trywait(&sem[slot]) != 0;
    clock_gettime(CLOCK_REALTIME, &t);
    unsigned long at = t.tv_sec * 1000000000UL + t.tv_nsec + (when - now);
    t.tv_sec = at / 1000000000;
    t.tv_nsec = at % 1000000000;
    if(sem_timedwait(&sem[slot], &t) == 0)
      return 0;
  }
}

void
host_wake(int slot)
{
  sem_post(&sem[slot]);
}

void *
host_page(void)
{
  void *p = aligned_alloc(4096, 4096);
  if(p)
    memset(p, 0xa5, 4096);
  return p;
}

void
host_free(void *page)
{
  free(page);
}

void
host_write(const char *s, int n)
{
  if(verbose)
    fwrite(s, 1, n, stdout);
}

void
host_fail(const char *fmt, ...)
{
  va_list ap;
  printf("  ");
  va_start(ap, fmt);
  vprintf(fmt, ap);
  va_end(ap);
  printf("\n");
  fflush(stdout);
  _exit(1);
}
