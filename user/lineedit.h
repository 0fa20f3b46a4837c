#ifndef RXV_USER_LINEEDIT_H
#define RXV_USER_LINEEDIT_H
// A line typed at a terminal, with arrows and history.

#include "kernel/types.h"

enum { LINE_EOF = -1, LINE_INTERRUPTED = -2, LINE_NO_TERMINAL = -3 };

// Shows prompt and reads a line into buf, without its newline, ended by a zero; the terminal is in raw mode only
// meanwhile. What does not fit is not taken. Result: its length, or LINE_EOF (^D on an empty line), LINE_INTERRUPTED
// (^C), LINE_NO_TERMINAL.
int line_edit(int fd, const char *prompt, char *buf, uint size);
void line_remember(const char *line);  // for the up arrow

// What the word that ends at line[at] may become: names by malloc, their number; *typed: how many characters of each are
// there already. dir_free() frees them.
int line_candidates(const char *line, uint at, char ***names, uint *typed);

#endif
