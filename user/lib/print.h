#ifndef RXV_USER_LIB_PRINT_H
#define RXV_USER_LIB_PRINT_H
// Inside of the library: what both kinds of printf are made of.

#include <stdarg.h>

// To a descriptor; hex: the digits of %x and %p.
void print(int fd, const char *hex, const char *fmt, va_list ap) __asm__("rxv_print");

#endif
