// Formatted output. One formatter, two sinks: a buffer of bounded size, and the console.

#include "core/printf.h"
#include "core/spinlock.h"

void (*printf_putc)(int c);
void (*printf_hold)(int on);
void (*printf_notice_sink)(const char *line, int n);
volatile int printf_midline;

static struct spinlock printf_lock = SPINLOCK("printf");
static int unlocked;  // the machine is going down

struct sink {
  char *buf;      // 0: the console
  uint64 size, n;  // n: characters so far, also those that found no room
};

static void
print_char(struct sink *k, int c)
{
  if(k->buf == 0){
    if(printf_putc)
      printf_putc(c);
  } else if(k->n + 1 < k->size)
    k->buf[k->n] = c;
  k->n++;
}

// How a conversion is to be laid out.
struct spec {
  int width;
  char pad;   // ' ' or '0'
  int left;   // 1: text first, then padding
};

static void
put_padded(struct sink *k, const char *s, int n, struct spec sp)
{
  // The sign stays in front of zeros.
  if(sp.pad == '0' && !sp.left && n && *s == '-')
    print_char(k, *s++), n--, sp.width--;
  for(int i = n; !sp.left && i < sp.width; i++)
    print_char(k, sp.pad);
  for(int i = 0; i < n; i++)
    print_char(k, s[i]);
  for(int i = n; sp.left && i < sp.width; i++)
    print_char(k, ' ');
}

static void
put_number(struct sink *k, uint64 v, int negative, uint base, int upper, struct spec sp)
{
  char text[24];
  int at = sizeof(text);
  do
    text[--at] = (upper ? "0123456789ABCDEF" : "0123456789abcdef")[v % base];
  while((v /= base));
  if(negative)
    text[--at] = '-';
  put_padded(k, text + at, sizeof(text) - at, sp);
}

static void
put_ip(struct sink *k, uint32 a, struct spec sp)
{
  char text[16];
  int n = snprintf(text, sizeof(text), "%d.%d.%d.%d", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
  put_padded(k, text, n, sp);
}

static void
put_mac(struct sink *k, const uint8 *m, struct spec sp)
{
  char text[18];
  int n = snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3], m[4], m[5]);
  put_padded(k, text, n, sp);
}

static void
put_string(struct sink *k, const char *s, struct spec sp)
{
  int n = 0;
  if(s == 0)
    s = "(null)";
  while(s[n])
    n++;
  put_padded(k, s, n, sp);
}

// One conversion; f points behind its width. result: behind the conversion.
static const char *
print_conversion(struct sink *k, const char *f, struct spec sp, va_list *ap)
{
  int wide = 0;
  for(; *f == 'l'; f++)
    wide = 1;
  switch(*f){
  case 'd':
  case 'i': {
    int64 v = wide ? va_arg(*ap, int64) : va_arg(*ap, int);
    put_number(k, v < 0 ? -(uint64)v : (uint64)v, v < 0, 10, 0, sp);
    break;
  }
  case 'u':
  case 'x':
  case 'X': {
    uint64 v = wide ? va_arg(*ap, uint64) : va_arg(*ap, uint);
    put_number(k, v, 0, *f == 'u' ? 10 : 16, *f == 'X', sp);
    break;
  }
  case 'p':
    print_char(k, '0'), print_char(k, 'x');
    put_number(k, (uint64)va_arg(*ap, void *), 0, 16, 0, (struct spec){.width = 16, .pad = '0'});
    break;
  case 'c': {
    char c = va_arg(*ap, int);
    put_padded(k, &c, 1, sp);
    break;
  }
  case 's':
    put_string(k, va_arg(*ap, const char *), sp);
    break;
  case 'I':
    put_ip(k, va_arg(*ap, uint), sp);
    break;
  case 'M':
    put_mac(k, va_arg(*ap, const uint8 *), sp);
    break;
  case '%':
    print_char(k, '%');
    break;
  default:  // show what cannot be converted
    print_char(k, '%');
    return f;
  }
  return f + 1;
}

static void
format(struct sink *k, const char *f, va_list *ap)
{
  while(*f){
    if(*f != '%'){
      print_char(k, *f++);
      continue;
    }
    struct spec sp = {.pad = ' '};
    for(f++; *f == '-' || *f == '0'; f++)
      if(*f == '-')
        sp.left = 1;
      else
        sp.pad = '0';
    for(; *f >= '0' && *f <= '9' && sp.width < 1000; f++)
      sp.width = sp.width * 10 + *f - '0';
    if(*f)
      f = print_conversion(k, f, sp, ap);
  }
}

int
vsnprintf(char *buf, uint64 size, const char *fmt, va_list ap)
{
  struct sink k = {.buf = buf, .size = size};
  va_list copy;
  va_copy(copy, ap);
  format(&k, fmt, &copy);
  va_end(copy);
  if(size)
    buf[k.n < size ? k.n : size - 1] = 0;
  return k.n;
}

int
snprintf(char *buf, uint64 size, const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(buf, size, fmt, ap);
  va_end(ap);
  return n;
}

int
printf(const char *fmt, ...)
{
  struct sink k = {0};
  va_list ap;
  int lock = !unlocked;
  va_start(ap, fmt);
  if(lock)
    acquire(&printf_lock);
  if(lock && printf_hold)
    printf_hold(1);
  if(printf_midline){
    print_char(&k, '\n');
    k.n = 0;
  }
  format(&k, fmt, &ap);
  printf_midline = 0;  // the kernel's own line may go on
  if(lock && printf_hold)
    printf_hold(0);
  if(lock)
    release(&printf_lock);
  va_end(ap);
  return k.n;
}

void
printf_notice(const char *fmt, ...)
{
  char line[128];
  va_list ap;
  va_start(ap, fmt);
  int n = vsnprintf(line, sizeof(line), fmt, ap);
  va_end(ap);
  if(printf_notice_sink && n < (int)sizeof(line))
    printf_notice_sink(line, n);
  else
    printf("%s", line);
}

void
printf_panicked(void)
{
  unlocked = 1;
}
