#ifndef RXV_STAT_H
#define RXV_STAT_H
// What fstat() says of an open file.

#include "kernel/types.h"

#define T_DIR 1     // directory
#define T_FILE 2    // file
#define T_DEVICE 3  // device
#define T_SOCKET 4  // socket: no i-node behind it
#define T_PIPE 5    // pipe: no i-node behind it

struct stat {
  int dev;      // device of the file system
  uint ino;     // i-node number
  short type;   // T_...
  short nlink;  // names that lead to it
  uint64 size;  // bytes
};

#endif
