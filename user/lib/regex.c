// Regular expressions, the small kind: . [abc] [^a-z] \c x* x+ x? ^ $. See user/regex.h.

#include "user/regex.h"
#include "user/user.h"

#define REGEX_MAX 4096  // characters: longer than an argument of exec() can be

// The end of the one-character piece at p: a letter, . , \c or [...].
static const char *
piece_end(const char *p)
{
  if(*p == '\\' && p[1])
    return p + 2;
  if(*p == '['){
    const char *q = p + 1;
    if(*q == '^')
      q++;
    if(*q == ']')
      q++;
    while(*q && *q != ']')
      q++;
    if(*q)
      return q + 1;
  }
  return p + 1;
}

static int
fold(int c, int nocase)
{
  return nocase && c >= 'A' && c <= 'Z' ? c + 'a' - 'A' : c;
}

// c is in the set whose '[' is at p and whose ']' is at end - 1.
static int
in_set(const char *p, const char *end, int c, int nocase)
{
  int not = 0, found = 0;
  p++;
  if(*p == '^'){
    not = 1;
    p++;
  }
  for(end--; p < end; p++){
    int lo = fold((uchar)*p, nocase), hi = lo;
    if(p + 2 < end && p[1] == '-'){
      hi = fold((uchar)p[2], nocase);
      p += 2;
    }
    if(c >= lo && c <= hi)
      found = 1;
  }
  return found != not;
}

static int
piece_is(const char *p, const char *end, int c, int nocase)
{
  if(c == 0)
    return 0;
  c = fold((uchar)c, nocase);
  if(*p == '.')
    return 1;
  if(*p == '[' && end > p + 1)
    return in_set(p, end, c, nocase);
  if(*p == '\\' && p[1])
    p++;
  return fold((uchar)*p, nocase) == c;
}

// How far the attempts have come: bit-by-byte sets of places in the expression. All attempts, from each beginning and with
// each number of repetitions, advance together, a character at a time: no stack, and no time that explodes.
static uint8 sets[2][REGEX_MAX + 1];

// Places that are reached without a character, past what may be left out. 1: the end is one of them, at the character c.
static int
close_set(uint8 *set, const char *re, int c)
{
  for(uint i = 0; re[i]; i++){
    if(!set[i])
      continue;
    if(re[i] == '$' && re[i + 1] == 0)
      return c == 0;
    const char *end = piece_end(re + i);
    if(*end == '*' || *end == '?')
      set[end + 1 - re] = 1;
  }
  return set[strlen(re)];
}

// All places in `set` take the character c: where that leads is in `next`.
static void
advance(const uint8 *set, uint8 *next, const char *re, int c, int nocase)
{
  memset(next, 0, strlen(re) + 1);
  for(uint i = 0; re[i]; i++){
    const char *end = piece_end(re + i);
    char op = *end;
    if(!set[i] || !piece_is(re + i, end, c, nocase))
      continue;
    if(op == '*' || op == '+')
      next[i] = 1;
    next[end - re + (op == '+' || op == '?')] |= op != '*';
  }
}

int
regex_match(const char *re, const char *s, int nocase)
{
  int from_start = *re == '^';
  uint8 *now = sets[0], *next = sets[1];
  re += from_start;
  if(strlen(re) > REGEX_MAX)
    return 0;
  memset(now, 0, strlen(re) + 1);
  now[0] = 1;
  for(;; s++){
    if(close_set(now, re, *s))
      return 1;
    if(*s == 0)
      return 0;
    advance(now, next, re, *s, nocase);
    uint8 *t = now;
    now = next, next = t;
    now[0] |= !from_start;
  }
}

int
glob_match(const char *pattern, const char *s)
{
  const char *star = 0, *mark = 0;
  for(;;){
    const char *end = piece_end(pattern);
    if(*pattern == '*'){
      star = ++pattern;  // try the rest here; if it does not fit, one character further
      mark = s;
      continue;
    }
    if(*s == 0 && *pattern == 0)
      return 1;
    int fits = *pattern == '?' ? *s != 0 : *pattern && (*pattern == '.' ? *s == '.' : piece_is(pattern, end, *s, 0));
    if(fits){
      pattern = end;
      s++;
    } else if(star && *mark){
      pattern = star;
      s = ++mark;
    } else {
      return 0;
    }
  }
}
