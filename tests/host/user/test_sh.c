// The shell's parser and its expansions.

#include "host.h"
#include "user/rxv.h"
#include "user/sh.h"
#include "user/user.h"

static char shown[4096];

static void
put(const char *s)
{
  strlcat(shown, s, sizeof(shown));
}

// A tree as text: (and a b) for a && b.
static void
show(struct node *n)
{
  static const char *const names[] = { "", "sub", "pipe", "and", "or", "seq", "bg", "not" };
  static const char *const arrows[] = { "<", ">", ">>", "&" };
  char number[8];
  if(n->type == N_SEQ && n->b == 0){
    show(n->a);
    return;
  }
  put("(");
  put(names[n->type]);
  for(struct word *w = n->words; w; w = w->next){
    put(w == n->words ? "" : " ");
    put(w->text);
  }
  if(n->a){
    put(" ");
    show(n->a);
  }
  if(n->b){
    put(" ");
    show(n->b);
  }
  for(struct redir *r = n->redirs; r; r = r->next){
    snprintf(number, sizeof(number), " %d", r->fd);
    put(number);
    put(arrows[r->how]);
    put(r->text);
  }
  put(")");
}

static const char *
parsed(const char *text)
{
  struct node *tree;
  const char *error;
  shown[0] = 0;
  switch(sh_parse(text, &tree, &error)){
  case PARSE_OK: show(tree); break;
  case PARSE_EMPTY: put("empty"); break;
  case PARSE_MORE: put("more"); break;
  case PARSE_ERROR: put("error"); break;
  }
  return shown;
}

TEST(sh_trees)
{
  CHECK_TEXT(parsed("ls -l"), "(ls -l)");
  CHECK_TEXT(parsed("a|b|c"), "(pipe (a) (pipe (b) (c)))");
  CHECK_TEXT(parsed("a && b || c; d &"), "(seq (and (a) (or (b) (c))) (bg (d)))");
  CHECK_TEXT(parsed("a & b"), "(seq (bg (a)) (b))");
  CHECK_TEXT(parsed("(a; b) > f"), "(sub (seq (a) (b)) 1>f)");
  CHECK_TEXT(parsed("a<f 2>&1>>g x 2> h"), "(a x 0<f 2&1 1>>g 2>h)");
  CHECK_TEXT(parsed("! a | b"), "(not (pipe (a) (b)))");
  CHECK_TEXT(parsed("a 'x;y' \"p|q\" r\\ s # t"), "(a 'x;y' \"p|q\" r\\ s)");
  CHECK_TEXT(parsed("a\nb\n\n#c\n"), "(seq (a) (b))");
  CHECK_TEXT(parsed("a &&\n\n b | \n c"), "(and (a) (pipe (b) (c)))");
  CHECK_TEXT(parsed("a2>f"), "(a2 1>f)");
  CHECK_TEXT(parsed(" \t# nothing"), "empty");
  CHECK_TEXT(parsed(""), "empty");
}

TEST(sh_goes_on)
{
  static const char *const more[] = {
    "'a", "\"a\\\"", "a &&", "a |", "a ||\n", "(a", "(a;\n", "a \\", "a \\\n", "a\\\n", "( (a)",
  };
  for(uint i = 0; i < sizeof(more) / sizeof(more[0]); i++)
    CHECK_TEXT(parsed(more[i]), "more");
}

TEST(sh_errors)
{
  static const char *const bad[] = {
    ")", "a )", "a ;; b", "| a", "a | | b", "&& a", ";", "a >", "a > ; b", "()", "a (b)", "(a) b", "& a", "! ; a",
  };
  for(uint i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
    CHECK_TEXT(parsed(bad[i]), "error");
}

// Depth is bounded: parentheses and pipes without end are refused, and do not use up the stack.
TEST(sh_bounds)
{
  static char text[20001];
  memset(text, '(', 20000);
  CHECK_TEXT(parsed(text), "error");
  for(int i = 0; i < 20000; i++)
    text[i] = i % 2 ? '|' : 'a';
  CHECK_TEXT(parsed(text), "error");
  CHECK_TEXT(parsed("((((a))))"), "(sub (sub (sub (sub (a)))))");
  CHECK_TEXT(parsed("(((((a)))))"), "error");
}

static const char *
expanded(const char *text)
{
  struct node *tree;
  const char *error;
  int argc;
  shown[0] = 0;
  if(sh_parse(text, &tree, &error) != PARSE_OK)
    return "parse";
  char **argv = expand_words(tree->a->words, &argc, &error);
  if(argv == 0)
    return "error";
  for(int i = 0; i < argc; i++){
    put("[");
    put(argv[i]);
    put("]");
  }
  CHECK(argv[argc] == 0);
  arena_reset();
  return shown;
}

TEST(sh_expansion)
{
  char *argv[] = { "sh", "one", "two words", 0 };
  sh_params = (struct sh_params){ .status = 7, .last_bg = 9, .argc = 3, .argv = argv };
  var_set("v", "a  b");
  var_set("e", "");
  CHECK_TEXT(expanded("x $v y"), "[x][a][b][y]");
  CHECK_TEXT(expanded("\"$v\" '$v' \\$v"), "[a  b][$v][$v]");
  CHECK_TEXT(expanded("$e \"$e\" '' x$e"), "[][][x]");
  CHECK_TEXT(expanded("${v}c p$v"), "[a][bc][pa][b]");
  CHECK_TEXT(expanded("$? $$ $! $# $0 $1 $9 $"), "[7][42][9][2][sh][one][$]");
  CHECK_TEXT(expanded("\"$@\" $*"), "[one][two words][one][two][words]");
  CHECK_TEXT(expanded("a\\\nb \"c\\\nd\" \"\\\"\\x\""), "[ab][cd][\"\\x]");
  CHECK_TEXT(expanded("*.c 'a'*"), "[*.c][a*]");
  CHECK_TEXT(expanded("${v"), "error");
  CHECK_TEXT(expanded("${}"), "error");
}

// Whatever is typed: it is parsed or refused, and expanded, within bounds.
TEST(sh_fuzz)
{
  static const char alphabet[] = "ab1 \t\n;&|()<>'\"\\$#!*?[]{}=-/~";
  char text[64];
  struct node *tree;
  const char *error;
  int argc;
  for(int i = 0; i < 200000; i++){
    uint n = host_random(sizeof(text));
    for(uint j = 0; j < n; j++)
      text[j] = alphabet[host_random(sizeof(alphabet) - 1)];
    text[n] = 0;
    if(sh_parse(text, &tree, &error) == PARSE_OK){
      for(struct node *s = tree; s; s = s->b){
        if(s->a->type == N_CMD)
          expand_words(s->a->words, &argc, &error);
      }
    }
    arena_reset();
    host_output();
  }
}
