// Regular expressions, the small kind: . [abc] [^a-z] \c x* x+ x? ^ $. See user/regex.h.

#include "user/regex.h"
#include "user/user.h"

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

// What is left of the expression matches what is left of the text, from its first character on.
static int
match_here(const char *re, const char *s, int nocase)
{
  while(*re){
    if(re[0] == '$' && re[1] == 0)
      return *s == 0;
    const char *end = piece_end(re);
    char op = *end;
    if(op != '*' && op != '+' && op != '?'){
      if(!piece_is(re, end, *s, nocase))
        return 0;
      re = end;
      s++;
      continue;
    }
    // As many as there are, then fewer, until the rest fits.
    int n = 0, most = op == '?' ? 1 : 0x7fffffff, least = op == '+';
    while(n < most && piece_is(re, end, s[n], nocase))
      n++;
    if(end[1] == 0)
      return n >= least;
    for(; n >= least; n--){
      if(match_here(end + 1, s + n, nocase))
        return 1;
    }
    return 0;
  }
  return 1;
}

int
regex_match(const char *re, const char *s, int nocase)
{
  if(*re == '^')
    return match_here(re + 1, s, nocase);
  for(;; s++){
    if(match_here(re, s, nocase))
      return 1;
    if(*s == 0)
      return 0;
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
