// Text to trees. See user/sh.h.
//
//   list     = and-or { (";" | "&" | newline) and-or }
//   and-or   = pipeline { ("&&" | "||") pipeline }
//   pipeline = ["!"] command { "|" command }
//   command  = "(" list ")" {redir} | {word | redir}
//   redir    = [digits] ("<" | ">" | ">>" | ">&" | "<&") word

#include "user/rxv.h"
#include "user/sh.h"
#include "user/user.h"

#define DEPTH 4       // parentheses in parentheses: a stack has one page
#define STAGES 16     // commands in one pipe, behind the first
#define BLOCK 4000    // bytes of an arena block

struct block {
  struct block *next;
  uint used, size;
  uint64 bytes[];
};

static struct block *blocks;

void *
arena_alloc(uint n)
{
  n = (n + 7) / 8 * 8;
  if(blocks == 0 || blocks->size - blocks->used < n){
    uint size = n > BLOCK ? n : BLOCK;
    struct block *b = xmalloc(sizeof(*b) + size);
    b->next = blocks;
    b->used = 0;
    b->size = size;
    blocks = b;
  }
  void *p = (char *)blocks->bytes + blocks->used;
  blocks->used += n;
  memset(p, 0, n);
  return p;
}

char *
arena_text(const char *s, uint n)
{
  char *p = arena_alloc(n + 1);
  memcpy(p, s, n);
  return p;
}

void
arena_reset(void)
{
  while(blocks){
    struct block *b = blocks;
    blocks = b->next;
    free(b);
  }
}

struct parser {
  const char *s;      // what is left
  const char *error;  // first one, 0: none
  int more;           // 1: the text ends where something must follow
  int depth;
};

static struct node *parse_list(struct parser *p);

static void
fail(struct parser *p, const char *why)
{
  if(p->error == 0)
    p->error = why;
}

// Blanks, comments and lines that go on. newlines: these, too.
static void
skip(struct parser *p, int newlines)
{
  for(;;){
    char c = *p->s;
    if(c == ' ' || c == '\t' || c == '\r' || (newlines && c == '\n'))
      p->s++;
    else if(c == '\\' && p->s[1] == '\n' && p->s[2])
      p->s += 2;
    else if(c == '#')
      while(*p->s && *p->s != '\n')
        p->s++;
    else
      return;
  }
}

static int
is_special(char c)
{
  return c == 0 || isspace(c) || strchr(";&|()<>", c) != 0;
}

// Past the quote at s; 0: it has no end.
static const char *
past_quote(const char *s)
{
  char q = *s++;
  for(; *s && *s != q; s++){
    if(q == '"' && *s == '\\' && s[1])
      s++;
  }
  return *s ? s + 1 : 0;
}

// The word at p->s; 0: there is none.
static char *
parse_word(struct parser *p)
{
  const char *start = p->s, *s = p->s;
  while(s && !is_special(*s)){
    if(*s == '\'' || *s == '"')
      s = past_quote(s);
    else if(*s == '\\')
      s = s[1] && (s[1] != '\n' || s[2]) ? s + 2 : 0;
    else
      s++;
  }
  if(s == 0){
    p->more = 1;
    fail(p, "quote without end, or a backslash at the end");
    return 0;
  }
  p->s = s;
  return s > start ? arena_text(start, s - start) : 0;
}

// A redirection at p->s: 1, it is at *end now; 0: there is none.
static int
parse_redir(struct parser *p, struct redir **end)
{
  const char *s = p->s;
  int fd = -1;
  if(isdigit(*s) && (s[1] == '<' || s[1] == '>'))
    fd = *s++ - '0';
  if(*s != '<' && *s != '>')
    return 0;
  struct redir *r = arena_alloc(sizeof(*r));
  r->fd = fd >= 0 ? fd : *s == '>';
  r->how = *s == '<' ? R_IN : R_OUT;
  s++;
  if(*s == '&'){
    r->how = R_DUP;
    s++;
  } else if(*s == '>' && r->how == R_OUT){
    r->how = R_APPEND;
    s++;
  }
  p->s = s;
  skip(p, 0);
  r->text = parse_word(p);
  if(r->text == 0)
    fail(p, "redirection without a file");
  *end = r;
  return 1;
}

static struct node *
new_node(enum node_type type, struct node *a, struct node *b)
{
  struct node *n = arena_alloc(sizeof(*n));
  n->type = type;
  n->a = a;
  n->b = b;
  return n;
}

