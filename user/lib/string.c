// Strings, the part that xv6 does not have.

#include "user/rxv.h"
#include "user/user.h"

#pragma weak strncmp
#pragma weak strrchr
#pragma weak strstr
#pragma weak strlcpy
#pragma weak strlcat
#pragma weak strdup
#pragma weak isspace
#pragma weak isdigit
#pragma weak parse_uint
#pragma weak basename
#pragma weak join_path

int
isspace(int c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

int
isdigit(int c)
{
  return c >= '0' && c <= '9';
}

int
strncmp(const char *a, const char *b, uint n)
{
  for(; n > 0; n--, a++, b++){
    if(*a != *b)
      return (uchar)*a - (uchar)*b;
    if(*a == 0)
      return 0;
  }
  return 0;
}

char *
strrchr(const char *s, char c)
{
  const char *found = 0;
  for(; *s; s++){
    if(*s == c)
      found = s;
  }
  return (char *)found;
}

char *
strstr(const char *s, const char *what)
{
  uint n = strlen(what);
  for(;; s++){
    if(strncmp(s, what, n) == 0)
      return (char *)s;
    if(*s == 0)
      return 0;
  }
}

uint
strlcpy(char *to, const char *from, uint size)
{
  uint n = strlen(from);
  if(size > 0){
    uint k = n < size ? n : size - 1;
    memcpy(to, from, k);
    to[k] = 0;
  }
  return n;
}

uint
strlcat(char *to, const char *from, uint size)
{
  uint n = strlen(to);
  if(n >= size)
    return n + strlen(from);
  return n + strlcpy(to + n, from, size - n);
}

char *
strdup(const char *s)
{
  uint n = strlen(s) + 1;
  char *p = malloc(n);
  if(p)
    memcpy(p, s, n);
  return p;
}

static int
digit(char c)
{
  if(isdigit(c))
    return c - '0';
  if(c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if(c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return 99;
}

int
parse_uint(const char *s, uint64 max, uint64 *v)
{
  uint base = 10;
  uint64 n = 0;
  if(s[0] == '0' && (s[1] == 'x' || s[1] == 'X')){
    base = 16;
    s += 2;
  }
  if(*s == 0)
    return -1;
  for(; *s; s++){
    uint d = digit(*s);
    if(d >= base || n > (max - d) / base || d > max)
      return -1;
    n = n * base + d;
  }
  *v = n;
  return 0;
}

const char *
basename(const char *path)
{
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

int
join_path(char *to, uint size, const char *dir, const char *name)
{
  uint n = strlen(dir);
  const char *slash = n > 0 && dir[n - 1] != '/' ? "/" : "";
  return snprintf(to, size, "%s%s%s", dir, slash, name) < (int)size ? 0 : -1;
}
