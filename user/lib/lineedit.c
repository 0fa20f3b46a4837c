// A line typed at a terminal. See user/lineedit.h.
//
// As long as characters are added at the end, the terminal gets those characters and nothing else, so that scripts
// that drive a console see what they typed. Only moving about inside the line uses backspaces, and no other control
// sequence. Input is taken one character at a time: what follows the newline belongs to the command that will run.
//
// Text is UTF-8: positions count bytes, the cursor moves by characters, each of which is taken to be one column wide.

#include "kernel/fcntl.h"
#include "user/dir.h"
#include "user/lineedit.h"
#include "user/rxv.h"
#include "user/user.h"

#define HISTORY 64

enum key {
  KEY_UP = 256, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END, KEY_DELETE, KEY_NONE,
};

#define CTRL(c) ((c) - '@')

static char *history[HISTORY];  // ring
static uint nhistory;           // lines remembered since the start

struct line {
  int fd;
  char *buf;
  uint n, at, size;
  char part[4];   // the bytes so far of a character that has more than one
  uint npart;
  uint back;      // how far up in the history; 0: the line being typed
  char *typed;    // that line, while an older one is shown
  const char *prompt;
};

void
line_remember(const char *line)
{
  if(*line == 0 || (nhistory > 0 && strcmp(history[(nhistory - 1) % HISTORY], line) == 0))
    return;
  char *copy = strdup(line);
  if(copy == 0)
    return;
  free(history[nhistory % HISTORY]);
  history[nhistory++ % HISTORY] = copy;
}

static void
show(const char *s, uint n)
{
  write_all(2, s, n);
}

static void
repeat(char c, uint n)
{
  char buf[64];
  memset(buf, c, sizeof(buf));
  for(; n > sizeof(buf); n -= sizeof(buf))
    show(buf, sizeof(buf));
  show(buf, n);
}

static int
get_char(int fd)
{
  uint8 c;
  return read(fd, &c, 1) == 1 ? c : -1;
}

// ESC [ number ~
static int
numbered_key(int number)
{
  switch(number){
  case 1: case 7: return KEY_HOME;
  case 4: case 8: return KEY_END;
  case 3: return KEY_DELETE;
  }
  return KEY_NONE;
}

// What follows ESC: the keys that terminals send as ESC [ or ESC O and a letter, or ESC [ digits ~.
static int
get_escape(int fd)
{
  int c = get_char(fd), number = 0;
  if(c != '[' && c != 'O')
    return c < 0 ? c : KEY_NONE;
  while((c = get_char(fd)) >= 0 && (isdigit(c) || c == ';'))
    number = c == ';' ? 0 : number * 10 % 1000 + c - '0';
  switch(c){
  case 'A': return KEY_UP;
  case 'B': return KEY_DOWN;
  case 'C': return KEY_RIGHT;
  case 'D': return KEY_LEFT;
  case 'H': return KEY_HOME;
  case 'F': return KEY_END;
  case '~': return numbered_key(number);
  }
  return c < 0 ? c : KEY_NONE;
}

static int
continues(char c)
{
  return (c & 0xc0) == 0x80;
}

// How many columns the characters between two positions take.
static uint
columns(struct line *l, uint from, uint to)
{
  uint n = 0;
  for(; from < to; from++)
    n += !continues(l->buf[from]);
  return n;
}

// The position of the character before that at `at`, and of the one behind it.
static uint
before(struct line *l, uint at)
{
  while(at > 0 && continues(l->buf[--at]))
    ;
  return at;
}

static uint
behind(struct line *l, uint at)
{
  while(at < l->n && ++at < l->n && continues(l->buf[at]))
    ;
  return at;
}

static void
move_to(struct line *l, uint at)
{
  if(at < l->at)
    repeat('\b', columns(l, at, l->at));
  else
    show(l->buf + l->at, at - l->at);
  l->at = at;
}

// Takes out the n bytes from at on; the cursor stays there.
static void
erase(struct line *l, uint at, uint n)
{
  uint wide = columns(l, at, at + n);
  move_to(l, at);
  memmove(l->buf + at, l->buf + at + n, l->n - at - n);
  l->n -= n;
  show(l->buf + at, l->n - at);
  repeat(' ', wide);
  repeat('\b', columns(l, at, l->n) + wide);
}

// n bytes, whole characters, at the cursor.
static void
insert(struct line *l, const char *s, uint n)
{
  if(n == 0 || l->n + n >= l->size)
    return;
  memmove(l->buf + l->at + n, l->buf + l->at, l->n - l->at);
  memcpy(l->buf + l->at, s, n);
  l->n += n;
  show(l->buf + l->at, l->n - l->at);
  l->at += n;
  repeat('\b', columns(l, l->at, l->n));
}