static void
parse_redirs(struct parser *p, struct redir **end)
{
  for(skip(p, 0); !p->error && parse_redir(p, end); skip(p, 0))
    end = &(*end)->next;
}

static struct node *
parse_subshell(struct parser *p)
{
  p->s++;
  if(++p->depth > DEPTH){
    fail(p, "too many parentheses");
    return 0;
  }
  struct node *n = new_node(N_SUB, parse_list(p), 0);
  if(p->error)
    return 0;
  if(*p->s != ')'){
    p->more = *p->s == 0;
    fail(p, "parenthesis without end");
    return 0;
  }
  p->s++;
  p->depth--;
  if(n->a == 0)
    fail(p, "nothing in the parentheses");
  parse_redirs(p, &n->redirs);
  if(!is_special(*p->s) || *p->s == '(')
    fail(p, "only a redirection may follow a parenthesis");
  return n;
}

// 0: there is none.
static struct node *
parse_command(struct parser *p)
{
  skip(p, 0);
  if(*p->s == '(')
    return parse_subshell(p);
  struct node *n = new_node(N_CMD, 0, 0);
  struct word **wend = &n->words;
  struct redir **rend = &n->redirs;
  for(; !p->error; skip(p, 0)){
    if(parse_redir(p, rend)){
      rend = &(*rend)->next;
      continue;
    }
    char *text = parse_word(p);
    if(text == 0)
      break;
    *wend = arena_alloc(sizeof(**wend));
    (*wend)->text = text;
    wend = &(*wend)->next;
  }
  if(*p->s == '(')
    fail(p, "parenthesis in the middle of a command");
  return n->words || n->redirs ? n : 0;
}

// What must follow an operator: a command, maybe on the next line.
static void
expect_command(struct parser *p, struct node *n)
{
  if(n || p->error)
    return;
  p->more = *p->s == 0;
  fail(p, "command missing");
}

// A command, and up to STAGES further ones behind it. 0: there is none.
static struct node *
parse_pipe(struct parser *p)
{
  struct node *first = 0, **end = &first;
  for(int room = STAGES;; room--){
    struct node *n = *end = parse_command(p);
    if(end != &first)
      expect_command(p, n);
    skip(p, 0);
    if(p->error || p->s[0] != '|' || p->s[1] == '|')
      return first;
    expect_command(p, n);
    if(room == 0)
      fail(p, "too many commands in a pipe");
    *end = new_node(N_PIPE, n, 0);
    end = &(*end)->b;
    p->s++;
    skip(p, 1);
  }
}

static struct node *
parse_pipeline(struct parser *p)
{
  skip(p, 0);
  if(p->s[0] == '!' && is_special(p->s[1])){
    p->s++;
    struct node *n = parse_pipe(p);
    expect_command(p, n);
    return new_node(N_NOT, n, 0);
  }
  return parse_pipe(p);
}

static struct node *
parse_and_or(struct parser *p)
{
  struct node *first = 0, **end = &first;
  for(;;){
    struct node *n = *end = parse_pipeline(p);
    if(end != &first)
      expect_command(p, n);
    skip(p, 0);
    int and = p->s[0] == '&' && p->s[1] == '&';
    if(p->error || (!and && !(p->s[0] == '|' && p->s[1] == '|')))
      return first;
    if(n == 0)
      fail(p, "command missing");
    *end = new_node(and ? N_AND : N_OR, n, 0);
    end = &(*end)->b;
    p->s += 2;
    skip(p, 1);
  }
}

// Up to the end of the text, or a closing parenthesis.
static struct node *
parse_list(struct parser *p)
{
  struct node *first = 0, **end = &first;
  while(!p->error){
    skip(p, 1);
    struct node *n = parse_and_or(p);
    if(p->error)
      break;
    char c = *p->s;
    if(n == 0 && c != 0 && c != ')'){
      fail(p, "command missing");
      break;
    }
    if(n == 0)
      break;
    if(c == '&')
      n = new_node(N_BG, n, 0);
    *end = new_node(N_SEQ, n, 0);
    end = &(*end)->b;
    if(c != ';' && c != '&' && c != '\n')
      break;
    p->s++;
  }
  return first;
}

enum parse_result
sh_parse(const char *text, struct node **tree, const char **error)
{
  struct parser p = { .s = text };
  *tree = parse_list(&p);
  if(p.error == 0 && *p.s)
    p.error = "parenthesis too many";
  *error = p.error;
  if(p.error)
    return p.more ? PARSE_MORE : PARSE_ERROR;
  return *tree ? PARSE_OK : PARSE_EMPTY;
}
