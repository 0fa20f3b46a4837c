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
// Goes through a tree, which may be a single file. enter: what is at path; 1: a directory to go into, 0: nothing more to be
// done, -1: it failed, and that was said. leave, which may be 0: the directory at path has been gone through, and something
// in it failed or not; 0 or -1. No recursion: a stack has one page. result: 0, or 1: something failed. One walk at a time.
int tree_walk(const char *top, int (*enter)(const char *path), int (*leave)(const char *path, int failed));
// n strings in order of their bytes, or in the order that less says.
void sort_strings(char **s, int n, int (*less)(const char *, const char *));

#endif
