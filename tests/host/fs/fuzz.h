#ifndef HOST_FS_FUZZ_H
#define HOST_FS_FUZZ_H
// The two halves of the fuzz target of the file system: fuzz_kernel.c (the kernel's headers), fuzz_host.c (libc's).

#include "../shim/memory.h"

#define BLOCKS 400            // of the image; tests/host/fs/Makefile makes it
#define PAGES 1024            // that kalloc() gives

extern unsigned char the_disk[BLOCKS * 1024];   // part of the machine
extern const unsigned char fresh_disk[];    // as mkfs made it

// Processes take turns, and only where one waits: nothing depends on time. Number 0 is the caller of the target.
void host_process(int i, void (*fn)(void *), void *arg);  // i from 1
void host_switch(int from, int to);

int host_fsck(int replay);    // 0: fsck finds no fault with the disk; the log is replayed on it if it is to be

#endif
