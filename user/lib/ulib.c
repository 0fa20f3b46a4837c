// Strings, memory, and the small calls that are made of others.

#include "kernel/fcntl.h"
#include "kernel/stat.h"
#include "kernel/types.h"
#include "user/rxv.h"
#include "user/user.h"

// The loops below are memset and memcpy: the compiler must not turn them into calls of themselves.
#ifndef __clang__
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

#define WORD sizeof(uint64)

// For reading and writing memory of other types by words.
typedef uint64 __attribute__((may_alias)) word;

#pragma weak safestrcpy

const char *progname = "?";

int main(int argc, char **argv);

// From crt.S. Calls nothing that a program may have under its own name.
void __attribute__((noreturn))
start_main(int argc, char **argv)
{
  if(argc > 0)
    for(const char *s = progname = argv[0]; *s; s++)
      if(s[0] == '/' && s[1])
        progname = s + 1;
  exit(main(argc, argv));
}

int
stat(const char *path, struct stat *st)
{
  int fd = open(path, O_RDONLY);
  if(fd < 0)
    return -1;
  int r = fstat(fd, st);
  close(fd);
  return r;
}

char *
sbrk(int n)
{
  return sys_sbrk(n, SBRK_EAGER);
}

char *
sbrklazy(int n)
{
  return sys_sbrk(n, SBRK_LAZY);
}

char *
strcpy(char *to, const char *from)
{
  char *p = to;
  while((*p++ = *from++) != 0)
    ;
  return to;
}

char *
safestrcpy(char *to, const char *from, int n)
{
  char *p = to;
  if(n <= 0)
    return to;
  while(--n > 0 && *from)
    *p++ = *from++;
  *p = 0;
  return to;
}

void *
memcpy(void *to, const void *from, uint n)
{
  uint8 *d = to;
  const uint8 *s = from;
  if((((uint64)d ^ (uint64)s) & (WORD - 1)) == 0){
    for(; n > 0 && ((uint64)d & (WORD - 1)); n--)
      *d++ = *s++;
    for(; n >= 4 * WORD; n -= 4 * WORD, d += 4 * WORD, s += 4 * WORD){
      word a = ((word *)s)[0], b = ((word *)s)[1], c = ((word *)s)[2], e = ((word *)s)[3];
      ((word *)d)[0] = a;
      ((word *)d)[1] = b;
      ((word *)d)[2] = c;
      ((word *)d)[3] = e;
    }
    for(; n >= WORD; n -= WORD, d += WORD, s += WORD)
      *(word *)d = *(word *)s;
  }
  for(; n > 0; n--)
    *d++ = *s++;
  return to;
}

// Downwards, for a destination that overlaps the end of the source.
static void
copy_down(uint8 *d, const uint8 *s, uint n)
{
  d += n;
  s += n;
  if((((uint64)d ^ (uint64)s) & (WORD - 1)) == 0){
    for(; n > 0 && ((uint64)d & (WORD - 1)); n--)
      *--d = *--s;
    for(; n >= WORD; n -= WORD){
      d -= WORD;
      s -= WORD;
      *(word *)d = *(word *)s;
    }
  }
  for(; n > 0; n--)
    *--d = *--s;
}

void *
memmove(void *to, const void *from, int n)
{
  if(n <= 0)
    return to;
  if((uint64)to - (uint64)from >= (uint)n)
    return memcpy(to, from, n);
  copy_down(to, from, n);
  return to;
}

void *
memset(void *to, int c, uint n)
{
  uint8 *d = to;
  word w = (uint8)c * 0x0101010101010101ul;
  for(; n > 0 && ((uint64)d & (WORD - 1)); n--)
    *d++ = c;
  for(; n >= WORD; n -= WORD, d += WORD)
    *(word *)d = w;
  for(; n > 0; n--)
    *d++ = c;
  return to;
}

int
memcmp(const void *a, const void *b, uint n)
{
  const uint8 *p = a, *q = b;
  for(; n > 0; n--, p++, q++){
    if(*p != *q)
      return *p - *q;
  }
  return 0;
}

char *
strchr(const char *s, char c)
{
  for(; *s; s++){
    if(*s == c)
      return (char *)s;
  }
  return 0;
}

int
strcmp(const char *a, const char *b)
{
  while(*a && *a == *b)
    a++, b++;
  return (uchar)*a - (uchar)*b;
}

uint
strlen(const char *s)
{
  uint n = 0;
  while(s[n])
    n++;
  return n;
}

char *
gets(char *buf, int max)
{
  int n = 0;
  while(n + 1 < max){
    char c;
    if(read(0, &c, 1) != 1)
      break;
    buf[n++] = c;
    if(c == '\n' || c == '\r')
      break;
  }
  if(max > 0)
    buf[n] = 0;
  return buf;
}

int
atoi(const char *s)
{
  uint n = 0;
  for(; isdigit(*s); s++)
    n = n * 10 + (*s - '0');
  return n;
}
