// Words to arguments: variables, quotes, file name patterns. See user/sh.h.

#include "kernel/param.h"
#include "user/dir.h"
#include "user/regex.h"
#include "user/rxv.h"
#include "user/sh.h"
#include "user/user.h"

#define MOST 512  // arguments that a command line may grow to

struct var {
  struct var *next;
  char *name, *value;
};

struct sh_params sh_params;
static struct var *vars;

// Text that grows, in the arena.
struct text {
  char *s;
  uint n, room;
};

// Arguments that are being made. cur is the one at work, pat the same with a backslash before what was quoted.
struct maker {
  char **argv;
  int argc;
  struct text cur, pat;
  int some;    // 1: cur is an argument even if it is empty
  int glob;    // 1: pat holds a pattern
  int single;  // 1: one argument, whatever it holds
  const char *error;
};

static void
put(struct text *t, char c)
{
  if(t->n + 1 >= t->room){
    char *s = arena_alloc(t->room = t->room ? t->room * 2 : 32);
    memcpy(s, t->s, t->n);
    t->s = s;
  }
  t->s[t->n++] = c;
  t->s[t->n] = 0;
}

const char *
var_get(const char *name)
{
  for(struct var *v = vars; v; v = v->next){
    if(strcmp(v->name, name) == 0)
      return v->value;
  }
  return 0;
}

void
var_set(const char *name, const char *value)
{
  char *copy = strdup(value);
  struct var *v = vars;
  while(v && strcmp(v->name, name) != 0)
    v = v->next;
  if(v == 0){
    v = xmalloc(sizeof(*v));
    v->name = strdup(name);
    v->value = 0;
    v->next = vars;
    vars = v;
  }
  if(copy == 0 || v->name == 0)
    die("no memory");
  free(v->value);
  v->value = copy;
}

static int
name_char(char c, int first)
{
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && isdigit(c));
}

uint
assignment(const char *text)
{
  uint n = 0;
  while(name_char(text[n], n == 0))
    n++;
  return n > 0 && text[n] == '=' ? n : 0;
}

static void
add(struct maker *m, char *arg)
{
  if(m->argc >= MOST)
    m->error = "too many arguments";
  else
    m->argv[m->argc++] = arg;
}

// The entries of the directories (a list of paths, "" is the working directory) that the pattern `part` describes, as paths
// in order; only_dirs: those that are directories.
static struct word *
match_part(struct word *dirs, const char *part, int only_dirs)
{
  struct word *found = 0, **end = &found;
  char *path = arena_alloc(MAXPATH), **names;
  for(struct word *d = dirs; d; d = d->next){
    int count = dir_read(*d->text ? d->text : ".", &names);
    for(int i = 0; i < count; i++){
      if((names[i][0] == '.' && part[0] != '.') || !glob_match(part, names[i]))
        continue;
      if(*d->text ? join_path(path, MAXPATH, d->text, names[i]) < 0 : strlcpy(path, names[i], MAXPATH) >= MAXPATH)
        continue;
      if(only_dirs && !is_dir(path))
        continue;
      *end = arena_alloc(sizeof(**end));
      (*end)->text = arena_text(path, strlen(path));
      end = &(*end)->next;
    }
    if(count >= 0)
      dir_free(names, count);
  }
  return found;
}

// Files that match pat, from the directory named so far on: a directory of the pattern at a time.
static void
match_files(struct maker *m, char *so_far, const char *pat)
{
  struct word start = { .text = so_far }, *found = &start;
  while(found && *pat){
    uint n = 0;
    while(pat[n] && pat[n] != '/')
      n++;
    const char *part = arena_text(pat, n), *rest = pat + n;
    while(*rest == '/')
      rest++;
    found = match_part(found, part, *rest != 0);
    pat = rest;
  }
  for(; found && found != &start; found = found->next)
    add(m, found->text);
}

// The argument at work is complete.
static void
finish(struct maker *m)
{
  if(m->cur.n > 0 || m->some){
    int before = m->argc;
    if(m->glob){
      const char *pat = m->pat.s;
      while(*pat == '/')
        pat++;
      match_files(m, pat > m->pat.s ? "/" : "", pat);
    }
    if(m->argc == before)
      add(m, m->cur.s ? m->cur.s : arena_text("", 0));
  }
  memset(&m->cur, 0, sizeof(m->cur));
  memset(&m->pat, 0, sizeof(m->pat));
  m->some = m->glob = 0;
}

