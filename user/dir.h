#ifndef RXV_USER_DIR_H
#define RXV_USER_DIR_H
// Directories.

#include "kernel/fs.h"

// Names in the directory at path, "." and ".." among them, sorted. By malloc; freed with dir_free.
// result: how many; -1 and errno: not a directory, or not readable.
int dir_read(const char *path, char ***names);
void dir_free(char **names, int n);
int is_dir(const char *path);    // 1: there is a directory of this name
int is_dot(const char *name);    // "." or ".."
// n strings in order of their bytes, or in the order that less says.
void sort_strings(char **s, int n, int (*less)(const char *, const char *));

#endif
