// Formatted output. Each call of printf makes one write() for each 256 bytes, so that the lines of processes that
// print at the same time stay whole.
// This printf is user/rxv.h's; programs with user/user.h alone get that of capitals.c.

#include <stdarg.h>

#include "user/lib/print.h"
#include "user/rxv.h"
#include "user/user.h"

#pragma weak vsnprintf
#pragma weak snprintf
#pragma weak vfprintf
#pragma weak print

// Where characters go: to the end of a buffer, which is either emptied into a descriptor or cut off.
struct sink {
  int fd;      // -1: a string
  char *buf;
  uint n, size;
  uint total;  // characters so far, those cut off included
  const char *hex;  // the digits of %x and %p
};

// A conversion: %[flags][width][.precision][size]letter
struct spec {
  uint8 left, zero, plus, alt;
  uint8 lng;  // l, ll, z: 64 bits
  int width;
  int prec;   // -1: none
};

static void
flush(struct sink *s)
{
  if(s->fd >= 0 && s->n > 0)
    write_all(s->fd, s->buf, s->n);
  s->n = 0;
}

static void
out(struct sink *s, char c)
{
  s->total++;
  if(s->n == s->size){
    if(s->fd < 0)
      return;
    flush(s);
  }
  s->buf[s->n++] = c;
}

static void
pad(struct sink *s, char c, int n)
{
  for(; n > 0; n--)
    out(s, c);
}

// Text of n bytes in a field: spaces before or after it.
static void
out_text(struct sink *s, const struct spec *f, const char *text, int n)
{
  if(!f->left)
    pad(s, ' ', f->width - n);
  for(int i = 0; i < n; i++)
    out(s, text[i]);
  if(f->left)
    pad(s, ' ', f->width - n);
}

// A number: prefix ("-", "0x"), zeros up to the precision or the width, digits.
static void
out_number(struct sink *s, const struct spec *f, uint64 v, uint base, const char *digits, const char *prefix)
{
  char tmp[24];
  int n = 0, np = strlen(prefix);
  do
    tmp[sizeof(tmp) - ++n] = digits[v % base];
  while((v /= base) != 0);
  int zeros = f->prec > n ? f->prec - n : 0;
  if(f->zero && !f->left && f->prec < 0 && f->width > n + np)
    zeros = f->width - n - np;
  int blanks = f->width - np - zeros - n;
  if(!f->left)
    pad(s, ' ', blanks);
  for(; *prefix; prefix++)
    out(s, *prefix);
  pad(s, '0', zeros);
  for(int i = n; i > 0; i--)
    out(s, tmp[sizeof(tmp) - i]);
  if(f->left)
    pad(s, ' ', blanks);
}

static const char *
parse_number(const char *p, int *v)
{
  int n = 0;
  for(; isdigit(*p); p++){
    if(n < 10000)
      n = n * 10 + *p - '0';
  }
  *v = n;
  return p;
}

static const char *
parse_flags(const char *p, struct spec *f)
{
  for(;; p++){
    if(*p == '-')
      f->left = 1;
    else if(*p == '0')
      f->zero = 1;
    else if(*p == '+')
      f->plus = 1;
    else if(*p == '#')
      f->alt = 1;
    else
      return p;
  }
}

static const char digits_lower[] = "0123456789abcdef";
static const char digits_upper[] = "0123456789ABCDEF";

static const char *
hex_prefix(const struct spec *f, uint64 v, const char *prefix)
{
  return f->alt && v != 0 ? prefix : "";
}

// va_list is an array on some machines, so it travels in a structure.
struct args {
  va_list ap;
};

static void
out_signed(struct sink *s, const struct spec *f, long v)
{
  uint64 u = v < 0 ? -(uint64)v : (uint64)v;
  out_number(s, f, u, 10, digits_lower, v < 0 ? "-" : f->plus ? "+" : "");
}

static void
out_string(struct sink *s, const struct spec *f, const char *text)
{
  int n = 0;
  if(text == 0)
    text = "(null)";
  while((f->prec < 0 || n < f->prec) && text[n])
    n++;
  out_text(s, f, text, n);
}

// The letter c of a conversion, with its argument.
static void
convert(struct sink *s, struct spec *f, char c, struct args *a)
{
  uint64 v;
  char ch;
  switch(c){
  case 'd':
  case 'i':
    out_signed(s, f, f->lng ? va_arg(a->ap, long) : va_arg(a->ap, int));
    break;
  case 'u':
  case 'o':
    v = f->lng ? va_arg(a->ap, uint64) : va_arg(a->ap, uint);
    out_number(s, f, v, c == 'u' ? 10 : 8, digits_lower, "");
    break;
  case 'x':
  case 'X':
    v = f->lng ? va_arg(a->ap, uint64) : va_arg(a->ap, uint);
    out_number(s, f, v, 16, c == 'x' ? s->hex : digits_upper, hex_prefix(f, v, c == 'x' ? "0x" : "0X"));
    break;
  case 'p':
    f->prec = 16;
    out_number(s, f, va_arg(a->ap, uint64), 16, s->hex, "0x");
    break;
  case 's':
    out_string(s, f, va_arg(a->ap, const char *));
    break;
  case 'c':
    ch = va_arg(a->ap, int);
    out_text(s, f, &ch, 1);
    break;
  case '%':
    out(s, '%');
    break;
  default:  // not ours: shown as it is
    out(s, '%');
    out(s, c);
  }
}

static void
format(struct sink *s, const char *p, struct args *a)
{
  for(; *p; p++){
    if(*p != '%'){
      out(s, *p);
      continue;
    }
    struct spec f = { .prec = -1 };
    p = parse_flags(p + 1, &f);
    if(*p == '*'){
      f.width = va_arg(a->ap, int);
      p++;
      if(f.width < 0){
        f.left = 1;
        f.width = -f.width;
      }
    } else {
      p = parse_number(p, &f.width);
    }
    if(*p == '.'){
      if(*++p == '*'){
        f.prec = va_arg(a->ap, int);
        p++;
      } else {
        p = parse_number(p, &f.prec);
      }
    }
    for(; *p == 'l' || *p == 'z' || *p == 'h'; p++)
      f.lng |= *p != 'h';
    if(*p == 0)
      break;
    convert(s, &f, *p, a);
  }
}

void
print(int fd, const char *hex, const char *fmt, va_list ap)
{
  char buf[256];
  struct sink s = { .fd = fd, .buf = buf, .size = sizeof(buf), .hex = hex };
  struct args a;
  if(fd < 0)
    return;
  va_copy(a.ap, ap);
  format(&s, fmt, &a);
  va_end(a.ap);
  flush(&s);
}

void
vfprintf(int fd, const char *fmt, va_list ap)
{
  print(fd, digits_lower, fmt, ap);
}

int
vsnprintf(char *buf, uint size, const char *fmt, va_list ap)
{
  struct sink s = { .fd = -1, .buf = buf, .size = size ? size - 1 : 0, .hex = digits_lower };
  struct args a;
  va_copy(a.ap, ap);
  format(&s, fmt, &a);
  va_end(a.ap);
  if(size > 0)
    buf[s.n] = 0;
  return s.total;
}

int
snprintf(char *buf, uint size, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(buf, size, fmt, ap);
  va_end(ap);
  return n;
}

void
fprintf(int fd, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  print(fd, digits_lower, fmt, ap);
  va_end(ap);
}

void
printf(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  print(1, digits_lower, fmt, ap);
  va_end(ap);
}
