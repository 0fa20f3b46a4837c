#ifndef RXV_FILE_H
#define RXV_FILE_H
// Major numbers of devices, for mknod(). (The kernel's open files are in fs/file.h.)

#define CONSOLE 1
#define DEVNULL 2    // reads end, writes vanish
#define DEVZERO 3    // reads zeros
#define DEVRANDOM 4  // reads random bytes

#endif