static void
emit(struct maker *m, char c, int quoted)
{
  put(&m->cur, c);
  if(strchr("*?[]\\", c) && quoted)
    put(&m->pat, '\\');
  put(&m->pat, c);
  if(!quoted && !m->single && strchr("*?[", c))
    m->glob = 1;
}

// The value of a variable. Outside of quotes its blanks part arguments.
static void
emit_value(struct maker *m, const char *v, int quoted)
{
  for(; v && *v; v++){
    if(!quoted && !m->single && isspace(*v))
      finish(m);
    else
      emit(m, *v, quoted);
  }
}

static void
emit_number(struct maker *m, int n)
{
  char buf[16];
  snprintf(buf, sizeof(buf), "%d", n);
  emit_value(m, buf, 1);
}

static void
emit_all_params(struct maker *m, int quoted)
{
  for(int i = 1; i < sh_params.argc; i++){
    if(i > 1 && !m->single)
      finish(m);
    else if(i > 1)
      emit(m, ' ', 1);
    emit_value(m, sh_params.argv[i], quoted);
    m->some |= quoted;
  }
}

// s is after a '$'. Past what it stands for.
static const char *
expand_dollar(struct maker *m, const char *s, int quoted)
{
  uint n = 0;
  char c = *s;
  int brace = c == '{';
  if(brace)
    s++;
  if(!brace && !name_char(c, 1) && !isdigit(c) && (c == 0 || !strchr("?$!#@*", c))){
    emit(m, '$', quoted);
    return s;
  }
  c = *s;
  if(brace && c == '}'){
    m->error = "only ${name} is known";
    return "";
  }
  if(name_char(c, 1)){
    while(name_char(s[n], 0))
      n++;
    emit_value(m, var_get(arena_text(s, n)), quoted);
    s += n;
  } else if(isdigit(c)){
    emit_value(m, c - '0' < sh_params.argc ? sh_params.argv[c - '0'] : 0, quoted);
    s++;
  } else if(c == '@' || c == '*'){
    emit_all_params(m, quoted);
    s++;
  } else if(c && strchr("?$!#", c)){
    emit_number(m, c == '?' ? sh_params.status : c == '$' ? getpid() : c == '!' ? sh_params.last_bg : sh_params.argc - 1);
    s++;
  }
  if(brace && *s++ != '}'){
    m->error = "only ${name} is known";
    return "";
  }
  return s;
}

// s is after a '"'. At the closing one.
static const char *
expand_quoted(struct maker *m, const char *s)
{
  while(*s && *s != '"'){
    if(*s == '$'){
      s = expand_dollar(m, s + 1, 1);
    } else if(*s == '\\' && s[1] == '\n'){
      s += 2;
    } else {
      if(*s == '\\' && s[1] && strchr("$\"\\`", s[1]))
        s++;
      emit(m, *s++, 1);
    }
  }
  return s;
}

static void
expand_word(struct maker *m, const char *s)
{
  while(*s && m->error == 0){
    char c = *s++;
    if(c == '\''){
      m->some = 1;
      for(; *s && *s != '\''; s++)
        emit(m, *s, 1);
      s += *s != 0;
    } else if(c == '"'){
      m->some = s[0] != '$' || s[1] != '@';
      s = expand_quoted(m, s);
      s += *s != 0;
    } else if(c == '\\'){
      if(*s && *s != '\n')
        emit(m, *s, 1);
      s += *s != 0;
    } else if(c == '$'){
      s = expand_dollar(m, s, 0);
    } else {
      emit(m, c, 0);
    }
  }
}

char **
expand_words(struct word *w, int *argc, const char **error)
{
  struct maker m = { .argv = arena_alloc((MOST + 1) * sizeof(char *)) };
  for(; w && m.error == 0; w = w->next){
    expand_word(&m, w->text);
    finish(&m);
  }
  m.argv[m.argc] = 0;
  *argc = m.argc;
  *error = m.error;
  return m.error ? 0 : m.argv;
}

char *
expand_one(const char *text, const char **error)
{
  struct maker m = { .single = 1 };
  expand_word(&m, text);
  *error = m.error;
  return m.cur.s ? m.cur.s : arena_text("", 0);
}
