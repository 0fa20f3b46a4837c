// What every tool needs: messages, options, lines.

#include "kernel/param.h"
#include "user/errno.h"
#include "user/rxv.h"
#include "user/user.h"

#pragma weak warn
#pragma weak die
#pragma weak usage
#pragma weak warn_errno
#pragma weak die_errno
#pragma weak warn_file
#pragma weak die_file
#pragma weak write_all
#pragma weak command_path
#pragma weak exec_or_exit
#pragma weak output
#pragma weak next_opt
#pragma weak reader_init
#pragma weak reader_line
#pragma weak reader_free

// One line in one write. why: 0, or what follows after a colon.
static void
message(const char *why, const char *fmt, va_list ap)
{
  static char text[256];
  vsnprintf(text, sizeof(text), fmt, ap);
  fprintf(2, "%s: %s%s%s\n", progname, text, why ? ": " : "", why ? why : "");
}

void
warn(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  message(0, fmt, ap);
  va_end(ap);
}

void
warn_errno(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  message(strerror(errno), fmt, ap);
  va_end(ap);
}

void
die(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  message(0, fmt, ap);
  va_end(ap);
  exit(1);
}

void
die_errno(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  message(strerror(errno), fmt, ap);
  va_end(ap);
  exit(1);
}

static const char *
why_not_missing(void)
{
  return errno == ENOENT ? 0 : strerror(errno);
}

void
warn_file(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  message(why_not_missing(), fmt, ap);
  va_end(ap);
}

void
die_file(const char *fmt, ...)
{
  va_list ap;
  va_start(ap, fmt);
  message(why_not_missing(), fmt, ap);
  va_end(ap);
  exit(1);
}

void
usage(const char *arguments)
{
  fprintf(2, "usage: %s%s%s\n", progname, *arguments ? " " : "", arguments);
  exit(2);
}

int
command_path(int i, const char *name, char *path, uint size)
{
  static const char *const dirs[] = { "", "/", "/tests/", "/bench/" };
  if(i >= (int)(sizeof(dirs) / sizeof(dirs[0])) || (i > 0 && strchr(name, '/')))
    return -1;
  return snprintf(path, size, "%s%s", dirs[i], name) < (int)size ? 0 : -1;
}

void
exec_or_exit(char **argv)
{
  char path[MAXPATH];
  errno = ENOENT;
  for(int i = 0; errno == ENOENT && command_path(i, argv[0], path, sizeof(path)) == 0; i++)
    exec(path, argv);
  if(errno == ENOENT)
    fprintf(2, "exec %s failed\n", argv[0]);
  else
    fprintf(2, "exec %s failed: %s\n", argv[0], strerror(errno));
  exit(errno == ENOENT ? 127 : 126);
}

int
write_all(int fd, const void *buf, uint n)
{
  const char *p = buf;
  while(n > 0){
    int k = write(fd, p, n);
    if(k <= 0)
      return -1;
    p += k;
    n -= k;
  }
  return 0;
}

void
output(const void *buf, uint n)
{
  if(write_all(1, buf, n) == 0)
    return;
  if(errno != EPIPE)
    warn_errno("standard output");
  exit(1);
}

int
next_opt(struct opts *o, const char *known)
{
  if(o->at == 0)
    o->at = 1;
  if(o->more == 0 || *o->more == 0){
    if(o->at >= o->argc || o->argv[o->at][0] != '-' || o->argv[o->at][1] == 0)
      return 0;
    o->more = o->argv[o->at++] + 1;
    if(strcmp(o->more, "-") == 0)
      return 0;
  }
  char c = *o->more++;
  const char *k = c == ':' ? 0 : strchr(known, c);
  if(k == 0)
    return '?';
  if(k[1] != ':')
    return c;
  if(*o->more){
    o->arg = o->more;
    o->more = 0;
  } else if(o->at < o->argc){
    o->arg = o->argv[o->at++];
  } else {
    return '?';
  }
  return c;
}

void
reader_init(struct reader *r, int fd)
{
  memset(r, 0, sizeof(*r));
  r->fd = fd;
  r->buf = xmalloc(READER_BYTES);
}

void
reader_free(struct reader *r)
{
  free(r->line);
  free(r->buf);
  r->line = r->buf = 0;
  r->size = 0;
}

// Adds n bytes to the line, keeping room for its zero.
static void
append(struct reader *r, const char *p, uint n)
{
  if(r->length + n + 1 > r->size){
    r->size = (r->length + n + 1) * 2;
    r->line = xrealloc(r->line, r->size);
  }
  memcpy(r->line + r->length, p, n);
  r->length += n;
}

char *
reader_line(struct reader *r)
{
  r->length = 0;
  r->newline = 0;
  for(;;){
    if(r->at == r->end){
      int n = read(r->fd, r->buf, READER_BYTES);
      if(n <= 0)
        break;
      r->at = 0;
      r->end = n;
    }
    uint i = r->at;
    while(i < r->end && r->buf[i] != '\n')
      i++;
    append(r, r->buf + r->at, i - r->at);
    r->at = i;
    if(i < r->end){
      r->at++;
      r->newline = 1;
      break;
    }
  }
  if(r->length == 0 && !r->newline)
    return 0;
  append(r, "", 0);
  r->line[r->length] = 0;
  return r->line;
}
