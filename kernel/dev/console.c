// The terminal, between the UART and programs.
//
// Input is one circle of characters with three free-running positions: read <= ready <= end. Readers take what
// lies between read and ready; between ready and end is the line that is still being edited. Raw input is ready
// at once. When the circle is full the UART holds the rest back (uart.h), so a script that is pasted or piped
// in loses nothing; a line that fills all of the circle counts as finished, or nobody could ever read it. But a ^C in what is
// held back is not seen either, so the circle is larger than what anybody types ahead.

#include "core/check.h"
#include "core/debugkey.h"
#include "core/printf.h"
#include "core/spinlock.h"
#include "core/string.h"
#include "dev/console.h"
#include "dev/notice.h"
#include "dev/uart.h"
#include "mm/uaccess.h"
#include "sched/sleeplock.h"
#include "sched/waitq.h"

#define INPUT (256 * 1024)  // characters, a power of 2
#define DEL 0x7f

// c lock
static struct {
  struct spinlock lock;      // and the condition lock of console_readers
  char buf[INPUT];           // [c]
  uint32 read, ready, end;   // [c]
  int raw;                   // [c]
  uint32 typed_raw;          // [c] where raw input began, if there is unread input of that kind
  struct sleeplock writing;  // one write call at a time
} cons = {.lock = SPINLOCK("console")};

WAITQ(console_readers);
void (*console_interrupt)(void);
void (*console_changed)(void);

// Echo. Control characters show as ^X, so that one can see what one erases.
static void
console_echo(int c)
{
  if(c == '\n' || c >= ' '){
    uart_echo(c);
    return;
  }
  uart_echo('^');
  uart_echo(c + '@');
}

// Take back the last character of the line, also from the screen. A character in UTF-8 is several bytes, of
// which only the first one has a column. lock: cons.lock.
static void
erase(void)
{
  int c, columns;

  do
    c = cons.buf[--cons.end % INPUT] & 0xff;
  while((c & 0xc0) == 0x80 && cons.end != cons.ready);
  columns = c < ' ' ? 2 : 1;
  while(columns-- > 0){
    uart_echo('\b');
    uart_echo(' ');
    uart_echo('\b');
  }
}

static int
last(void)
{
  return cons.buf[(cons.end - 1) % INPUT];
}

// A line, or a raw character, can be read. lock: cons.lock.
static void
finish_line(void)
{
  cons.ready = cons.end;
  wq_wake_all(&console_readers);
}

// One character while lines are edited. lock: cons.lock.
static void
edit(int c)
{
  switch(c){
  case C('U'):
    while(cons.end != cons.ready)
      erase();
    return;
  case C('W'):
    while(cons.end != cons.ready && last() == ' ')
      erase();
    while(cons.end != cons.ready && last() != ' ')
      erase();
    return;
  case '\b':
  case DEL:
    if(cons.end != cons.ready)
      erase();
    return;
  case '\r':
    c = '\n';
    break;
  }
  if(c != C('D'))
    console_echo(c);
  cons.buf[cons.end++ % INPUT] = c;
  if(c == '\n' || c == C('D') || cons.end - cons.read == INPUT)
    finish_line();
}

static int
console_room(void)
{
  int room;

  acquire(&cons.lock);
  room = cons.end - cons.read < INPUT;
  release(&cons.lock);
  return room;
}

// A character from the UART, which has asked for room. Keys that act at once do so without the console's lock:
// a dump must work when it is stuck, and ^C takes the scheduler's.
static void
console_input(int c)
{
  if(c == 0 || (c < ' ' && debugkey_run(c)))
    return;
  notice_key();
  check_no_locks("a character that was typed");  // ^C and poll() may need any
  if(c == C('C') && console_interrupt)
    console_interrupt();
  acquire(&cons.lock);
  if(cons.raw){
    cons.buf[cons.end++ % INPUT] = c == '\r' ? '\n' : c;  // what is left may be read by lines
    finish_line();
  } else if(c == C('C')){
    cons.end = cons.ready;  // what was typed of this line is forgotten
    console_echo(c);
    console_echo('\n');
  } else {
    edit(c);
  }
  release(&cons.lock);
  if(console_changed && console_ready())
    console_changed();
}

