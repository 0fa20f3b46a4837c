// What stands in the terminal's last line. Text is UTF-8, and each character is taken to be one column wide.

#include "core/string.h"
#include "dev/termline.h"

static int
continues(char c)
{
  return (c & 0xc0) == 0x80;
}

// How many bytes the character at `at` has.
static uint
length(const struct termline *l, uint at)
{
  uint n = 1;
  while(at + n < l->n && continues(l->text[at + n]))
    n++;
  return n;
}

// A character, or its first byte, takes the place of the one under the cursor; a further byte of it goes behind that.
static void
write_over(struct termline *l, char c)
{
  if(l->at == l->n && l->n < TERMLINE){
    l->text[l->n++] = c;
    l->at = l->n;
    return;
  }
  uint gone = l->at < l->n && !continues(c) ? length(l, l->at) : 0;
  if(l->n - gone == TERMLINE){
    l->unknown = 1;
    return;
  }
  memmove(l->text + l->at + 1, l->text + l->at + gone, l->n - l->at - gone);
  l->text[l->at++] = c;
  l->n += 1 - gone;
}

void
termline_put(struct termline *l, int c)
{
  switch(c){
  case '\n':
    l->n = l->at = l->unknown = 0;
    break;
  case '\r':
    l->at = 0;
    break;
  case '\b':
    while(l->at > 0 && continues(l->text[--l->at]))
      ;
    break;
  case '\033':
    l->unknown = 1;
    break;
  default:
    if(!l->unknown)
      write_over(l, c);
  }
}

int
termline_empty(const struct termline *l)
{
  return l->n == 0 && !l->unknown;
}

void
termline_show(const struct termline *l, void (*put)(int c))
{
  if(l->unknown)
    return;
  for(uint i = 0; i < l->n; i++)
    put(l->text[i]);
  for(uint i = l->at; i < l->n; i++)
    if(!continues(l->text[i]))
      put('\b');
}
