#ifndef RXV_USER_REGEX_H
#define RXV_USER_REGEX_H
// Patterns. Neither function allocates or needs stack; both bound their work by the product of the lengths they are given.

// s holds what re describes: . [abc] [^a-z] \c x* x+ x? ^ $. nocase: A and a are the same.
int regex_match(const char *re, const char *s, int nocase);
// All of s is what the file name pattern describes: * ? [abc] \c.
int glob_match(const char *pattern, const char *s);

#endif
