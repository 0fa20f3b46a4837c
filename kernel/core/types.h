#ifndef RXV_CORE_TYPES_H
#define RXV_CORE_TYPES_H
// What every kernel file starts from.

#include "kernel/types.h"
#include "kernel/errno.h"
#include "kernel/param.h"

typedef signed char int8;
typedef short int16;
typedef int int32;
typedef long int64;

#define NULL ((void *)0)
#define NELEM(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

// The struct of the given type whose member `m` is at p.
#define container_of(p, type, m) ((type *)((char *)(p) - __builtin_offsetof(type, m)))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

// A promise, for readers: the callee owns this argument from the call on, whatever it returns.
#define TAKES

// Counters that several harts add to. Order does not matter to a count.
#define count_add(p, n) ((void)__atomic_fetch_add((p), (n), __ATOMIC_RELAXED))
#define count_get(p) __atomic_load_n((p), __ATOMIC_RELAXED)

#endif
