#ifndef RXV_CORE_DEBUGKEY_H
#define RXV_CORE_DEBUGKEY_H
// Control keys of the console that print the state of the kernel. A dump takes no lock: it must work when
// something is stuck. Modules register theirs at boot; the console calls debugkey_run().

#include "core/types.h"

void debugkey_register(int key, const char *what, void (*dump)(void));  // key: C('P') and the like
int debugkey_run(int key);  // 1: there was one

#define C(x) ((x) - '@')  // control-x

#endif
