#ifndef RXV_USER_SH_H
#define RXV_USER_SH_H
// The shell's parts: sh.c runs commands, lib/sh_parse.c makes trees of text, lib/sh_expand.c makes arguments of
// words, lib/lineedit.c reads lines from a terminal.

#include "kernel/types.h"

// A word as it was typed, quotes and all.
struct word {
  struct word *next;
  char *text;
};

struct redir {
  struct redir *next;
  int fd;
  enum { R_IN, R_OUT, R_APPEND, R_DUP } how;
  char *text;  // a word: file, or for R_DUP a descriptor
};

enum node_type {
  N_CMD,   // words, redirs
  N_SUB,   // ( a ) redirs
  N_PIPE,  // a | b
  N_AND,   // a && b     b may be the rest of a && b || c: run from left to right
  N_OR,    // a || b     the same
  N_SEQ,   // a ; b     b may be 0
  N_BG,    // a &
  N_NOT,   // ! a
};

struct node {
  enum node_type type;
  struct node *a, *b;
  struct word *words;
  struct redir *redirs;
};

// Memory until the command line is done. Never fails: without memory the shell says so and ends.
void *arena_alloc(uint n);
char *arena_text(const char *s, uint n);
void arena_reset(void);

enum parse_result { PARSE_OK, PARSE_EMPTY, PARSE_MORE, PARSE_ERROR };

// One command line, or several. PARSE_MORE: it goes on in the next line. PARSE_ERROR: *error says what is wrong.
enum parse_result sh_parse(const char *text, struct node **tree, const char **error);

// What variables stand for. The shell sets status, last background process, and the positional parameters.
struct sh_params {
  int status;   // $?
  int last_bg;  // $!
  int argc;     // $# is one less
  char **argv;  // $0, $1 ...
};
extern struct sh_params sh_params;

const char *var_get(const char *name);              // 0: not set
void var_set(const char *name, const char *value);
// "name=..." as typed: length of the name; 0: no assignment
uint assignment(const char *text);

// Variables, quotes, patterns: the words as arguments, 0-ended. 0: *error says what is wrong.
char **expand_words(struct word *w, int *argc, const char **error);
char *expand_one(const char *text, const char **error);  // a single word, never split or matched with files

#endif
