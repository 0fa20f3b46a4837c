#ifndef RXV_CORE_STRING_H
#define RXV_CORE_STRING_H
// Bytes and strings, word-wide where it pays.

#include "core/types.h"

void *memset(void *dst, int c, uint64 n);
void *memcpy(void *dst, const void *src, uint64 n);   // no overlap
void *memmove(void *dst, const void *src, uint64 n);  // overlap allowed
int memcmp(const void *a, const void *b, uint64 n);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, uint64 n);
uint64 strlen(const char *s);
char *safestrcpy(char *dst, const char *src, uint64 n);  // n: size of dst > 0; always ends with a zero

#endif
