// Notices that wait for a good moment (notice.h).

#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "dev/notice.h"
#include "sched/timer.h"

#define NOTICES 512               // bytes of them that wait at the most
#define NOTICE_QUIET (SEC / 2)    // no key for so long: nobody is typing, and no script drives the terminal

// n lock. Never held while something is printed.
static struct {
  struct spinlock lock;
  char text[NOTICES];   // [n]
  int bytes;            // [n]
  int readers;          // [n] how many wait for input
  uint64 key_at;        // [n] when the last key came, or the last reader started to wait
  struct timer timer;
} notes = {.lock = SPINLOCK("notices")};

void
notice_flush(void)
{
  char text[NOTICES];
  int n;

  acquire(&notes.lock);
  n = notes.bytes;
  memcpy(text, notes.text, n);
  notes.bytes = 0;
  release(&notes.lock);
  if(n > 0){
    text[n - 1] = 0;  // the last newline
    printf("%s\n", text);
  }
}

// Look again when it may be quiet. lock: notes.lock.
static void
look_later(void)
{
  if(notes.bytes > 0 && notes.readers > 0)
    timer_set(&notes.timer, notes.key_at + NOTICE_QUIET);
}

static void
quiet(void *arg)
{
  int now_is_good;

  acquire(&notes.lock);
  now_is_good = notes.readers > 0 && now() - notes.key_at >= NOTICE_QUIET;
  if(!now_is_good)
    look_later();
  release(&notes.lock);
  if(now_is_good)
    notice_flush();
}

void
notice_reader(int waits)
{
  acquire(&notes.lock);
  notes.readers += waits ? 1 : -1;
  if(waits){
    notes.key_at = now();
    look_later();
  }
  release(&notes.lock);
}

void
notice_key(void)
{
  acquire(&notes.lock);
  notes.key_at = now();
  release(&notes.lock);
}

// A line, with its newline, from any context.
static void
take_notice(const char *line, int n)
{
  if(n > NOTICES)
    return;
  acquire(&notes.lock);
  int full = notes.bytes + n > NOTICES;
  release(&notes.lock);
  if(full)
    notice_flush();
  acquire(&notes.lock);
  if(notes.bytes + n <= NOTICES){
    memcpy(notes.text + notes.bytes, line, n);
    notes.bytes += n;
    look_later();
  }
  release(&notes.lock);
}

void
notice_init(void)
{
  timer_init(&notes.timer, quiet, 0);
  printf_notice_sink = take_notice;
}