// A byte that was typed. Those of one character are shown together, when the last has come; its first byte begins with
// as many ones as it has bytes. What is no UTF-8 is not taken.
static void
type(struct line *l, char c)
{
  if(l->npart > 0 && continues(c)){
    l->part[l->npart++] = c;
    uint want = (l->part[0] & 0xe0) == 0xc0 ? 2 : (l->part[0] & 0xf0) == 0xe0 ? 3 : 4;
    if(l->npart == want){
      insert(l, l->part, want);
      l->npart = 0;
    }
    return;
  }
  l->npart = 0;
  if((c & 0x80) == 0)
    insert(l, &c, 1);
  else if(!continues(c))
    l->part[l->npart++] = c;
}

static void
replace(struct line *l, const char *text)
{
  erase(l, 0, l->n);
  insert(l, text, strlen(text));
}

// Another line of the history, up (1) or down (-1).
static void
recall(struct line *l, int up)
{
  uint have = nhistory < HISTORY ? nhistory : HISTORY;
  if(up < 0 ? l->back == 0 : l->back == have)
    return;
  if(l->back == 0){
    l->buf[l->n] = 0;
    free(l->typed);
    l->typed = strdup(l->buf);
  }
  l->back += up;
  replace(l, l->back ? history[(nhistory - l->back) % HISTORY] : l->typed ? l->typed : "");
}

static void
erase_word(struct line *l)
{
  uint at = l->at;
  while(at > 0 && l->buf[at - 1] == ' ')
    at--;
  while(at > 0 && l->buf[at - 1] != ' ')
    at--;
  erase(l, at, l->at - at);
}

static void
list(struct line *l, char **names, int n)
{
  show("\n", 1);
  for(int i = 0; i < n; i++)
    fprintf(2, "%s%s", names[i], i + 1 < n ? "  " : "\n");
  fprintf(2, "%s", l->prompt);
  show(l->buf, l->n);
  repeat('\b', columns(l, l->at, l->n));
}

// As much as all names that fit have in common; if that is nothing, they are shown.
static void
complete(struct line *l)
{
  char **names;
  uint typed, common;
  int n = line_candidates(l->buf, l->at, &names, &typed);
  if(n == 0)
    return;
  common = strlen(names[0]);
  for(int i = 1; i < n; i++){
    for(uint j = 0; j < common; j++){
      if(names[i][j] != names[0][j])
        common = j;
    }
  }
  while(common > typed && continues(names[0][common]))
    common--;  // half a character is none
  insert(l, names[0] + typed, common - typed);
  if(n == 1 && names[0][common - 1] != '/')
    insert(l, " ", 1);
  else if(n > 1 && common == typed)
    list(l, names, n);
  dir_free(names, n);
}

// One key: 1, the line is complete; LINE_... , it ended otherwise; 0, it goes on.
static int
handle(struct line *l, int key)
{
  uint at;
  switch(key){
  case -1:
    return LINE_EOF;
  case '\r':
  case '\n':
    move_to(l, l->n);
    show("\n", 1);
    return 1;
  case CTRL('C'):
    show("^C\n", 3);
    return LINE_INTERRUPTED;
  case CTRL('D'):
    if(l->n == 0)
      return LINE_EOF;
    // falls through
  case KEY_DELETE:
    if(l->at < l->n)
      erase(l, l->at, behind(l, l->at) - l->at);
    break;
  case CTRL('H'):
  case 127:
    at = before(l, l->at);
    erase(l, at, l->at - at);
    break;
  case CTRL('U'): erase(l, 0, l->at); break;
  case CTRL('K'): erase(l, l->at, l->n - l->at); break;
  case CTRL('W'): erase_word(l); break;
  case CTRL('A'): case KEY_HOME: move_to(l, 0); break;
  case CTRL('E'): case KEY_END: move_to(l, l->n); break;
  case CTRL('B'): case KEY_LEFT: move_to(l, before(l, l->at)); break;
  case CTRL('F'): case KEY_RIGHT: move_to(l, behind(l, l->at)); break;
  case KEY_UP: recall(l, 1); break;
  case KEY_DOWN: recall(l, -1); break;
  case '\t': complete(l); break;
  default:
    if(key >= ' ' && key < 256)
      type(l, key);
  }
  return 0;
}

int
line_edit(int fd, const char *prompt, char *buf, uint size)
{
  struct line l = { .fd = fd, .buf = buf, .size = size, .prompt = prompt };
  int r = 0;
  if(fcntl(fd, F_SETRAW, 1) < 0)
    return LINE_NO_TERMINAL;
  show(prompt, strlen(prompt));
  while(r == 0){
    int key = get_char(fd);
    if(key == '\033')
      key = get_escape(fd);
    r = handle(&l, key);
  }
  fcntl(fd, F_SETRAW, 0);
  free(l.typed);
  buf[l.n] = 0;
  return r == 1 ? (int)l.n : r;
}
