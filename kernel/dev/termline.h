#ifndef RXV_DEV_TERMLINE_H
#define RXV_DEV_TERMLINE_H
// What stands in the terminal's last line: a prompt and what is being typed, or a program's unfinished line. A message of the
// kernel's ends that line; afterwards it is written again, and who was typing goes on typing. The caller has the lock.

#include "core/types.h"

#define TERMLINE 512  // bytes; a longer line is not written again

struct termline {
  char text[TERMLINE];
  uint n;       // bytes of text
  uint at;      // where the cursor is, in bytes
  int unknown;  // 1: too long, or moved about by escape sequences
};

void termline_put(struct termline *l, int c);    // this character has been written to the terminal
int termline_empty(const struct termline *l);    // 1: the next character begins a line
// Writes the line by put, and puts the cursor where it was.
void termline_show(const struct termline *l, void (*put)(int c));

#endif