// Take what a read of n bytes may have now: up to a line's end, or up to a ^D, which is not part of it.
// result: bytes; *more: 1: the read goes on. lock: cons.lock; something is ready.
static int
console_take(char *to, int n, int *more)
{
  int i;

  for(i = 0; i < n && cons.read != cons.ready; i++){
    char c = cons.buf[cons.read % INPUT];
    if(!cons.raw && c == C('D')){
      *more = 0;
      return i;
    }
    cons.read++;
    to[i] = c;
    if(!cons.raw && c == '\n'){
      *more = 0;
      return i + 1;
    }
  }
  *more = cons.read != cons.ready;
  return i;
}

// lock: cons.lock.
static int
wait_for_input(void)
{
  notice_reader(1);
  int e = wq_sleep(&console_readers, &cons.lock);
  notice_reader(0);
  return e;
}

// A reader could not be given the n characters before position `end`, which it took: they are there for the next one, unless
// somebody has read on, or typed into their places, since.
static void
console_unread(uint32 end, int n)
{
  acquire(&cons.lock);
  if(cons.read == end && cons.end - (end - n) <= INPUT){
    cons.read = end - n;
    wq_wake_all(&console_readers);
  }
  release(&cons.lock);
}

int
console_read(int user, uint64 dst, int n, int nonblock)
{
  char piece[128];
  int done = 0, more = 1, e, got;

  while(done < n && more){
    acquire(&cons.lock);
    while(cons.read == cons.ready && done == 0){
      e = nonblock ? -EAGAIN : wait_for_input();
      if(e < 0){
        release(&cons.lock);
        return e;
      }
    }
    got = console_take(piece, MIN(n - done, (int)sizeof(piece)), &more);
    // A ^D ends this read if it has bytes already, and stays for the next one, which it makes return 0.
    if(got == 0 && done == 0 && cons.read != cons.ready)
      cons.read++;
    uint32 end = cons.read;
    release(&cons.lock);
    uart_resume();
    if(got > 0 && copy_to(user, dst + done, piece, got) < 0){
      console_unread(end, got);
      return done ? done : -EFAULT;
    }
    done += got;
  }
  return done;
}

// Pieces end at a line's end if there is one, so that what the kernel prints comes between lines.
static int
piece_length(const char *s, int n)
{
  for(int i = n; i > 0; i--)
    if(s[i - 1] == '\n')
      return i;
  return n;
}

int
console_write(int user, uint64 src, int n)
{
  char piece[UART_PIECE];
  int done = 0, e = 0, len;

  acquiresleep(&cons.writing);
  while(done < n){
    len = MIN(n - done, UART_PIECE);
    if((e = copy_from(piece, user, src + done, len)) < 0)
      break;
    if(n - done > UART_PIECE)
      len = piece_length(piece, len);
    if((e = uart_write(piece, len)) < 0)
      break;
    done += len;
  }
  releasesleep(&cons.writing);
  return done > 0 || n <= 0 ? done : e;
}

int
console_ready(void)
{
  return __atomic_load_n(&cons.ready, __ATOMIC_RELAXED) != __atomic_load_n(&cons.read, __ATOMIC_RELAXED);
}

// What was typed while input was raw, and nobody has read, is edited as if it were typed now: it was meant for
// whoever reads next. Each character takes its own place again, or one before it. lock: cons.lock.
static void
edit_again(void)
{
  uint32 end = cons.end, at = (int)(cons.typed_raw - cons.read) > 0 ? cons.typed_raw : cons.read;

  cons.end = cons.ready = at;
  for(; at != end; at++){
    char c = cons.buf[at % INPUT];
    if(c == C('C'))
      cons.end = cons.ready;
    else
      edit(c & 0xff);
  }
}

void
console_raw(int on)
{
  if(on)
    notice_flush();
  acquire(&cons.lock);
  if(on && !cons.raw){
    cons.typed_raw = cons.end;
    if(cons.end != cons.ready)
      finish_line();
  } else if(!on && cons.raw){
    edit_again();
  }
  cons.raw = on;
  release(&cons.lock);
  uart_resume();
}

void
console_init(void)
{
  initsleeplock(&cons.writing, "console write");
  notice_init();
  uart_input = console_input;
  uart_room = console_room;
}
