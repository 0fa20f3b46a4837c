#ifndef HOST_FUZZ_FILES_H
#define HOST_FUZZ_FILES_H
// Descriptors for entry/sysnet.c: one process, a few of them.

#include "core/types.h"

#define NFD 8

void files_close(uint fd);   // nothing happens if it is not open
void files_close_all(void);

#endif
